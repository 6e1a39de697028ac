"""What a run of `prove cents` found, order by order, and the sums of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from time import monotonic
from typing import Any

SHOWN = 12
"""Orders that are told whole; the others are counted."""
NAMED = ("total", "gst", "refused sound", "posted contradicting", "shares", "share")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One order with what is wrong with it, told whole."""

    number: int
    checks: tuple[str, ...]
    told: str


@dataclass(slots=True)
class Tally:
    """Counts that add up over shops and processes.

    `checks`: orders by the check they failed; `refused`: orders by their problem; `between`: orders by the rounding nobody
    has proven under which they miss; `lines`, `percentages`, `gst_apart`: Saasu lines, those with a percentage, and orders
    whose GST is the shop's but for rounding.
    """

    orders: int = 0
    posted: int = 0
    sound: int = 0
    lines: int = 0
    percentages: int = 0
    gst_apart: int = 0
    stopped_runs: int = 0
    hypotheses: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    between: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what another process found."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, dict):
                for what, seconds in theirs.items():
                    mine[what] = mine.get(what, 0.0) + seconds
            elif one.name == "hypotheses":
                self.hypotheses = max(mine, theirs)
            else:
                setattr(self, one.name, mine + theirs)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Count the seconds spent on one kind of work."""
        began = monotonic()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + monotonic() - began

    def blame(self, wrong: Wrong) -> None:
        """Note one order in which something is wrong."""
        self.checks.update(set(wrong.checks))
        if len(self.wrong) < SHOWN:
            self.wrong.append(wrong)

    @property
    def is_red(self) -> bool:
        """Whether anything is wrong at all."""
        return bool(self.checks) or bool(self.stopped_runs)

    def figures(self) -> dict[str, Any]:
        """The figures of the last line."""
        return {
            "orders": self.orders,
            "posted": self.posted,
            "off_by_a_cent": self.checks["total"],
            "gst_beyond": self.checks["gst"],
            "refused_sound": self.checks["refused sound"],
            "posted_contradicting": self.checks["posted contradicting"],
            "shares_wrong": self.checks["shares"] + self.checks["share"],
            "other_faults": {name: self.checks[name] for name in sorted(self.checks) if name not in NAMED},
            "refused": dict(sorted(self.refused.items())),
            "ignored": dict(sorted(self.ignored.items())),
            "sound": self.sound,
            "saasu_lines": self.lines,
            "with_percentage": self.percentages,
            "gst_apart_by_rounding": self.gst_apart,
            "stopped_runs": self.stopped_runs,
            "hypotheses": self.hypotheses,
            "between": dict(sorted(self.between.items())),
        }
