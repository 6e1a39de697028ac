"""What Saasu might do with a line: every rounding that nobody has ruled out (LINES). Binary floating point lives here alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from portal.sync.sale_orders import SaleLine

CENT = Decimal("0.01")
Rounder = Callable[[Decimal], Decimal]


def half_away(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def half_even(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def exact(line: SaleLine) -> Decimal:
    return line.quantity * line.unit_price * (100 - line.percentage_discount) / 100


def binary(line: SaleLine) -> Decimal:
    """The line computed in binary floating point, as an engine without decimals would."""
    amount = float(line.quantity) * float(line.unit_price) * (1 - float(line.percentage_discount) / 100)
    return Decimal(amount)


@dataclass(frozen=True)
class Hypothesis:
    name: str
    value: Callable[[SaleLine], Decimal]
    round: Rounder
    per_line: bool

    def books(self, lines: Sequence[SaleLine], taxed: Sequence[bool]) -> tuple[Decimal, Decimal]:
        """Total and GST of a sale."""
        values = [self.round(self.value(line)) if self.per_line else self.value(line) for line in lines]
        tax = sum(
            (
                value - self.round(value / Decimal("1.1"))
                for value, flag in zip(values, taxed, strict=True)
                if flag
            ),
            Decimal(0),
        )
        return self.round(sum(values, Decimal(0))), self.round(tax)


HYPOTHESES = tuple(
    Hypothesis(f"{how}, {rounder.__name__}, {'per line' if per_line else 'summed'}", value, rounder, per_line)
    for how, value in (("decimal", exact), ("binary", binary))
    for rounder in (half_away, half_even)
    for per_line in (True, False)
)
