"""How an order is read, how far its GST may be from Saasu's, and what of a discount is whose: boundary by boundary (SYNC §5, BC §7)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from portal.money import ZERO
from portal.sync.charges import SHIPPING, Charge
from portal.sync.discounts import share_discount
from portal.sync.goods import Good
from portal.sync.mapping import sale_order
from portal.sync.orders import CompleteOrder, Coupon, Fee, OrderLine, ShippingAddress, Taxed
from portal.sync.pricing import Priced, price_order, settled, shipping_part
from portal.sync.problems import Code, Problem
from portal.sync.rules import Catalogue
from portal.sync.tax import Coded, charged_gst, has_left, nearer_rate
from portal.sync.totals import DoNotAddUp, Reading, Totals, counted_on_shipping, read_totals
from tests.builders import DISCOUNT_ID, address, catalogue, including, item, line, order, tax_codes
from tests.mapping_by_hand import SHOP, codes, mapped, problems, rows

GST, FREE = Coded("G1", taxed=True), Coded("G1,G3", taxed=False)
INCLUSIVE = Reading(inclusive=True, with_fees=True, relief=ZERO)


def taxed(ex: str, inc: str, tax: str = "0") -> Taxed:
    return Taxed(ex_tax=Decimal(ex), inc_tax=Decimal(inc), tax=Decimal(tax))


def good(gross: str, coded: Coded = GST, applied: Sequence[str] = ()) -> Good:
    sold = replace(line(price=gross, applied=applied), total=including(gross, taxed=coded.taxed))
    return Good(line=sold, item=item("tea-250"), coded=coded, gross=Decimal(gross))


def charge(amount: str, coded: Coded = GST, name: str = SHIPPING) -> Charge:
    return Charge(name=name, item=item("SHIP"), coded=coded, amount=Decimal(amount))


def totals(total: str, discount: str, **more: object) -> Totals:
    values: dict[str, object] = {"inclusive": True, "tax": ZERO} | more
    return Totals(total=Decimal(total), discount=Decimal(discount), **values)  # type: ignore[arg-type]


def priced(
    goods: Sequence[Good], charges: Sequence[Charge], wanted: Totals, *, on_item: bool = False
) -> Priced:
    return price_order(goods, charges, wanted, on_item=on_item, own_discounts=False)


# GST: how far it may be


def untold(quantity: int) -> OrderLine:
    """A line whose tax the shop shows by the difference alone."""
    each, total = taxed("10.00", "11.00"), taxed(f"{quantity * 10}.00", f"{quantity * 11}.00")
    return replace(line(quantity=quantity), price=each, total=total)


@pytest.mark.parametrize(
    ("made", "most"),
    [
        (lambda tax: order(*[line()] * 3, tax=tax), "3.03"),
        (lambda tax: order(line(), fees=[Fee(name="Card", cost=including("11.00"))], tax=tax), "2.02"),
        (lambda tax: order(line(), *[line("honey", "9.00", taxed=False)] * 4, tax=tax), "1.01"),
        (lambda tax: order(untold(1_000), tax=tax), "1000.01"),
    ],
)
def test_gst_may_differ_by_half_a_cent_a_taxed_line_or_charge_of_either_side(
    made: Callable[[str], CompleteOrder], most: str
) -> None:
    assert mapped(made(most)).bridge.span("GST").shop == Decimal(most)
    assert codes(made(str(Decimal(most) + Decimal("0.01")))) == [Code.GST_DIFFERS]


def by_unit(quantity: int, tax: str) -> CompleteOrder:
    """A line whose tax is its quantity times the tax of one, which the shop rounded."""
    each = taxed("1.00", "1.10", "0.10")
    tenth, whole = Decimal("0.10") * quantity, Decimal("1.10") * quantity
    total = Taxed(ex_tax=whole - tenth, inc_tax=whole, tax=tenth)
    return order(replace(line(quantity=quantity), price=each, total=total), tax=tax)


@pytest.mark.parametrize(("quantity", "most"), [(2, "0.22"), (5, "0.53")])
def test_gst_rounded_by_the_unit_may_differ_by_half_a_cent_a_unit_more(quantity: int, most: str) -> None:
    assert mapped(by_unit(quantity, most)).bridge.span("GST").shop == Decimal(most)
    assert codes(by_unit(quantity, str(Decimal(most) + Decimal("0.01")))) == [Code.GST_DIFFERS]


def test_half_a_cent_of_room_is_none() -> None:
    # The good, its part of the Discount Item and the shop's line: three halves of a cent are one cent.
    assert mapped(order(discount="1.10", tax="0.91"), discount_item=DISCOUNT_ID).bridge.span("GST").shop
    assert codes(order(discount="1.10", tax="0.92"), discount_item=DISCOUNT_ID) == [Code.GST_DIFFERS]


# Readings


def test_without_gst_in_its_prices_a_total_that_misses_its_tax_by_a_cent_differs() -> None:
    complete = order(line(price="10.00", inclusive=False), inclusive=False, tax="1.00", total="11.01")
    assert problems(complete)[0].sentence == (
        "Order #120: Total differs: without GST it is 10.00, with GST of 1.00 that makes 11.00, the order says 11.01"
    )


def test_a_shipping_coupon_that_is_in_the_shipping_already_is_none_of_the_discount() -> None:
    coupon = Coupon(code="SHIPFREE", kind=4, discount=Decimal(9))
    complete = order(line(price="100.00"), coupons=[coupon])
    twice = replace(complete, order=replace(complete.order, coupon_discount=Decimal(9)))
    found = read_totals(twice)
    assert (found.discount, found.shipping_coupons) == (ZERO, ZERO)


def test_an_order_that_adds_up_only_without_gst_says_so() -> None:
    complete = order(line(price="10.00", inclusive=False), inclusive=False, coupon="1.00")
    other = replace(complete, order=replace(complete.order, is_tax_inclusive=True))
    assert read_totals(other).notes == (
        "The order adds up only with GST-exclusive amounts, although the shop says otherwise.",
    )


def shipped(
    coupon_discount: str, *, worth: str = "9.00", shipping: str = "13.20", tax: str = "0.38"
) -> CompleteOrder:
    """An order with taxed shipping and a coupon on it."""
    ex = str((Decimal(shipping) / Decimal("1.1")).quantize(Decimal("0.01")))
    coupon = Coupon(code="POST", kind=3, discount=Decimal(worth))
    return order(line(), shipping=taxed(ex, shipping, tax), coupon=coupon_discount, coupons=[coupon])


@pytest.mark.parametrize(
    ("complete", "on_shipping"),
    [
        (shipped("9.00"), "9.00"),
        (shipped("20.00"), "0"),  # something else of the discount is on no line
        (shipped("9.01"), "0"),
        (shipped("9.00", shipping="8.80", tax="0.10"), "0"),  # more than the shipping
        (shipped("9.00", tax="1.19"), "9.00"),  # a cent less of tax shows it
        (shipped("9.00", tax="1.20"), "0"),
    ],
)
def test_a_coupon_is_on_the_shipping_where_no_line_has_it_and_the_tax_shows_it(
    complete: CompleteOrder, on_shipping: str
) -> None:
    assert counted_on_shipping(INCLUSIVE, complete) == Decimal(on_shipping)


# Discounts


def test_what_is_more_than_everything_is_told_with_both_sums() -> None:
    with pytest.raises(ValueError, match=r"^a discount of 16 is more than goods and charges of 15$"):
        share_discount(Decimal(16), [], Decimal(15))
    assert share_discount(Decimal(2), [], Decimal(5)).lines == ()


def test_what_is_on_the_shipping_for_certain_is_no_longer_there_for_the_rest() -> None:
    wanted = totals("-1.00", "16.00", on_shipping=Decimal(2))
    with pytest.raises(DoNotAddUp) as caught:
        priced([good("10.00")], [charge("5.00")], wanted)
    assert (
        str(caught.value) == "Discount differs: a discount of 14.00 is more than goods and charges of 13.00"
    )


@pytest.mark.parametrize(
    ("total", "discount", "claimed", "on_charges"),
    [
        ("14.00", "1.00", "1.01", "1.00"),  # no more than the discount
        ("9.00", "6.00", "5.01", "5.00"),  # no more than the charges
    ],
)
def test_no_more_of_a_discount_is_on_the_shipping_than_there_is(
    total: str, discount: str, claimed: str, on_charges: str
) -> None:
    wanted = totals(total, discount, on_shipping=Decimal(claimed))
    assert priced([good("10.00")], [charge("5.00")], wanted).shares.charges == Decimal(on_charges)


def test_the_shops_own_amounts_may_miss_the_discount_only_where_it_is_stated_without_gst() -> None:
    goods = [good("55.00", applied=["4.97"]), good("45.00", FREE)]
    assert priced(goods, [], totals("95.00", "5.00")).shares.lines == (Decimal("2.75"), Decimal("2.25"))


def test_a_coupon_that_is_on_the_shipping_for_certain_is_not_taken_off_the_goods_again() -> None:
    goods = [good("55.00", applied=["6.00"]), good("45.00", FREE)]
    wanted = totals("96.00", "14.00", on_shipping=Decimal(4), shipping_coupons=Decimal(4))
    shares = priced(goods, [charge("10.00")], wanted).shares
    assert (shares.lines, shares.charges, shares.own_amounts) == (
        (Decimal("5.50"), Decimal("4.50")),
        Decimal(4),
        False,
    )


def test_a_discount_without_gst_that_the_total_does_not_show_at_all_differs() -> None:
    with pytest.raises(DoNotAddUp, match=r"leave 0\.00, the shop says 5.00"):
        settled([good("15.50")], [charge("5.00")], totals("20.50", "5.00", inclusive=False))


def test_a_fee_with_gst_puts_none_on_a_coupon_off_free_shipping() -> None:
    wanted = totals("1", "9", inclusive=False, shipping_coupons=Decimal(9))
    fee = charge("11.00", GST, "Fee: Card")
    assert shipping_part([charge("12.00", FREE), fee], wanted) == Decimal("9.00")
    assert shipping_part([charge("13.20"), fee], wanted) == Decimal("9.90")


def test_under_a_discount_item_the_cent_that_moves_is_on_the_goods() -> None:
    lines = [line(price="9.15", inclusive=False), line("honey", "20.00", taxed=False, inclusive=False)]
    complete = order(*lines, inclusive=False, discount="1.00", tax="0.88")
    # 9.15 with GST is 10.065, which would round to 10.07 and have a cent of GST more.
    moved = mapped(complete, discount_item=DISCOUNT_ID)
    assert moved.bridge.span("GST").difference == ZERO
    assert [row[2] for row in rows(moved)] == ["10.06", "20.01", "-0.35", "-0.69"]


# Rates


@pytest.mark.parametrize(
    ("line_of", "gst"),
    [
        # The price of a piece says 10 %, the total of the line was written over.
        (replace(line(quantity=10), price=taxed("10.00", "11.00"), total=taxed("100.00", "115.00")), True),
        (replace(line(quantity=10), price=taxed("0.00", "0.00"), total=taxed("100.00", "100.00")), False),
    ],
)
def test_the_price_of_a_piece_decides_about_gst_where_it_is_given(line_of: OrderLine, gst: bool) -> None:
    assert charged_gst(line_of) is gst


def test_what_is_as_near_to_ten_percent_as_to_nothing_has_no_gst() -> None:
    assert nearer_rate(taxed("0.10", "0.105")) is False


def test_a_line_without_a_destination_of_its_own_goes_to_the_first() -> None:
    abroad = ShippingAddress(id=5, address=address(country="New Zealand", country_code="NZ"))
    home = ShippingAddress(id=1, address=address())
    assert has_left(order(addresses=[abroad, home]), line())
    assert not has_left(order(addresses=[home, abroad]), line())


def test_a_tax_code_is_found_whatever_blanks_are_in_it() -> None:
    shop = catalogue(item("tea-250", tax_code=" g1, G3"), item("honey", 3, tax_code="G1"))
    assert rows(mapped(order(line(taxed=False), tax="0"), shop))[0][4] == "G1,G3"


# Lines


def refused(code: Code, sentence: str, subject: str = "") -> tuple[Problem, ...]:
    return (Problem(code, f"Order #120: {sentence}", subject),)


def test_a_line_that_cannot_be_sold_says_why_and_which() -> None:
    assert problems(order(line(""))) == refused(
        Code.LINE_WITHOUT_SKU, "the line “Product ” costs 11.00 and has no SKU", "Product "
    )
    closed = Catalogue((item("tea-250", is_sold=False), *SHOP.items[1:]), tax_codes())
    assert problems(order(), closed) == refused(
        Code.ITEM_UNUSABLE, "the Saasu item tea-250 is not marked as sold", "tea-250"
    )
    half_taxed = replace(line(), price=taxed("10.00", "10.50"), total=taxed("10.00", "10.50"))
    [first, *_] = problems(order(half_taxed, line("mug", "8.25")), closed)
    assert first.code is Code.ITEM_UNUSABLE, "what is not sold is not asked for its tax as well"
    none = replace(line(), quantity=Decimal(0))
    assert problems(order(none)) == refused(
        Code.ORDER_UNREADABLE, "the line “Product tea-250” has a quantity of 0", "Product tea-250"
    )


@pytest.mark.parametrize(
    "negative", [replace(line(), price=including("-1.00")), replace(line(), total=including("-1.00"))]
)
def test_a_negative_price_or_total_is_unreadable(negative: OrderLine) -> None:
    [first, *_] = problems(order(negative, line("mug", "8.25")))
    assert first == Problem(
        Code.ORDER_UNREADABLE,
        "Order #120: the line “Product tea-250” has a negative price",
        "Product tea-250",
    )


def test_a_missing_item_is_a_problem_and_the_lines_after_one_that_is_left_out_are_sent() -> None:
    free = replace(line("", "0"), name="")
    result = mapped(order(free, line(), replace(line("", "0"), name="Leaflet")))
    assert rows(result) == [(1, "1", "11", "0", "G1")]
    assert result.notes == (
        "A line: no SKU and no price, left out.",
        "Leaflet: no SKU and no price, left out.",
    )
    named_by_sku = replace(line("gift", "0"), name="", quantity=Decimal(0))
    assert mapped(order(named_by_sku, line())).notes == ("gift: none were ordered, left out.",)


def test_what_costs_something_without_gst_alone_is_not_left_out() -> None:
    odd = replace(line("", "0"), total=taxed("1.00", "0.00"), price=taxed("1.00", "0.00"))
    assert Code.LINE_WITHOUT_SKU in codes(order(odd, line(), total="11.00", tax="1.00"))


def test_a_good_takes_the_tax_code_of_its_own_item() -> None:
    codes_there = (*tax_codes(), replace(tax_codes()[0], code="G7"))
    shop = Catalogue((item("tea-250", tax_code="G7"),), codes_there)
    assert rows(mapped(order(), shop))[0][4] == "G7"


def test_a_sale_without_a_delivery_note_has_the_shoppers_words_alone() -> None:
    result = mapped(order(customer_message=" Leave it at the door "))
    assert sale_order(result, 7, None).notes == "Leave it at the door"
    assert sale_order(mapped(order()), 7, None).notes == ""
