"""What a connection asks a person about which orders to take: the read side of SYNC §3.1, §3.3, §3.4 and §3.7."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import Order
from portal.money import ZERO
from portal.sync.ports import State
from portal.sync.problems import Ignored


class Asked(StrEnum):
    """What is asked; the first three are reasons for which orders are ignored."""

    FLOOD = "FLOOD"
    WHILE_OFF = "WHILE_OFF"
    STATUS = "STATUS"
    BEFORE_START = "BEFORE_START"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of one connection: how many orders, their dollars, when they were created, and until when they were held back."""

    connection: Connection
    asked: Asked
    orders: int
    dollars: Decimal
    first: datetime
    last: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One order that a question is about."""

    dollars: Decimal
    created_at: datetime
    flood_at: datetime | None


def questions(session: Session, firm_id: str, connection_id: str | None = None) -> list[Question]:
    """What the firm's connections, or one of them, ask now; floods first."""
    shown = (Order.state == State.IGNORED) & Order.look_once
    flooded = (Order.state == State.SEEN) & Order.flood_at.is_not(None)
    query = select(
        Order.connection_id, Order.ignored_reason, Order.total, Order.order_created_at, Order.flood_at
    ).where(Order.firm_id == firm_id, or_(shown, flooded))
    if connection_id is not None:
        query = query.where(Order.connection_id == connection_id)
    groups: dict[tuple[str, Asked], list[Row]] = {}
    for owner, reason, dollars, created_at, flood_at in session.execute(query):
        asked = Asked.FLOOD if flood_at is not None else Asked(str(reason))
        row = Row(dollars=dollars, created_at=created_at, flood_at=flood_at)
        groups.setdefault((owner, asked), []).append(row)
    wanted = {owner for owner, _ in groups}
    owners = {
        one.id: one
        for one in session.scalars(
            select(Connection).where(Connection.firm_id == firm_id, Connection.id.in_(wanted))
        )
    }
    found = [question(owners[owner], asked, rows) for (owner, asked), rows in groups.items()]
    return sorted(found, key=lambda one: (list(Asked).index(one.asked), one.connection.file.name.casefold()))


def question(connection: Connection, asked: Asked, rows: Iterable[Row]) -> Question:
    """The question that these orders are about."""
    rows = list(rows)
    return Question(
        connection=connection,
        asked=asked,
        orders=len(rows),
        dollars=sum((row.dollars for row in rows), ZERO),
        first=min(row.created_at for row in rows),
        last=max(row.created_at for row in rows),
        until=max((row.flood_at for row in rows if row.flood_at is not None), default=None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How many orders are ignored for one reason, and their dollars."""

    reason: Ignored
    orders: int
    dollars: Decimal


def left_out(session: Session, firm_id: str, connection_id: str | None = None) -> list[LeftOut]:
    """The ignored orders of the firm, or of one connection, by reason."""
    query = (
        select(Order.ignored_reason, Order.total, func.count())
        .where(Order.firm_id == firm_id, Order.state == State.IGNORED)
        .group_by(Order.ignored_reason, Order.total)
    )
    if connection_id is not None:
        query = query.where(Order.connection_id == connection_id)
    found: dict[Ignored, LeftOut] = {}
    for reason, dollars, count in session.execute(query):
        old = found.get(Ignored(str(reason)))
        found[Ignored(str(reason))] = LeftOut(
            reason=Ignored(str(reason)),
            orders=count + (old.orders if old else 0),
            dollars=dollars * count + (old.dollars if old else ZERO),
        )
    return [found[reason] for reason in Ignored if reason in found]
