"""Coverage: every order the shop lists for a period is in exactly one state with a named reason; unexplained is 0 (SYNC §2)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import Order
from portal.money import ZERO
from portal.sync.ports import State

AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The orders of a period in one state for one reason. `reason` is the ignored reason or the first problem's code, or blank."""

    state: State
    reason: str
    orders: int
    dollars: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What became of the orders of a period. `unexplained` are the ids that have no record, or one without a reason."""

    covered: tuple[Covered, ...]
    unexplained: tuple[int, ...]

    @property
    def orders(self) -> int:
        """How many orders are explained."""
        return sum(one.orders for one in self.covered)


def coverage(
    session: Session,
    firm_id: str,
    connection: Connection,
    since: datetime,
    until: datetime,
    listed: Collection[int] | None = None,
) -> Coverage:
    """What became of a connection's orders created from `since` up to and without `until`.

    With `listed`, the ids that the shop itself lists for the period, each of them is accounted for; without, those the ledger knows.
    """
    mine = (Order.firm_id == firm_id, Order.connection_id == connection.id)
    if listed is None:
        rows = rows_where(session, *mine, Order.order_created_at >= since, Order.order_created_at < until)
    else:
        rows = [
            row
            for part in parts(sorted(listed))
            for row in rows_where(session, *mine, Order.order_id.in_(part))
        ]
    sums: dict[tuple[State, str], list[Decimal]] = {}
    explained: set[int] = set()
    for order_id, state, ignored, problems, dollars, invoice_id in rows:
        reason = ignored or (problems[0]["code"] if problems else "")
        if is_explained(State(state), ignored, reason, invoice_id):
            explained.add(order_id)
            sums.setdefault((State(state), reason), []).append(dollars)
    covered = tuple(
        Covered(state=state, reason=reason, orders=len(amounts), dollars=sum(amounts, ZERO))
        for (state, reason), amounts in sorted(sums.items())
    )
    wanted = set(listed) if listed is not None else {row[0] for row in rows}
    return Coverage(covered=covered, unexplained=tuple(sorted(wanted - explained)))


def rows_where(session: Session, *conditions: Any) -> list[Any]:
    """What coverage asks of the orders that fit."""
    columns = (
        Order.order_id, Order.state, Order.ignored_reason, Order.problems, Order.total, Order.invoice_id,
    )  # fmt: skip
    return list(session.execute(select(*columns).where(*conditions)))


def parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in parts that a query takes."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def is_explained(state: State, ignored: str | None, reason: str, invoice_id: int | None) -> bool:
    """Whether a record says why it is as it is: a posted order names its sale, an ignored one its reason, a failed one its problem."""
    if state is State.IGNORED:
        return ignored is not None
    if state is State.POSTED:
        return invoice_id is not None
    return state in {State.SEEN, State.SENDING, State.UNKNOWN} or reason != ""
