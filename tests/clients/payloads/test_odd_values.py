"""Values that no shop means: dates of no day, absurd amounts, marks nobody sees, texts longer than any name."""

from typing import Any

import pytest

from portal.clients.bigcommerce_payloads import read_line, read_order
from portal.sync.orders import ShopOrder, UnreadableOrder
from tests.clients.wire import line_row, order_row


def order_of(**changes: Any) -> ShopOrder:
    found = read_order(order_row(**changes))
    assert isinstance(found, ShopOrder)
    return found


@pytest.mark.parametrize("year", ["Thu, 01 Jan 1970 00:00:00 +0000", "0001-01-01T00:00:00Z"])
def test_a_date_that_stands_for_no_date_makes_the_order_unreadable(year: str) -> None:
    found = read_order(order_row(date_created=year))
    assert isinstance(found, UnreadableOrder)
    assert (found.id, found.reason.startswith("date_created")) == (100, True)


@pytest.mark.parametrize("absurd", ["1e-45", "0e-60", "1" * 31, "-1e12", "1e400", "NaN", "Infinity", "ten"])
def test_an_absurd_amount_makes_the_order_unreadable(absurd: str) -> None:
    found = read_order(order_row(total_inc_tax=absurd))
    assert isinstance(found, UnreadableOrder)
    assert found.reason.startswith("total_inc_tax")


def test_names_written_from_right_to_left_stay_and_orders_to_turn_the_line_do_not() -> None:
    address = {"first_name": "מרים\u200f", "last_name": "\u202eالخطيب\u202c", "city": "Woy\u200b Woy\n"}
    billing = order_of(billing_address=address).billing
    assert (billing.first_name, billing.last_name, billing.city) == ("מרים\u200f", "الخطيب", "Woy Woy")


def test_fields_far_longer_than_any_name_are_cut_and_an_address_for_mail_is_left_out() -> None:
    long = "ab " * 5_000
    order = order_of(
        billing_address={"first_name": long, "email": f"{'x' * 300}@example.com"},
        customer_message=long,
        custom_status=long,
    )
    assert (len(order.billing.first_name), order.billing.email) == (200, "")
    assert (len(order.customer_message), len(order.status)) == (5_000, 200)


def test_a_blank_of_no_width_does_not_part_a_sku_from_its_item() -> None:
    assert read_line(line_row(sku="\ufeffMUG-\u200bGUM\u2060")).sku == "MUG-GUM"
