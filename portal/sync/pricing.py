"""An order's goods, charges and discount in whole cents that sum to its total: what every line must come to (SYNC §5, LINES)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from portal.money import CENT, ELEVEN_TENTHS, ZERO, cents, gst_within
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
    free_shipping_first: bool = False
    notes: tuple[str, ...] = ()

    def charge_parts(self) -> Iterator[tuple[Charge, Decimal]]:
        """Each charge with what of the discount falls on it: what exceeds the goods, on shipping first and fees last.

        Of shipping the taxed part comes first, unless the discount is a coupon on shipping free of GST.
        """
        left = self.shares.charges
        parts = [ZERO for _ in self.charges]
        for place in sorted(range(len(parts)), key=self._takes_later):
            parts[place] = min(left, max(self.charges[place].amount, ZERO))
            left -= parts[place]
        yield from zip(self.charges, parts, strict=True)

    def _takes_later(self, place: int) -> bool:
        charge = self.charges[place]
        return self.free_shipping_first and not (charge.is_shipping and not charge.coded.taxed)


def price_order(
    goods: Sequence[Good],
    charges: Sequence[Charge],
    totals: Totals,
    *,
    on_item: bool,
    own_discounts: bool,
) -> Priced:
    """Work out the inclusive discount and share it.

    `on_item` is true where a Discount Item takes it whole, `own_discounts` where the shop's own amounts always count.
    Raises `DoNotAddUp` where the inclusive amounts contradict the discount the shop states.
    """
    goods, charges, discount = settled(goods, charges, totals)
    most = sum((charge.amount for charge in charges if charge.amount > ZERO), ZERO)
    certain = min(totals.on_shipping, discount, most)
    # In an order ex GST the discount with GST is a difference of rounded amounts, so the shop's own may miss it by their rounding.
    room = ZERO if totals.inclusive else rounding_room(goods, charges)
    try:
        lines = [discountable(good, totals) for good in goods]
        shares = share_discount(
            discount - certain,
            lines,
            most - certain,
            on_shipping=ZERO if certain else shipping_part(charges, totals),
            always_own=own_discounts,
            room=room,
        )
    except ValueError as error:
        raise DoNotAddUp(f"Discount differs: {error}") from error
    mixed = "The order mixes tax rates, so each line has the discount the shop gave it."
    priced = Priced(
        goods=tuple(goods),
        charges=tuple(charges),
        discount=discount,
        shares=replace(shares, charges=shares.charges + certain),
        free_shipping_first=bool(certain) and totals.shipping_is_free,
        notes=(mixed,) if shares.own_amounts and mixes_rates(lines) else (),
    )
    return priced if totals.inclusive else nearer_gst(priced, totals, on_item=on_item)


Carriers = tuple[Sequence[Good], Sequence[Charge]]


def settled(
    goods: Sequence[Good], charges: Sequence[Charge], totals: Totals
) -> tuple[Sequence[Good], Sequence[Charge], Decimal]:
    """Goods, charges and the GST-inclusive discount, in whole cents, with which the order comes to its total.

    In an inclusive order the discount is the shop's to the cent, and what rounding left over goes to the goods; in one ex GST it
    is what goods and charges leave of the total. Raises `DoNotAddUp`.
    """
    worth = sum((good.gross for good in goods), ZERO) + sum((charge.amount for charge in charges), ZERO)
    left = worth - totals.total
    if totals.inclusive and totals.discount >= ZERO:
        discount = cents(totals.discount)
    elif left < ZERO or totals.discount == ZERO:
        discount = ZERO
        if abs(left) > rounding_room(goods, charges):
            direction = "more" if left > ZERO else "less"
            raise DoNotAddUp(f"Total differs: goods and charges come to {abs(left)} {direction} than it")
    elif is_plausible(left, goods, charges, totals):
        discount = left
    else:
        raise DoNotAddUp(
            f"Discount differs: goods and charges less the total leave {left}, the shop says {totals.discount}"
        )
    return (*dealt_out(goods, charges, discount - left), discount)


def dealt_out(goods: Sequence[Good], charges: Sequence[Charge], left: Decimal) -> Carriers:
    """So many single cents more, or fewer where it is negative, on the goods, or on the charges where no goods cost anything.

    Raises `DoNotAddUp` where nothing can take them.
    """
    if left == ZERO:
        return goods, charges
    dealt = deal_out(left, [good.line.total.inc_tax for good in goods], [good.gross for good in goods])
    if dealt is not None:
        return [replace(good, gross=gross) for good, gross in zip(goods, dealt, strict=True)], charges
    amounts = [charge.amount for charge in charges]
    dealt = deal_out(left, amounts, amounts)
    if dealt is None:
        raise DoNotAddUp(f"Total differs: {left} of it belongs to nothing that costs something")
    return goods, [replace(charge, amount=amount) for charge, amount in zip(charges, dealt, strict=True)]


def rounding_room(goods: Sequence[Good], charges: Sequence[Charge]) -> Decimal:
    """How far whole cents may miss an order's total by rounding: a cent a line or charge, and half of one for the total."""
    return CENT * (len(goods) + len(charges)) + CENT / 2


def is_plausible(discount: Decimal, goods: Sequence[Good], charges: Sequence[Charge], totals: Totals) -> bool:
    """Whether the inclusive discount is the shop's; in an order ex GST it holds between nothing and all of it taxed."""
    room = rounding_room(goods, charges)
    most = totals.discount if totals.inclusive else totals.discount * ELEVEN_TENTHS
    return totals.discount - room <= discount <= most + room


def discountable(good: Good, totals: Totals) -> Discountable:
    """A line as far as sharing goes.

    In an order ex GST the shop's own amount is what remains when the line comes to its reduced amount with GST: the inclusive
    amounts before the discount are estimates there.
    """
    applied = sum((one.amount for one in good.line.applied_discounts), ZERO)
    taxed, kept, total = good.coded.taxed, good.line.discounted_total_inc_tax, good.line.total
    if applied and taxed and not totals.inclusive:
        applied = total.inc_tax - (total.ex_tax - applied) * ELEVEN_TENTHS
    return Discountable(
        gross=good.gross,
        taxed=taxed,
        applied=applied,
        missing=None if kept is None else good.line.total.inc_tax - kept,
    )


def shipping_part(charges: Sequence[Charge], totals: Totals) -> Decimal:
    """What of the discount shipping coupons are worth, GST-inclusive in whole cents."""
    taxed = any(charge.is_shipping and charge.coded.taxed for charge in charges)
    return cents(including_gst(totals.shipping_coupons, taxed=taxed, inclusive=totals.inclusive))


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
