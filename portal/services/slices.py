"""The slices of backfills: which may be queued now, and carrying one out without the queue (SYNC §3.3)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.ledger import finish_complete, somebody_waits
from portal.ledger.slices import UNDISTURBED
from portal.models.backfills import Backfill, BackfillState
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import OPEN, SYNCING, Run, RunKind, RunState
from portal.services.remotes import Outside
from portal.services.runs import Ring
from portal.services.syncing import carry_out
from portal.sync.ports import Clock, State

AT_ONCE = 100


def queue_slices(session: Session, now: datetime, ring: Ring) -> int:
    """Queue a slice for every backfill that may go on, and finish those with nothing left. Returns how many were queued. Commits.

    Whatever else is due or waits for a worker comes first.
    """
    going = session.scalars(
        select(Backfill)
        .join(Connection, Connection.id == Backfill.connection_id)
        .where(
            Backfill.state == BackfillState.RUNNING,
            Connection.enabled,
            (Backfill.resume_at.is_(None)) | (Backfill.resume_at <= now),
            (Connection.next_run_at.is_(None)) | (Connection.next_run_at > now),
            ~select(Run.id).where(Run.connection_id == Connection.id, Run.state.in_(OPEN), SYNCING).exists(),
        )
        .order_by(Backfill.asked_at)
        .limit(AT_ONCE)
    ).all()
    if not going or session.scalar(select(Run.id).where(*somebody_waits(now - UNDISTURBED)).limit(1)):
        session.rollback()
        return 0
    queued = 0
    for backfill in going:
        if finish_complete(session, backfill.id, now):
            session.commit()
        elif has_work(session, backfill):
            queued += queue_slice(session, backfill, now, ring) is not None
    session.rollback()
    return queued


def has_work(session: Session, backfill: Backfill) -> bool:
    """Whether a slice would do anything; orders whose answer was lost are looked up by the connection's hourly run."""
    waiting = select(Order.id).where(Order.backfill_id == backfill.id, Order.held, Order.state == State.SEEN)
    return not backfill.read_to_end or session.scalar(waiting.limit(1)) is not None


def queue_slice(session: Session, backfill: Backfill, now: datetime, ring: Ring) -> Run | None:
    """Queue one slice; `None` while another run of the connection is open. Commits, then rings."""
    run = Run(
        firm_id=backfill.firm_id,
        connection_id=backfill.connection_id,
        kind=RunKind.BACKFILL,
        actor=backfill.asked_by,
        queued_at=now,
        backfill_id=backfill.id,
    )
    session.add(run)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return None
    ring(run.id, run.attempt)
    return run


def run_slice_here(session: Session, outside: Outside, backfill: Backfill, clock: Clock) -> RunState | None:
    """Carry out its queued slice, or a new one, in this process; `None` where another run of the connection is open."""
    waiting = select(Run).where(Run.backfill_id == backfill.id, Run.state == RunState.QUEUED)
    run = session.scalar(waiting) or queue_slice(session, backfill, clock.now(), lambda *_: None)
    state = carry_out(session, outside, run.id, run.attempt, clock) if run else None
    session.refresh(backfill)
    return state
