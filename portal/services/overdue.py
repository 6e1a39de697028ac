"""What the clock tells of by mail: a due run that did not happen, and the digest of a day (SYNC §10)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from portal.database import begin_reading, changed_rows
from portal.logs import log
from portal.models.connections import Connection
from portal.models.mails import MailMemory
from portal.models.orders import Order
from portal.models.runs import OPEN, SYNCING, Run, RunState
from portal.money import ZERO
from portal.services import addresses
from portal.services.notices import (
    Telling,
    history_of,
    keep_memory,
    memory_row,
    place_of,
    put_letter,
    put_notice,
    topic_of,
    wants,
    with_open_orders,
)
from portal.services.remotes import Outside
from portal.sync.notice_words import missed, moment_words
from portal.sync.notices import MISSED, Kind, Memory, Report, When, next_digest
from portal.sync.ports import State
from portal.sync.problems import Code, Problem

LATE = timedelta(hours=2)
"""A run that has not ended so long after it was due counts as one that did not happen."""

DAY = timedelta(hours=24)


def note_gap(session: Session, now: datetime) -> int:
    """Remember which connections' runs were not even queued for two hours: the portal was off. Commits. Returns how many.

    Called before the due runs are queued. Nobody is mailed now, since they run at once; the mail that it works again tells the gap.
    """
    session.rollback()
    found = begin_reading().scalars(
        select(Connection.id)
        .outerjoin(MailMemory, MailMemory.connection_id == Connection.id)
        .where(Connection.enabled, Connection.notify, Connection.next_run_at <= now - LATE, no_alarm())
    )
    late = list(found)
    session.rollback()
    noted = sum(raise_alarm(session, session.get_one(Connection, one)) for one in late)
    session.commit()
    return noted


def no_alarm() -> ColumnElement[bool]:
    """A connection of which no standstill was told."""
    return or_(MailMemory.alarm.is_(None), MailMemory.alarm == "")


def raise_alarm(session: Session, connection: Connection) -> bool:
    """Remember that no run happens; false where somebody else did. The caller commits."""
    memory_row(session, connection)
    changed = session.execute(
        update(MailMemory)
        .where(MailMemory.connection_id == connection.id, MailMemory.alarm == "")
        .values(alarm=MISSED)
        .execution_options(synchronize_session=False)
    )
    return changed_rows(changed) == 1


def tell_missed(session: Session, outside: Outside, now: datetime) -> int:
    """Tell of each run that has waited or been dead for two hours, once until one finishes. Commits. Returns how many connections.

    A run that is at work, however long it takes, is not missed: its lease is renewed.
    """
    session.rollback()
    dead = or_(
        Run.state == RunState.QUEUED,
        Connection.lease_until.is_(None),
        Connection.lease_until < now,
        Connection.lease_run_id != Run.id,
    )
    found = begin_reading().execute(
        select(Run.connection_id, Run.queued_at)
        .join(Connection, Connection.id == Run.connection_id)
        .outerjoin(MailMemory, MailMemory.connection_id == Connection.id)
        .where(
            Run.state.in_(OPEN),
            SYNCING,
            Run.queued_at <= now - LATE,
            Connection.enabled,
            Connection.notify,
            dead,
            no_alarm(),
        )
    )
    late = [(connection_id, due) for connection_id, due in found]
    session.rollback()
    return sum(
        told(session, partial(tell_one_missed, session, outside, one, due, now), one) for one, due in late
    )


def told(session: Session, tell: Callable[[], bool], connection_id: str) -> bool:
    """Whether something was told of a connection; a fault of ours there is logged and silences no other."""
    try:
        return tell()
    except Exception as fault:
        session.rollback()
        log().error("fault in the mails of one connection", connection=connection_id, exc_info=fault)
        return False


def tell_one_missed(
    session: Session, outside: Outside, connection_id: str, due: datetime, now: datetime
) -> bool:
    """Put the mails of one missed run into the outbox; without an address that takes them nothing is remembered as told. Commits."""
    connection = session.get_one(Connection, connection_id)
    to = addresses.open_to(session, connection)
    if not to or not raise_alarm(session, connection):
        session.rollback()
        return False
    topic = topic_of(MISSED, connection)
    for address in to:
        if wants(session, connection, address, Kind.MISSED, topic, now):
            runs = history_of(outside, connection, "Open the runs")
            place = place_of(session, outside, connection, address, "", runs)
            put_letter(session, outside, connection, address, Kind.MISSED, missed(place, due), topic=topic)
    session.commit()
    return True


def tell_digests(session: Session, outside: Outside, now: datetime) -> int:
    """Write the digests that are due, and set the time of those that have none yet. Commits. Returns how many were written."""
    session.rollback()
    found = begin_reading().execute(
        select(Connection.id, MailMemory.next_digest_at)
        .outerjoin(MailMemory, MailMemory.connection_id == Connection.id)
        .where(
            Connection.enabled,
            Connection.notify,
            Connection.notify_when == When.DAILY,
            or_(MailMemory.next_digest_at.is_(None), MailMemory.next_digest_at <= now),
        )
    )
    due = [(connection_id, at) for connection_id, at in found]
    session.rollback()
    return sum(told(session, partial(tell_digest, session, outside, one, at, now), one) for one, at in due)


def tell_digest(
    session: Session, outside: Outside, connection_id: str, due: datetime | None, now: datetime
) -> bool:
    """One connection's digest: everything since the one before. False where its time was only set, or another clock wrote it. Commits."""
    connection = session.get_one(Connection, connection_id)
    row = memory_row(session, connection)
    changed = session.execute(
        update(MailMemory)
        .where(MailMemory.connection_id == connection_id, MailMemory.next_digest_at.is_not_distinct_from(due))
        .values(next_digest_at=next_digest(now, ZoneInfo(connection.file.time_zone)))
        .execution_options(synchronize_session=False)
    )
    if due is None or changed_rows(changed) != 1:
        session.commit()
        return False
    since = due - DAY
    telling = Telling(
        connection=connection,
        memory=Memory(problems=frozenset(row.problems), alarm=row.alarm),
        when=When.DAILY,
        to=addresses.open_to(session, connection),
        report=report_since(session, outside, connection, since, now),
        main=history_of(outside, connection, "Open the day’s runs"),
        cause=f"Since {moment_words(since, ZoneInfo(connection.file.time_zone))}",
    )
    for address in telling.to:
        put_notice(session, outside, telling, address, Kind.DIGEST, "")
    if telling.to:
        keep_memory(row, telling, Kind.DIGEST, now)
    session.commit()
    return bool(telling.to)


def report_since(
    session: Session, outside: Outside, connection: Connection, since: datetime, now: datetime
) -> Report:
    """What the runs since a moment came to, with what is open now. Its alarm is the connection's own problem, told already."""
    posted = session.scalars(
        select(Order.total).where(
            Order.connection_id == connection.id, Order.state == State.POSTED, Order.posted_at > since
        )
    ).all()
    ignored = session.scalar(
        select(func.sum(Run.ignored)).where(Run.connection_id == connection.id, Run.finished_at > since)
    )
    report = Report(
        at=now,
        finished=False,
        posted=len(posted),
        posted_dollars=sum(posted, ZERO),
        ignored=ignored or 0,
        problem=problem_of(connection),
    )
    return with_open_orders(session, outside, report, connection, since)


def problem_of(connection: Connection) -> Problem | None:
    """The problem that the connection's last run ended with."""
    if connection.problem_code is None:
        return None
    return Problem(Code(connection.problem_code), connection.problem_sentence or "")
