"""What a slice of a backfill writes, under the same fence and in the same rows as every other run (SYNC §3.3, §7.1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.ledger.names import Seal
from portal.ledger.records import SqlLedger
from portal.models.backfills import UNFINISHED, Backfill, BackfillState
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind, RunState
from portal.sync.backfilling import SLICE
from portal.sync.ports import Clock, OrderRecord, Place, Recorded, SliceOver, State, StopAsked
from portal.sync.problems import Code, Problem, Turn

TRIED_AGAIN = timedelta(hours=1)
"""How long a backfill waits after a problem that needs somebody, or after Saasu itself spoke of too many calls; the hourly runs meet it too."""
UNDISTURBED = timedelta(minutes=1)
"""For so long a slice goes on although runs of other connections wait for a worker; each new slice costs calls of its own."""


WAITS = (Order.held, Order.state.in_((State.SEEN, State.SENDING, State.UNKNOWN)))
"""The SQL for an order that waits for its backfill: nothing is decided of it yet."""


class SqlSliceLedger(SqlLedger):
    """The rows of one connection, written by one slice of one backfill."""

    def __init__(
        self,
        session: Session,
        connection: Connection,
        run: Run,
        fence: int,
        clock: Clock,
        seal: Seal,
        backfill: Backfill,
    ) -> None:
        super().__init__(session, connection, run, fence, clock, seal)
        self._backfill_id = backfill.id
        self._began_at = clock.now()

    def heartbeat(self) -> None:
        """Renew the lease; raises `StopAsked` when the backfill is paused or stopped, `SliceOver` when another run's turn has come."""
        super().heartbeat()
        now = self._clock.now()
        standing = self._session.execute(
            select(Backfill.state, Connection.next_run_at)
            .join(Connection, Connection.id == Backfill.connection_id)
            .where(Backfill.id == self._backfill_id)
        ).one()
        others = self._session.scalar(select(Run.id).where(*somebody_waits(now - UNDISTURBED)).limit(1))
        self._session.rollback()
        if standing.state != BackfillState.RUNNING:
            raise StopAsked("The backfill was paused or stopped.")
        due = standing.next_run_at is not None and standing.next_run_at <= now
        if due or now - self._began_at >= SLICE or (others and now - self._began_at >= UNDISTURBED):
            raise SliceOver("The next slice goes on.")

    def place(self) -> Place:
        """Where the backfill's reading stands."""
        row = self._session.get_one(Backfill, self._backfill_id, populate_existing=True)
        place = Place(since=row.since, until=row.until, cursor=row.cursor, read_to_end=row.read_to_end)
        self._session.rollback()
        return place

    def record_created(self, orders: Sequence[Recorded], before: Place, after: Place) -> None:
        """Record a page, hold what is to be posted, and move the backfill's reading in one transaction (SYNC §7.2)."""
        self._hold_fence(lease_until=self._until())
        written = self._record_entries(orders)
        for entry, row in written:
            if entry.outcome is not None:
                row.backfill_id = self._backfill_id
                row.held = entry.outcome.state is State.SEEN
        known = sum(row.backfill_id != self._backfill_id for _entry, row in written)
        moved = self._session.execute(
            update(Backfill)
            .where(
                Backfill.id == self._backfill_id,
                Backfill.state == BackfillState.RUNNING,
                Backfill.since == before.since,
                Backfill.cursor == before.cursor,
            )
            .values(
                cursor=after.cursor,
                read_to_end=after.read_to_end,
                read=Backfill.read + len(orders),
                known=Backfill.known + known,
            )
            .execution_options(synchronize_session=False)
        )
        if changed_rows(moved) != 1:
            self._session.rollback()
            raise StopAsked("The backfill was asked for another date, paused or stopped.")
        self._session.commit()

    def held(self, after_id: int, most: int) -> list[OrderRecord]:
        """The next orders that wait for this backfill; ascending id."""
        found = self._session.scalars(
            select(Order)
            .where(*self._waiting(), Order.order_id > after_id)
            .order_by(Order.order_id)
            .limit(most)
        )
        records = [self._record(row) for row in found]
        self._session.rollback()
        return records

    def count_held(self) -> int:
        """How many orders wait for this backfill."""
        count = self._session.scalar(select(func.count()).select_from(Order).where(*self._waiting())) or 0
        self._session.rollback()
        return count

    def earliest_held(self) -> datetime | None:
        """When the first placed order that waits for this backfill was created."""
        earliest = self._session.scalar(
            select(Order.order_created_at).where(*self._waiting()).order_by(Order.order_created_at).limit(1)
        )
        self._session.rollback()
        return earliest

    def _to_decide(self) -> tuple[Any, ...]:
        return self._waiting()

    def _waiting(self) -> tuple[Any, ...]:
        return (Order.backfill_id == self._backfill_id, Order.held, Order.state == State.SEEN)


def end_slice(
    session: Session, backfill_id: str, problem: Problem | None, again_at: datetime | None, now: datetime
) -> None:
    """Note on a backfill how its slice ended, and when the next may begin: a problem that mends itself is tried again sooner. The caller commits."""
    waits = None
    if problem is not None:
        soon = problem.turn is Turn.WAIT and problem.code is not Code.SAASU_QUOTA
        waits = again_at or now + (SLICE if soon else TRIED_AGAIN)
    session.execute(
        update(Backfill)
        .where(Backfill.id == backfill_id)
        .values(
            resume_at=waits,
            problem_code=str(problem.code) if problem else None,
            problem_sentence=problem.sentence[:1000] if problem else None,
        )
        .execution_options(synchronize_session=False)
    )
    finish_complete(session, backfill_id, now)


def finish_complete(session: Session, backfill_id: str, now: datetime) -> bool:
    """Finish an open backfill that has read everything and holds no order any more. The caller commits; says whether it finished."""
    waiting = select(Order.id).where(Order.backfill_id == backfill_id, *WAITS)
    finished = session.execute(
        update(Backfill)
        .where(
            Backfill.id == backfill_id,
            Backfill.state.in_(UNFINISHED),
            Backfill.read_to_end,
            ~waiting.exists(),
        )
        .values(
            state=BackfillState.FINISHED,
            finished_at=now,
            resume_at=None,
            problem_code=None,
            problem_sentence=None,
        )
        .execution_options(synchronize_session=False)
    )
    return changed_rows(finished) == 1


def somebody_waits(since: datetime) -> tuple[Any, ...]:
    """The conditions for a run, other than a slice, that has been waiting for a worker since a moment."""
    return (Run.state == RunState.QUEUED, Run.kind != RunKind.BACKFILL, Run.queued_at <= since)
