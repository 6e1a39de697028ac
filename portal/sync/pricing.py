"""An order's goods, charges and discount in whole cents that sum to its total: what every line must come to (SYNC §5, LINES)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from portal.money import CENT, ELEVEN_TENTHS, ZERO, gst_within
from portal.sync.charges import Charge
from portal.sync.discounts import (
    Discountable,
    Shares,
    deal_out,
    including_gst,
    mixes_rates,
    move_cents,
    share_discount,
)
from portal.sync.goods import Good
from portal.sync.totals import DoNotAddUp, Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Goods and charges before the discount, the GST-inclusive discount, and how it is shared; all whole cents.

    Goods less their shares, and charges less theirs, sum to the order's total.
    """

    goods: tuple[Good, ...]
    charges: tuple[Charge, ...]
    discount: Decimal
    shares: Shares
    notes: tuple[str, ...] = ()

    def charge_parts(self) -> Iterator[tuple[Charge, Decimal]]:
        """Each charge with what of the discount falls on it: what exceeds the goods, on shipping."""
        left = self.shares.shipping
        for charge in self.charges:
            part = min(left, charge.amount) if charge.is_shipping else ZERO
            left -= part
            yield charge, part


def price_order(
    goods: Sequence[Good],
    charges: Sequence[Charge],
    totals: Totals,
    *,
    on_item: bool,
    own_discounts: bool = False,
) -> Priced:
    """Work out the inclusive discount and share it.

    `on_item` is true where a Discount Item takes it whole, `own_discounts` where the shop's own amounts always count.
    Raises `DoNotAddUp` where the inclusive amounts contradict the discount the shop states.
    """
    charged = sum((charge.amount for charge in charges), ZERO)
    discount = sum((good.gross for good in goods), ZERO) + charged - totals.total
    if discount < ZERO or totals.discount == ZERO:
        goods = without_rest(goods, charges, -discount)
        discount = ZERO
    elif not is_plausible(discount, goods, charges, totals):
        raise DoNotAddUp(
            f"Discount differs: goods and charges less the total leave {discount}, the shop says {totals.discount}"
        )
    shipping = sum((charge.amount for charge in charges if charge.is_shipping), ZERO)
    try:
        lines = [discountable(good, totals) for good in goods]
        shares = share_discount(discount, lines, shipping, always_own=own_discounts)
    except ValueError as error:
        raise DoNotAddUp(f"Discount differs: {error}") from error
    mixed = "The order mixes tax rates, so each line has the discount the shop gave it."
    priced = Priced(
        goods=tuple(goods),
        charges=tuple(charges),
        discount=discount,
        shares=shares,
        notes=(mixed,) if shares.own_amounts and mixes_rates(lines) else (),
    )
    return priced if totals.inclusive else nearer_gst(priced, totals, on_item=on_item)


def without_rest(goods: Sequence[Good], charges: Sequence[Charge], left: Decimal) -> Sequence[Good]:
    """Goods with what rounding left over dealt out in single cents. Raises `DoNotAddUp` where it is more than rounding."""
    if left == ZERO:
        return goods
    dealt = deal_out(left, [good.line.total.inc_tax for good in goods], [good.gross for good in goods])
    if dealt is None or abs(left) > rounding_room(goods, charges):
        direction = "more" if left < ZERO else "less"
        raise DoNotAddUp(f"Total differs: goods and charges come to {abs(left)} {direction} than it")
    return [replace(good, gross=gross) for good, gross in zip(goods, dealt, strict=True)]


def rounding_room(goods: Sequence[Good], charges: Sequence[Charge]) -> Decimal:
    """How far whole cents may miss an order's total by rounding: a cent a line or charge, and half of one for the total."""
    return CENT * (len(goods) + len(charges)) + CENT / 2


def is_plausible(discount: Decimal, goods: Sequence[Good], charges: Sequence[Charge], totals: Totals) -> bool:
    """Whether the inclusive discount is the shop's; in an order ex GST it holds between nothing and all of it taxed."""
    room = rounding_room(goods, charges)
    most = totals.discount if totals.inclusive else totals.discount * ELEVEN_TENTHS
    return totals.discount - room <= discount <= most + room


def discountable(good: Good, totals: Totals) -> Discountable:
    """A line as far as sharing goes."""
    applied = sum((one.amount for one in good.line.applied_discounts), ZERO)
    taxed = good.coded.taxed
    return Discountable(
        gross=good.gross,
        taxed=taxed,
        applied=including_gst(applied, taxed=taxed, inclusive=totals.inclusive),
    )


def nearer_gst(priced: Priced, totals: Totals, *, on_item: bool) -> Priced:
    """The same order with single cents moved between its lines, so that GST comes to the shop's (LINES, last part).

    Only in orders ex GST, whose inclusive line amounts are estimates. With a Discount Item the GST of its lines is left as it is.
    """
    parts = priced.shares.lines
    nets = [
        good.gross if on_item else good.gross - part for good, part in zip(priced.goods, parts, strict=True)
    ]
    taxed = [good.coded.taxed for good in priced.goods]
    computed = sum((gst_within(net) for net, flag in zip(nets, taxed, strict=True) if flag), ZERO)
    for charge, part in priced.charge_parts():
        if charge.coded.taxed:
            computed += gst_within(charge.amount - (ZERO if on_item else part))
    if on_item:
        computed -= discount_gst(priced)
    missing = totals.tax - computed
    if missing == ZERO or abs(missing) > CENT * 3:
        return priced
    moved = move_cents(nets, taxed, missing, [good.line.quantity == 1 for good in priced.goods])
    if on_item or priced.discount == ZERO:
        goods = tuple(
            replace(good, gross=good.gross + after - before)
            for good, before, after in zip(priced.goods, nets, moved, strict=True)
        )
        return replace(priced, goods=goods)
    shares = tuple(part + before - after for part, before, after in zip(parts, nets, moved, strict=True))
    if any(part < ZERO for part in shares):
        return priced
    return replace(priced, shares=replace(priced.shares, lines=shares))


def discount_gst(priced: Priced) -> Decimal:
    """The GST within the lines of the Discount Item."""
    taxed: dict[str | None, Decimal] = {}
    for good, part in zip(priced.goods, priced.shares.lines, strict=True):
        if good.coded.taxed:
            taxed[good.coded.code] = taxed.get(good.coded.code, ZERO) + part
    for charge, part in priced.charge_parts():
        if charge.coded.taxed:
            taxed[charge.coded.code] = taxed.get(charge.coded.code, ZERO) + part
    return sum(map(gst_within, taxed.values()), ZERO)
