"""A list that is no JSON gives up the rows that can be read, and names those that cannot."""

import json

import pytest

from portal.clients.salvage import MOST_BROKEN, Broken, salvage
from tests.clients.wire import order_row, whole_row


def text_of(number: int) -> str:
    return json.dumps(whole_row(number))


def spoilt(number: int) -> str:
    """An order in whose text a quotation mark is missing."""
    return text_of(number).replace('"Mia"', '"Mia', 1)


def ids(rows: list[object | Broken] | None) -> list[object]:
    assert rows is not None
    return [row if isinstance(row, Broken) else row["id"] for row in rows]  # type: ignore[index]


def listed(*rows: str) -> str:
    return "[" + ",\n ".join(rows) + "]"


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_one_spoilt_row_of_four_is_named_and_the_others_are_read(place: int) -> None:
    numbers = [100, 101, 102, 103]
    rows = [spoilt(number) if at == place else text_of(number) for at, number in enumerate(numbers)]

    found = ids(salvage(listed(*rows)))

    assert found == [Broken(number) if at == place else number for at, number in enumerate(numbers)]


def test_two_spoilt_rows_beside_each_other_are_both_named() -> None:
    found = ids(salvage(listed(text_of(100), spoilt(101), spoilt(102), text_of(103))))

    assert found == [100, Broken(101), Broken(102), 103]


def test_a_list_that_breaks_off_names_the_row_in_which_it_does() -> None:
    rows = [text_of(100), text_of(101), text_of(102)]
    whole = listed(*rows)
    middle_of_the_second = len(rows[0]) + len(rows[1]) // 2

    assert ids(salvage(whole[:middle_of_the_second])) == [100, Broken(101)]
    assert ids(salvage(whole[:middle_of_the_second] + '"]')) == [100, Broken(101)]


def test_a_line_or_an_address_is_not_taken_for_an_order() -> None:
    first = spoilt(100)

    assert ids(salvage(listed(first, text_of(101)))) == [Broken(100), 101]


def test_an_id_may_be_text_and_a_mark_may_stand_before_the_list() -> None:
    row = json.dumps(order_row(7)).replace('"id": 7', '"id": "7"').replace('"Mia"', '"Mia')

    assert ids(salvage("\ufeff " + listed(row, text_of(8)))) == [Broken(7), 8]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"orders": [',
        "<html>",
        "[1, 2",
        '[{"id": 1',
        '[{"name": "no id", "x": "}]',
        "[" + "[" * 100_000,
    ],
)
def test_what_is_no_list_of_orders_is_left_alone(text: str) -> None:
    assert salvage(text) is None


def test_a_list_that_is_all_right_is_not_touched() -> None:
    assert salvage(listed(text_of(100), text_of(101))) is None


def test_where_many_are_broken_it_is_not_the_orders_that_are() -> None:
    broken = [spoilt(number) for number in range(100, 101 + MOST_BROKEN)]

    assert salvage(listed(*broken, text_of(300))) is None
    assert salvage(listed(*broken[1:], text_of(300))) is not None
