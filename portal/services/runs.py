"""Asking for runs, claiming what is due, and mending what a lost job left behind (SYNC §1, §7.1; STACK: schedule).

The database holds the schedule and the runs; the queue carries only their ids and may be wiped at any time.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, and_, case, exists, func, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import budget
from portal.database import changed_rows, present
from portal.ledger import LEASE, end_slice
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import OPEN, SYNCING, Run, RunKind, RunState
from portal.sync.planning import NOT_THERE, settle_time
from portal.sync.ports import State
from portal.sync.problems import Problem, Turn

HOUR = timedelta(hours=1)
CLAIM_AT_ONCE = 200
LOST_AFTER = timedelta(seconds=20)
"""A queued run whose id is not on the queue for this long has lost its job."""

Ring = Callable[[str, int], None]
"""Puts a run's id and attempt on the queue; a lost ring is mended by the sweep."""


class SystemClock:
    """The clock that all workers share, in aware UTC: leases, intents and settle times are compared between machines."""

    def now(self) -> datetime:
        """The present moment, by the database."""
        return present()


def minute_for(connection_id: str) -> int:
    """The minute of the hour at which a connection runs: spread evenly by its id."""
    return int.from_bytes(hashlib.sha256(connection_id.encode()).digest()[:4]) % 60


def next_slot(minute: int, after: datetime) -> datetime:
    """The first moment later than `after` that is `minute` past the hour."""
    slot = after.replace(minute=minute, second=0, microsecond=0)
    return slot if slot > after else slot + HOUR


def request_run(
    session: Session,
    connection: Connection,
    kind: RunKind,
    actor: str,
    now: datetime,
    ring: Ring,
    only_order: int | None = None,
) -> Run:
    """Ask for a run now, about everything or about the order of one number alone; the one already open is returned where there is one.

    A slice of a backfill makes room: one that waits on the queue becomes this run, one at work gives way to an hourly run. A run about
    another order that waits becomes one about everything; what it may have passed when it is at work is followed by another run as
    soon as it ends. Commits, then rings.
    """
    run = Run(
        firm_id=connection.firm_id,
        connection_id=connection.id,
        kind=kind,
        actor=actor,
        queued_at=now,
        only_order=only_order,
    )
    session.add(run)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        if turn_part(session, connection.id, kind, actor, only_order):
            session.commit()
        present = session.scalars(
            select(Run).where(Run.connection_id == connection.id, Run.state.in_(OPEN), SYNCING)
        ).one_or_none()
        if present is None:
            # It ended this very moment.
            return request_run(session, connection, kind, actor, now, ring, only_order)
        if present.backfill_id is not None or present.only_order not in (None, only_order):
            connection.next_run_at = now
            session.commit()
        return present
    ring(run.id, run.attempt)
    return run


def turn_part(
    session: Session, connection_id: str, kind: RunKind, actor: str = "", only_order: int | None = None
) -> bool:
    """Make a slice, or a run about another order, that still waits on the queue a run of another kind. The caller commits.

    The backfill goes on later; a run about another order becomes one about everything.
    """
    slice_waits = Run.backfill_id.is_not(None)
    waiting = (Run.connection_id == connection_id, Run.state == RunState.QUEUED)
    turned = session.execute(
        update(Run)
        .where(
            *waiting, or_(slice_waits, and_(Run.only_order.is_not(None), Run.only_order != (only_order or 0)))
        )
        .values(
            kind=kind,
            actor=actor,
            backfill_id=None,
            only_order=case((slice_waits, literal(only_order, BigInteger))),
        )
        .execution_options(synchronize_session=False)
    )
    return changed_rows(turned) == 1


