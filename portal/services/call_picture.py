"""The Saasu calls of a file's last 24 hours as a picture: by the hour and by purpose, what is left, and what older orders will take (SYNC §9)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import budget
from portal.models.backfills import UNFINISHED, Backfill
from portal.models.connections import Connection, SaasuFile
from portal.models.mirrors import CallCount
from portal.models.runs import Run
from portal.services.gates import PREVIEW
from portal.services.progress import Progress, progress_of
from portal.services.remotes import Outside
from portal.sync.allowance import (
    BUSIEST,
    DAY,
    HOUR,
    RESERVE,
    WORST_ORDER,
    Allowance,
    again_at,
    counted_since,
    hour_of,
    plan_limit,
)
from portal.sync.blocking import Block, block_words
from portal.sync.forecast import counted, day_and_time

KINDS = {
    "posting": "Posting orders",
    "customers": "Customers",
    "items": "Items and tax codes",
    "read-back": "Reading back",
    "look-up": "Looking up sales",
    "sign-in": "Signing in",
    "previews": "Previews",
    "other": "Other",
}
"""What calls are made for, in a person's words, in the order in which a bar stacks them."""
KIND_OF = {
    "post": "posting",
    "contact": "customers",
    "contacts": "customers",
    "company": "customers",
    "companies": "customers",
    "items": "items",
    "taxcodes": "items",
    "read back": "read-back",
    "invoices": "look-up",
    "sign in": "sign-in",
    "refresh": "sign-in",
    "file": "sign-in",
    "files": "sign-in",
    "ping": "sign-in",
    PREVIEW: "previews",
}
"""The purposes as they are counted: the clients' own, and one for all of a preview; whatever is not here is shown as other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The calls made in one hour, by kind."""

    hour: datetime
    calls: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPicture:
    """A file's calls over a rolling day. `bars` are every hour that still counts, oldest first; together they are `given.used`.

    `elsewhere`: how many of them the runs of other firms' connections to the same file made. `limit` is the plan's, `goes_on` when an order can be posted again where the allowance is used up.
    """

    bars: tuple[Bar, ...]
    given: Allowance
    limit: int
    elsewhere: int
    block: Block | None
    goes_on: datetime | None
    backfills: tuple[Progress, ...]
    now: datetime
    zone: ZoneInfo

    @property
    def kinds(self) -> dict[str, int]:
        """The calls of all hours by kind, those alone that there are."""
        found: Counter[str] = Counter()
        for bar in self.bars:
            found.update(bar.calls)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def most(self) -> int:
        """The calls of the busiest hour."""
        return max((bar.total for bar in self.bars), default=0)

    @property
    def scale(self) -> int:
        """What the picture's upper edge stands for: a round number, no less than the busiest hour."""
        return round_up(self.most)

    @property
    def busiest(self) -> Bar | None:
        """The busiest hour; none where nothing was called."""
        return max(self.bars, key=lambda bar: bar.total) if self.most else None

    @property
    def stands_still(self) -> str:
        """Why nothing is asked of Saasu at present and when it goes on, by the file's calendar; blank where nothing keeps it."""
        if self.block is not None:
            return block_words(self.block, self.now, self.zone)
        if self.goes_on is not None:
            return f"Paused: the calls allowed are used up. It goes on {self.when(self.goes_on)}."
        return ""

    @property
    def free_again(self) -> str:
        """When the calls that are used come free: the oldest hour's, then all, each 24 hours after its hour ended; blank where none is used."""
        made = [bar for bar in self.bars if bar.total]
        if not made:
            return ""
        first, last = (self.hour_words(bar.hour + HOUR + DAY) for bar in (made[0], made[-1]))
        soonest = f"{made[0].total:,} more {'comes' if made[0].total == 1 else 'come'} free by {first}"
        return soonest if len(made) == 1 else f"{soonest}, all by {last}"

    @property
    def reserve_words(self) -> str:
        """Why older orders and previews stop so many short of what is allowed, which is what `it` means."""
        if self.given.reserve > int(self.given.allowed * RESERVE):
            return f"{BUSIEST} times the busiest day of the hourly runs in the last seven ({counted(self.given.busiest_day, 'call')})"
        return "a fifth of it"

    def hour_words(self, hour: datetime) -> str:
        """`2 pm`, and the day where it is not today: `2 pm yesterday`, `2 pm on Tuesday`; by the file's calendar."""
        there = hour.astimezone(self.zone)
        days = (there.date() - self.now.astimezone(self.zone).date()).days
        named = {-1: " yesterday", 0: "", 1: " tomorrow"}.get(days, f" on {there:%A}")
        minutes = f":{there:%M}" if there.minute else ""
        half = "am" if there.hour < 12 else "pm"
        return f"{there.hour % 12 or 12}{minutes} {half}{named}"

    def when(self, moment: datetime) -> str:
        """`today at 2:40 pm`, by the file's calendar."""
        return day_and_time(moment, self.now, self.zone)


