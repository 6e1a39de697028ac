"""How many Saasu calls a file may have in a day, and when a piece of work that costs calls can be done (SYNC §9, SA §2).

One call too many blocks the file for 24 hours for every program, so a share of the plan is left to the others.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

PLAN_CALLS = {"small": 4000, "growing": 3000, "medium": 6000, "large": 8000, "x-large": 20000}
LOWEST = min(PLAN_CALLS.values())
SHARE_ALONE = Decimal("0.8")
SHARE_WITH_OTHERS = Decimal("0.5")
RESERVE = Decimal("0.2")
BUSIEST = Decimal("1.5")
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Calls of one file over a rolling day: `allowed` in all, `used` in the last 24 hours, `reserve` kept for the hourly runs."""

    allowed: int
    used: int = 0
    reserve: int = 0

    @property
    def left(self) -> int:
        """What an hourly run may still use."""
        return max(self.allowed - self.used, 0)

    @property
    def left_for_backfill(self) -> int:
        """What a backfill may still use: it stops at the reserve."""
        return max(self.allowed - self.reserve - self.used, 0)

    @property
    def daily_for_backfill(self) -> int:
        """What a backfill may use on a day on which nothing else runs."""
        return max(self.allowed - self.reserve, 1)


def plan_limit(subscription: str, given: int | None = None) -> int:
    """The plan's calls a day: what a person gave, else by the name of the subscription, else the lowest there is."""
    if given is not None:
        return given
    words = subscription.casefold().replace("extra large", "x-large").split()
    named = [calls for plan, calls in PLAN_CALLS.items() if plan in words]
    return named[0] if named else LOWEST


def allowance(limit: int, *, sole_user: bool, used: int = 0, busiest_day: int = 0) -> Allowance:
    """The allowance under a plan's limit: 80 % of it when nothing else uses the file's API, else half (SYNC §9).

    The reserve is the larger of a fifth of that and one and a half times the hourly runs' busiest day of the last seven.
    """
    allowed = int(limit * (SHARE_ALONE if sole_user else SHARE_WITH_OTHERS))
    reserve = min(max(int(allowed * RESERVE), int(busiest_day * BUSIEST)), allowed)
    return Allowance(allowed=allowed, used=used, reserve=reserve)


def done_by(calls: int, given: Allowance, per_second: Decimal, now: datetime) -> datetime:
    """When a backfill of so many calls can be done: by the pace of calls, and by the day's allowance where that runs out first."""
    at_pace = now + timedelta(seconds=int(calls / per_second))
    beyond = calls - given.left_for_backfill
    if beyond <= 0:
        return at_pace
    days, rest = divmod(beyond, given.daily_for_backfill)
    return max(at_pace, now + DAY * (days + bool(rest)))
