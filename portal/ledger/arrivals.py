"""Which orders are due, and what the flood guard and the daily sweep ask of the records of one connection (SYNC §3.2, §3.7)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from portal.ledger import counting
from portal.models.backfills import UNFINISHED, Backfill
from portal.models.orders import Order
from portal.sync.ports import State, Waiting
from portal.sync.problems import Turn

Conditions = tuple[Any, ...]
"""The SQL that says which rows are the connection's."""
AT_ONCE = 500


WAITING = (
    Order.id,
    Order.order_id,
    Order.state,
    Order.order_created_at,
    Order.order_modified_at,
    Order.first_sent_at,
    Order.release,
    Order.asked,
    Order.run_id,
    Order.total,
)
"""What must be known of an order before its turn comes; its text and its bridge stay where they are."""


def are_due(connection_id: str, now: datetime) -> Conditions:
    """The SQL for orders `seen`, and failed ones whose time has come, but none that an open backfill holds."""
    waiting = and_(Order.state == State.FAILED, or_(Order.retry_at.is_(None), Order.retry_at <= now))
    readable = ~and_(Order.state == State.FAILED, Order.document.is_(None), Order.turn != Turn.WAIT)
    unfinished = select(Backfill.id).where(
        Backfill.connection_id == connection_id, Backfill.state.in_(UNFINISHED)
    )
    held = and_(Order.held, Order.backfill_id.is_not(None), Order.backfill_id.in_(unfinished))
    new = and_(Order.state == State.SEEN, Order.flood_at.is_(None))
    return (or_(new, waiting), readable, ~held)


def waiting(session: Session, mine: Conditions, connection_id: str, now: datetime) -> list[Waiting]:
    """The orders that are due, ascending id, without their texts."""
    rows = session.execute(
        select(*WAITING).where(*mine, *are_due(connection_id, now)).order_by(Order.order_id)
    )
    return [
        Waiting(
            id=row.id,
            order_id=row.order_id,
            state=State(row.state),
            created_at=row.order_created_at,
            modified_at=row.order_modified_at,
            first_sent_at=row.first_sent_at,
            release=row.release,
            asked=row.asked,
            run_id=row.run_id or "",
            total=row.total,
        )
        for row in rows
    ]


def sold_since(session: Session, mine: Conditions, moment: datetime) -> list[datetime]:
    """When each order that Saasu has was created in the shop, of those created since a moment."""
    taken = (Order.state.in_((State.POSTED, State.EXISTS)), Order.order_created_at >= moment)
    return list(session.scalars(select(Order.order_created_at).where(*mine, *taken)))


def first_order_since(session: Session, mine: Conditions, moment: datetime) -> int | None:
    """The lowest id of an order created since a moment; `None` when there is none."""
    return session.scalar(select(func.min(Order.order_id)).where(*mine, Order.order_created_at >= moment))


def hold_back(session: Session, orders: Sequence[Waiting], run_id: str, now: datetime) -> Counter[str]:
    """Let `seen` orders wait for a person's yes, but for those that somebody asked for meanwhile. The caller commits.

    By how much each of the run's columns changes.
    """
    ids, changes = [order.id for order in orders], Counter[str]()
    for start in range(0, len(ids), AT_ONCE):
        waits = (Order.id.in_(ids[start : start + AT_ONCE]), Order.state == State.SEEN, ~Order.asked)
        by = (Order.counted_in, Order.counted_as)
        for counted_in, word, number in session.execute(
            select(*by, func.count()).where(*waits).group_by(*by)
        ):
            changes.update(counting.put_back((word or "") if counted_in == run_id else "", number))
        session.execute(
            update(Order)
            .where(*waits)
            .values(flood_at=now, turn=str(Turn.YOU), counted_in=run_id, counted_as=counting.WAITING)
            .execution_options(synchronize_session=False)
        )
    return changes
