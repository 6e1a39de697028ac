"""What a person says about which orders are taken: take them, leave them, ignore one, answer a flood (SYNC §3).

Every change is one conditional UPDATE with a line of history; the run that follows decides about the orders.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnExpressionArgument, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.models.connections import Connection, OffSpan
from portal.models.orders import IN_QUESTION, Attempt, Order
from portal.models.runs import Run, RunKind
from portal.services.runs import Ring, request_run
from portal.sync.planning import LOOKED_AT_ONCE
from portal.sync.ports import State
from portal.sync.problems import Code, Ignored

TAKEN_BY_PERSON = frozenset({Ignored.BEFORE_START, Ignored.DELETED, Ignored.WHILE_OFF, Ignored.BY_PERSON})
"""Reasons that a person may lift; a status is lifted on the connector page, and a currency by nobody."""
Conditions = Sequence[ColumnExpressionArgument[bool]]
AT_ONCE = 500
LONGEST_REASON = 300
AGAIN: dict[str, Any] = {
    "state": State.SEEN,
    "ignored_reason": None,
    "look_once": False,
    "flood_at": None,
    "turn": None,
    "document": None,
    "retry_at": None,
    "refusals": 0,
    "asked": True,
    "run_id": None,
}
"""What makes an order one that is decided about afresh, because a person asked for it."""
SET_ASIDE: dict[str, Any] = {
    "state": State.IGNORED,
    "ignored_reason": Ignored.BY_PERSON,
    "look_once": False,
    "flood_at": None,
    "turn": None,
    "problems": [],
    "retry_at": None,
    "release": False,
}


def note_switch(connection: Connection, was_on: bool, now: datetime) -> None:
    """Keep when a connection was off, from one save to the next; the caller commits (SYNC §3.1).

    One that was switched off before such times were kept is taken to have been off since its last good run. What Saasu got while it was
    off is looked at before the next post (SYNC §7.7).
    """
    if connection.start_at is None or was_on == connection.enabled:
        return
    if not connection.enabled:
        connection.off_spans.append(OffSpan(firm_id=connection.firm_id, began_at=now.replace(microsecond=0)))
        return
    since = connection.last_good_run_at or connection.start_at
    span = next((span for span in connection.off_spans if span.ended_at is None), None)
    if span is None:
        span = OffSpan(firm_id=connection.firm_id, began_at=min(since, now))
        connection.off_spans.append(span)
    span.ended_at = max(now, span.began_at)
    connection.doubt_from = min(connection.doubt_from or span.began_at, span.began_at)


def left_while_off(session: Session, connection: Connection, begin: datetime) -> bool:
    """Whether any order created since a moment was left out because the connection was off."""
    where = (*ignored_for(connection, Ignored.WHILE_OFF), Order.order_created_at >= begin)
    return session.scalar(select(Order.id).where(*where).limit(1)) is not None


def take_back_to(session: Session, connection: Connection, begin: datetime, backfill_id: str) -> None:
    """*Start Processing* takes what was created since a moment, also while the connection was off; the backfill holds it.

    The caller commits.
    """
    for span in list(connection.off_spans):
        if span.began_at >= begin:
            connection.off_spans.remove(span)
        elif span.ended_at is not None and span.ended_at > begin:
            span.ended_at = begin
    session.execute(
        update(Order)
        .where(*ignored_for(connection, Ignored.WHILE_OFF), Order.order_created_at >= begin)
        .values(**AGAIN, held=True, backfill_id=backfill_id)
        .execution_options(synchronize_session=False)
    )


def may_take(order: Order) -> bool:
    """Whether a person may take this ignored order."""
    if order.state != State.IGNORED:
        return False
    questioned = order.ignored_reason == Ignored.STATUS and order.status_id in LOOKED_AT_ONCE
    return order.ignored_reason in TAKEN_BY_PERSON or questioned


def take(session: Session, order: Order, actor: str, now: datetime, ring: Ring) -> Run | None:
    """Take one ignored order, whatever its status says, and start a run about it alone. Commits; `None` where it cannot be taken.

    One that a person had set aside is only decided about again, as if she had not.
    """
    if not may_take(order) or not order.connection.enabled:
        return None
    connection, number = order.connection, order.order_id
    release = order.ignored_reason != Ignored.BY_PERSON
    where = (Order.id == order.id, Order.state == State.IGNORED)
    change(session, connection, where, {**AGAIN, "release": release}, actor, now, "Asked to take it.")
    session.commit()
    return request_run(session, connection, RunKind.RETRY, actor, now, ring, only_order=number)


def take_all(
    session: Session,
    connection: Connection,
    reason: Ignored,
    actor: str,
    now: datetime,
    ring: Ring,
    *,
    shown: bool,
) -> tuple[int, Run | None]:
    """Take every order of a connection that was ignored for one reason, or only those `shown` as a question; start a run.

    What came while the connection was off is decided about as if it had been on; the rest is taken whatever the reason said.
    Commits; how many, and the run, which is `None` where nothing could be taken.
    """
    if not connection.enabled or not (reason in TAKEN_BY_PERSON or reason is Ignored.STATUS):
        return 0, None
    hold(session, connection)
    where = ignored_for(connection, reason)
    if shown or reason is Ignored.STATUS:
        where = (*where, Order.look_once)
    release = reason not in {Ignored.WHILE_OFF, Ignored.BY_PERSON}
    if reason is Ignored.WHILE_OFF:
        connection.off_spans = [span for span in connection.off_spans if span.ended_at is None]
    taken = change(session, connection, where, {**AGAIN, "release": release}, actor, now, "Asked to take it.")
    session.commit()
    return taken, request_run(session, connection, RunKind.MANUAL, actor, now, ring) if taken else None


def leave_all(session: Session, connection: Connection, reason: Ignored, actor: str, now: datetime) -> int:
    """Leave out what is shown as a question for one reason; it stays ignored and is not shown again. Commits; how many."""
    where = (*ignored_for(connection, reason), Order.look_once)
    left = change(
        session, connection, where, {"look_once": False, "turn": None}, actor, now, "Looked at, and left out."
    )
    session.commit()
    return left


def leave(session: Session, order: Order, actor: str, now: datetime) -> bool:
    """The same for one order. Commits."""
    where = (Order.id == order.id, Order.state == State.IGNORED, Order.look_once)
    values = {"look_once": False, "turn": None}
    left = change(session, order.connection, where, values, actor, now, "Looked at, and left out.")
    session.commit()
    return left == 1


def ignore(session: Session, order: Order, words: str, actor: str, now: datetime) -> bool:
    """Set an order aside that is not in Saasu and is not being sent, with the person's own words. Commits.

    One in question is not in Saasu as far as the person says; what the other sale comes to is no longer true of it.
    """
    where = (Order.id == order.id, or_(Order.state.in_((State.FAILED, State.SEEN)), IN_QUESTION))
    values = SET_ASIDE | {"books_total": None, "books_tax": None}
    done = change(session, order.connection, where, values, actor, now, set_aside_note(words))
    session.commit()
    return done == 1


def post_held(
    session: Session, connection: Connection, until: datetime, actor: str, now: datetime, ring: Ring
) -> tuple[int, Run | None]:
    """Say yes to exactly the orders that were held back up to a moment, and start a run. Commits; how many, and the run."""
    if not connection.enabled:
        return 0, None
    values = {"flood_at": None, "turn": None, "asked": True, "run_id": None}
    done = change(session, connection, held(connection, until), values, actor, now, "Asked to post it.")
    flood_answered(session, connection)
    session.commit()
    return done, request_run(session, connection, RunKind.MANUAL, actor, now, ring) if done else None


def ignore_held(
    session: Session, connection: Connection, until: datetime, words: str, actor: str, now: datetime
) -> int:
    """Set exactly those orders aside that were held back up to a moment. Commits; how many."""
    done = change(session, connection, held(connection, until), SET_ASIDE, actor, now, set_aside_note(words))
    flood_answered(session, connection)
    session.commit()
    return done


def flood_answered(session: Session, connection: Connection) -> None:
    """Take the flood off the connection once no order is held back any more. The caller commits."""
    waiting = exists().where(Order.connection_id == connection.id, Order.flood_at.is_not(None))
    session.execute(
        update(Connection)
        .where(Connection.id == connection.id, Connection.problem_code == str(Code.FLOOD), ~waiting)
        .values(problem_code=None, problem_sentence=None)
    )


def ignored_for(connection: Connection, reason: Ignored) -> Conditions:
    """The SQL for a connection's orders that are ignored for a reason."""
    return (
        Order.connection_id == connection.id,
        Order.state == State.IGNORED,
        Order.ignored_reason == str(reason),
    )


