"""What a run looked at, word by word: each order once, and the sum is what the run says it looked at (SCREENS: runs)."""

from dataclasses import dataclass

from portal.models.runs import Run, RunKind, RunState

WORDS = {
    "posted": ("posted", "posted"),
    "exists": ("already in Saasu", "already in Saasu"),
    "ignored": ("ignored", "ignored"),
    "failed": ("failed", "failed"),
    "again": ("still failing", "still failing"),
    "unknown": ("outcome unknown", "outcome unknown"),
    "waiting": ("waiting", "waiting"),
    "unchanged": ("left as it was", "left as they were"),
}
"""The words for one order and for several, by the run's column."""
NEWEST_LEFT = "Orders of the last two minutes are read by the next run."
"""What a run that read to the end leaves, for the sake of the shop's own clock (SYNC §3.2)."""
ALWAYS = ("posted", "failed")
"""Told where they are none, too."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many orders of a run stand under a word."""

    name: str
    orders: int
    word: str

    @property
    def words(self) -> str:
        """`4 still failing`."""
        return f"{self.orders:,} {self.word}"


def counted(run: Run) -> tuple[Counted, ...]:
    """The words of a run with their orders; those without any left out, but for posted and failed."""
    found = []
    for name, (one, many) in WORDS.items():
        orders = getattr(run, name) or 0
        if orders or name in ALWAYS:
            found.append(Counted(name, orders, one if orders == 1 else many))
    return tuple(found)


def looked_at(run: Run) -> int | None:
    """How many orders a run looked at; `None` for one of an older version, which did not count all of them.

    A preview decides nothing, so it has no words: it looked at what it read.
    """
    if run.kind == RunKind.PREVIEW:
        return run.read
    if run.again is None:
        return None
    return sum(getattr(run, name) or 0 for name in WORDS)


def newest_left(run: Run) -> str:
    """What a run that read the shop's changes to their end says of the newest orders; blank for every other run."""
    is_part = run.backfill_id is not None or run.only_order is not None
    if run.state != RunState.FINISHED or is_part or run.kind in (RunKind.SWEEP, RunKind.PREVIEW):
        return ""
    return NEWEST_LEFT
