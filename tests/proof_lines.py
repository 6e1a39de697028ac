"""Lines of an order's history as the ledger keeps them, and the sentences of its proof."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.services.evidence import Proof, proof_of
from tests.factories import NOON, make_connection, make_file, make_firm, make_run

SENT: dict[str, Any] = {"number": "SHO120", "marker": "BC-abc-120", "first_sent_at": NOON, "sent_at": NOON}
SETTLED = {"settled_at": (NOON + timedelta(seconds=120)).isoformat()}
LOST = {
    "code": "OUTCOME_UNKNOWN",
    "sentence": "Order #120: sent to Saasu, but the answer was lost",
    "subject": "",
}


def perth_connection(session: Session) -> Connection:
    """A connection whose file goes by the clock of Perth, which nobody moves in summer."""
    file = make_file(session, make_firm(session))
    file.time_zone = "Australia/Perth"
    session.commit()
    return make_connection(session, file)


def line(
    session: Session, order: Order, state: str, note: str = "", seconds: int = 0, **details: Any
) -> None:
    """A line of an order's history by the hourly run, so many seconds after noon."""
    run = order.run_id or make_run(session, order.connection).id
    order.run_id = run
    session.add(
        Attempt(
            firm_id=order.firm_id, order_pk=order.id, run_id=run, at=NOON + timedelta(seconds=seconds),
            actor="hourly run", state=state, note=note, details={"problems": []} | details,
        )
    )  # fmt: skip
    session.commit()


def words(session: Session, order: Order, now: datetime = NOON) -> tuple[str, list[str]]:
    session.refresh(order)
    proof = proof_of(order, now)
    return proof.summary, [f"{at(proof, number)} {one.words}" for number, one in enumerate(proof.steps)]


def at(proof: Proof, number: int) -> str:
    moment = proof.steps[number].at
    assert moment is not None
    return proof.when(moment).partition(" ")[2]
