"""Building an order's bridge, and refusing GST that rounding does not explain (SYNC §5 To the cent)."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from portal.money import CENT, ZERO, cents
from portal.sync.bridge import Bridge, Span, amounts_in_words
from portal.sync.orders import CompleteOrder
from portal.sync.tax import charged_gst
from portal.sync.totals import Totals

HALF_CENT = Decimal("0.005")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What both sides of a bridge are computed from, in GST-inclusive dollars and whole cents.

    `goods` is before the discount; `shared` is how many lines have a part of it. `books_*` is what Saasu will compute.
    """

    complete: CompleteOrder
    totals: Totals
    goods: Decimal
    discount: Decimal
    shipping: Decimal
    fees: Decimal
    books_total: Decimal
    books_tax: Decimal
    taxed_lines: int
    shared: int = 0


def build_bridge(sides: Sides, notes: tuple[str, ...] = ()) -> Bridge:
    """The bridge of one order. Saasu's discount is what its total leaves after goods and charges."""
    order = sides.complete.order
    shipping = amounts_in_words(
        (
            ("shipping", order.shipping.inc_tax),
            ("handling", order.handling.inc_tax),
            ("wrapping", order.wrapping.inc_tax),
        )
    )
    books_discount = sides.books_total - sides.goods - sides.shipping - sides.fees
    spans = (
        Span(name="Goods", shop=sides.goods, books=sides.goods, words=goods_in_words(sides.complete)),
        Span(name="Discount", shop=-sides.discount, books=books_discount, words=discount_in_words(sides)),
        Span(name="Shipping", shop=sides.shipping, books=sides.shipping, words=shipping),
        Span(name="Fees", shop=sides.fees, books=sides.fees, words=fees_in_words(sides)),
        Span(name="Total", shop=sides.totals.total, books=sides.books_total),
        Span(name="GST", shop=sides.totals.tax, books=sides.books_tax),
    )
    return Bridge(spans=spans, notes=notes)


def goods_in_words(complete: CompleteOrder) -> str:
    """The first few lines, and how many more."""
    lines = [line for line in complete.lines if line.total.inc_tax]
    told = [f"{line.quantity} × {line.name[:40]} {cents(line.price.inc_tax)}" for line in lines[:3]]
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return ", ".join(told) + more


def discount_in_words(sides: Sides) -> str:
    """Where the discount comes from and how it is shared."""
    if sides.discount == ZERO:
        return ""
    order = sides.complete.order
    codes = ", ".join(coupon.code for coupon in sides.complete.coupons if coupon.code)
    parts = amounts_in_words(
        (("discount", order.discount_amount), (f"coupon {codes}".strip(), order.coupon_discount))
    )
    basis = "" if sides.totals.inclusive else " without GST"
    shared = (
        f", shared over {sides.shared} {'line' if sides.shared == 1 else 'lines'}" if sides.shared else ""
    )
    return f"{parts}{basis}{shared}"


def fees_in_words(sides: Sides) -> str:
    """The fees by name."""
    if not sides.fees:
        return ""
    return amounts_in_words(tuple((fee.name or "fee", fee.cost.inc_tax) for fee in sides.complete.fees))


def gst_allowance(sides: Sides) -> Decimal:
    """How far GST may differ by rounding, in dollars (SYNC §5): half a cent a taxed line or charge of either side, rounded down.

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
            if line.quantity > 1 and line.total.tax == line.quantity * line.price.tax
        ),
        ZERO,
    )
    return (HALF_CENT * count).quantize(CENT, rounding=ROUND_DOWN) + HALF_CENT * by_unit


def gst_fault(sides: Sides) -> str:
    """What is wrong with the GST, in words; blank where rounding explains the difference."""
    if abs(sides.books_tax - sides.totals.tax) <= gst_allowance(sides):
        return ""
    return f"GST differs: the shop charged {sides.totals.tax}, Saasu would compute {sides.books_tax}"
