"""Adding up as an accountant does, in whole cents and fractions, without the product's own money rules."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

CLOSE = Fraction(3, 100)
"""How far a line may lie from a whole cent, in cents, so that no rounding of Saasu's can tell another sum (LINES)."""


def half_away(cents: Fraction) -> int:
    """Whole cents, half away from zero."""
    whole = (2 * abs(cents) + 1) // 2
    return int(whole if cents >= 0 else -whole)


def in_cents(amount: object) -> Fraction:
    """Dollars in cents, exactly as written."""
    assert isinstance(amount, str | int | Decimal)
    return Fraction(str(amount)) * 100


def whole_cents(amount: object) -> int:
    return half_away(in_cents(amount))


def exact_line(line: Mapping[str, Any]) -> Fraction:
    """Quantity × unit price less the percentage, in cents, unrounded."""
    kept = 1 - Fraction(str(line["PercentageDiscount"])) / 100
    return Fraction(str(line["Quantity"])) * in_cents(line["UnitPrice"]) * kept


def sale_total(lines: Iterable[Mapping[str, Any]]) -> int:
    return sum(half_away(exact_line(line)) for line in lines)


def gst_of(line: Mapping[str, Any], taxed: Iterable[str]) -> int:
    """GST within a line, in cents: one eleventh, rounded."""
    return half_away(Fraction(half_away(exact_line(line))) / 11) if line.get("TaxCode") in set(taxed) else 0


def sale_gst(lines: Iterable[Mapping[str, Any]], taxed: Iterable[str]) -> int:
    return sum(gst_of(line, taxed) for line in lines)


def residuals(lines: Iterable[Mapping[str, Any]]) -> list[Fraction]:
    """How far each line lies from its whole cent, in cents."""
    return [exact_line(line) - half_away(exact_line(line)) for line in lines]


def decimals(amount: object) -> int:
    """How many decimals an amount needs."""
    fraction = Decimal(str(amount)).normalize().as_tuple().exponent
    assert isinstance(fraction, int)
    return max(-fraction, 0)
