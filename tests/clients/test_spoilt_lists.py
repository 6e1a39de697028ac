"""One order that is no JSON: it is named, and the others of its page are read (issue 3: bad input)."""

import json

import pytest
import responses

from portal.clients.bigcommerce import BigCommerce
from portal.clients.bigcommerce_payloads import read_order
from portal.sync.failures import Unreachable
from portal.sync.orders import ShopOrder
from tests.clients.wire import SINCE, STORE, UNTIL, Noted, asked, order_row, shop, whole_row

ORDERS = f"{STORE}/orders"
BROKEN = json.dumps(whole_row(101)).replace('"Mia"', '"Mia', 1)
LIST = f"[{json.dumps(whole_row(100))}, {BROKEN}, {json.dumps(whole_row(102))}]"


def client() -> BigCommerce:
    return shop(Noted())


@responses.activate
def test_a_spoilt_order_is_named_and_the_rest_of_its_page_is_read() -> None:
    responses.get(ORDERS, body=LIST)
    responses.get(f"{ORDERS}/101", body=BROKEN)
    responses.get(f"{STORE}/time", body='{"time": 1}')

    page = client().changed(since=SINCE, until=UNTIL, after_id=0)

    assert [order.id for order in page.orders] == [100, 102]
    assert [(one.id, one.reason) for one in page.unreadable] == [
        (101, "what the shop sends for it is no JSON")
    ]
    assert not page.last


@responses.activate
def test_an_order_that_is_spoilt_in_the_list_alone_is_read_by_itself() -> None:
    responses.get(ORDERS, body=LIST)
    responses.get(f"{ORDERS}/101", body=json.dumps(order_row(101)))

    page = client().changed(since=SINCE, until=UNTIL, after_id=0)

    assert [order.id for order in page.orders] == [100, 101, 102]
    assert page.unreadable == ()


@responses.activate
def test_an_answer_that_was_spoilt_once_is_asked_for_again() -> None:
    responses.get(ORDERS, body=LIST)
    responses.get(ORDERS, body=json.dumps([whole_row(100), whole_row(101)]))

    page = client().changed(since=SINCE, until=UNTIL, after_id=0)

    assert ([order.id for order in page.orders], page.last, len(responses.calls)) == ([100, 101], True, 2)


@responses.activate
def test_a_list_that_was_taken_apart_ends_where_nothing_new_comes() -> None:
    responses.get(ORDERS, body=f"[{BROKEN}]")
    responses.get(f"{ORDERS}/101", body=BROKEN)
    responses.get(f"{STORE}/time", status=403, body="{}")

    page = client().changed(since=SINCE, until=UNTIL, after_id=101)

    assert (page.orders, page.unreadable, page.last) == ((), (), True)
    assert asked(0)["min_id"] == ["101"]


@responses.activate
def test_a_shop_whose_every_answer_is_spoilt_is_unreachable_and_blames_no_order() -> None:
    responses.get(ORDERS, body=LIST)
    responses.get(f"{ORDERS}/101", body=BROKEN)
    responses.get(f"{STORE}/time", body='{"time": ')

    with pytest.raises(Unreachable) as caught:
        client().changed(since=SINCE, until=UNTIL, after_id=0)
    assert type(caught.value) is Unreachable


@responses.activate
def test_lines_that_are_no_json_leave_their_order_incomplete() -> None:
    order = read_order(order_row(100))
    assert isinstance(order, ShopOrder)
    responses.get(f"{ORDERS}/100/products", body='[{"id": 1, "sku": "')

    assert client().complete(order).complete is False


@responses.activate
def test_an_order_by_itself_that_is_no_json_is_incomplete() -> None:
    responses.get(f"{ORDERS}/100", body='{"id": 100, "sku": "')

    found = client().one(100)

    assert found is not None
    assert (found.order.id, found.complete) == (100, False)


@responses.activate
def test_the_list_of_everything_goes_down_by_id_without_dates_or_lines() -> None:
    responses.get(ORDERS, body=json.dumps([order_row(number) for number in range(260, 10, -1)]))
    responses.get(ORDERS, body=json.dumps([order_row(number) for number in (11, 10, 9)]))

    first = client().listed(below_id=0)
    second = client().listed(below_id=11)

    assert [one.id for one in first.orders] == list(range(11, 261))
    assert (first.last, second.last, [one.id for one in second.orders]) == (False, True, [9, 10])
    assert (asked(0)["sort"], asked(1)["max_id"]) == (["id:desc"], ["11"])
    assert not {"max_id", "include", "min_date_modified"} & asked(0).keys()
    assert first.complete == {}


@responses.activate
def test_a_list_of_everything_that_does_not_move_on_is_refused() -> None:
    responses.get(ORDERS, body=json.dumps([order_row(number) for number in range(260, 10, -1)]))

    with pytest.raises(Unreachable):
        client().listed(below_id=11)


@responses.activate
def test_a_spoilt_order_of_the_list_of_everything_is_named_too() -> None:
    rows = [json.dumps(order_row(number)) for number in (103, 102)]
    responses.get(ORDERS, body=f"[{rows[0]}, {BROKEN}, {rows[1]}]")
    responses.get(f"{ORDERS}/101", body=BROKEN)
    responses.get(f"{STORE}/time", body='{"time": 1}')

    page = client().listed(below_id=0)

    assert ([one.id for one in page.orders], [one.id for one in page.unreadable], page.last) == (
        [102, 103],
        [101],
        False,
    )
