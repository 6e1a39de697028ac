"""What a person may ask of one order."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.ledger.arrivals import are_due
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services.runs import Ring, request_run
from portal.services.selection import change
from portal.sync.ports import State
from portal.sync.problems import Turn

RETRIED = (State.FAILED, State.SEEN, State.UNKNOWN, State.EXISTS)
ASKED: dict[str, Any] = {"asked": True, "run_id": None}
"""What says that a person asked for an order, and that no run has written of it since."""

LOOKED_AT: dict[str, Any] = {
    "look_once": False,
    "dealt_with_at": None,
    "dealt_with_by": "",
    "books_total": None,
    "books_tax": None,
}
"""What is no longer true of an order whose number somebody else's sale had, once it is decided about again."""


def retry(session: Session, order: Order, actor: str, now: datetime, ring: Ring) -> Run | None:
    """Decide about one order again, in a run of its own that starts now. Commits; `None` where there is nothing to retry.

    One whose answer was lost is looked up anyway: of it only the asking is kept.
    """
    if order.state not in RETRIED or not order.connection.enabled:
        return None
    connection, number = order.connection, order.order_id
    values = ASKED if order.state == State.UNKNOWN else asked_again(order)
    where = (Order.id == order.id, Order.state == order.state)
    if not change(session, connection, where, values, actor, now, "Asked to retry."):
        session.rollback()
        return None
    session.commit()
    return request_run(session, connection, RunKind.RETRY, actor, now, ring, only_order=number)


def asked_again(order: Order) -> dict[str, Any]:
    """What makes an order one that is decided again; what was not kept is read afresh, and a number that Saasu had is looked up first."""
    state = order.state
    if state == State.EXISTS:
        state = State.UNKNOWN
    elif order.document is None:
        state = State.SEEN
    return {
        "state": state,
        "retry_at": None,
        "refusals": 0,
        "flood_at": None,
        "held": False,
        "turn": None if order.state == State.SEEN else order.turn,
        **LOOKED_AT,
        **ASKED,
    }


def tried_next(session: Session, connection: Connection, now: datetime) -> int:
    """How many orders that could not be posted and wait for the firm are tried again by the connection's next run; none while it is off."""
    if not connection.enabled:
        return 0
    at = max(connection.next_run_at or now, now)
    waits = (Order.connection_id == connection.id, Order.state == State.FAILED, Order.turn == Turn.YOU)
    query = select(func.count()).select_from(Order).where(*waits, *are_due(connection.id, at))
    return session.scalar(query) or 0
