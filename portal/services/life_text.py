"""One order's whole life from the ledger as plain text, for the command line."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.models.runs import Run
from portal.money import dollars
from portal.services.evidence import exact_time, proof_of
from portal.services.history import asked_for, runs_of
from portal.sync.ports import State

NONE = "none"
STRANGERS = ", of the sale that has this number there, not of this order"


def order_numbered(session: Session, connection: Connection, number: int) -> Order | None:
    """The ledger's row of one order of a connection's shop in its file."""
    return session.scalar(
        select(Order).where(
            Order.firm_id == connection.firm_id,
            Order.saasu_file_id == connection.file.file_id,
            Order.store_hash == connection.store_hash,
            Order.order_id == number,
        )
    )


def life_lines(session: Session, order: Order, now: datetime) -> Iterator[str]:
    """An order, what proves that it was posted once, and every line of its history, oldest first; times in the file's zone.

    What names a customer is said in the bare words that the ledger keeps in the open.
    """
    zone = ZoneInfo(order.connection.file.time_zone)
    yield f"Order #{order.order_id} of {order.store_hash}, {order.connection.file.name}"
    yield from (f"{name + ':':26}{value}" for name, value in facts(order, zone))
    yield from listed("Problems", [problem["sentence"] for problem in order.problems])
    yield from listed("Notes", order.notes)
    if order.changes:
        yield from listed(
            f"Changed in the shop, noticed {exact_time(datetime.fromisoformat(order.changes_seen), zone)}",
            [*order.changes["what"], *order.changes["means"]],
        )
    proof = proof_of(order, now)
    yield ""
    yield "Proof that it was posted once" if order.state == State.POSTED else "What is known of its posting"
    yield f"  {proof.summary}"
    yield from (f"  {timed(step.at, zone)}  {step.words}" for step in proof.steps)
    yield ""
    yield "Every line of its history"
    yield f"  {exact_time(order.first_seen_at, zone)}  first seen in the shop"
    runs = runs_of(session, order)
    for one in order.attempts:
        yield from attempt_lines(one, runs, zone)


def facts(order: Order, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """What the row says of the order, name by name."""
    state = f"{order.state} ({order.ignored_reason})" if order.ignored_reason else order.state
    yield "State", f"{state}, whose turn: {order.turn}" if order.turn else state
    yield "Created in the shop", exact_time(order.order_created_at, zone)
    yield "Changed in the shop", exact_time(order.order_modified_at, zone)
    yield (
        "Status in the shop",
        f"{order.status} ({order.status_id}){', archived' if order.is_deleted else ''}",
    )
    yield "Total in the shop", f"{dollars(order.total)} {order.currency}".strip()
    yield "Number in Saasu", order.number or NONE
    yield "Marker", order.marker or NONE
    yield "Fingerprint", order.fingerprint or NONE
    yield "Saasu’s transaction", str(order.invoice_id) if order.invoice_id is not None else NONE
    yield "First sent", timed(order.first_sent_at, zone)
    yield "Last sent", timed(order.sent_at, zone)
    yield "Posted", timed(order.posted_at, zone)
    yield "Read back", timed(order.read_back_at, zone)
    yield "Total in Saasu", in_saasu(order, order.books_total)
    yield "GST in Saasu", in_saasu(order, order.books_tax)
    if order.retry_at is not None:
        yield "Tried again", exact_time(order.retry_at, zone)
    if order.dealt_with_at is not None:
        yield "Dealt with", f"{exact_time(order.dealt_with_at, zone)} by {order.dealt_with_by}"


def in_saasu(order: Order, amount: Decimal | None) -> str:
    """An amount that Saasu told, and of which sale, where that is not this order's."""
    if amount is None:
        return NONE
    return dollars(amount) + (STRANGERS if order.state == State.EXISTS else "")


def timed(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment, or that there is none."""
    return exact_time(moment, zone) if moment is not None else NONE


def listed(heading: str, sentences: list[str]) -> Iterator[str]:
    """A heading with its sentences; nothing where there are none."""
    if sentences:
        yield ""
        yield heading
    yield from (f"- {sentence}" for sentence in sentences)


def attempt_lines(one: Attempt, runs: dict[str, Run], zone: ZoneInfo) -> Iterator[str]:
    """One line of history: when, the state, which run or person decided, the words; below it its problems and what else it keeps."""
    run = runs.get(one.run_id or "")
    by = f"{run.kind} run {run.id}{asked_for(run)}" if run is not None else f"{one.actor}, by hand"
    yield f"  {exact_time(one.at, zone)}  {one.state:8}  {by}{': ' + one.note if one.note else ''}"
    for problem in one.details.get("problems") or []:
        yield f"      {problem['code']}: {problem['sentence']}"
    kept = {name: value for name, value in one.details.items() if name != "problems"}
    if kept:
        yield "      " + ", ".join(f"{name}={value}" for name, value in sorted(kept.items()))
