"""Money as `Decimal`, from the JSON text to the JSON text: one door in, one rounding, one way to share.

Rounding is half away from zero, to whole cents, and happens here only (SYNC §5).
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
ZERO = Decimal(0)
ELEVEN_TENTHS = Decimal("1.1")
LARGEST = Decimal("1e12")
MOST_DIGITS = 30


class MoneyError(ValueError):
    """A text that is no amount of money; the message quotes at most 40 characters of it."""


def money(value: object) -> Decimal:
    """Read an amount in dollars from JSON: text, whole number or `Decimal`; `None` and blank text are 0 (BC §4).

    Raises `MoneyError` for anything else, for what is not finite and for a trillion dollars or more.
    """
    if value is None:
        return ZERO
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise MoneyError(f"{str(value)[:40]!r} is not an amount of money")
    text = value.strip() if isinstance(value, str) else value
    if text == "":
        return ZERO
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise MoneyError(f"{str(value)[:40]!r} is not an amount of money") from error
    if not amount.is_finite() or abs(amount) >= LARGEST or len(amount.as_tuple().digits) > MOST_DIGITS:
        raise MoneyError(f"{str(value)[:40]!r} is not an amount of money")
    return amount


def cents(amount: Decimal) -> Decimal:
    """Round dollars to whole cents, half away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def dollars(amount: Decimal) -> str:
    """An amount as a person reads it, rounded to cents: `$1,212.40`, with a minus sign where it is negative."""
    whole = cents(amount)
    return f"−${-whole:,.2f}" if whole < 0 else f"${abs(whole):,.2f}"


def gst_within(amount: Decimal) -> Decimal:
    """GST in dollars inside a GST-inclusive amount, to the cent: amount less amount / 1.1 rounded (SA §5.6)."""
    return amount - cents(amount / ELEVEN_TENTHS)


def share(total: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Split whole cents over weights so that the parts sum to `total`: largest remainder, ties by order (SYNC §5).

    `total` is in dollars and whole cents, of either sign; weights are not negative. Where all weights are zero the first part takes everything.
    Raises `ValueError` without weights, for a negative weight or for part cents.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("a share needs weights, none of them negative")
    if total != cents(total):
        raise ValueError("only whole cents can be shared")
    whole = sum(weights, ZERO)
    if whole == 0:
        return (total, *(ZERO for _ in weights[1:]))
    sign = -1 if total < 0 else 1
    exact = [abs(total) * weight / whole for weight in weights]
    parts = [amount.quantize(CENT, rounding=ROUND_DOWN) for amount in exact]
    left = int((abs(total) - sum(parts, ZERO)) / CENT)
    order = sorted(range(len(weights)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[:left]:
        parts[place] += CENT
    return tuple(sign * part for part in parts)