def round_up(most: int) -> int:
    """The next 1, 2 or 5 times a power of ten; 10 at least."""
    size = 10
    while most > size * 5:
        size *= 10
    return next(size * times for times in (1, 2, 5) if most <= size * times)


def kind_of(purpose: str) -> str:
    """What a purpose is shown as."""
    return KIND_OF.get(purpose.casefold(), "other")


def picture_of(session: Session, outside: Outside, file: SaasuFile) -> CallPicture:
    """The picture of a file at this moment, with the calls of every firm that shares the file, and the backfills of its own connections."""
    now = outside.now()
    given = budget.allowance_of(session, file, now)
    block = budget.block_of(session, f"saasu:{file.file_id}")
    holds = block is not None and block.holds(now)
    used_up = given.left < WORST_ORDER
    return CallPicture(
        bars=bars_of(session, file, now),
        given=given,
        limit=plan_limit(file.subscription, file.daily_calls),
        elsewhere=calls_of_others(session, file, now),
        block=block if holds else None,
        goes_on=again_at(given, WORST_ORDER, now) if used_up else None,
        backfills=open_backfills(session, outside, file),
        now=now,
        zone=ZoneInfo(file.time_zone),
    )


def bars_of(session: Session, file: SaasuFile, now: datetime) -> tuple[Bar, ...]:
    """A bar for every hour that counts, also for those without a call; oldest first."""
    since = counted_since(now)
    found = session.execute(
        select(CallCount.hour, CallCount.purpose, CallCount.calls).where(
            CallCount.account == f"saasu:{file.file_id}", CallCount.hour >= since
        )
    )
    hours = (hour_of(now) - since) // HOUR + 1
    calls: dict[datetime, Counter[str]] = {since + HOUR * number: Counter() for number in range(hours)}
    for hour, purpose, count in found:
        calls.setdefault(hour, Counter())[kind_of(purpose)] += count
    return tuple(Bar(hour=hour, calls=dict(kinds)) for hour, kinds in sorted(calls.items()))


def calls_of_others(session: Session, file: SaasuFile, now: datetime) -> int:
    """The Saasu calls of the runs of the last 24 hours over other firms' connections to this very file."""
    calls = (
        select(func.coalesce(func.sum(Run.saasu_calls), 0))
        .join(Connection, Connection.id == Run.connection_id)
        .join(SaasuFile, SaasuFile.id == Connection.file_pk)
        .where(
            SaasuFile.file_id == file.file_id,
            SaasuFile.firm_id != file.firm_id,
            Run.queued_at > now - DAY,
        )
    )
    return int(session.scalar(calls) or 0)


def open_backfills(session: Session, outside: Outside, file: SaasuFile) -> tuple[Progress, ...]:
    """How far the open backfills of a file's connections are."""
    found = session.scalars(
        select(Backfill)
        .join(Connection, Connection.id == Backfill.connection_id)
        .where(Connection.file_pk == file.id, Backfill.state.in_(UNFINISHED))
        .order_by(Backfill.asked_at)
    ).all()
    return tuple(progress_of(session, outside, one) for one in found)
