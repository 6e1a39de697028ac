"""The lease of a connection: one run at a time acts for it, under a fence that every write compares (SYNC §7.1)."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.models.connections import Connection
from portal.sync.ports import Clock, LeaseLost

LEASE = timedelta(seconds=90)


def take_lease(session: Session, run_id: str, connection_id: str, clock: Clock) -> int | None:
    """Take the connection's lease for a run; the new fence, or `None` while another run holds it. Commits."""
    now = clock.now()
    free = or_(
        Connection.lease_until.is_(None),
        Connection.lease_until < now,
        Connection.lease_run_id == run_id,
    )
    changed = session.execute(
        update(Connection)
        .where(Connection.id == connection_id, free)
        .values(fence=Connection.fence + 1, lease_run_id=run_id, lease_until=now + LEASE)
    )
    fence = session.scalar(select(Connection.fence).where(Connection.id == connection_id))
    session.commit()
    return fence if changed_rows(changed) == 1 else None


def renew_lease(session: Session, connection_id: str, fence: int, now: datetime) -> None:
    """Hold the lease on. The caller commits. Raises `LeaseLost` when the fence moved."""
    changed = session.execute(
        update(Connection)
        .where(Connection.id == connection_id, Connection.fence == fence)
        .values(lease_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(changed) != 1:
        session.rollback()
        raise LeaseLost("another run holds this connection")


def release_lease(session: Session, connection_id: str, fence: int) -> None:
    """Give the lease back, if it is still ours. Commits."""
    session.execute(
        update(Connection)
        .where(Connection.id == connection_id, Connection.fence == fence)
        .values(lease_run_id=None, lease_until=None)
    )
    session.commit()
