"""When an order that came with its lines is whole, and which amounts are absurd."""

import pytest

from portal.clients.bigcommerce_payloads import included, read_order
from portal.sync.orders import ShopOrder
from tests.clients.wire import order_row, whole_row


@pytest.mark.parametrize(
    ("total", "readable"), [("999999900.0000", True), ("99999999999.9999", True), ("100000000000", False)]
)
def test_a_hundred_billion_dollars_are_absurd_and_ten_thousand_dear_things_are_not(
    total: str, readable: bool
) -> None:
    assert isinstance(read_order(order_row(total_inc_tax=total)), ShopOrder) is readable


@pytest.mark.parametrize(("on_lines", "whole"), [("1", True), ("0.995", True), ("0.99", False), ("0", False)])
def test_a_coupon_costs_no_call_where_it_adds_up_and_the_lines_account_for_it(
    on_lines: str, whole: bool
) -> None:
    row = whole_row(coupon_discount="1", total_inc_tax="10", total_ex_tax="9.0909", total_tax="0.9091")
    row["consignments"]["shipping"][0]["line_items"][0]["applied_discounts"] = [{"amount": on_lines}]
    order = read_order(row)
    assert isinstance(order, ShopOrder)
    assert (included(row, order) is not None) is whole
