"""What Saasu will compute, and both totals side by side (SYNC §5 To the cent, SA §5.6)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.money import ZERO
from portal.sync.bridge import Bridge, Span, line_total, predict
from portal.sync.mapping import Mapped, NotMapped, map_order
from portal.sync.orders import CompleteOrder, Fee
from portal.sync.problems import Code
from portal.sync.sale_orders import SaleLine
from tests.builders import catalogue, including, item, line, order, rules

RATES = {"G1": Decimal("0.1"), "G1,G3": ZERO}


def sold(price: str, quantity: str = "1", percentage: str = "0", code: str | None = "G1") -> SaleLine:
    return SaleLine(
        description="",
        item_id=1,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        percentage_discount=Decimal(percentage),
        tax_code=code,
    )


def test_a_line_is_quantity_times_price_less_its_percentage() -> None:
    assert line_total(sold("2.1234", "5.125", "12.50")) == Decimal("9.52")
    assert line_total(sold("10", "3", "100")) == ZERO


def test_gst_is_worked_out_per_line_and_only_where_the_code_carries_it() -> None:
    assert predict([sold("0.06"), sold("0.06"), sold("11", code="G1,G3"), sold("11", code=None)], RATES) == (
        Decimal("22.12"),
        Decimal("0.02"),
    )


def test_a_negative_line_takes_its_gst_off() -> None:
    assert predict([sold("22"), sold("-11")], RATES) == (Decimal("11.00"), Decimal("1.00"))


def test_a_span_knows_its_difference_and_an_absent_one_is_nil() -> None:
    bridge = Bridge(spans=(Span(name="GST", shop=Decimal("1.00"), books=Decimal("0.99")),))
    assert bridge.span("GST").difference == Decimal("-0.01")
    assert (bridge.span("Fees").shop, bridge.span("Fees").books) == (ZERO, ZERO)


def test_every_component_stands_on_both_sides_in_a_fixed_order() -> None:
    sorts = [line(f"tea-{number}", "11.00") for number in range(5)]
    items = catalogue(*(item(f"tea-{number}", number + 1) for number in range(5)))
    result = map_order(order(*sorts, shipping="5.50", discount="5.00"), rules(), items)
    assert isinstance(result, Mapped)
    assert [(span.name, span.shop, span.books) for span in result.bridge.spans] == [
        ("Goods", Decimal("55.00"), Decimal("55.00")),
        ("Discount", Decimal("-5.00"), Decimal("-5.00")),
        ("Shipping", Decimal("5.50"), Decimal("5.50")),
        ("Fees", ZERO, ZERO),
        ("Total", Decimal("55.50"), Decimal("55.50")),
        ("GST", Decimal("5.05"), Decimal("5.05")),
    ]


def broken(complete: CompleteOrder) -> list[tuple[str, str, str, str]]:
    """The spans of an order that was refused, as name, both figures and words."""
    result = map_order(complete, rules(), catalogue(item("tea-250"), item("mug", 2)))
    assert isinstance(result, NotMapped)
    assert result.bridge is not None
    return [(span.name, str(span.shop), str(span.books), span.words) for span in result.bridge.spans]


def test_a_total_that_the_parts_do_not_give_shows_both_on_the_bridge() -> None:
    fees = [Fee(name="Card fee", cost=including("1.10"))]
    complete = order(shipping="9.00", handling="1.00", coupon="2.00", fees=fees, total="19.10")
    assert broken(complete) == [
        ("Goods", "11.00", "11.00", ""),
        ("Discount", "-2.00", "-2.00", ""),
        ("Shipping", "10.00", "10.00", ""),
        ("Fees", "1.10", "1.10", ""),
        ("Total", "19.10", "20.10", "the order says 19.10, its parts come to 20.10"),
    ]


def test_lines_that_miss_the_subtotal_show_it_on_the_bridge_without_gst_where_the_shop_prices_so() -> None:
    complete = order(
        line(price="10.00", inclusive=False), line("mug", "5.00", inclusive=False), inclusive=False
    )
    assert broken(replace(complete, lines=complete.lines[:1])) == [
        ("Goods", "15.00", "10.00", "the order’s subtotal is 15.00, its lines come to 10.00, without GST"),
        ("Discount", "0.00", "0.00", ""),
        ("Shipping", "0.00", "0.00", ""),
        ("Fees", "0.00", "0.00", ""),
        ("Total", "15.00", "10.00", "the order says 15.00, its parts come to 10.00, without GST"),
    ]


def test_a_missing_item_beside_contradicting_totals_keeps_the_bridge() -> None:
    result = map_order(order(line("gone"), total="10.99"), rules(), catalogue())
    assert isinstance(result, NotMapped)
    assert [problem.code for problem in result.problems] == [Code.ITEM_NOT_FOUND, Code.TOTALS_DIFFER]
    assert result.bridge is not None


@pytest.mark.parametrize(
    ("total", "tax", "less", "parts"),
    [("105.00", "15.00", "-10.00", "100.00"), ("90.00", "0.00", "-11.00", "99.00")],
)
def test_a_discount_that_contradicts_the_total_is_shown_at_its_nearest_with_gst(
    total: str, tax: str, less: str, parts: str
) -> None:
    lines = [line(price="60.00", inclusive=False), line("mug", "40.00", inclusive=False)]
    complete = order(*lines, inclusive=False, coupon="10.00", tax=tax)
    spans = broken(complete)
    assert spans[1][1:3] == (less, less)
    assert spans[4][1:3] == (total, parts)


def test_gst_that_differs_is_shown_on_the_whole_bridge() -> None:
    spans = broken(order(tax="1.50"))
    assert [name for name, *_ in spans] == ["Goods", "Discount", "Shipping", "Fees", "Total", "GST"]
    assert spans[5] == ("GST", "1.50", "1.00", "1.00 = 1/11 of 11.00; the shop charged 1.50, 0.50 more")


def test_an_order_that_never_came_to_figures_has_no_bridge() -> None:
    for result in (
        map_order(order(complete=False), rules(), catalogue()),
        map_order(order(line("gone")), rules(), catalogue()),
    ):
        assert isinstance(result, NotMapped)
        assert result.bridge is None
