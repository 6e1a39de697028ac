"""How far a backfill is: its orders by what became of them, the calls it used, and when the day's allowance lets it end (SYNC §3.3, §9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import reports
from portal.budget import allowance_of
from portal.ledger import WAITS
from portal.models.backfills import UNFINISHED, Backfill, BackfillState
from portal.models.orders import Attempt, Order
from portal.models.runs import OPEN, SYNCING, Run
from portal.reports import Count
from portal.services.remotes import Outside
from portal.sync.allowance import Allowance, done_by
from portal.sync.problems import MEANINGS, Code, Turn

WORDS = ("posted", "exists", "ignored", "needs_you", "mends", "unknown", "waiting")
"""The words of the ledger in the order in which a page lists them."""
ENOUGH = 10
"""Orders after which the calls they took are taken as the measure for the rest."""
CALLS_AN_ORDER = 3
SECOND = timedelta(seconds=1)
SLICES_SHOWN = 20
OUTCOMES_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What the slices of a backfill took so far: orders decided, calls by remote, seconds at work."""

    slices: int = 0
    decided: int = 0
    saasu_calls: int = 0
    shop_calls: int = 0
    seconds: int = 0

    def calls_for(self, orders: int) -> int:
        """The Saasu calls that so many more orders will take, as those before did."""
        if self.decided < ENOUGH:
            return orders * CALLS_AN_ORDER
        return -(-orders * self.saasu_calls // self.decided)

    def pace(self, most: Decimal) -> Decimal:
        """Saasu calls a second: as measured, never more than are allowed."""
        if self.decided < ENOUGH or not self.saasu_calls or not self.seconds:
            return most
        return min(most, Decimal(self.saasu_calls) / self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A backfill as its page shows it. `counts` by word of the ledger; `open_run` is the connection's run under way."""

    backfill: Backfill
    counts: dict[str, Count]
    effort: Effort
    given: Allowance
    open_run: Run | None
    ends: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is under way or paused."""
        return self.backfill.state in UNFINISHED

    @property
    def total(self) -> Count:
        """All its orders."""
        return reports.total(self.counts.values())

    @property
    def left(self) -> int:
        """Orders nothing is decided of yet."""
        return self.counts["waiting"].orders + self.counts["unknown"].orders

    @property
    def done(self) -> int:
        """Orders decided."""
        return self.total.orders - self.left

    @property
    def word(self) -> str:
        """Its state in the words of the chips: what it waits for stands before that it runs."""
        if self.backfill.state != BackfillState.RUNNING or not self.backfill.problem_code:
            return self.backfill.state
        turn = MEANINGS[Code(self.backfill.problem_code)].turn
        return "mends" if turn is Turn.WAIT else "needs_you"

    @property
    def waits_for_calls(self) -> bool:
        """Whether it waits for the day's allowance alone."""
        return self.backfill.problem_code == Code.SAASU_QUOTA

    @property
    def acts(self) -> list[tuple[datetime, str, str]]:
        """Who did what when, oldest first: moment, person, what."""
        return [(datetime.fromisoformat(one["at"]), one["actor"], one["act"]) for one in self.backfill.acts]

    @property
    def is_off(self) -> bool:
        """Whether it waits for its connection to be enabled."""
        return self.is_open and not self.backfill.connection.enabled

    @property
    def slice_at_work(self) -> Run | None:
        """Its slice that is queued or running."""
        run = self.open_run
        return run if run is not None and run.backfill_id == self.backfill.id else None


def progress_of(session: Session, outside: Outside, backfill: Backfill) -> Progress:
    """How far a backfill is at this moment."""
    now = outside.now()
    counts = counts_of(session, backfill)
    effort = effort_of(session, backfill, now)
    given = allowance_of(session, backfill.connection.file, now)
    left = counts["waiting"].orders + counts["unknown"].orders
    open_run = session.scalar(
        select(Run).where(Run.connection_id == backfill.connection_id, Run.state.in_(OPEN), SYNCING)
    )
    ends = None
    if backfill.state == BackfillState.RUNNING and backfill.read_to_end and left:
        begins = max(now, backfill.resume_at or now)
        pace = effort.pace(outside.settings.saasu_calls_per_second)
        ends = done_by(effort.calls_for(left), given, pace, begins)
    return Progress(
        backfill=backfill, counts=counts, effort=effort, given=given, open_run=open_run, ends=ends
    )


def counts_of(session: Session, backfill: Backfill) -> dict[str, Count]:
    """The orders a backfill recorded, by word of the ledger, with their dollars."""
    found = session.execute(
        select(Order.state, Order.turn, Order.total).where(
            Order.firm_id == backfill.firm_id, Order.backfill_id == backfill.id
        )
    )
    counts = dict.fromkeys(WORDS, Count())
    for state, turn, dollars in found:
        word = reports.chip(state, turn)
        old = counts.get(word, Count())
        counts[word] = Count(orders=old.orders + 1, dollars=old.dollars + dollars)
    return counts


def effort_of(session: Session, backfill: Backfill, now: datetime) -> Effort:
    """What its slices took."""
    effort = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Run.done), 0),
            func.coalesce(func.sum(Run.saasu_calls), 0),
            func.coalesce(func.sum(Run.shop_calls), 0),
        ).where(Run.backfill_id == backfill.id)
    ).one()
    times = session.execute(
        select(Run.started_at, Run.finished_at).where(
            Run.backfill_id == backfill.id, Run.started_at.is_not(None)
        )
    )
    seconds = sum(((finished or now) - started) // SECOND for started, finished in times if started)
    slices, decided, saasu_calls, shop_calls = effort
    return Effort(
        slices=slices,
        decided=int(decided),
        saasu_calls=int(saasu_calls),
        shop_calls=int(shop_calls),
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """An open backfill in short, for the board and the connector: orders decided of those recorded."""

    backfill: Backfill
    done: int
    orders: int


def underway(session: Session, firm_id: str, connection_id: str | None = None) -> dict[str, Underway]:
    """The firm's open backfills by connection, or that of one connection."""
    query = select(Backfill).where(Backfill.firm_id == firm_id, Backfill.state.in_(UNFINISHED))
    if connection_id is not None:
        query = query.where(Backfill.connection_id == connection_id)
    found = session.scalars(query).all()
    mine = Order.backfill_id.in_([one.id for one in found])
    orders = counted_by(session, mine)
    left = counted_by(session, mine, *WAITS)
    return {
        one.connection_id: Underway(
            backfill=one, done=orders.get(one.id, 0) - left.get(one.id, 0), orders=orders.get(one.id, 0)
        )
        for one in found
    }


def counted_by(session: Session, *conditions: Any) -> dict[str, int]:
    """How many such orders each backfill has."""
    found = session.execute(
        select(Order.backfill_id, func.count()).where(*conditions).group_by(Order.backfill_id)
    )
    return {backfill_id: count for backfill_id, count in found if backfill_id}


def backfills_of(session: Session, firm_id: str, connection_id: str) -> Sequence[Backfill]:
    """The backfills of a connection, newest first."""
    return session.scalars(
        select(Backfill)
        .where(Backfill.firm_id == firm_id, Backfill.connection_id == connection_id)
        .order_by(Backfill.asked_at.desc())
    ).all()


def slices_of(session: Session, backfill: Backfill) -> Sequence[Run]:
    """The last slices of a backfill, newest first."""
    return session.scalars(
        select(Run)
        .where(Run.backfill_id == backfill.id)
        .order_by(Run.queued_at.desc(), Run.id)
        .limit(SLICES_SHOWN)
    ).all()


def outcomes_of(session: Session, backfill: Backfill) -> list[Attempt]:
    """What its slices decided last, order by order, oldest first."""
    slices = select(Run.id).where(Run.backfill_id == backfill.id)
    return reports.latest_outcomes(session, backfill.firm_id, Attempt.run_id.in_(slices), most=OUTCOMES_SHOWN)
