"""The sums of `bench quota`, over moments in nanoseconds at which calls arrived and over numbers of calls."""

from collections.abc import Sequence
from decimal import Decimal


def over_a_window(moments: Sequence[int], allowed: int, window: int) -> int:
    """The calls that come sooner than a whole window after the one so many before them: each is beyond the limit in some window."""
    ordered = sorted(moments)
    return sum(
        later - earlier < window for earlier, later in zip(ordered[:-allowed], ordered[allowed:], strict=True)
    )


def share_used(moments: Sequence[int], allowed: int, window: int, phase: tuple[int, int]) -> Decimal:
    """How much of what is allowed in a phase was used in it, from its beginning to its end: time in which nobody called counts."""
    began, ended = phase
    used = sum(began <= moment < ended for moment in moments)
    return Decimal(used) * window / (Decimal(ended - began) * allowed)


def evenness(calls: Sequence[int]) -> Decimal:
    """The least served against the best served; 1 is even."""
    return Decimal(min(calls)) / max(calls) if max(calls, default=0) else Decimal(0)


def jain(calls: Sequence[int]) -> Decimal:
    """Jain's index of fairness: 1 where all have the same, 1 ÷ n where one has everything."""
    squares = sum(one * one for one in calls)
    return Decimal(sum(calls) ** 2) / (len(calls) * squares) if squares else Decimal(0)
