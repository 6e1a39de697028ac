"""*Orders From* and *Start Processing*: asking for a backfill, pausing, resuming and stopping it (SYNC §3.3)."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.models.backfills import UNFINISHED, Backfill, BackfillState
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.services.connections import NotSaved
from portal.services.remotes import Outside
from portal.services.runs import Ring
from portal.services.selection import change, left_while_off, take_back_to
from portal.services.slices import queue_slice
from portal.sync.ports import State
from portal.sync.problems import Ignored

OLDEST_SHOP = date(2009, 1, 1)
FUTURE = "Choose a date that is not in the future."
"""BigCommerce opened its first shops in 2009."""
LEFT_OUT = "Left out: the backfill was stopped before its turn."


def backfill_of(session: Session, firm_id: str, backfill_id: str) -> Backfill | None:
    """A firm's backfill, or `None`."""
    return session.scalar(select(Backfill).where(Backfill.firm_id == firm_id, Backfill.id == backfill_id))


def unfinished(session: Session, connection_id: str) -> Backfill | None:
    """The connection's backfill that is under way or paused, or `None`."""
    return session.scalar(
        select(Backfill).where(Backfill.connection_id == connection_id, Backfill.state.in_(UNFINISHED))
    )


def covered_from(session: Session, connection: Connection) -> datetime | None:
    """The moment from which every order created has been read: the first enabling, or the earliest date of a finished backfill.

    That is where the connection starts, but for a backfill under way (SYNC §3.3).
    """
    first = session.scalar(
        select(Backfill.until)
        .where(Backfill.connection_id == connection.id)
        .order_by(Backfill.asked_at)
        .limit(1)
    )
    earliest = session.scalar(
        select(func.min(Backfill.since)).where(
            Backfill.connection_id == connection.id, Backfill.state == BackfillState.FINISHED
        )
    )
    known = [moment for moment in (first or connection.start_at, earliest) if moment is not None]
    return min(known, default=None)


def start_processing(
    session: Session, outside: Outside, connection: Connection, orders_from: date, actor: str, ring: Ring
) -> Backfill:
    """Take orders back to a date, in the file's time zone: the connection starts there at once, and slices take what is older.

    Commits. Raises `NotSaved` with a sentence when the connection is disabled, the date is none, or there is nothing to do. An
    earlier date than that of the backfill under way extends it.
    """
    now = outside.now()
    zone = ZoneInfo(connection.file.time_zone)
    session.refresh(connection, with_for_update=True)
    present = unfinished(session, connection.id)
    covered = covered_from(session, connection)
    fault = fault_of_date(connection, orders_from, now.astimezone(zone).date())
    since = datetime.combine(orders_from, time.min, zone).astimezone(UTC)
    if not fault and not (present is None and left_while_off(session, connection, since)):
        fault = fault_of_period(orders_from, since, present, covered, zone)
    if fault or covered is None:
        session.rollback()
        raise NotSaved(fault)
    if present is not None and present.state == BackfillState.RUNNING and orders_from == present.orders_from:
        session.rollback()
        return present
    if present is None:
        present = Backfill(
            firm_id=connection.firm_id,
            connection_id=connection.id,
            orders_from=orders_from,
            since=since,
            until=covered,
            # Orders that came while the connection was off are in the ledger already.
            read_to_end=since >= covered,
            state=BackfillState.RUNNING,
            asked_by=actor,
            asked_at=now,
        )
        session.add(present)
    elif orders_from != present.orders_from:
        extend(present, orders_from, since)
    present.state = BackfillState.RUNNING
    present.resume_at = None
    session.flush()
    take_back_to(session, connection, since, present.id)
    note(present, now, actor, f"asked for orders from {in_words(orders_from)} on")
    connection.orders_from = orders_from
    connection.start_at = min(connection.start_at or since, since)
    session.commit()
    queue_slice(session, present, now, ring)
    return present


def refuse_future(file: SaasuFile, orders_from: date | None, now: datetime) -> None:
    """Refuse a date in the future, in the file's time zone, also where it is only saved beside. Raises `NotSaved`."""
    if orders_from is not None and orders_from > now.astimezone(ZoneInfo(file.time_zone)).date():
        raise NotSaved({"orders_from": FUTURE})


def fault_of_date(connection: Connection, orders_from: date, today: date) -> dict[str, str]:
    """What is wrong with asking for this date at all, by field."""
    if not connection.enabled:
        return {"enabled": "Tick Enable BigCommerce and save before you start processing."}
    if orders_from > today:
        return {"orders_from": FUTURE}
    if orders_from < OLDEST_SHOP:
        return {
            "orders_from": f"Choose a date from {in_words(OLDEST_SHOP)} on: no BigCommerce shop is older."
        }
    return {}


