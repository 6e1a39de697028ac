"""What a person may ask of one order."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunKind
from portal.services.runs import Ring, request_run
from portal.services.selection import hold
from portal.sync.ports import State

RETRIED = (State.FAILED, State.SEEN, State.UNKNOWN, State.EXISTS)


def retry(session: Session, order: Order, actor: str, now: datetime, ring: Ring) -> Run | None:
    """Let the next run, which starts now, decide about a failed order again. Commits; `None` where there is nothing to retry."""
    if order.state not in RETRIED or not order.connection.enabled:
        return None
    # What was not kept is read afresh; a number that Saasu had is looked up before anything is sent.
    again = (
        State.UNKNOWN
        if order.state == State.EXISTS
        else State.SEEN
        if order.document is None
        else order.state
    )
    hold(session, order.connection)
    session.execute(
        update(Order)
        .where(Order.id == order.id, Order.state == order.state, Order.state != State.UNKNOWN)
        .values(
            state=again,
            retry_at=None,
            refusals=0,
            asked=True,
            flood_at=None,
            held=False,
            turn=None if order.state == State.SEEN else order.turn,
            decided_at=now,
        )
    )
    session.add(
        Attempt(
            firm_id=order.firm_id,
            order_pk=order.id,
            at=now,
            actor=actor,
            state=order.state,
            note="Asked to retry.",
        )
    )
    session.commit()
    return request_run(session, order.connection, RunKind.RETRY, actor, now, ring)
