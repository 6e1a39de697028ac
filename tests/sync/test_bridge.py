"""What Saasu will compute, and both totals side by side (SYNC §5 To the cent, SA §5.6)."""

from decimal import Decimal

from portal.money import ZERO
from portal.sync.bridge import Bridge, Span, amounts_in_words, line_total, predict
from portal.sync.mapping import Mapped, map_order
from portal.sync.sale_orders import SaleLine
from tests.builders import catalogue, item, line, order, rules

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


def test_amounts_in_words_leave_out_what_is_nil() -> None:
    assert amounts_in_words((("shipping", Decimal(9)), ("handling", ZERO), ("wrapping", Decimal("1.5")))) == (
        "shipping 9.00 + wrapping 1.50"
    )


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
    assert result.bridge.span("Goods").words == (
        "1 × Product tea-0 11.00, 1 × Product tea-1 11.00, 1 × Product tea-2 11.00 and 2 more"
    )
