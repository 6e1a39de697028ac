"""Adding up as an accountant does, in whole cents and fractions, without the product's own money rules."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

CLOSE = Fraction(3, 100)
"""How far a line may lie from a whole cent, in cents, so that no rounding of Saasu's can tell another sum (LINES)."""

NUMBER = r"\d[\d,]*(?:\.\d+)?"
SUM = re.compile(rf"{NUMBER}(?: [×÷+−=] {NUMBER})*(?: = {NUMBER})(?: [×÷+−=] {NUMBER})*")
UNROUNDED = re.compile(rf"({NUMBER}) \((\d[\d,]*\.\d\d\d+)\)")


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


def written_sums(text: str) -> list[list[str]]:
    """The sums written out in a text, as the sides of their equals signs; what stands in brackets is no part of a sum."""
    plain = UNROUNDED.sub(r"\1", " ".join(text.split()))
    return [found[0].split(" = ") for found in SUM.finditer(plain)]


def worked_out(side: str) -> Fraction:
    """One side of a written sum: × and ÷ before + and −, from left to right."""
    total, term, sign = Fraction(0), Fraction(0), 1
    for operator, number in re.findall(rf"(?:^|([×÷+−]) )({NUMBER})", side):
        amount = Fraction(number.replace(",", ""))
        if operator == "×":
            term *= amount
        elif operator == "÷":
            term /= amount
        else:
            total, term, sign = total + sign * term, amount, -1 if operator == "−" else 1
    return total + sign * term


def unrounded_figures(text: str) -> list[tuple[str, str]]:
    """Each figure with its unrounded one in brackets: `4.54 (4.5364)`."""
    return UNROUNDED.findall(" ".join(text.split()))
