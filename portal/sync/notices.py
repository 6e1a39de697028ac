"""Whether a run is told by mail, and what is remembered of it: plain data in, a verdict out (SYNC §10).

A mail is told at once when a connection stands still until somebody acts, and once more when it works again, whatever the
connection's choice; everything else follows the choice.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.money import ZERO
from portal.sync.problems import Code, Ignored, Problem, Turn

STANDSTILL = timedelta(hours=24)
"""So long may runs end early for a reason that mends itself before somebody is told that nothing was synced."""

DIGEST_AT = time(7)
NO_ORDER = 0
MISSED = "MISSED"
"""Remembered in the place of a problem's code while a due run does not happen."""


class When(StrEnum):
    """A connection's choice of when to mail."""

    CHANGED = "changed"
    EVERY = "every"
    NEEDED = "needed"
    DAILY = "daily"


class Kind(StrEnum):
    """What a mail is about."""

    RUN = "run"
    DIGEST = "digest"
    STOPPED = "stopped"
    RESUMED = "resumed"
    MISSED = "missed"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOrder:
    """An order as a mail tells of it: its problems, its total in dollars, the address of its page, and whether Saasu has it."""

    order_id: int
    dollars: Decimal
    url: str
    problems: tuple[Problem, ...]
    is_there: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """What makes its problems the same as an hour ago: order, code and subject; the words may differ."""
        return frozenset(key_of(self.order_id, problem) for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedOrder:
    """An order that changed in the shop after it was posted: what somebody should know or do, its total in dollars, its page."""

    order_id: int
    dollars: Decimal
    url: str
    means: tuple[str, ...]

    @property
    def key(self) -> str:
        """What makes it the same change as an hour ago."""
        return f"{self.order_id} {digest_of(' '.join(self.means))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Orders left out for one reason, of which somebody should know once: how many, and their dollars."""

    reason: Ignored
    orders: int
    dollars: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run, or a day, came to. `at` is its end, `last_good` the end of the last run before it that finished.

    `waiting` orders of `waiting_dollars` need somebody, as the board counts them: disputed ones and a flood are among them.
    `needs` are the orders with problems that need somebody now, `mends` those that mend themselves; `news` those that Saasu was found to have
    already since the last mail; `changed` those that changed after they were posted; `asks` what was left out and is to be looked
    at once. `problem` is the run's own; `flooded` while orders of a flood wait for a person's word.
    """

    at: datetime
    finished: bool
    posted: int = 0
    posted_dollars: Decimal = ZERO
    ignored: int = 0
    waiting: int = 0
    waiting_dollars: Decimal = ZERO
    needs: tuple[ToldOrder, ...] = ()
    news: tuple[ToldOrder, ...] = ()
    mends: tuple[ToldOrder, ...] = ()
    changed: tuple[ChangedOrder, ...] = ()
    asks: tuple[Asked, ...] = ()
    problem: Problem | None = None
    flooded: bool = False
    last_good: datetime | None = None

    @property
    def errors(self) -> tuple[ToldOrder, ...]:
        """The orders of the errors section, by number."""
        return tuple(sorted((*self.needs, *self.news), key=lambda order: order.order_id))

    @property
    def need_you(self) -> tuple[int, Decimal]:
        """`<m> need you ($x)`: what the board counts, and the errors about what Saasu has, which the board shows as in Saasu."""
        there = [order.dollars for order in self.errors if order.is_there]
        return self.waiting + len(there), sum(there, self.waiting_dollars)

    @property
    def keys(self) -> frozenset[str]:
        """The open problems and changes there are, and the open questions, which are about no one order."""
        questions = (f"{NO_ORDER} {asked.reason}" for asked in self.asks)
        changes = (order.key for order in self.changed)
        return frozenset(questions).union(changes, *(order.keys for order in self.needs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the last mails about a connection told: its open problems, and why it stands still (a code, `MISSED` or blank)."""

    problems: frozenset[str] = field(default_factory=frozenset)
    alarm: str = ""


def key_of(order_id: int, problem: Problem) -> str:
    """One problem of one order, in few characters."""
    return f"{order_id} {digest_of(f'{problem.code} {problem.subject}')}"


def digest_of(words: str) -> str:
    """Words in twelve characters, the same for the same words."""
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def verdict(report: Report, memory: Memory, when: When) -> Kind | None:
    """Which mail a run gives reason for; `None` for no mail."""
    if new_alarm(report, memory):
        return Kind.STOPPED
    if memory.alarm and works_again(report, memory):
        return Kind.RESUMED
    if when is When.EVERY:
        return Kind.RUN
    if when is When.DAILY:
        return None
    more = bool(report.news) or bool(report.keys - memory.problems)
    if when is When.CHANGED:
        more = more or report.posted > 0 or report.keys != memory.problems
    return Kind.RUN if more else None


def new_alarm(report: Report, memory: Memory) -> str:
    """Why a connection stands still from now on, if that was not told yet: the code of the run's problem, or blank.

    A problem that mends itself is told when nothing was synced for a day.
    """
    problem = report.problem
    if problem is None:
        return ""
    if problem.turn is not Turn.WAIT:
        return "" if memory.alarm == problem.code else str(problem.code)
    still = report.last_good is not None and report.at - report.last_good >= STANDSTILL
    return str(problem.code) if still and not memory.alarm else ""


def works_again(report: Report, memory: Memory) -> bool:
    """Whether the reason for an alarm is gone: a run finished, and where it was a flood, somebody answered."""
    return report.finished and not (report.flooded and memory.alarm == Code.FLOOD)


def remembered(report: Report, memory: Memory, kind: Kind | None, when: When) -> Memory:
    """What is remembered after a run was told by a mail of this kind, or by none.

    Where only what needs somebody is mailed, a solved problem is forgotten without a mail: it is new when it comes back.
    """
    problems = memory.problems
    if kind is not None:
        problems = report.keys
    elif when is When.NEEDED:
        problems &= report.keys
    alarm = new_alarm(report, memory) or ("" if works_again(report, memory) else memory.alarm)
    return Memory(problems=problems, alarm=alarm)


def solved(report: Report, memory: Memory) -> tuple[int, ...]:
    """The orders that needed somebody in the last mail and need nobody now, by number."""
    return tuple(sorted(orders_of(memory.problems) - orders_of(report.keys)))


def orders_of(keys: Iterable[str]) -> set[int]:
    """The orders that some keys are about."""
    return {int(key.split()[0]) for key in keys} - {NO_ORDER}


def next_digest(after: datetime, zone: ZoneInfo) -> datetime:
    """The first 7 am in a file's time zone later than `after`."""
    local = after.astimezone(zone)
    seven = datetime.combine(local.date(), DIGEST_AT, zone)
    if seven <= local:
        seven = datetime.combine(local.date() + timedelta(days=1), DIGEST_AT, zone)
    return seven.astimezone(UTC)
