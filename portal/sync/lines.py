"""Each line lands on its cent: quantity, price and percentage chosen so that any rounding of Saasu's gives the same (LINES).

Whole numbers only. `price` is in 1/10000 dollar, `keep` is 10000 less the percentage × 100, `net` and `gross` are cents, and
values are millionths of a cent: quantity × price × keep.
"""

from collections.abc import Iterator
from dataclasses import dataclass

CENT = 1_000_000
CLOSE = 30_000
"""A line lies within 0.03 cent of a whole cent: GST flips at 0.05, so rounded or not it is the same."""
WHOLE = 10_000
THOUSAND = 1_000
WIDEST = 60
"""How far two whole-cent prices of one line may lie apart, in cents."""
PREFERENCE = 60
"""How many more candidates are tried for one that holds under the unproven roundings too."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Saasu line: units, price in 1/10000 dollar, `keep` of 10000. The quantity is `units` / `per`: 2.5 is 2500 / 1000."""

    units: int
    price: int
    keep: int = WHOLE
    per: int = 1

    @property
    def value(self) -> int:
        """What it comes to, in millionths of a cent; a smaller rest is cut."""
        return self.units * self.price * self.keep // self.per


@dataclass(frozen=True, slots=True)
class Landing:
    """The one or two parts of a line, the order's residual after them, and whether the discount had to go into the price."""

    parts: tuple[Part, ...]
    carry: int
    last_resort: bool = False


def land(
    *,
    units: int,
    price: int,
    net: int,
    gross: int,
    taxed: bool,
    carry: int = 0,
    whole_cents: bool = False,
) -> Landing:
    """Choose the parts of a line of `units` at `price` that must come to `net` cents.

    With `whole_cents` they have net prices of whole cents and no percentages (LINES 2 and 5). Raises `ValueError` for no units.
    """
    if units < 1:
        raise ValueError("a line has at least one unit")
    want = Wanted(net=net, taxed=taxed, carry=carry)
    if net == 0:
        kept = 0 if whole_cents else price
        return Landing((Part(units, kept, 0 if kept else WHOLE),), carry)
    if not whole_cents:
        found = want.best(_single_parts(units, price, net, gross))
        found = found or want.best(_pairs(units, net, gross, carry))
        if found is not None:
            return found
    for parts in _cent_prices(units, net):
        landing = want.landing(parts)
        if landing is not None:
            return Landing(landing.parts, landing.carry, last_resort=net != gross)
    return Landing(next(iter(_cent_prices(units, net))), carry, last_resort=True)


