"""Sharing an order's discount over its lines, and single cents that rounding left over (SYNC §5 Discounts, LINES)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.money import CENT, ELEVEN_TENTHS, ZERO, cents, gst_within, share

HALF_CENT = Decimal("0.005")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discountable:
    """A line as far as sharing goes: dollars before discount, whether it carries GST, the shop's own discount on it.

    All GST-inclusive, `gross` in whole cents. `applied` is the sum of the line's applied discounts, `missing` what its total after
    discount misses of its total, where the shop states one (BC §5).
    """

    gross: Decimal
    taxed: bool
    applied: Decimal = ZERO
    missing: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """A discount shared: one part a line, the rest for what is charged beside goods; all of them sum to the discount."""

    lines: tuple[Decimal, ...]
    charges: Decimal = ZERO
    own_amounts: bool = False


def share_discount(
    discount: Decimal,
    lines: Sequence[Discountable],
    charges: Decimal,
    *,
    on_shipping: Decimal = ZERO,
    always_own: bool = False,
    room: Decimal = ZERO,
) -> Shares:
    """Share a discount, in dollars and whole cents, over lines; what exceeds the goods goes to the charges, shipping first.

    The shop's own amounts are used where tax rates mix, or always where a person chose so; then `on_shipping` is what of the
    discount shipping coupons are worth, and they may miss the discount by `room` beside their own rounding. Raises `ValueError` when goods and charges together are less than the discount.
    """
    goods = sum((line.gross for line in lines), ZERO)
    if discount > goods + charges:
        raise ValueError(f"a discount of {discount} is more than goods and charges of {goods + charges}")
    if always_own or mixes_rates(lines):
        for apart in (ZERO, on_shipping):
            own = own_amounts(discount - apart, lines, room) if apart <= charges else None
            if own is not None:
                return Shares(lines=own, charges=apart, own_amounts=True)
    if not lines:
        return Shares(lines=(), charges=discount)
    on_goods = min(discount, goods)
    return Shares(lines=share(on_goods, [line.gross for line in lines]), charges=discount - on_goods)


def mixes_rates(lines: Sequence[Discountable]) -> bool:
    """Whether some lines carry GST and some do not; lines of nil do not count."""
    return len({line.taxed for line in lines if line.gross}) > 1


def own_amounts(
    discount: Decimal, lines: Sequence[Discountable], room: Decimal = ZERO
) -> tuple[Decimal, ...] | None:
    """The shop's own amounts where they sum to the discount, else `None`: the applied discounts, or else what the totals miss.

    They may miss the discount by `room` and the rounding of each amount; the cents are then dealt out so that they sum exactly.
    """
    applied = [line.applied for line in lines]
    missing = [line.applied if line.missing is None else line.missing for line in lines]
    return shares_of(discount, lines, applied, room) or shares_of(discount, lines, missing, room)


def shares_of(
    discount: Decimal, lines: Sequence[Discountable], weights: Sequence[Decimal], room: Decimal
) -> tuple[Decimal, ...] | None:
    """These amounts as shares of the discount, in whole cents; `None` where they are not that."""
    if discount <= ZERO:
        return None
    room += HALF_CENT * (1 + sum(1 for weight in weights if weight))
    if any(weight < ZERO for weight in weights) or abs(sum(weights, ZERO) - discount) > room:
        return None
    return fitted(share(discount, weights), [line.gross for line in lines], room) if any(weights) else None


def fitted(parts: Sequence[Decimal], most: Sequence[Decimal], room: Decimal) -> tuple[Decimal, ...] | None:
    """Parts of which none is more than there is: what rounding put over goes to lines that have room, those with a part first.

    `None` where more than `room` is over, or it finds no room.
    """
    fitting = [min(part, limit) for part, limit in zip(parts, most, strict=True)]
    over = sum(parts, ZERO) - sum(fitting, ZERO)
    if over > room:
        return None
    for place in sorted(range(len(parts)), key=lambda place: (parts[place] == ZERO, place)):
        more = min(over, most[place] - fitting[place])
        fitting[place] += more
        over -= more
    return tuple(fitting) if over == ZERO else None


def including_gst(amount: Decimal, *, taxed: bool, inclusive: bool) -> Decimal:
    """A discount of the order's basis in GST-inclusive dollars, unrounded."""
    return amount * ELEVEN_TENTHS if taxed and not inclusive else amount


def deal_out(
    left: Decimal, exact: Sequence[Decimal], rounded: Sequence[Decimal]
) -> tuple[Decimal, ...] | None:
    """Give single cents to, or take them from, the lines that rounding treated worst first; `None` where there are none to take.

    `left` is whole cents of either sign; lines of nil are left alone. The result is the new `rounded`.
    """
    step = CENT if left > ZERO else -CENT
    places = [place for place, amount in enumerate(rounded) if amount > ZERO]
    if not places:
        return None
    places.sort(key=lambda place: ((rounded[place] - exact[place]) * step, place))
    dealt = list(rounded)
    for number in range(int(abs(left) / CENT)):
        dealt[places[number % len(places)]] += step
    return None if min(dealt) < ZERO else tuple(dealt)


def move_cents(
    nets: Sequence[Decimal], taxed: Sequence[bool], missing: Decimal, whole: Sequence[bool]
) -> tuple[Decimal, ...]:
    """Move single cents between lines, at most one a line, so that their GST comes nearer to the shop's (LINES, last part).

    `missing` is the shop's GST less ours. A line where `whole` is true takes a cent without being split, so those come first.
    """
    moved = list(nets)
    free = sorted((place for place, net in enumerate(nets) if net > CENT), key=lambda place: not whole[place])
    step = CENT if missing > ZERO else -CENT
    for _ in range(int(abs(missing) / CENT)):
        # One taxed line crosses to the next cent of GST; another line gives that cent without crossing.
        taker = next((place for place in free if taxed[place] and crosses(moved[place], step)), None)
        giver = next(
            (
                place
                for place in free
                if place != taker and not (taxed[place] and crosses(moved[place], -step))
            ),
            None,
        )
        if taker is None or giver is None:
            break
        moved[taker] += step
        moved[giver] -= step
        free = [place for place in free if place not in {taker, giver}]
    return tuple(moved)


def crosses(net: Decimal, step: Decimal) -> bool:
    """Whether a cent more or less changes the GST within an amount."""
    return gst_within(net + step) != gst_within(cents(net))