def claim_due(session: Session, now: datetime, ring: Ring) -> int:
    """Queue a run for every connection that is due, and move it to its next slot. Returns how many.

    One that is switched off is due only while it has orders whose outcome is unknown: those are looked up (SYNC §3.1).
    """
    due = session.scalars(
        select(Connection)
        .where(or_(Connection.enabled, has_unsettled()), Connection.next_run_at <= now)
        .order_by(Connection.next_run_at)
        .limit(CLAIM_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    found = session.execute(
        select(Run.connection_id, or_(Run.backfill_id.is_not(None), Run.only_order.is_not(None))).where(
            Run.state.in_(OPEN), SYNCING, Run.connection_id.in_([connection.id for connection in due])
        )
    )
    busy = {row[0]: row[1] for row in found}
    queued = []
    for connection in due:
        if busy.get(connection.id) and not turn_part(session, connection.id, RunKind.HOURLY):
            # The slice at work sees that the hourly run is due and gives way, and a run about one order is short; the next tick queues it.
            continue
        connection.next_run_at = next_slot(connection.minute, now)
        if connection.id not in busy:
            run = Run(
                firm_id=connection.firm_id, connection_id=connection.id, kind=RunKind.HOURLY, queued_at=now
            )
            session.add(run)
            queued.append(run)
    session.commit()
    for run in queued:
        ring(run.id, run.attempt)
    return len(queued)


def has_unsettled() -> ColumnElement[bool]:
    """The SQL for: the connection has orders whose outcome is not known, or of which a sale may have turned up late."""
    unsettled = Order.state.in_((State.SENDING, State.UNKNOWN))
    doubted = and_(Order.doubted_until.is_not(None), Order.state.in_(NOT_THERE))
    return exists().where(Order.connection_id == Connection.id, or_(unsettled, doubted))


def sweep(session: Session, now: datetime, waiting: set[tuple[str, int]], ring: Ring) -> int:
    """Put runs whose job vanished back on the queue: expired leases, and queued runs the queue does not hold.

    `waiting` is what the queue holds, as (run id, attempt). Returns how many were mended.
    """
    mended = 0
    for run in session.scalars(select(Run).where(Run.state.in_(OPEN))).all():
        if run.state == RunState.RUNNING and not lease_expired(run, now):
            continue
        if run.state == RunState.QUEUED and (
            (run.id, run.attempt) in waiting or now - run.queued_at < LOST_AFTER
        ):
            continue
        changed = session.execute(
            update(Run)
            .where(Run.id == run.id, Run.attempt == run.attempt, Run.state == run.state)
            .values(attempt=Run.attempt + 1, state=RunState.QUEUED)
            .execution_options(synchronize_session=False)
        )
        session.commit()
        session.refresh(run)
        if changed_rows(changed) == 1:
            ring(run.id, run.attempt)
            mended += 1
    return mended


def lease_expired(run: Run, now: datetime) -> bool:
    """Whether a running run's worker has stopped renewing its lease; a preview's, saying that it lives."""
    if run.kind == RunKind.PREVIEW:
        return run.alive_at is None or run.alive_at + LEASE < now
    connection = run.connection
    ours = connection.lease_run_id == run.id and connection.lease_until is not None
    if ours and connection.lease_until is not None:
        return connection.lease_until < now
    return run.started_at is None or now - run.started_at > LOST_AFTER


def is_preview(session: Session, run_id: str) -> bool:
    """Whether a run is a preview, which is carried out otherwise."""
    kind = session.scalar(select(Run.kind).where(Run.id == run_id))
    session.commit()
    return kind == RunKind.PREVIEW


def begin(session: Session, run_id: str, attempt: int, now: datetime) -> Run | None:
    """Move a queued run to running; `None` when this delivery is a duplicate or out of date. Commits."""
    changed = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.attempt == attempt, Run.state == RunState.QUEUED)
        .values(state=RunState.RUNNING, started_at=now, alive_at=now)
    )
    session.commit()
    return session.get_one(Run, run_id) if changed_rows(changed) == 1 else None


def finish(
    session: Session,
    run: Run,
    attempt: int,
    state: RunState,
    problem: Problem | None,
    now: datetime,
    tell: Callable[[Run], None] = lambda _run: None,
    again_at: datetime | None = None,
) -> bool:
    """Write a run's end and what it means for its connection. Commits; false when the run is no longer this delivery's.

    An unsettled order brings the next run forward, to the moment when it can be looked up for good. `tell` writes what else belongs
    to the end, mails above all, into the same transaction. What stopped a slice is its backfill's, which may go on `again_at`: the
    connection's hourly runs speak for the connection.
    """
    session.refresh(run)
    if run.attempt != attempt or run.state != RunState.RUNNING:
        session.rollback()
        return False
    run.state = state
    run.finished_at = now
    run.problem_code = str(problem.code) if problem else None
    run.problem_sentence = problem.sentence[:1000] if problem else None
    connection = run.connection
    if run.backfill_id is not None:
        # Whoever writes orders holds the connection first, and so does this.
        session.refresh(connection, with_for_update=True)
        end_slice(session, run.backfill_id, problem, again_at, now)
    else:
        note_on_connection(run, problem, now)
    settle_later(session, connection, now)
    go_on_after_block(session, connection, now)
    if connection.enabled and was_asked_meanwhile(session, run):
        connection.next_run_at = now
    tell(run)
    session.commit()
    return True


