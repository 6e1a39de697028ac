"""Sound orders of shops that round tax by the unit or once, count coupons on shipping in another place, or tax charges abroad (SYNC §5)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from portal.sync.bridge import line_total
from portal.sync.mapping import Mapped
from portal.sync.orders import CompleteOrder, Coupon, Fee, OrderLine, Taxed
from portal.sync.problems import Code
from tests.builders import DISCOUNT_ID, FEE_ID, SHIPPING_ID, destination, including, line, order
from tests.mapping_by_hand import codes, mapped, problems, row, rows


def taxed(ex: str, inc: str, tax: str) -> Taxed:
    return Taxed(ex_tax=Decimal(ex), inc_tax=Decimal(inc), tax=Decimal(tax))


def by_unit(price: str, tax: str, quantity: int, applied: Sequence[str] = ()) -> OrderLine:
    """A line of a shop without GST in its prices that rounds the tax of each unit."""
    each = taxed(price, str(Decimal(price) + Decimal(tax)), tax)
    total = [amount * quantity for amount in (each.ex_tax, each.inc_tax, each.tax)]
    plain = line("tea-250", price, quantity, inclusive=False, applied=applied)
    return replace(plain, price=each, total=Taxed(*total))


def test_a_discount_beside_lines_taxed_by_the_unit_is_what_the_totals_leave() -> None:
    # 1,000 at 0.24 with 0.02 of tax each, where 10 % would be 24.00; the mug's 100.00 less 50.00 is taxed with 5.00.
    many, mug = by_unit("0.24", "0.02", 1000), line("mug", "100.00", inclusive=False, applied=["50.00"])
    result = mapped(order(many, mug, inclusive=False, coupon="50.00", tax="25.00"))
    assert sum(sold.quantity for sold in result.sale.lines if sold.item_id == 1) == 1000
    assert result.bridge.span("Discount").shop == Decimal("-55.00")
    assert result.bridge.span("Total").books == Decimal("315.00")


def test_a_total_with_gst_that_is_not_the_one_without_plus_the_tax_is_refused() -> None:
    # 108.50 lies between 120.00 less 10.00 and 120.00 less 11.00: only the tax tells that it is wrong.
    complete = order(line(price="110.00", inclusive=False), inclusive=False, coupon="10.00", total="110.50")
    (found,) = problems(complete)
    assert (found.code, found.sentence) == (
        Code.TOTALS_DIFFER,
        "Order #120: Total differs: without GST it is 100.00, with GST of 10.00 that makes 110.00, the order says 110.50",
    )


def test_less_gst_than_the_lines_ask_is_no_discount() -> None:
    complete = order(line(price="100.00", inclusive=False), inclusive=False, tax="5.00")
    assert [problem.sentence for problem in problems(complete)] == [
        "Order #120: Total differs: goods and charges come to 5.00 more than it"
    ]


def test_an_order_with_gst_in_its_prices_needs_no_word_on_its_total_without() -> None:
    complete = order(line(price="11.00"))
    total = replace(complete.order.total, ex_tax=Decimal("7.77"))
    assert rows(mapped(replace(complete, order=replace(complete.order, total=total)))) == [
        (1, "1", "11", "0", "G1")
    ]


def test_the_shops_own_amounts_count_although_the_rounded_lines_miss_their_sum() -> None:
    # 96.745 and 72.842 × 3 round up, so the totals leave 48.39 of discount; the shop says 43.98, which is 48.378 with GST.
    complete = order(
        line("tea-250", "66.22", 3, inclusive=False),
        line("mug", "87.95", inclusive=False, applied=["43.98"]),
        line("honey", "232.0364", taxed=False, inclusive=False),
        line("pot", "141.2273", inclusive=False),
        inclusive=False,
        shipping=taxed("33.31", "36.64", "3.33"),
        handling=taxed("3.30", "3.63", "0.33"),
        coupon="43.98",
        tax="42.05",
    )
    result = mapped(complete)
    assert result.notes == ("The order mixes tax rates, so each line has the discount the shop gave it.",)
    assert [row(sold)[0] for sold in result.sale.lines if sold.percentage_discount] == [2]
    assert abs(result.bridge.span("GST").difference) <= Decimal("0.02")


def test_a_line_given_away_takes_no_more_than_it_costs() -> None:
    # Five lines that end in half a cent round up, so the totals leave 0.03 more than the 268.345 of the line given away.
    given = line("tea-250", "243.95", inclusive=False, applied=["243.95"])
    others = [line("mug", f"{price}.95", inclusive=False) for price in (10, 20, 30, 40, 50)]
    free = line("honey", "5.00", taxed=False, inclusive=False)
    complete = order(given, *others, free, inclusive=False, coupon="243.95", tax="15.48")
    result = mapped(complete)
    assert result.bridge.span("Discount").shop == Decimal("-268.37")
    assert row(result.sale.lines[0]) == (1, "1", "268.345", "100", "G1")
    assert abs(result.bridge.span("GST").difference) <= Decimal("0.04")


@pytest.mark.parametrize(
    ("price", "ex", "gst"), [("0.06", "0.05", True), ("0.20", "0.18", True), ("0.04", "0.04", False)]
)
def test_cheap_things_taxed_by_the_unit_are_judged_by_the_unit(price: str, ex: str, gst: bool) -> None:
    each = taxed(ex, price, str(Decimal(price) - Decimal(ex)))
    total = Taxed(*(amount * 500 for amount in (each.ex_tax, each.inc_tax, each.tax)))
    many = replace(line("tea-250", price, 500), price=each, total=total)
    complete = order(many, tax=str(total.tax))
    assert mapped(complete).sale.lines[0].tax_code == ("G1" if gst else "G1,G3")


def test_cheap_things_whose_total_is_not_that_of_the_units_keep_their_unknown_rate() -> None:
    total = taxed("25.00", "30.00", "5.00")
    odd = replace(line("tea-250", "0.06", 501), price=taxed("0.05", "0.06", "0.01"), total=total)
    assert codes(order(odd, tax="5.00")) == [Code.TAX_RATE_UNKNOWN]


def posted_less(shipping: Taxed, worth: str, **more: object) -> CompleteOrder:
    """An order with taxed and free goods whose shop counts a coupon on shipping among the discounts."""
    inclusive = bool(more.pop("inclusive", True))
    return order(
        line("tea-250", "110.00", inclusive=inclusive),
        line("honey", "50.00", taxed=False, inclusive=inclusive),
        inclusive=inclusive,
        shipping=shipping,
        coupon=worth,
        coupons=[Coupon(code="POST", kind=3, discount=Decimal(worth))],
        **more,  # type: ignore[arg-type]
    )


def nets(result: Mapped) -> list[tuple[int, Decimal, str | None]]:
    return [(sold.item_id, line_total(sold), sold.tax_code) for sold in result.sale.lines]


def test_a_coupon_on_shipping_that_counts_as_a_discount_is_taken_off_the_shipping() -> None:
    # 13.20 less 4.40: GST of 0.80 and not of 1.20 was charged on it.
    result = mapped(posted_less(taxed("12.00", "13.20", "0.80"), "4.40", tax="10.80"))
    assert nets(result) == [
        (1, Decimal("110.00"), "G1"),
        (3, Decimal("50.00"), "G1,G3"),
        (SHIPPING_ID, Decimal("8.80"), "G1"),
    ]
    assert (result.bridge.span("Shipping").shop, result.bridge.span("Discount").shop) == (
        Decimal("13.20"),
        Decimal("-4.40"),
    )
    assert result.bridge.span("GST").difference == 0


def test_with_a_discount_item_it_stands_there_with_its_gst() -> None:
    complete = posted_less(taxed("12.00", "13.20", "0.80"), "4.40", tax="10.80")
    result = mapped(complete, discount_item=DISCOUNT_ID)
    assert nets(result)[2:] == [
        (SHIPPING_ID, Decimal("13.20"), "G1"),
        (DISCOUNT_ID, Decimal("-4.40"), "G1"),
    ]
    assert result.bridge.span("GST").difference == 0


def test_in_an_order_of_goods_taxed_alike_it_is_not_shared_over_them_either() -> None:
    complete = order(
        line("tea-250", "110.00", applied=["10.00"]),
        shipping=taxed("12.00", "13.20", "0.80"),
        coupon="4.40",
        discount="10.00",
        coupons=[Coupon(code="POST", kind=4, discount=Decimal("4.40"))],
        tax="9.89",
    )
    result = mapped(complete)
    assert nets(result) == [(1, Decimal("100.00"), "G1"), (SHIPPING_ID, Decimal("8.80"), "G1")]


def test_without_gst_in_the_prices_its_gst_is_what_the_shippings_tax_misses() -> None:
    complete = posted_less(taxed("12.00", "13.20", "0.80"), "4.00", tax="11.80", inclusive=False)
    result = mapped(complete)
    assert nets(result)[2] == (SHIPPING_ID, Decimal("8.80"), "G1")
    assert result.bridge.span("GST").difference == 0


def test_shipping_given_away_wholly_is_sent_at_a_hundred_percent() -> None:
    result = mapped(posted_less(taxed("12.00", "13.20", "0.00"), "13.20", tax="10.00"))
    assert row(result.sale.lines[2]) == (SHIPPING_ID, "1", "13.2", "100", "G1")


def test_of_shipping_taxed_in_part_what_is_left_of_the_tax_stays() -> None:
    # 13.20 taxed and 9.95 free, less 10.46 with GST: 0.66 of tax is left.
    shipping = taxed("21.95", "23.15", "0.66")
    result = mapped(posted_less(shipping, "9.92", tax="11.66", inclusive=False))
    assert nets(result)[2:] == [(SHIPPING_ID, Decimal("7.26"), "G1"), (SHIPPING_ID, Decimal("5.43"), "G1,G3")]
    assert result.bridge.span("GST").difference == 0


def test_off_shipping_free_of_gst_it_takes_nothing_of_what_is_taxed_beside_it() -> None:
    complete = posted_less(taxed("12.00", "12.00", "0.00"), "9.00", handling="3.30", tax="10.30")
    result = mapped(complete)
    assert nets(result)[2:] == [(SHIPPING_ID, Decimal("3.30"), "G1"), (SHIPPING_ID, Decimal("3.00"), "G1,G3")]
    assert result.bridge.span("GST").difference == 0


def test_off_shipping_free_of_gst_it_is_shared_over_goods_whose_tax_was_lessened() -> None:
    goods = replace(line("tea-250", "110.00"), total=taxed("100.00", "110.00", "9.00"))
    coupon = Coupon(code="POST", kind=3, discount=Decimal("11.00"))
    complete = order(
        goods, shipping=taxed("12.00", "12.00", "0.00"), coupon="11.00", coupons=[coupon], tax="9.00"
    )
    assert nets(mapped(complete)) == [(1, Decimal("99.00"), "G1"), (SHIPPING_ID, Decimal("12.00"), "G1,G3")]


@pytest.mark.parametrize(
    ("worth", "tea", "honey", "shipping"),
    [
        # Shared over the goods it would take half a cent of tax: the half cent that is missing may be rounding.
        ("11.00", "50.00", "9950.00", "1.00"),
        ("12.00", "49.94", "9938.06", "12.00"),
    ],
)
def test_off_shipping_free_of_gst_it_stays_there_where_the_tax_on_the_goods_shows_no_more_than_rounding(
    worth: str, tea: str, honey: str, shipping: str
) -> None:
    complete = order(
        replace(line("tea-250", "50.00"), total=taxed("45.45", "50.00", "4.54")),
        line("honey", "9950.00", taxed=False),
        shipping=taxed("12.00", "12.00", "0.00"),
        coupon=worth,
        coupons=[Coupon(code="POST", kind=3, discount=Decimal(worth))],
        tax="4.54",
    )
    assert [total for _, total, _ in nets(mapped(complete))] == [
        Decimal(tea),
        Decimal(honey),
        Decimal(shipping),
    ]


def test_goods_of_nothing_are_never_lessened() -> None:
    complete = order(
        line("honey", "0", taxed=False),
        shipping=taxed("12.00", "12.00", "0.00"),
        coupon="9.00",
        coupons=[Coupon(code="POST", kind=3, discount=Decimal(9))],
        tax="0",
    )
    assert nets(mapped(complete))[1] == (SHIPPING_ID, Decimal("3.00"), "G1,G3")


@pytest.mark.parametrize(
    ("shipping", "worth"),
    [
        (taxed("12.00", "13.20", "1.20"), "4.40"),  # the shop charged GST on all of the shipping
        (taxed("2.00", "2.20", "0.20"), "4.40"),  # more than the shipping
    ],
)
def test_a_coupon_that_the_shipping_does_not_explain_is_shared_over_the_goods(
    shipping: Taxed, worth: str
) -> None:
    complete = order(
        line("tea-250", "110.00"),
        shipping=shipping,
        coupon=worth,
        coupons=[Coupon(code="POST", kind=3, discount=Decimal(worth))],
    )
    assert nets(mapped(complete)) == [
        (1, Decimal("105.60"), "G1"),
        (SHIPPING_ID, shipping.inc_tax, "G1"),
    ]


def test_a_coupon_on_shipping_that_is_on_no_line_and_in_no_discount_is_in_the_shipping_already() -> None:
    complete = order(
        line("tea-250", "110.00", applied=["10.00"]),
        shipping="8.80",
        coupon="10.00",
        coupons=[
            Coupon(code="POST", kind=3, discount=Decimal("4.40")),
            Coupon(code="TEN", kind=2, discount=Decimal(10)),
        ],
    )
    assert rows(mapped(complete))[1] == (SHIPPING_ID, "1", "8.8", "0", "G1")


def test_gst_charged_on_a_charge_is_booked_although_the_goods_left_australia() -> None:
    complete = order(
        line("honey", "50.00", taxed=False),
        shipping=including("30.00", taxed=False),
        fees=[Fee(name="Card", cost=including("11.00"))],
        tax="1.00",
        addresses=[destination(country="New Zealand", country_code="NZ")],
    )
    assert [row(sold)[0:5:4] for sold in mapped(complete).sale.lines] == [
        (3, "G1,G2"),
        (SHIPPING_ID, "G1,G2"),
        (FEE_ID, "G1"),
    ]


def test_no_cent_is_moved_where_a_line_would_get_dearer_by_its_discount() -> None:
    goods = [
        line("tea-250", "20.34", inclusive=False),
        line("mug", "68.16", inclusive=False, applied=["0.02"]),
    ]
    complete = order(
        *goods, line("pot", "81.39", inclusive=False), inclusive=False, coupon="0.02", tax="16.98"
    )
    result = mapped(complete)
    assert result.bridge.span("GST").difference == Decimal("0.01")
    assert row(result.sale.lines[0]) == (1, "1", "22.37", "0", "G1")


def test_with_a_discount_item_free_shipping_takes_no_part_in_the_gst() -> None:
    complete = order(
        line("tea-250", "20.34", inclusive=False),
        inclusive=False,
        shipping=taxed("5.00", "5.00", "0.00"),
        coupon="0.34",
        tax="2.00",
    )
    result = mapped(complete, discount_item=DISCOUNT_ID)
    assert [row(sold)[0:5:4] for sold in result.sale.lines] == [
        (1, "G1"),
        (SHIPPING_ID, "G1,G3"),
        (DISCOUNT_ID, "G1"),
    ]
    assert result.bridge.span("GST").difference == 0
