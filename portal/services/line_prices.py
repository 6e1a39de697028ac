"""How lines with a discount are sent: by percentages, or by net prices of whole cents (SYNC §7.8, LINES 2 and 5)."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import LineShape
from portal.models.runs import Run, RunKind
from portal.services.runs import Ring, request_run


def choose(
    session: Session, connection: Connection, actor: str, now: datetime, ring: Ring, *, whole_cents: bool
) -> Run | None:
    """Choose how a connection's lines are priced from now on, and take the orders that wait for it. Commits.

    The run that takes them; `None` where the connection is off. What is posted already stays.
    """
    connection.whole_cent_prices = whole_cents
    session.commit()
    return take_waiting(session, connection, actor, now, ring)


def try_again(session: Session, connection: Connection, actor: str, now: datetime, ring: Ring) -> Run | None:
    """Forget which shapes of lines differed in a connection's file: the next order of each is read back at once. Commits.

    The run that takes the orders which waited; `None` where the connection is off.
    """
    session.execute(
        delete(LineShape).where(LineShape.file_pk == connection.file_pk, LineShape.failed_at.is_not(None))
    )
    session.commit()
    return take_waiting(session, connection, actor, now, ring)


def take_waiting(
    session: Session, connection: Connection, actor: str, now: datetime, ring: Ring
) -> Run | None:
    """A run for the orders that waited; they are due in any run."""
    return request_run(session, connection, RunKind.RETRY, actor, now, ring) if connection.enabled else None
