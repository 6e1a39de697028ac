"""The sums of an order, as BC §7 (identities A to F) says they hang together.

Tax is figured on each line after its discounts and rounded to the cent there (RATE_ROUNDING), unless the spec says that it is
rounded on each unit or once for the order (NO_ROUNDING); what is not tax keeps four decimals. `basis` below is the shop's:
inclusive or exclusive of tax.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sandbox.bigcommerce.specs import ZERO, CouponSpec, Destination, LineSpec, OrderSpec

CENT: Final = Decimal("0.01")
PLACES: Final = Decimal("0.0001")
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount with and without tax, and the tax that was charged on it."""

    ex: Decimal = ZERO
    inc: Decimal = ZERO
    tax: Decimal = ZERO

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.ex + other.ex, self.inc + other.inc, self.tax + other.tax)


@dataclass(frozen=True, slots=True)
class Applied:
    """A share of a discount on one line."""

    id: str
    amount: Decimal
    name: str
    code: str | None
    target: str


@dataclass(slots=True)
class PricedLine:
    """A line with its sums. `total.tax` is after discounts, `total.ex` and `.inc` before them (BC §5)."""

    spec: LineSpec
    gross: Decimal
    unit: Amount
    applied: list[Applied] = field(default_factory=list)
    total: Amount = Amount()
    discounted_inc: Decimal = ZERO
    wrapping: Amount = Amount()

    @property
    def left(self) -> Decimal:
        """What the discounts so far have left, in the shop's basis."""
        return self.gross - sum((one.amount for one in self.applied), ZERO)


@dataclass(frozen=True, slots=True)
class PricedDestination:
    """Charges of one shipping address. `base_cost` is before coupons, and may mislead."""

    spec: Destination
    shipping: Amount
    handling: Amount
    base_cost: Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """A whole order with its sums. `coupons` are the worths of the order's coupons, in their order."""

    inclusive: bool
    lines: list[PricedLine]
    destinations: list[PricedDestination]
    coupons: list[Decimal]
    fees: list[Amount]
    subtotal: Amount
    shipping: Amount
    handling: Amount
    wrapping: Amount
    total: Amount
    discount: Decimal
    coupon_discount: Decimal


def price(spec: OrderSpec, inclusive: bool) -> Priced:
    """All sums of an order. A discount never takes more than there is."""
    lines = [_line(one, inclusive, spec.tax_rounding) for one in spec.lines]
    discount = _take_promotions(spec, lines)
    worths, cuts = _take_coupons(spec, lines)
    discount += _spread(lines, spec.manual_discount, "manual-discount", "Manual Discount", None)
    rounding = spec.tax_rounding
    for line in lines:
        _finish(line, inclusive, rounding)
    counted = spec.shipping_coupons == "counted"
    destinations = [
        _destination(one, cut, inclusive, rounding, counted=counted)
        for one, cut in zip(spec.destinations, cuts, strict=True)
    ]
    on_goods = sum(
        (worth for one, worth in zip(spec.coupons, worths, strict=True) if one.kind not in {3, 4}), ZERO
    )
    on_shipping = sum(worths, ZERO) - on_goods
    fees = [_charge(fee.cost, fee.rate, inclusive, rounding) for fee in spec.fees]
    subtracted = discount + on_goods + (on_shipping if counted else ZERO)
    return _sum_up(
        inclusive,
        cents if rounding == "order" else _unrounded,
        lines,
        destinations,
        worths,
        fees,
        discount=discount,
        coupon_discount=on_goods + (on_shipping if spec.shipping_coupons != "reduced" else ZERO),
        subtracted=subtracted,
    )


def _unrounded(amount: Decimal) -> Decimal:
    return amount


def _sum_up(
    inclusive: bool,
    round_tax: Callable[[Decimal], Decimal],
    lines: list[PricedLine],
    destinations: list[PricedDestination],
    worths: list[Decimal],
    fees: list[Amount],
    *,
    discount: Decimal,
    coupon_discount: Decimal,
    subtracted: Decimal,
) -> Priced:
    subtotal = sum((line.total for line in lines), Amount())
    shipping = sum((one.shipping for one in destinations), Amount())
    handling = sum((one.handling for one in destinations), Amount())
    wrapping = sum((line.wrapping for line in lines), Amount())
    before = subtotal + shipping + handling + wrapping + sum(fees, Amount())
    tax = round_tax(before.tax)
    if inclusive:
        inc = before.inc - subtracted
        total = Amount(inc - tax, inc, tax)
    else:
        ex = before.ex - subtracted
        total = Amount(ex, ex + tax, tax)
    return Priced(
        inclusive,
        lines,
        destinations,
        worths,
        fees,
        subtotal,
        shipping,
        handling,
        wrapping,
        total,
        discount,
        coupon_discount,
    )


