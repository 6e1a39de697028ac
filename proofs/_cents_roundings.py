"""How Saasu may round: every rounding that LINES does not rule out, and those that it calls unproven."""

from itertools import product
from typing import Final

Rounding = dict[str, str]
"""Values for the switches of the sandbox's Saasu."""

PROVEN: Final[tuple[Rounding, ...]] = tuple(
    {"rounding": rounding, "half": half, "numbers": numbers, "tax_on": tax_on, "between": "nothing"}
    for rounding, half, numbers, tax_on in product(
        ("line", "sum"), ("away", "even"), ("decimal", "binary"), ("rounded", "unrounded")
    )
)
"""Under each of these every order must land on its cent."""

UNPROVEN: Final[tuple[Rounding, ...]] = tuple(
    {**proven, "between": between} for between in ("net_price", "discount", "gross") for proven in PROVEN
)
"""Under these LINES misses some orders with percentages, and the read-back finds them (SYNC §7.8)."""

BETWEEN: Final[tuple[Rounding, ...]] = tuple(
    {**PROVEN[0], "between": between} for between in ("net_price", "discount", "gross")
)
"""The plainest of each of those."""
