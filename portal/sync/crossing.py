"""Building an order's bridge, and refusing GST that rounding does not explain (SYNC §5 To the cent)."""

from dataclasses import dataclass
from decimal import Decimal

from portal.money import CENT, ZERO, cents
from portal.sync.bridge import Bridge, Span, amounts_in_words
from portal.sync.discounts import Shares
from portal.sync.laying import Laid
from portal.sync.orders import CompleteOrder
from portal.sync.totals import Totals

HALF_CENT = Decimal("0.005")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What both sides of a bridge are computed from."""

    complete: CompleteOrder
    totals: Totals
    goods: Decimal
    discount: Decimal
    shares: Shares
    laid: Laid


def build_bridge(sides: Sides) -> Bridge:
    """The bridge of one order. Saasu's discount is what its total leaves after goods and charges."""
    order = sides.complete.order
    totals = sides.totals
    charged = totals.shipping + totals.fees
    shop_discount = sides.goods + charged - totals.total
    books_discount = sides.goods + charged - sides.laid.total
    shipping = amounts_in_words(
        (
            ("shipping", order.shipping.inc_tax),
            ("handling", order.handling.inc_tax),
            ("wrapping", order.wrapping.inc_tax),
        )
    )
    spans = (
        Span(name="Goods", shop=sides.goods, books=sides.goods, words=goods_in_words(sides.complete)),
        Span(name="Discount", shop=-shop_discount, books=-books_discount, words=discount_in_words(sides)),
        Span(name="Shipping", shop=totals.shipping, books=totals.shipping, words=shipping),
        Span(name="Fees", shop=totals.fees, books=totals.fees, words=fees_in_words(sides)),
        Span(name="Total", shop=totals.total, books=sides.laid.total),
        Span(name="GST", shop=totals.tax, books=sides.laid.tax),
    )
    return Bridge(spans=spans)


def goods_in_words(complete: CompleteOrder) -> str:
    """The first few lines, and how many more."""
    lines = [line for line in complete.lines if line.total.inc_tax]
    told = [f"{line.quantity} × {line.name[:40]} {cents(line.price.inc_tax)}" for line in lines[:3]]
    more = f" and {len(lines) - 3} more lines" if len(lines) > 3 else ""
    return ", ".join(told) + more


def discount_in_words(sides: Sides) -> str:
    """Where the discount comes from and how it is shared."""
    order = sides.complete.order
    coupons = ", ".join(coupon.code for coupon in sides.complete.coupons if coupon.code)
    parts = amounts_in_words(
        (("discount", order.discount_amount), (f"coupon {coupons}".strip(), order.coupon_discount))
    )
    if sides.discount == ZERO:
        return ""
    shared = sum(1 for part in sides.shares.lines if part)
    return f"{parts or 'in the order'}, shared over {shared} {'line' if shared == 1 else 'lines'}"


def fees_in_words(sides: Sides) -> str:
    """The fees by name."""
    if not sides.totals.fees:
        return ""
    return amounts_in_words(tuple((fee.name, fee.cost.inc_tax) for fee in sides.complete.fees))


def gst_allowance(sides: Sides) -> Decimal:
    """How far GST may differ by rounding, in dollars (SYNC §5): half a cent a taxed line or charge of either side, rounded down."""
    order = sides.complete.order
    charges = (order.shipping, order.handling, order.wrapping)
    taxed = [line for line in sides.complete.lines if line.price.inc_tax != line.price.ex_tax]
    taxed_charges = [charge for charge in charges if charge.tax]
    count = sides.laid.taxed_lines + len(taxed) + len(taxed_charges)
    by_unit = sum((line.quantity for line in taxed if line.total.tax == line.quantity * line.price.tax), ZERO)
    whole = (HALF_CENT * count // CENT) * CENT
    return whole + HALF_CENT * by_unit


def gst_fault(sides: Sides, *, registered: bool) -> str:
    """What is wrong with the GST, in words; blank where rounding explains it. A file not registered has none."""
    if not registered:
        return ""
    difference = abs(sides.laid.tax - sides.totals.tax)
    if difference <= gst_allowance(sides):
        return ""
    return f"the shop's GST is {sides.totals.tax}, Saasu would compute {sides.laid.tax}"