def cents(amount: Decimal) -> Decimal:
    """To the cent, half away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def places(amount: Decimal) -> Decimal:
    """To four decimals, half away from zero."""
    return amount.quantize(PLACES, ROUND_HALF_UP)


def shares(total: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """`total` in cents, shared by weight so that the parts add up; the largest remainders get the odd cents."""
    whole = sum(weights, ZERO)
    if whole <= 0:
        return [ZERO for _ in weights]
    exact = [total * weight / whole for weight in weights]
    parts = [(share / CENT).to_integral_value("ROUND_FLOOR") * CENT for share in exact]
    odd = int((total - sum(parts, ZERO)) / CENT)
    by_remainder = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for place in by_remainder[:odd]:
        parts[place] += CENT
    return parts


def _line(spec: LineSpec, inclusive: bool, rounding: str) -> PricedLine:
    line = PricedLine(spec, spec.price * spec.quantity, _unit(spec, inclusive))
    line.wrapping = _charge(spec.wrapping * spec.quantity, spec.rate, inclusive, rounding)
    return line


def _unit(spec: LineSpec, inclusive: bool) -> Amount:
    factor = 1 + spec.rate / HUNDRED
    if inclusive:
        ex = places(spec.price / factor)
        return Amount(ex, spec.price, spec.price - ex)
    inc = places(spec.price * factor)
    return Amount(spec.price, inc, inc - spec.price)


def _finish(line: PricedLine, inclusive: bool, rounding: str) -> None:
    """Totals of a line once all its discounts are known (identities E and F)."""
    factor, each = 1 + line.spec.rate / HUNDRED, line.spec.quantity
    tax = _tax(line.left, line.spec.rate, inclusive, rounding)
    if rounding == "unit" and not line.applied:
        unit = _charge(line.spec.price, line.spec.rate, inclusive)
        line.unit, tax = unit, unit.tax * each
        line.total = Amount(unit.ex * each, unit.inc * each, tax)
    elif inclusive:
        line.total = Amount(places(line.gross / factor), line.gross, tax)
    else:
        line.total = Amount(line.gross, places(line.gross * factor), tax)
    line.discounted_inc = line.left if inclusive else line.left + tax


def _tax(amount: Decimal, rate: Decimal, inclusive: bool, rounding: str = "line") -> Decimal:
    exact = amount * rate / (HUNDRED + rate if inclusive else HUNDRED)
    return places(exact) if rounding == "order" else cents(exact)


def _charge(cost: Decimal, rate: Decimal, inclusive: bool, rounding: str = "line") -> Amount:
    tax = _tax(cost, rate, inclusive, rounding)
    return Amount(cost - tax, cost, tax) if inclusive else Amount(cost, cost + tax, tax)


def _destination(
    spec: Destination, cut: Decimal, inclusive: bool, rounding: str, *, counted: bool
) -> PricedDestination:
    """The charges of a destination. A cut that is counted among the discounts lowers the tax alone, as on a line."""
    left = _charge(spec.cost - cut, spec.rate, inclusive, rounding)
    whole = _charge(spec.cost, spec.rate, inclusive, rounding)
    return PricedDestination(
        spec,
        Amount(whole.ex, whole.inc, left.tax) if counted else left,
        _charge(spec.handling, spec.rate, inclusive, rounding),
        spec.cost if spec.base_cost is None else spec.base_cost,
    )


def _take_promotions(spec: OrderSpec, lines: list[PricedLine]) -> Decimal:
    """Automatic discounts, on products and then on the order. Answers their worth."""
    taken = ZERO
    for number, line in enumerate(lines, start=1):
        worth = min(line.spec.discount, line.left)
        if worth > 0:
            line.applied.append(
                Applied(f"promotion-{number}", worth, line.spec.discount_name, None, "product")
            )
            taken += worth
    return taken + _spread(lines, spec.automatic_discount, "automatic-discount", spec.automatic_name, None)


def _take_coupons(spec: OrderSpec, lines: list[PricedLine]) -> tuple[list[Decimal], list[Decimal]]:
    """Worth of each coupon, and what shipping coupons take off each destination."""
    left = [one.cost for one in spec.destinations]
    worths: list[Decimal] = []
    for coupon in spec.coupons:
        if coupon.kind in {3, 4}:
            worth = sum(left, ZERO) if coupon.kind == 4 else min(coupon.amount, sum(left, ZERO))
            left = [cost - part for cost, part in zip(left, shares(worth, left), strict=True)]
        elif coupon.kind == 2:
            worth = _spread(lines, coupon.amount, "total-coupon", coupon.name, coupon.code, coupon.skus)
        else:
            worth = _take_item_coupon(coupon, lines)
        worths.append(worth)
    return worths, [one.cost - cost for one, cost in zip(spec.destinations, left, strict=True)]


def _take_item_coupon(coupon: CouponSpec, lines: list[PricedLine]) -> Decimal:
    taken = ZERO
    for line in lines:
        if coupon.skus and line.spec.sku not in coupon.skus:
            continue
        wanted = (
            coupon.amount * line.spec.quantity
            if coupon.kind == 0
            else cents(line.left * coupon.amount / HUNDRED)
        )
        worth = min(wanted, line.left)
        if worth > 0:
            line.applied.append(Applied("coupon", worth, coupon.name, coupon.code, "product"))
            taken += worth
    return taken


def _spread(
    lines: list[PricedLine],
    amount: Decimal,
    identity: str,
    name: str,
    code: str | None,
    skus: tuple[str, ...] = (),
) -> Decimal:
    """A discount on the order, shared over the lines by what is left of them. Answers what it took."""
    concerned = [line for line in lines if line.left > 0 and (not skus or line.spec.sku in skus)]
    lefts = [line.left for line in concerned]
    worth = min(cents(amount), sum(lefts, ZERO))
    for line, part in zip(concerned, _within(worth, lefts), strict=True):
        if part > 0:
            line.applied.append(Applied(identity, part, name, code, "order"))
    return worth


def _within(worth: Decimal, lefts: list[Decimal]) -> list[Decimal]:
    """Shares of which none takes more than is left; what part cents put over goes to the first lines that have room."""
    if worth == sum(lefts, ZERO):
        return lefts
    parts = [min(part, left) for part, left in zip(shares(worth, lefts), lefts, strict=True)]
    over = worth - sum(parts, ZERO)
    for place, left in enumerate(lefts):
        more = min(over, left - parts[place])
        parts[place] += more
        over -= more
    return parts
