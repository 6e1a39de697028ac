"""What becomes of an order that is in Saasu: a person deals with it, and its text is forgotten in time (SYNC §2)."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.ledger.names import told_in_full
from portal.models.orders import Attempt, Order
from portal.services.remotes import Outside, firm_vault, seal_for
from portal.services.selection import hold
from portal.sync.planning import FINISHED
from portal.sync.ports import State

TEXT_KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 500
DEALT_WITH = "I have dealt with it."
THIS_ORDER = "The sale in Saasu is this order."


def deal_with(session: Session, order: Order, seen: str, actor: str, now: datetime) -> bool:
    """Keep that a person dealt with what a finished order asked for, or that the sale with its number is of this order. Commits.

    `seen` is the moment of the changes as the person's page had them; false where the order asks for nothing, or changed again
    meanwhile.
    """
    hold(session, order.connection)
    row = session.scalars(
        select(Order).where(Order.id == order.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if not row.look_once or row.state not in FINISHED or seen != row.changes_seen:
        session.rollback()
        return False
    note = THIS_ORDER if row.in_question else DEALT_WITH
    row.look_once, row.dealt_with_at, row.dealt_with_by = False, now, actor[:200]
    row.turn = None if row.state == State.EXISTS else row.turn
    session.add(
        Attempt(
            firm_id=row.firm_id,
            order_pk=row.id,
            at=now,
            actor=actor[:200],
            state=row.state,
            note=note,
            details={"problems": []},
        )
    )
    session.commit()
    return True


def forget_texts(session: Session, now: datetime) -> int:
    """Take away the text of orders that were finished or left out 90 days ago; bridge and fingerprint remain. Commits; how many.

    The names and addresses in what is said of them go with it; the bare words remain. A bounded batch: whoever calls this again soon takes the next one.
    """
    done_with = (State.POSTED, State.EXISTS, State.IGNORED)
    old = (
        select(Order.id)
        .where(
            or_(Order.document.is_not(None), Order.in_full.is_not(None)),
            Order.decided_at < now - TEXT_KEPT,
            Order.state.in_(done_with),
        )
        .limit(FORGOTTEN_AT_ONCE)
    )
    forgotten = session.execute(
        update(Order)
        .where(Order.id.in_(old.scalar_subquery()))
        .values(document=None, in_full=None)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return changed_rows(forgotten)


def sentences_in_full(session: Session, outside: Outside, order: Order) -> dict[str, str]:
    """The sentences about an order that name somebody, by their bare words; empty once they are forgotten."""
    if order.in_full is None:
        return {}
    return told_in_full(order, seal_for(firm_vault(session, outside.vault, order.firm_id)))
