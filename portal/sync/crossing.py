"""Building an order's bridge, and refusing GST that rounding does not explain (SYNC §5 To the cent)."""

from decimal import ROUND_DOWN, Decimal

from portal.money import CENT, ELEVEN_TENTHS, ZERO, cents
from portal.sync.bridge import Bridge, Span
from portal.sync.explaining import (
    discount_in_words,
    dollars,
    fees_in_words,
    goods_in_words,
    gst_in_words,
    shipping_in_words,
    total_in_words,
)
from portal.sync.orders import CompleteOrder
from portal.sync.sides import Sides
from portal.sync.tax import charged_gst
from portal.sync.totals import Reading, Totals

HALF_CENT = Decimal("0.005")
NOT_MET = {
    "Goods": "the order’s subtotal is {}, its lines come to {}",
    "Total": "the order says {}, its parts come to {}",
}
"""What is said of a component whose two figures an order does not bring together."""


def build_bridge(sides: Sides, notes: tuple[str, ...] = ()) -> Bridge:
    """The bridge of one order. Saasu's discount is what its total leaves after goods and charges."""
    books_discount = sides.books_total - sides.goods - sides.shipping - sides.fees
    spans = (
        Span(name="Goods", shop=sides.goods, books=sides.goods, words=goods_in_words(sides)),
        Span(name="Discount", shop=-sides.discount, books=books_discount, words=discount_in_words(sides)),
        Span(name="Shipping", shop=sides.shipping, books=sides.shipping, words=shipping_in_words(sides)),
        Span(name="Fees", shop=sides.fees, books=sides.fees, words=fees_in_words(sides)),
        Span(name="Total", shop=sides.totals.total, books=sides.books_total, words=total_in_words(sides)),
        Span(
            name="GST",
            shop=sides.totals.tax,
            books=sides.books_tax,
            words=gst_in_words(sides, gst_allowance(sides)),
        ),
    )
    return Bridge(spans=spans, notes=notes)


def broken_bridge(complete: CompleteOrder, reading: Reading, discount: Decimal | None = None) -> Bridge:
    """The bridge of an order that does not add up: what the shop states, and what its parts come to, in one basis.

    `discount` is given where the order states it in another basis than this one.
    """
    order = complete.order
    less = reading.discount(complete) if discount is None else discount
    shipping = sum(map(reading.side, (order.shipping, order.handling, order.wrapping)), ZERO)
    fees = sum((reading.side(fee.cost) for fee in complete.fees), ZERO) if reading.with_fees else ZERO
    goods = reading.goods(complete)
    parts = goods + shipping + fees - less
    rows = (
        ("Goods", reading.side(order.subtotal), goods),
        ("Discount", -less, -less),
        ("Shipping", shipping, shipping),
        ("Fees", fees, fees),
        ("Total", reading.side(order.total), parts),
    )
    basis = "" if reading.inclusive else "without GST"
    return Bridge(spans=tuple(broken_span(name, shop, books, basis) for name, shop, books in rows))


def broken_span(name: str, shop: Decimal, books: Decimal, basis: str) -> Span:
    """One component of a bridge that does not meet; explained where it is the one that differs: goods, or the total."""
    stated, found = cents(shop), cents(books)
    words = NOT_MET[name].format(dollars(stated), dollars(found)) if stated != found else ""
    told = (words, basis if stated else "")
    return Span(name=name, shop=stated, books=found, words=", ".join(filter(None, told)))


def contradicted_bridge(complete: CompleteOrder, totals: Totals) -> Bridge:
    """The bridge of an order whose GST-inclusive amounts contradict the discount it states, with the nearest it can be."""
    reading = Reading(inclusive=True, with_fees=totals.with_fees, relief=ZERO)
    left = reading.excess(complete) + reading.discount(complete)
    most = totals.discount if totals.inclusive else totals.discount * ELEVEN_TENTHS
    return broken_bridge(complete, reading, min(max(left, totals.discount), most))


def gst_allowance(sides: Sides) -> Decimal:
    """How far GST may differ by rounding, in whole cents (SYNC §5): half a cent a taxed line or charge of either side, rounded down.

    Where the shop's tax on a line is its quantity times a rounded tax per unit, half a cent a unit is added.
    """
    order = sides.complete.order
    charges = [charge for charge in (order.shipping, order.handling, order.wrapping) if charge.tax]
    fees = [fee for fee in sides.complete.fees if fee.cost.tax]
    taxed = [line for line in sides.complete.lines if line.total.inc_tax and charged_gst(line)]
    count = sides.taxed_lines + len(taxed) + len(charges) + len(fees)
    by_unit = sum(
        (
            line.quantity
            for line in taxed
            if line.quantity > 1 and line.total.tax and line.total.tax == line.quantity * line.price.tax
        ),
        ZERO,
    )
    by_line = (HALF_CENT * count).quantize(CENT, rounding=ROUND_DOWN)
    return (by_line + HALF_CENT * by_unit).quantize(CENT, rounding=ROUND_DOWN)


def gst_fault(sides: Sides) -> str:
    """What is wrong with the GST, in words; blank where rounding explains the difference."""
    if abs(sides.books_tax - sides.totals.tax) <= gst_allowance(sides):
        return ""
    words = f"GST differs: the shop charged {sides.totals.tax}, Saasu would compute {cents(sides.books_tax)}"
    return f"{words}; goods left Australia, which is free of GST" if sides.exported else words