def fault_of_period(
    orders_from: date, since: datetime, present: Backfill | None, covered: datetime | None, zone: ZoneInfo
) -> dict[str, str]:
    """Why there is nothing to do for this date, by field; nothing where there is."""
    if present is not None and orders_from > present.orders_from:
        return {
            "orders_from": f"Orders from {in_words(present.orders_from)} on are being taken already, and these among them. "
            "Stop that first if you want fewer."
        }
    if present is None and covered is not None and since >= covered:
        return {
            "orders_from": f"Nothing to do: every order since {in_words(covered.astimezone(zone).date())} has been read. "
            "What was left out stands under Orders, Ignored, with its reason."
        }
    return {}


def extend(backfill: Backfill, orders_from: date, since: datetime) -> None:
    """Let a backfill begin earlier: it reads its orders anew from there, and leaves those it knows."""
    backfill.orders_from = orders_from
    backfill.since = since
    backfill.cursor = 0
    backfill.read_to_end = False
    backfill.read = 0
    backfill.known = 0


def pause(session: Session, backfill: Backfill, actor: str, now: datetime) -> bool:
    """Begin no slice any more, and end the one at work after the order it is on. Commits; false where nothing is under way."""
    return _change(session, backfill, BackfillState.RUNNING, BackfillState.PAUSED, (now, actor, "paused it"))


def resume(session: Session, backfill: Backfill, actor: str, now: datetime, ring: Ring) -> bool:
    """Go on with a paused backfill, or try again now what waits. Commits; false where it is over."""
    before = BackfillState(backfill.state)
    words = "resumed it" if before == BackfillState.PAUSED else "asked it to try again now"
    if before not in UNFINISHED or not _change(
        session, backfill, before, BackfillState.RUNNING, (now, actor, words)
    ):
        return False
    queue_slice(session, backfill, now, ring)
    return True


def stop(session: Session, backfill: Backfill, actor: str, now: datetime) -> bool:
    """End a backfill; the connection's start goes back to where it was, and the orders that wait are left out.

    They are ignored as older than that, or as having come while the connection was off. What is posted stays. A later *Start Processing* takes the rest. Commits; false where it is over already.
    """
    # Whoever writes orders holds the connection first, and so does this.
    connection = session.get_one(Connection, backfill.connection_id, with_for_update=True)
    before = BackfillState(backfill.state)
    if before not in UNFINISHED or not _change(
        session, backfill, before, BackfillState.STOPPED, (now, actor, "stopped it"), commit=False
    ):
        session.rollback()
        return False
    start = covered_from(session, connection) or now
    connection.start_at = start
    backfill.finished_at = now
    leave_out(session, backfill, start, actor, now)
    session.commit()
    return True


def leave_out(session: Session, backfill: Backfill, start: datetime, actor: str, now: datetime) -> None:
    """Ignore the orders that wait for a backfill, each with a line in its history. The caller commits."""
    waiting = (Order.backfill_id == backfill.id, Order.held, Order.state == State.SEEN)
    reasons = (
        (Ignored.BEFORE_START, Order.order_created_at < start),
        (Ignored.WHILE_OFF, Order.order_created_at >= start),
    )
    for reason, when in reasons:
        values = {"state": State.IGNORED, "ignored_reason": reason, "held": False}
        change(session, backfill.connection, (*waiting, when), values, actor, now, LEFT_OUT)


def note(backfill: Backfill, now: datetime, actor: str, act: str) -> None:
    """Remember who did what when."""
    backfill.acts = [*(backfill.acts or ()), {"at": now.isoformat(), "actor": actor, "act": act}]


def in_words(day: date) -> str:
    """`3 May 2026`."""
    return f"{day.day} {day:%B %Y}"


def _change(
    session: Session,
    backfill: Backfill,
    before: BackfillState,
    after: BackfillState,
    act: tuple[datetime, str, str],
    *,
    commit: bool = True,
) -> bool:
    """Move a backfill from one state to another, if nobody else did meanwhile, and remember the act."""
    changed = session.execute(
        update(Backfill)
        .where(Backfill.id == backfill.id, Backfill.state == before)
        .values(state=after, resume_at=None, problem_code=None, problem_sentence=None)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(changed) != 1:
        session.rollback()
        return False
    session.refresh(backfill)
    note(backfill, *act)
    if commit:
        session.commit()
    return True
