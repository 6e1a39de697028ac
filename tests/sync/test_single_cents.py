"""Where single cents go in an order ex GST, and how much room rounding has: each boundary by itself (SYNC §5, LINES)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from portal.money import ZERO
from portal.sync.charges import SHIPPING, Charge
from portal.sync.crossing import contradicted_bridge
from portal.sync.discounts import Discountable, Shares, move_cents, own_amounts
from portal.sync.goods import Good
from portal.sync.orders import CompleteOrder, Fee
from portal.sync.pricing import Priced, is_plausible, nearer_gst
from portal.sync.tax import Coded
from portal.sync.totals import Reading, Totals, goods_are_lessened, what_differs
from tests.builders import excluding, including, item, line, order

GST, FREE = Coded("G1", taxed=True), Coded("G1,G3", taxed=False)
EX_GST = Reading(inclusive=False, with_fees=True, relief=ZERO)


def dollars(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def good(gross: str, coded: Coded = GST, quantity: int = 1) -> Good:
    return Good(line=line(quantity=quantity), item=item("tea-250"), coded=coded, gross=Decimal(gross))


def shipping(amount: str) -> Charge:
    return Charge(name=SHIPPING, item=item("SHIP"), coded=GST, amount=Decimal(amount))


def totals(tax: str, discount: str = "0", *, inclusive: bool = False) -> Totals:
    return Totals(inclusive=inclusive, total=Decimal(100), tax=Decimal(tax), discount=Decimal(discount))


def priced(
    goods: Sequence[Good], shares: Sequence[str], charges: Sequence[Charge] = (), on_charges: str = "0"
) -> Priced:
    return Priced(
        goods=tuple(goods),
        charges=tuple(charges),
        discount=sum(map(Decimal, shares), Decimal(on_charges)),
        shares=Shares(lines=dollars(*shares), charges=Decimal(on_charges)),
    )


def grosses(found: Priced) -> tuple[Decimal, ...]:
    return tuple(one.gross for one in found.goods)


def test_a_line_of_one_piece_takes_the_cent_before_one_that_would_be_split() -> None:
    # 10.06 and 10.17 both have a cent of GST more when they have a cent more.
    nets, taxed = dollars("10.06", "10.17", "5.00"), [True, True, False]
    moved = move_cents(nets, taxed, Decimal("0.01"), [False, True, True])
    assert moved == dollars("10.06", "10.18", "4.99")


def test_a_line_of_a_single_cent_gives_nothing() -> None:
    nets, taxed = dollars("10.06", "0.01", "5.00"), [True, False, False]
    assert move_cents(nets, taxed, Decimal("0.01"), [True] * 3) == dollars("10.07", "0.01", "4.99")


def test_a_taxed_line_gives_a_cent_where_that_leaves_its_gst_as_it_is() -> None:
    nets = dollars("10.06", "10.17")
    assert move_cents(nets, [True, True], Decimal("0.01"), [True, True]) == dollars("10.07", "10.16")
    # 10.18 less a cent has less GST, so it gives none.
    nets = dollars("10.06", "10.18")
    assert move_cents(nets, [True, True], Decimal("0.01"), [True, True]) == nets


def test_the_second_cent_moves_between_lines_that_have_not_moved() -> None:
    nets = dollars("10.06", "5.00", "10.17", "6.00")
    moved = move_cents(nets, [True, False, True, False], Decimal("0.02"), [True] * 4)
    assert moved == dollars("10.07", "4.99", "10.18", "5.99")


def test_under_a_discount_item_the_goods_move_and_the_gst_of_the_discount_counts() -> None:
    goods = [good("10.06"), good("20.00", FREE), good("11.00")]
    before = priced(goods, ["0.50", "1.00", "0.55"], [shipping("11.00")], "1.10")
    # 0.91 and 1.00 on the goods, 1.00 on the shipping; on the discount of 0.50 + 0.55 + 1.10 it is 0.20.
    after = nearer_gst(before, totals("2.72", "3.15"), on_item=True)
    assert grosses(after) == dollars("10.07", "19.99", "11.00")
    assert after.shares == before.shares
    assert nearer_gst(before, totals("2.71", "3.15"), on_item=True) == before


def test_without_a_discount_item_the_shares_move_and_shipping_counts_less_its_own() -> None:
    goods = [good("10.56"), good("20.00", FREE)]
    before = priced(goods, ["0.50", "1.00"], [shipping("11.00")], "1.10")
    # 10.06 has GST of 0.91, shipping of 9.90 has 0.90.
    after = nearer_gst(before, totals("1.82", "2.60"), on_item=False)
    assert (after.shares.lines, after.shares.charges) == (dollars("0.49", "1.01"), Decimal("1.10"))
    assert grosses(after) == grosses(before)


def test_without_a_discount_the_goods_move() -> None:
    before = priced([good("10.06"), good("20.00", FREE)], ["0", "0"])
    after = nearer_gst(before, totals("0.92"), on_item=False)
    assert (grosses(after), after.shares) == (dollars("10.07", "19.99"), before.shares)


@pytest.mark.parametrize(("more", "moves"), [("0.03", 3), ("0.04", 0)])
def test_up_to_three_cents_of_gst_are_rounding_and_more_is_left_to_be_seen(more: str, moves: int) -> None:
    before = priced([good("10.06"), good("5.00", FREE)] * 4, ["0"] * 8)
    after = nearer_gst(before, totals(str(Decimal("3.64") + Decimal(more))), on_item=False)
    assert grosses(after).count(Decimal("10.07")) == moves
    assert grosses(after).count(Decimal("4.99")) == moves


def test_of_two_lines_that_of_one_piece_moves() -> None:
    before = priced([good("10.06", quantity=2), good("10.17"), good("5.00", FREE)], ["0"] * 3)
    after = nearer_gst(before, totals("1.84"), on_item=False)
    assert grosses(after) == dollars("10.06", "10.18", "4.99")


@pytest.mark.parametrize(
    ("discount", "sound"), [("9.984", False), ("9.985", True), ("10.015", True), ("10.016", False)]
)
def test_with_gst_in_the_prices_a_discount_is_the_stated_one_but_for_rounding(
    discount: str, sound: bool
) -> None:
    wanted = totals("0", "10.00", inclusive=True)
    assert is_plausible(Decimal(discount), [good("50.00")], [], wanted) is sound


def lines(*parts: tuple[str, str]) -> list[Discountable]:
    return [Discountable(gross=Decimal(gross), taxed=True, applied=Decimal(own)) for gross, own in parts]


def test_own_amounts_miss_the_discount_by_half_a_cent_each_and_half_a_cent_of_it() -> None:
    assert own_amounts(Decimal("5.00"), lines(("50", "4.99"), ("50", "0"))) == dollars("5.00", "0")
    assert own_amounts(Decimal("5.00"), lines(("50", "4.989"), ("50", "0"))) is None


def test_no_discount_and_no_own_amount_share_nothing() -> None:
    assert own_amounts(ZERO, lines(("50", "0.004"))) is None
    assert own_amounts(Decimal("0.02"), lines(("50", "0"), ("50", "0")), Decimal("0.05")) is None


def lessened(tax: str, *, applied: Sequence[str] = (), price: str = "100.00") -> CompleteOrder:
    """An order ex GST of one line, with what the shop says is its tax."""
    sold = line(price=price, inclusive=False, applied=applied)
    return order(replace(sold, total=replace(excluding(price), tax=Decimal(tax))), inclusive=False)


def test_goods_are_lessened_where_their_tax_is_nearer_to_that_of_what_is_left() -> None:
    # A coupon of 10.00 would take 1.00 off a tax of 10.00.
    assert goods_are_lessened(EX_GST, lessened("9.00"), Decimal(10))
    assert goods_are_lessened(EX_GST, lessened("9.49"), Decimal(10))
    assert not goods_are_lessened(EX_GST, lessened("9.50"), Decimal(10))
    assert not goods_are_lessened(EX_GST, lessened("10.00"), Decimal(10))


def test_what_discounts_took_off_the_goods_is_not_what_the_coupon_took() -> None:
    assert not goods_are_lessened(EX_GST, lessened("10.00", applied=["10.00"], price="110.00"), Decimal(10))


def test_goods_that_miss_their_subtotal_by_a_cent_are_named() -> None:
    complete = order(line(price="11.00"))
    apart = including("11.01")
    short = replace(complete, order=replace(complete.order, subtotal=apart, total=including("11.05")))
    assert what_differs(short) == "Goods differ: the lines come to 11.00, the order's subtotal is 11.01"


def test_what_contradicts_its_discount_is_shown_with_its_fees_only_where_they_count() -> None:
    fee = Fee(name="Card", cost=including("2.20"))
    complete = order(line(price="110.00"), discount="11.00", fees=[fee])
    with_fees = replace(totals("0", "11.00", inclusive=True), with_fees=True)
    assert contradicted_bridge(complete, with_fees).span("Fees").shop == Decimal("2.20")
    without = replace(with_fees, with_fees=False)
    assert contradicted_bridge(complete, without).span("Fees").shop == ZERO


def test_what_contradicts_its_discount_is_shown_with_no_more_of_it_than_the_shop_states() -> None:
    complete = order(line(price="110.00"), discount="11.00", total="98.00")
    shown = contradicted_bridge(complete, totals("0", "11.00", inclusive=True))
    assert shown.span("Discount").shop == Decimal("-11.00")
