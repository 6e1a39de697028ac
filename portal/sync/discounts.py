"""Sharing an order's discount: over its lines in proportion, or by the shop's own amounts where tax rates mix (SYNC §5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.money import ZERO, cents, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Discountable:
    """A line as far as sharing goes: dollars before discount, whether it carries GST, the shop's own discount on it."""

    gross: Decimal
    taxed: bool
    applied: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """A discount shared: one part a line, the rest for shipping; the parts and `shipping` sum to the discount."""

    lines: tuple[Decimal, ...]
    shipping: Decimal = ZERO
    own_amounts: bool = False


def share_discount(discount: Decimal, lines: Sequence[Discountable], shipping: Decimal) -> Shares:
    """Share a discount, in dollars and whole cents, over lines; what exceeds the goods goes to shipping.

    Raises `ValueError` when goods and shipping together are less than the discount.
    """
    goods = sum((line.gross for line in lines), ZERO)
    if discount > goods + shipping:
        raise ValueError("the discount is larger than the order")
    own = own_amounts(discount, lines)
    if own is not None:
        return Shares(lines=own, own_amounts=True)
    on_goods = min(discount, goods)
    if not lines:
        return Shares(lines=(), shipping=discount)
    return Shares(lines=share(on_goods, [line.gross for line in lines]), shipping=discount - on_goods)


def own_amounts(discount: Decimal, lines: Sequence[Discountable]) -> tuple[Decimal, ...] | None:
    """The shop's own amounts, where the order mixes tax rates and they sum to the discount; else `None`."""
    if len({line.taxed for line in lines if line.gross}) < 2:
        return None
    own = tuple(cents(line.applied) for line in lines)
    fits = all(ZERO <= amount <= line.gross for amount, line in zip(own, lines, strict=True))
    return own if fits and sum(own, ZERO) == discount else None
