"""When the daily sweep of a connection runs: once a day at a quiet hour of its file's zone (SYNC §3.2)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.runs import OPEN, Run, RunKind
from portal.services.runs import Ring

QUIET_HOUR = 3
"""Three in the morning: no clock of Australia skips or repeats it when daylight saving begins or ends."""
HALF_AN_HOUR = 30
AT_ONCE = 50


def quiet_moment(connection: Connection, after: datetime) -> datetime:
    """The first quiet moment later than `after`, half an hour apart from the connection's hourly runs."""
    zone = ZoneInfo(connection.file.time_zone)
    minute = (connection.minute + HALF_AN_HOUR) % 60
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, time(QUIET_HOUR, minute), zone).astimezone(UTC)
        if moment > after:
            return moment
        day += timedelta(days=1)


def claim_sweeps(session: Session, now: datetime, ring: Ring) -> int:
    """Queue a sweep for every enabled connection whose quiet moment has come, unless a run is under way. Commits; how many."""
    due = session.scalars(
        select(Connection)
        .where(Connection.enabled, or_(Connection.next_sweep_at.is_(None), Connection.next_sweep_at <= now))
        .order_by(Connection.next_sweep_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    ids = [connection.id for connection in due]
    busy = set(
        session.scalars(select(Run.connection_id).where(Run.state.in_(OPEN), Run.connection_id.in_(ids)))
    )
    queued = []
    for connection in due:
        first_time = connection.next_sweep_at is None
        if connection.id in busy and not first_time:
            continue
        connection.next_sweep_at = quiet_moment(connection, now)
        if not first_time:
            run = Run(
                firm_id=connection.firm_id, connection_id=connection.id, kind=RunKind.SWEEP, queued_at=now
            )
            session.add(run)
            queued.append(run)
    session.commit()
    for run in queued:
        ring(run.id, run.attempt)
    return len(queued)
