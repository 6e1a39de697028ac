"""How many Saasu calls a file may have in a day, and when a piece of work that costs calls can be done (SYNC §9, SA §2).

One call too many blocks the file for 24 hours for every program, so a share of the plan is left to the others. Calls are known by the
hour: an hour counts whole until its last call is 24 hours old.
"""

from collections.abc import Mapping
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
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
WORST_ORDER = 12
"""Calls that one order may cost at worst: both customers looked up, read again and written, a renewed sign-in, the post, and a listing."""
LONGEST_FORECAST = 24 * 366
"""Hours after which a forecast is given up."""

Hours = Mapping[datetime, int]
"""Calls by the hour in which they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Calls of one file over a rolling day: `allowed` in all, `used` in the last 24 hours, `reserve` kept for the hourly runs.

    `hours` says when those used were made; `busiest_day` is the hourly runs' of the last seven.
    """

    allowed: int
    used: int = 0
    reserve: int = 0
    busiest_day: int = 0
    hours: tuple[tuple[datetime, int], ...] = ()

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


def allowance(
    limit: int, *, sole_user: bool, used: int = 0, busiest_day: int = 0, hours: Hours | None = None
) -> Allowance:
    """The allowance under a plan's limit: 80 % of it when nothing else uses the file's API, else half (SYNC §9).

    The reserve is the larger of a fifth of that and one and a half times the hourly runs' busiest day of the last seven.
    """
    allowed = int(limit * (SHARE_ALONE if sole_user else SHARE_WITH_OTHERS))
    reserve = min(max(int(allowed * RESERVE), int(busiest_day * BUSIEST)), allowed)
    return Allowance(
        allowed=allowed,
        used=used,
        reserve=reserve,
        busiest_day=busiest_day,
        hours=tuple(sorted((hours or {}).items())),
    )


def hour_of(moment: datetime) -> datetime:
    """The hour a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def counted_since(now: datetime) -> datetime:
    """The first hour that still counts: the one in which the moment 24 hours ago lies."""
    return hour_of(now - DAY)


def counted(hours: Hours, now: datetime) -> int:
    """The calls of the last 24 hours; never too few, since the oldest hour counts whole."""
    first = counted_since(now)
    return sum(calls for hour, calls in hours.items() if hour >= first)


def again_at(given: Allowance, keep: int, now: datetime) -> datetime:
    """From when on `keep` calls of the allowance are free, if nobody makes any meanwhile; `now` where they are."""
    hours = dict(given.hours)
    moments = [now, *(max(now, hour + DAY + HOUR) for hour, _ in given.hours)]
    free = (moment for moment in moments if given.allowed - counted(hours, moment) >= keep)
    return next(free, moments[-1])


def done_by(calls: int, given: Allowance, per_second: Decimal, now: datetime) -> datetime:
    """When a backfill of so many calls can be done: by the pace of calls, hour by hour, within the day's allowance and beside the hourly runs."""
    hours = dict(given.hours) or {hour_of(now): given.used}
    beside = min(given.busiest_day, given.daily_for_backfill - 1) // 24
    moment = now
    for _ in range(LONGEST_FORECAST):
        hour = hour_of(moment)
        seconds = (hour + HOUR - moment) // SECOND
        room = max(given.daily_for_backfill - counted(hours, moment), 0)
        fit = min(room, int(per_second * seconds))
        if calls <= fit:
            return moment + timedelta(seconds=int(calls / per_second))
        calls -= fit
        hours[hour] = hours.get(hour, 0) + fit + beside
        moment = hour + HOUR
        hours = {one: made for one, made in hours.items() if one >= counted_since(moment)}
    return moment
