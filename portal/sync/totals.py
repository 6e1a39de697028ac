"""How an order adds up: its basis, its discount and its charges (BC §7, SYNC §5 Basis and Discounts)."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from portal.money import CENT, ZERO, cents
from portal.sync.orders import CompleteOrder, Coupon, Taxed

SHIPPING_COUPONS = frozenset({3, 4})


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the order comes to, in dollars. `total` and `tax` are whole cents; `discount` is in the order's own basis.

    `shipping_coupons` is what of the discount shipping coupons are worth; `on_shipping` is what of it is on the shipping for
    certain, GST-inclusive in whole cents, and `shipping_is_free` where that has no GST in it. `with_fees` is false where the order adds up only
    without the fees it lists.
    """

    inclusive: bool
    total: Decimal
    tax: Decimal
    discount: Decimal
    shipping_coupons: Decimal = ZERO
    on_shipping: Decimal = ZERO
    shipping_is_free: bool = False
    with_fees: bool = True
    notes: tuple[str, ...] = ()


class DoNotAddUp(Exception):
    """The parts of the order do not come to its total; the message names the component."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an order: its basis, whether the fees count, what of its coupons is in the shipping already."""

    inclusive: bool
    with_fees: bool
    relief: Decimal

    def side(self, amount: Taxed) -> Decimal:
        """An amount in this basis."""
        return amount.inc_tax if self.inclusive else amount.ex_tax

    def goods(self, complete: CompleteOrder) -> Decimal:
        """What the lines come to."""
        return sum((self.side(line.total) for line in complete.lines), ZERO)

    def discount(self, complete: CompleteOrder) -> Decimal:
        """Manual discount and coupons; gift certificates and store credit are payments (BC §7)."""
        return complete.order.discount_amount + complete.order.coupon_discount - self.relief

    def excess(self, complete: CompleteOrder) -> Decimal:
        """The parts less the total: nil where identity C1 or C2 holds."""
        order = complete.order
        charges = sum(map(self.side, (order.shipping, order.handling, order.wrapping)), ZERO)
        fees = sum((self.side(fee.cost) for fee in complete.fees), ZERO) if self.with_fees else ZERO
        return self.goods(complete) + charges + fees - self.discount(complete) - self.side(order.total)

    def holds(self, complete: CompleteOrder) -> bool:
        """Whether the order adds up so. Without GST in it, its total with GST must also be the one without plus the tax (BC §7 A)."""
        adds_up = abs(self.excess(complete)) < CENT
        return adds_up and (self.inclusive or abs(tax_excess(complete)) < CENT)


def read_totals(complete: CompleteOrder) -> Totals:
    """Find the way in which the order adds up, the shop's own basis first. Raises `DoNotAddUp` where none does."""
    for reading in readings(complete):
        if reading.holds(complete):
            return Totals(
                inclusive=reading.inclusive,
                total=cents(complete.order.total.inc_tax),
                tax=cents(complete.order.total.tax),
                discount=reading.discount(complete),
                shipping_coupons=shipping_coupons(complete.coupons) - reading.relief,
                on_shipping=cents(counted_on_shipping(reading, complete)),
                shipping_is_free=complete.order.shipping.inc_tax == complete.order.shipping.ex_tax,
                with_fees=reading.with_fees,
                notes=notes_on(reading, complete),
            )
    raise DoNotAddUp(what_differs(complete))


def readings(complete: CompleteOrder) -> Iterator[Reading]:
    """The ways to read an order, the likeliest first."""
    relief = shipping_coupons(complete.coupons)
    bases = (False, True) if complete.order.is_tax_inclusive is False else (True, False)
    for inclusive in bases:
        for with_fees in (True, False) if complete.fees else (True,):
            for less in (ZERO, relief) if relief else (ZERO,):
                yield Reading(inclusive, with_fees, less)


def tax_excess(complete: CompleteOrder) -> Decimal:
    """The total without GST and the tax less the total with GST: nil where identity A holds."""
    total = complete.order.total
    return total.ex_tax + total.tax - total.inc_tax


def counted_on_shipping(reading: Reading, complete: CompleteOrder) -> Decimal:
    """What of the discount is coupons on shipping, with GST: what no line has, where that is just their worth (BC §9.5).

    Nil where the tax shows that the shop took it off the goods: that on the shipping, or on the lines where the shipping has none.
    """
    worth, shipping = shipping_coupons(complete.coupons), complete.order.shipping
    on_lines = sum((one.amount for line in complete.lines for one in line.applied_discounts), ZERO)
    counted = worth and abs(reading.discount(complete) - on_lines - worth) < CENT
    if not counted or worth > reading.side(shipping):
        return ZERO
    full = shipping.inc_tax - shipping.ex_tax
    if not full:
        return ZERO if goods_are_lessened(reading, complete, worth) else worth
    lessened = full - shipping.tax
    if lessened < CENT:
        return ZERO
    return worth if reading.inclusive else worth + lessened


def goods_are_lessened(reading: Reading, complete: CompleteOrder, worth: Decimal) -> bool:
    """Whether the tax on the lines is nearer to what it is with `worth` shared over them than to what it is without.

    Where that makes less of a difference than rounding may, the tax shows nothing.
    """
    lefts = [
        (reading.side(line.total) - sum((one.amount for one in line.applied_discounts), ZERO), line)
        for line in complete.lines
    ]
    whole = sum((left for left, _ in lefts), ZERO)
    carrying = [left for left, line in lefts if line.total.inc_tax != line.total.ex_tax]
    taxed = sum(carrying, ZERO)
    parts = 11 if reading.inclusive else 10
    short = taxed / parts - sum((line.total.tax for line in complete.lines), ZERO)
    shared = worth * taxed / whole / parts if whole > ZERO else ZERO
    return shared > CENT / 2 * len(carrying) and short > shared / 2


def shipping_coupons(coupons: tuple[Coupon, ...]) -> Decimal:
    """What coupons on shipping are worth; the shop may count them in both places (BC §9.5)."""
    return sum((coupon.discount for coupon in coupons if coupon.kind in SHIPPING_COUPONS), ZERO)


def notes_on(reading: Reading, complete: CompleteOrder) -> tuple[str, ...]:
    """What was done specially to make the order add up."""
    notes = []
    wanted = complete.order.is_tax_inclusive
    if wanted is not None and wanted != reading.inclusive:
        found = "GST-inclusive" if reading.inclusive else "GST-exclusive"
        notes.append(f"The order adds up only with {found} amounts, although the shop says otherwise.")
    if reading.relief:
        notes.append(
            f"A shipping coupon worth {cents(reading.relief)} is in the shipping already, not in the discount."
        )
    if not reading.with_fees:
        notes.append("The order lists fees but adds up without them; they were left out.")
    return tuple(notes)


def what_differs(complete: CompleteOrder) -> str:
    """Which component speaks against the total, in words, in the shop's own basis."""
    reading = next(readings(complete))
    order = complete.order
    goods, subtotal = reading.goods(complete), reading.side(order.subtotal)
    if abs(goods - subtotal) >= CENT:
        return f"Goods differ: the lines come to {cents(goods)}, the order's subtotal is {cents(subtotal)}"
    total = reading.side(order.total)
    parts = total + reading.excess(complete)
    if abs(parts - total) < CENT:
        with_tax, stated = cents(order.total.inc_tax + tax_excess(complete)), cents(order.total.inc_tax)
        return f"Total differs: without GST it is {cents(total)}, with GST of {cents(order.total.tax)} that makes {with_tax}, the order says {stated}"
    return f"Total differs: goods, charges and discount come to {cents(parts)}, the order says {cents(total)}"
