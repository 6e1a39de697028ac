"""What Saasu makes of a line and of an invoice: amounts and GST, after FACTS §5 alone.

How the engine rounds an item line is documented nowhere (FACTS §8.7), so every hypothesis of LINES is a
setting here. The product never sees this code: it has to be right whichever rule is chosen.
Binary floating point is allowed in this module only, because one hypothesis is that Saasu uses it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
QUANTITY_STEP: Final = Decimal("0.001")
PRICE_STEP: Final = Decimal("0.0001")
PERCENTAGE_STEP: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)
ZERO: Final = Decimal(0)

ROUNDINGS: Final = ("line", "sum")
HALVES: Final = ("away", "even")
NUMBERS: Final = ("decimal", "binary")
TAX_ON: Final = ("rounded", "unrounded")
BETWEEN: Final = ("nothing", "net_price", "discount", "gross")


@dataclass(frozen=True, slots=True)
class Rules:
    """One hypothesis about the engine.

    `rounding`: each line to cents, or the exact lines summed and rounded once. `half`: away from zero or to even.
    `numbers`: exact decimals or binary floating point. `tax_on`: GST of the rounded or of the unrounded line.
    `between`: what is rounded before the line itself: nothing, the net unit price to 4 decimals, the discount
    amount to cents, or quantity x price to cents (the unproven roundings of LINES).
    """

    rounding: str = "line"
    half: str = "away"
    numbers: str = "decimal"
    tax_on: str = "rounded"
    between: str = "nothing"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the engine keeps it: an item line, or a service line with its `amount` given. `rate` is a fraction."""

    quantity: Decimal = ZERO
    unit_price: Decimal = ZERO
    percentage: Decimal = ZERO
    rate: Decimal = ZERO
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Dollars and cents of an invoice: the total with tax, the tax in it, and the amount shown on each line."""

    total: Decimal
    tax: Decimal
    lines: tuple[Decimal, ...]
    line_taxes: tuple[Decimal, ...]


def kept_quantity(value: Decimal) -> Decimal:
    """The quantity that is kept: 3 decimals, half away from zero (FACTS §5.7)."""
    return value.quantize(QUANTITY_STEP, ROUND_HALF_UP)


def kept_price(value: Decimal) -> Decimal:
    """The unit price that is kept: 4 decimals, half away from zero (FACTS §5.7)."""
    return value.quantize(PRICE_STEP, ROUND_HALF_UP)


def kept_percentage(value: Decimal) -> Decimal:
    """The percentage discount that is kept: 2 decimals, half away from zero (FACTS §5.7)."""
    return value.quantize(PERCENTAGE_STEP, ROUND_HALF_UP)


def kept_amount(value: Decimal) -> Decimal:
    """The amount of a service line that is kept: cents, half away from zero."""
    return value.quantize(CENT, ROUND_HALF_UP)


def total_up(lines: Sequence[Line], tax_included: bool, rules: Rules) -> Totals:
    """Amounts of an invoice under one hypothesis.

    Inclusive: tax of a line = line - round(line / (1 + rate)) (FACTS §5.6). Exclusive: round(line x rate), on top.
    """
    if rules.numbers == "binary":
        return _binary_totals(lines, tax_included, rules)
    return _decimal_totals(lines, tax_included, rules)


def _decimal_totals(lines: Sequence[Line], tax_included: bool, rules: Rules) -> Totals:
    exact = [_decimal_line(line, rules) for line in lines]
    shown = [_cents(value, rules) for value in exact]
    taxes = [
        _decimal_tax(value, amount, line.rate, tax_included, rules)
        for value, amount, line in zip(exact, shown, lines, strict=True)
    ]
    total = sum(shown, ZERO) if rules.rounding == "line" else _cents(sum(exact, ZERO), rules)
    return _assemble(total, shown, taxes, tax_included)


def _assemble(total: Decimal, shown: list[Decimal], taxes: list[Decimal], tax_included: bool) -> Totals:
    tax = sum(taxes, ZERO).quantize(CENT)
    whole = total if tax_included else total + tax
    return Totals(whole.quantize(CENT), tax, tuple(shown), tuple(taxes))


def _decimal_line(line: Line, rules: Rules) -> Decimal:
    if line.amount is not None:
        return line.amount
    gross = line.quantity * line.unit_price
    if rules.between == "gross":
        gross = _cents(gross, rules)
    if rules.between == "discount":
        return gross - _cents(gross * line.percentage / HUNDRED, rules)
    left = (HUNDRED - line.percentage) / HUNDRED
    if rules.between == "net_price":
        return line.quantity * (line.unit_price * left).quantize(PRICE_STEP, _mode(rules))
    return gross * left


def _decimal_tax(exact: Decimal, shown: Decimal, rate: Decimal, tax_included: bool, rules: Rules) -> Decimal:
    taxed = shown if rules.tax_on == "rounded" else exact
    if tax_included:
        return shown - _cents(taxed / (1 + rate), rules)
    return _cents(taxed * rate, rules)


def _mode(rules: Rules) -> str:
    return ROUND_HALF_EVEN if rules.half == "even" else ROUND_HALF_UP


def _cents(value: Decimal, rules: Rules) -> Decimal:
    return value.quantize(CENT, _mode(rules))


def _binary_totals(lines: Sequence[Line], tax_included: bool, rules: Rules) -> Totals:
    exact = [_binary_line(line, rules) for line in lines]
    shown = [_binary_round(value, 100, rules) for value in exact]
    taxes = [
        _binary_tax(value, amount, float(line.rate), tax_included, rules)
        for value, amount, line in zip(exact, shown, lines, strict=True)
    ]
    running = 0.0
    for value in shown if rules.rounding == "line" else exact:
        running += value
    return _assemble(
        _to_cents(_binary_round(running, 100, rules)),
        [_to_cents(value) for value in shown],
        [_to_cents(value) for value in taxes],
        tax_included,
    )


def _binary_line(line: Line, rules: Rules) -> float:
    if line.amount is not None:
        return float(line.amount)
    quantity, price, percentage = float(line.quantity), float(line.unit_price), float(line.percentage)
    gross = quantity * price
    if rules.between == "gross":
        gross = _binary_round(gross, 100, rules)
    if rules.between == "discount":
        return gross - _binary_round(gross * percentage / 100.0, 100, rules)
    left = 1.0 - percentage / 100.0
    if rules.between == "net_price":
        return quantity * _binary_round(price * left, 10000, rules)
    return gross * left


def _binary_tax(exact: float, shown: float, rate: float, tax_included: bool, rules: Rules) -> float:
    taxed = shown if rules.tax_on == "rounded" else exact
    if tax_included:
        return shown - _binary_round(taxed / (1.0 + rate), 100, rules)
    return _binary_round(taxed * rate, 100, rules)


def _binary_round(value: float, steps: int, rules: Rules) -> float:
    """Scale, round, scale back: what a floating-point engine does, faults included."""
    scaled = value * steps
    if rules.half == "even":
        return round(scaled) / steps
    return math.copysign(math.floor(abs(scaled) + 0.5), scaled) / steps


def _to_cents(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(CENT, ROUND_HALF_UP)
