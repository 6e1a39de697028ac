"""What the flood guard and the daily sweep ask of the order records of one connection (SYNC §3.2, §3.7)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.models.orders import Order
from portal.sync.ports import OrderRecord, State
from portal.sync.problems import Turn

Conditions = tuple[Any, ...]
"""The SQL that says which rows are the connection's."""
AT_ONCE = 500


def sold_since(session: Session, mine: Conditions, moment: datetime) -> list[datetime]:
    """When each order that Saasu has was created in the shop, of those created since a moment."""
    taken = (Order.state.in_((State.POSTED, State.EXISTS)), Order.order_created_at >= moment)
    return list(session.scalars(select(Order.order_created_at).where(*mine, *taken)))


def first_order_since(session: Session, mine: Conditions, moment: datetime) -> int | None:
    """The lowest id of an order created since a moment; `None` when there is none."""
    return session.scalar(select(func.min(Order.order_id)).where(*mine, Order.order_created_at >= moment))


def hold_back(session: Session, records: Sequence[OrderRecord], now: datetime) -> None:
    """Let `seen` orders wait for a person's yes, but for those that somebody asked for meanwhile. The caller commits."""
    ids = [record.id for record in records]
    for start in range(0, len(ids), AT_ONCE):
        session.execute(
            update(Order)
            .where(Order.id.in_(ids[start : start + AT_ONCE]), Order.state == State.SEEN, ~Order.asked)
            .values(flood_at=now, turn=str(Turn.YOU))
            .execution_options(synchronize_session=False)
        )
