"""How an order adds up: its basis, its discount and its charges, GST-inclusive and in whole cents (BC §7, SYNC §5)."""

from dataclasses import dataclass
from decimal import Decimal

from portal.money import CENT, ZERO, cents
from portal.sync.orders import CompleteOrder, Coupon, ShopOrder, Taxed

HALF_CENT = Decimal("0.005")
SHIPPING_COUPONS = frozenset({3, 4})


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The order in GST-inclusive dollars and whole cents. `fees` is nil where the order adds up without them."""

    inclusive: bool
    total: Decimal
    tax: Decimal
    shipping: Decimal
    shipping_tax: Decimal
    fees: Decimal
    notes: tuple[str, ...] = ()


class DoNotAddUp(Exception):
    """The parts of the order do not come to its total; the message names the component."""


def read_totals(complete: CompleteOrder) -> Totals:
    """Find the basis in which the order adds up. Raises `DoNotAddUp` where it adds up in neither."""
    order = complete.order
    fees = sum((fee.cost.inc_tax for fee in complete.fees), ZERO)
    fees_ex = sum((fee.cost.ex_tax for fee in complete.fees), ZERO)
    wanted = order.is_tax_inclusive
    bases = (True, False) if wanted is not False else (False, True)
    for with_fees in (False, True) if fees else (False,):
        for inclusive in bases:
            shortfalls = shortfall(order, inclusive, (fees if inclusive else fees_ex) if with_fees else ZERO)
            less = shipping_coupons(complete.coupons)
            for relief in (ZERO, less) if less else (ZERO,):
                if abs(shortfalls + relief) <= CENT:
                    notes = basis_notes(
                        wanted, inclusive=inclusive, relief=relief, fees=fees, with_fees=with_fees
                    )
                    return totals_of(order, fees if with_fees else ZERO, inclusive=inclusive, notes=notes)
    off = shortfall(order, bases[0], ZERO)
    raise DoNotAddUp(
        f"goods, shipping and discount come to {cents(order_total(order, bases[0]) - off)},"
        f" the order's total is {cents(order_total(order, bases[0]))}: total differs by {abs(cents(off))}"
    )


def order_total(order: ShopOrder, inclusive: bool) -> Decimal:
    """The order's total in a basis."""
    return order.total.inc_tax if inclusive else order.total.ex_tax


def shortfall(order: ShopOrder, inclusive: bool, fees: Decimal) -> Decimal:
    """The order's total less its parts, in a basis: nil where identity C1 or C2 of BC §7 holds."""

    def side(amount: Taxed) -> Decimal:
        return amount.inc_tax if inclusive else amount.ex_tax

    parts = side(order.subtotal) + side(order.shipping) + side(order.handling) + side(order.wrapping) + fees
    return side(order.total) - (parts - order.discount_amount - order.coupon_discount)


def shipping_coupons(coupons: tuple[Coupon, ...]) -> Decimal:
    """What coupons on shipping were worth; they may be counted twice by the shop, which is told by negating (BC §9.5)."""
    return -sum((coupon.discount for coupon in coupons if coupon.kind in SHIPPING_COUPONS), ZERO)


def basis_notes(
    wanted: bool | None, *, inclusive: bool, relief: Decimal, fees: Decimal, with_fees: bool
) -> tuple[str, ...]:
    """What was done specially to make the order add up."""
    notes = []
    if wanted is not None and wanted != inclusive:
        found = "GST-inclusive" if inclusive else "ex GST"
        notes.append(f"The order adds up {found}, although the shop says otherwise.")
    if relief:
        notes.append(f"A shipping coupon worth {-relief} is in the shipping already, not in the discount.")
    if fees and not with_fees:
        notes.append("The order lists fees, but adds up without them; they were left out.")
    return tuple(notes)


def totals_of(order: ShopOrder, fees: Decimal, *, inclusive: bool, notes: tuple[str, ...]) -> Totals:
    """The totals in whole cents. In an order ex GST the total with GST is the shop's own."""
    charges = (order.shipping, order.handling, order.wrapping)
    return Totals(
        inclusive=inclusive,
        total=cents(order.total.inc_tax),
        tax=cents(order.total.tax),
        shipping=cents(sum((charge.inc_tax for charge in charges), ZERO)),
        shipping_tax=cents(sum((charge.inc_tax - charge.ex_tax for charge in charges), ZERO)),
        fees=cents(fees),
        notes=notes,
    )
