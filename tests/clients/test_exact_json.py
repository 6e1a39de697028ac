"""JSON in and out keeps every digit and makes no binary number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clients.exact_json import JsonUnreadable, dump, load

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text() | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_number_with_a_point_keeps_its_digits() -> None:
    assert load('{"UnitPrice": 59.950}') == {"UnitPrice": Decimal("59.950")}
    assert str(load("0.1000000000000000055511151231257827")) == "0.1000000000000000055511151231257827"


def test_an_amount_is_written_as_a_plain_number() -> None:
    assert (
        dump({"UnitPrice": Decimal("59.95"), "Quantity": Decimal("1E+2")})
        == '{"UnitPrice": 59.95, "Quantity": 100}'
    )


def test_absurd_numbers_come_as_text_and_do_no_harm() -> None:
    assert load("1e999999") == "1e999999"
    assert load("9" * 5000) == "9" * 5000
    assert load("[NaN, Infinity]") == [None, None]


def test_raw_control_characters_and_half_surrogates_do_not_spoil_a_page() -> None:
    assert load('["a\x01b", "\\ud800"]') == ["a\x01b", "\ud800"]
    assert dump("\ud800") == '"\\ud800"'


@pytest.mark.parametrize("text", ["", "<html>", '{"a": 1', "[" * 100_000, "[1,]"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(JsonUnreadable):
        load(text)


@pytest.mark.parametrize("value", [0.5, Decimal("NaN"), object(), {"a": [1.5]}])
def test_a_binary_number_cannot_be_written(value: object) -> None:
    with pytest.raises(TypeError):
        dump(value)


@given(values)
def test_what_is_written_is_read_back_equal(value: object) -> None:
    assert load(dump(value)) == value
