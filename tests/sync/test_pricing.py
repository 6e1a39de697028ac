"""Goods, charges and discount in whole cents that sum to the order's total (SYNC §5, LINES)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.money import ZERO
from portal.sync.charges import SHIPPING, Charge
from portal.sync.goods import Good
from portal.sync.orders import Taxed
from portal.sync.pricing import dealt_out, settled
from portal.sync.tax import Coded
from portal.sync.totals import DoNotAddUp, Totals
from tests.builders import DISCOUNT_ID, including, item, line, order
from tests.mapping_by_hand import mapped, rows

GST = Coded("G1", taxed=True)


def good(gross: str, exact: str = "") -> Good:
    sold = replace(line(), total=including(exact or gross))
    return Good(line=sold, item=item("tea-250"), coded=GST, gross=Decimal(gross))


def shipping(amount: str) -> Charge:
    return Charge(name=SHIPPING, item=item("SHIP"), coded=GST, amount=Decimal(amount))


def totals(total: str, discount: str = "0", *, inclusive: bool = True) -> Totals:
    return Totals(inclusive=inclusive, total=Decimal(total), tax=ZERO, discount=Decimal(discount))


def figures(goods: list[Good], charges: list[Charge], wanted: Totals) -> tuple[list[str], list[str], str]:
    found, charged, discount = settled(goods, charges, wanted)
    return [str(one.gross) for one in found], [str(one.amount) for one in charged], str(discount)


def test_an_inclusive_discount_is_the_shops_to_the_cent_and_the_goods_take_what_rounding_left() -> None:
    assert figures([good("10.00")], [], totals("9.00", "1.00")) == (["10.00"], [], "1.00")
    assert figures([good("10.00", "10.004"), good("5.00", "5.003")], [], totals("14.01", "0.996")) == (
        ["10.01", "5.00"],
        [],
        "1.00",
    )
    assert figures([good("10.01", "10.005"), good("5.01", "5.006")], [], totals("14.00", "1.01")) == (
        ["10.00", "5.01"],
        [],
        "1.01",
    )


def test_where_no_goods_cost_anything_the_charges_take_what_rounding_left() -> None:
    assert figures([good("0")], [shipping("5.00")], totals("5.01")) == (["0"], ["5.01"], "0.00")


def test_what_nothing_can_take_does_not_add_up() -> None:
    with pytest.raises(DoNotAddUp, match=r"Total differs: 0\.01 of it belongs to nothing that costs"):
        dealt_out([good("0")], [], Decimal("0.01"))


def test_ex_gst_the_discount_is_what_goods_and_charges_leave() -> None:
    wanted = totals("20.00", "5.00", inclusive=False)
    assert figures([good("20.50")], [shipping("5.00")], wanted) == (["20.50"], ["5.00"], "5.50")


@pytest.mark.parametrize(
    ("left", "sound"), [("4.97", False), ("4.98", True), ("5.52", True), ("5.53", False)]
)
def test_ex_gst_a_discount_lies_between_none_and_all_of_it_taxed_but_for_rounding(
    left: str, sound: bool
) -> None:
    goods, wanted = [good(str(15 + Decimal(left)))], totals("20.00", "5.00", inclusive=False)
    if sound:
        assert figures(goods, [shipping("5.00")], wanted)[2] == left
        return
    with pytest.raises(DoNotAddUp) as caught:
        settled(goods, [shipping("5.00")], wanted)
    assert str(caught.value) == (
        f"Discount differs: goods and charges less the total leave {left}, the shop says 5.00"
    )


@pytest.mark.parametrize(("total", "gross"), [("11.02", "11.02"), ("10.98", "10.98")])
def test_ex_gst_without_a_discount_a_cent_a_line_or_charge_is_rounding(total: str, gross: str) -> None:
    assert figures([good("6.00")], [shipping("5.00")], totals(total, inclusive=False))[0] == [
        str(Decimal(gross) - 5)
    ]


@pytest.mark.parametrize(("total", "words"), [("11.03", "0.03 less"), ("10.97", "0.03 more")])
def test_ex_gst_without_a_discount_more_than_rounding_differs(total: str, words: str) -> None:
    with pytest.raises(DoNotAddUp) as caught:
        settled([good("6.00")], [shipping("5.00")], totals(total, inclusive=False))
    assert str(caught.value) == f"Total differs: goods and charges come to {words} than it"


def test_a_cent_that_would_raise_a_line_above_its_price_is_not_moved() -> None:
    lines = [line(price="1.01", inclusive=False), line(price="50.07", inclusive=False)]
    result = mapped(order(*lines, inclusive=False, discount="0.01", tax="5.10"))
    assert [sold.unit_price for sold in result.sale.lines] == [Decimal("1.11"), Decimal("55.082")]
    assert result.bridge.span("GST").difference == Decimal("0.01")


def test_a_cent_is_moved_between_shares_so_that_the_gst_is_the_shops() -> None:
    lines = [line(price="1.01", inclusive=False), line(price="1.05", inclusive=False)]
    result = mapped(order(*lines, inclusive=False, discount="0.02", tax="0.21"))
    assert result.bridge.span("GST").difference == ZERO


def test_a_discount_beyond_the_goods_of_an_ex_gst_order_takes_free_shipping_as_free() -> None:
    free = Taxed(ex_tax=Decimal("20.00"), inc_tax=Decimal("20.00"))
    complete = order(
        line(price="10.00", inclusive=False), inclusive=False, shipping=free, discount="15.00", tax="0.00"
    )
    result = mapped(complete, discount_item=DISCOUNT_ID)
    assert rows(result)[2:] == [(DISCOUNT_ID, "1", "-11", "0", "G1"), (DISCOUNT_ID, "1", "-5", "0", "G1,G3")]


def test_with_a_discount_item_the_gst_of_free_lines_and_of_shipping_counts_as_it_stands() -> None:
    complete = order(
        line(price="50.00", inclusive=False, applied=["10.00"]),
        line("honey", "45.00", taxed=False, inclusive=False, applied=["4.50"]),
        inclusive=False,
        shipping="10.00",
        coupon="14.50",
        tax="5.00",
    )
    result = mapped(complete, discount_item=DISCOUNT_ID)
    assert rows(result)[3:] == [
        (DISCOUNT_ID, "1", "-11", "0", "G1"),
        (DISCOUNT_ID, "1", "-4.5", "0", "G1,G3"),
    ]
    assert result.bridge.span("GST").books == Decimal("5.00")