def held(connection: Connection, until: datetime) -> Conditions:
    """The SQL for a connection's orders that the flood guard held back up to a moment."""
    return (Order.connection_id == connection.id, Order.state == State.SEEN, Order.flood_at <= until)


def set_aside_note(words: str) -> str:
    """The line of history for an order that somebody sets aside."""
    words = " ".join(words.split())[:LONGEST_REASON]
    return f"Chose to ignore it: {words}" if words else "Chose to ignore it."


def hold(session: Session, connection: Connection) -> None:
    """Let no run write of this connection's orders until the commit: whoever writes orders holds the connection first."""
    session.execute(select(Connection.id).where(Connection.id == connection.id).with_for_update())


def change(
    session: Session,
    connection: Connection,
    where: Conditions,
    values: dict[str, Any],
    actor: str,
    now: datetime,
    note: str,
) -> int:
    """Change the orders that are still as `where` says, each with a line of history, and no other; how many. The caller commits."""
    hold(session, connection)
    changed = session.execute(
        update(Order)
        .where(*where)
        .values(**values, decided_at=now)
        .returning(Order.id, Order.state)
        .execution_options(synchronize_session=False)
    ).all()
    for start in range(0, len(changed), AT_ONCE):
        lines = [
            {
                "firm_id": connection.firm_id,
                "order_pk": order_pk,
                "at": now,
                "actor": actor,
                "state": state,
                "note": note,
                "details": {},
            }
            for order_pk, state in changed[start : start + AT_ONCE]
        ]
        session.execute(insert(Attempt), lines)
    return len(changed)