def was_asked_meanwhile(session: Session, run: Run) -> bool:
    """Whether a person asked for an order that this run may have passed already; a daily comparison passes all of them."""
    asked: list[ColumnElement[bool]] = [
        Order.connection_id == run.connection_id,
        Order.state.in_((State.SEEN, State.FAILED, State.UNKNOWN)),
        Order.asked.is_(True),
        Order.run_id.is_(None),
        Order.flood_at.is_(None),
        Order.held.is_(False),
    ]
    if run.kind != RunKind.SWEEP:
        asked.append(Order.decided_at > (run.started_at or run.queued_at))
    return session.scalar(select(Order.id).where(*asked).limit(1)) is not None


def note_on_connection(run: Run, problem: Problem | None, now: datetime) -> None:
    """Let a run that ended speak for its connection. The caller commits."""
    connection = run.connection
    if problem is not None or syncs(run):
        connection.problem_code = run.problem_code
        connection.problem_sentence = run.problem_sentence
    if run.state == RunState.FINISHED and syncs(run):
        connection.last_good_run_at = now


def syncs(run: Run) -> bool:
    """Whether a run reads and posts whatever there is: a sweep, a run about one order, and one of a connection that is off prove nothing."""
    return run.kind != RunKind.SWEEP and run.only_order is None and run.connection.enabled


def settle_later(session: Session, connection: Connection, now: datetime) -> None:
    """Bring the next run forward to when an unsettled order can be looked up for good; one that is off has no other run.

    What is doubted waits for an hourly run, where there is one. The caller commits.
    """
    settles = unsettled_until(session, connection)
    if not connection.enabled:
        ends = [end for end in (settles, doubted_until(session, connection)) if end is not None]
        settles = min(ends, default=None)
    soon = settles + timedelta(seconds=1) if settles is not None and settles > now else None
    if not connection.enabled:
        connection.next_run_at = None if settles is None else soon or next_slot(connection.minute, now)
    elif connection.next_run_at is not None and soon is not None:
        connection.next_run_at = min(connection.next_run_at, soon)


def go_on_after_block(session: Session, connection: Connection, now: datetime) -> None:
    """Bring the next run forward to the end of a short block by Saasu, as the run's sentence says. The caller commits."""
    block = budget.block_of(session, f"saasu:{connection.file.file_id}")
    ends_sooner = (
        connection.next_run_at is not None and block is not None and block.until < connection.next_run_at
    )
    if connection.enabled and block is not None and block.holds(now) and ends_sooner:
        connection.next_run_at = block.until


def unsettled_until(session: Session, connection: Connection) -> datetime | None:
    """When the first order whose outcome is unknown can be looked up for good; `None` when all are settled."""
    found = session.execute(
        select(Order.sent_at, Order.number).where(
            Order.connection_id == connection.id,
            or_(Order.state == State.SENDING, Order.state == State.UNKNOWN),
            Order.sent_at.is_not(None),
        )
    ).all()
    times = [sent_at + settle_time(not number.startswith("<")) for sent_at, number in found if sent_at]
    return min(times) if times else None


def doubted_until(session: Session, connection: Connection) -> datetime | None:
    """When the first order of which a sale may still turn up can be looked up once more; `None` where there is none."""
    return session.scalar(
        select(func.min(Order.doubted_until)).where(
            Order.connection_id == connection.id, Order.state.in_(NOT_THERE)
        )
    )


def state_for(problem: Problem) -> RunState:
    """A run's problem that mends itself leaves the run incomplete; any other makes it failed (SYNC §8)."""
    return RunState.INCOMPLETE if problem.turn is Turn.WAIT else RunState.FAILED


def ask_to_stop(session: Session, run: Run) -> None:
    """Ask a run to stop after the order it is on. Commits."""
    run.stop_asked = True
    session.commit()