def land_thousandths(
    *, units: int, price: int, net: int, gross: int, carry: int = 0, whole_cents: bool = False
) -> Landing | None:
    """Choose the one part of a line of `units` thousandths of a piece, such as 2500 for 2.5; `None` where none holds.

    Saasu keeps three decimals of a quantity (SA §5.7). What comes to the net in one part has the net's GST, taxed or not.
    """
    if net == 0:
        kept = 0 if whole_cents else price
        return Landing((Part(units, kept, 0 if kept else WHOLE, THOUSAND),), carry)
    want = Wanted(net=net, carry=carry)
    if whole_cents:
        return want.landing((Part(units, net * THOUSAND // units * 100, per=THOUSAND),))
    return want.best(_single_parts(units, price, net, gross, THOUSAND))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the parts of a line must come to."""

    net: int
    carry: int
    taxed: bool = False

    def best(self, candidates: Iterator[tuple[Part, ...]]) -> Landing | None:
        """The first candidate that holds under every rounding, the unproven ones too; else the first that holds at all."""
        first: Landing | None = None
        tries = 0
        for parts in candidates:
            tries += first is not None
            landing = self.landing(parts)
            if landing is not None and all(_holds_unproven(part) for part in parts):
                return landing
            first = first or landing
            if tries >= PREFERENCE:
                break
        return first

    def landing(self, parts: tuple[Part, ...]) -> Landing | None:
        """The landing on these parts, or `None` when they do not hold (LINES: holds)."""
        carry, total, tax = self.carry, 0, 0
        for part in parts:
            whole = nearest(part.value, CENT)
            residual = part.value - whole * CENT
            carry += residual
            if abs(residual) > CLOSE or abs(carry) > CLOSE or part.units < 1 or part.price < 0:
                return None
            total += whole
            tax += gst(whole)
        if total != self.net or (self.taxed and tax != gst(self.net)):
            return None
        return Landing(parts, carry)


def nearest(value: int, unit: int) -> int:
    """Whole units of a value that is not negative, half up."""
    return (2 * value + unit) // (2 * unit)


def gst(cents: int) -> int:
    """GST in cents within GST-inclusive cents: the amount less the amount / 1.1 rounded (SA §5.6)."""
    return cents - nearest(cents * 10, 11)


def _holds_unproven(part: Part) -> bool:
    """Whether the part also comes to its cents if Saasu rounds the net unit price to 4 decimals or the discount to cents."""
    whole = nearest(part.value, CENT)
    net_price = nearest(part.price * part.keep, WHOLE)
    by_price = nearest(part.units * net_price, 100 * part.per)
    full, cent = part.units * part.price, CENT * part.per
    by_discount = nearest(full * WHOLE - nearest(full * (WHOLE - part.keep), cent) * cent, cent)
    return by_price == whole == by_discount


def _single_parts(units: int, price: int, net: int, gross: int, per: int = 1) -> Iterator[tuple[Part, ...]]:
    """LINES 1 to 3: as it is; the net price where it ends; the shop's price or one next to it with a percentage."""
    if units * price == net * 100 * per:
        yield (Part(units, price, per=per),)
    keep = keep_for(net, gross)
    if keep == WHOLE and per != 1:
        yield from _next_prices(units, net, per, WHOLE)
        return
    if keep == WHOLE:
        if net * 100 % units == 0:
            yield (Part(units, net * 100 // units),)
        yield from _cent_prices(units, net)
        return
    for near in (keep, keep - 1, keep + 1):
        if 0 < near <= WHOLE:
            yield (Part(units, price, near, per),)
    for step in (0, -1, 1, -2, 2, -3, 3):
        if 0 < keep + step <= WHOLE:
            yield from _next_prices(units, net, per, keep + step)


def _next_prices(units: int, net: int, per: int, keep: int) -> Iterator[tuple[Part, ...]]:
    """The two prices next to the one that would give the net exactly."""
    below = net * CENT * per // (units * keep)
    for guess in (below, below + 1):
        yield (Part(units, guess, keep, per),)


def keep_for(net: int, gross: int) -> int:
    """What is kept of the price, of 10000, at two decimals of a percentage."""
    return nearest(WHOLE * net, gross) if net < gross else WHOLE


def _cent_prices(units: int, net: int) -> Iterator[tuple[Part, ...]]:
    """LINES 2: units at two whole-cent prices, the gap widened step by step until the GST adds up."""
    low, more = divmod(net, units)
    if more == 0:
        yield (Part(units, low * 100),)
    for gap in range(WIDEST):
        for down in range(gap + 1):
            up = gap - down + 1
            upper, rest = divmod(more + down * units, up + down)
            if rest == 0 and 0 < upper < units and low >= down:
                yield (Part(upper, (low + up) * 100), Part(units - upper, (low - down) * 100))


def _pairs(units: int, net: int, gross: int, carry: int) -> Iterator[tuple[Part, ...]]:
    """LINES 4: two parts at one percentage, their prices a few ten-thousandths apart."""
    keep = keep_for(net, gross)
    for near in (keep,) if keep == WHOLE else (keep, keep - 1, keep + 1):
        if not 0 < near <= WHOLE:
            continue
        middle = nearest(net * CENT - carry, near)
        for step in (0, -1, 1, -2, 2, -3, 3):
            yield from _pairs_of(units, middle + step, near)


def _pairs_of(units: int, amount: int, keep: int) -> Iterator[tuple[Part, ...]]:
    price, more = divmod(amount, units)
    for down in range(min(price, 25) + 1):
        for up in range(1, 26):
            upper, rest = divmod(more + down * units, up + down)
            if rest == 0 and 0 < upper < units:
                yield (Part(units - upper, price - down, keep), Part(upper, price + up, keep))
