"""Orders and outcomes as rows keep them: amounts as text, problems and bridges as plain lists."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.models.orders import Order
from portal.sync.bridge import Bridge, Figures, Span
from portal.sync.personal import bare_of
from portal.sync.planning import FINISHED, UNSETTLED
from portal.sync.ports import Intent, OrderRecord, Outcome, Recorded, State
from portal.sync.problems import Code, Ignored, Problem, Turn

TRIED_AGAIN = "Tried again: the same as before."
STILL = {
    State.FAILED: "Tried again: still not posted.",
    State.UNKNOWN: "Looked up again: still not known whether Saasu has it.",
}
"""What a line says of a try that a person asked for and that came to the same as the one before."""

CERTAINLY_NOT_THERE = "Looked up once more: not in Saasu."


def copy_order(row: Order, entry: Recorded, now: datetime) -> None:
    """Copy what the shop shows of an order into its row; a change after posting is marked, never sent (SYNC §2)."""
    order = entry.order
    assert order is not None
    if row.state in (State.POSTED, State.EXISTS) and row.order_modified_at != order.modified_at:
        row.changed_in_shop_at = now
    row.order_modified_at = order.modified_at
    row.status_id = order.status_id
    row.status = order.status[:100]
    row.currency = order.currency[:10]
    row.total = order.total.inc_tax
    row.is_deleted = order.is_deleted


def write_outcome(row: Order, outcome: Outcome, now: datetime) -> None:
    """Make an outcome the state of a row. A bridge is kept where the outcome brings none, but for one that was decided anew.

    What the intent said of contacts stands where the answer was lost.
    """
    kept = keeps_notes(row, outcome)
    kept_look = row.look_once and row.ignored_reason == outcome.ignored
    row.look_once = (row.look_once and kept) or (
        outcome.state is State.IGNORED and (outcome.look_once or kept_look)
    )
    row.flood_at = row.flood_at if outcome.state is State.SEEN else None
    row.state = outcome.state
    row.ignored_reason = outcome.ignored
    row.problems = problem_rows(outcome.problems)
    row.turn = turn_of(row, outcome)
    row.notes = row.notes if kept else [bare_of(note) for note in outcome.notes]
    row.retry_at = outcome.retry_at
    row.decided_at = now
    if outcome.bridge is not None:
        row.bridge = bridge_rows(outcome.bridge)
    elif outcome.state in (State.FAILED, State.IGNORED):
        row.bridge = []
    if any(problem.code in {Code.SAASU_REFUSED, Code.PERIOD_LOCKED} for problem in outcome.problems):
        row.refusals += 1
    if outcome.state == State.POSTED and (outcome.problems or outcome.look_once):
        row.look_once = True
    row.doubted_until = doubt_of(row, outcome)
    write_found(row, outcome, now)
    if outcome.posted is not None:
        row.invoice_id = outcome.posted.invoice_id
        row.number = outcome.posted.number[:100]
        row.posted_at = now
        row.refusals = 0
    if outcome.state in (State.POSTED, State.EXISTS, State.IGNORED):
        row.release = False
    if outcome.state in (State.POSTED, State.EXISTS, State.IGNORED, State.FAILED):
        row.held = False


def doubt_of(row: Order, outcome: Outcome) -> datetime | None:
    """Until when a sale may still turn up: what was doubted before stands until Saasu is known to have the order, or somebody else's."""
    if outcome.state in FINISHED:
        return None
    return outcome.doubted_until or row.doubted_until


def write_found(row: Order, outcome: Outcome, now: datetime) -> None:
    """Write what the sale comes to that was found of an order; one that we did not write is nothing read back.

    It asks for a look where it was not compared or comes to something else, and where what changed in the shop means something for it.
    """
    found = outcome.found
    if outcome.state is State.EXISTS:
        row.look_once = outcome.look_once or bool(row.changes and row.changes["means"])
        row.books_total, row.books_tax = (found.total, found.tax) if found is not None else (None, None)
    elif found is not None:
        row.read_back_at, row.books_total, row.books_tax = now, found.total, found.tax


def write_intent(row: Order, record: OrderRecord, intent: Intent) -> None:
    """Make an intent the state of a row: it is about to be sent (SYNC §7.3)."""
    row.state = State.SENDING
    row.number, row.marker, row.fingerprint = intent.number, intent.marker, intent.fingerprint
    row.first_sent_at, row.sent_at = record.first_sent_at or intent.sent_at, intent.sent_at
    row.bridge = bridge_rows(intent.bridge) if intent.bridge is not None else []
    row.order_created_at = record.created_at
    row.decided_at = intent.sent_at
    row.notes = [bare_of(note) for note in intent.notes]
    row.look_once = intent.look_once
    row.books_total = row.books_tax = None


def keeps_notes(row: Order, outcome: Outcome) -> bool:
    """Whether the notes of the intent stand: the answer was lost, and what came of the order tells nothing of its contacts."""
    return row.state in UNSETTLED and outcome.state in (State.UNKNOWN, State.POSTED) and not outcome.notes


def turn_of(row: Order, outcome: Outcome) -> str | None:
    """Whose turn an order is: its first problem's, or yours where it is held back or was questioned before it was synced.

    One that Saasu has is nobody's turn where the sale comes to the same.
    """
    if outcome.state is State.EXISTS and not outcome.look_once:
        return None
    if outcome.problems:
        return str(outcome.problems[0].turn)
    questioned = row.look_once and outcome.ignored is Ignored.STATUS
    return str(Turn.YOU) if questioned or row.flood_at is not None else None


def mark_row(row: Order, problem: Problem) -> None:
    """Add a problem to a row whose state stays."""
    row.problems = [*row.problems, *problem_rows([problem])]
    row.turn = row.turn or str(problem.turn)
    row.look_once = True


def problem_rows(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Problems as they are kept in a row."""
    return [
        {"code": str(one.code), "sentence": one.sentence[:1000], "subject": one.subject[:500]}
        for one in problems
    ]


def bridge_rows(bridge: Bridge) -> list[dict[str, str]]:
    """A bridge as it is kept in a row; amounts as text."""
    return [
        {"name": span.name, "shop": str(span.shop), "books": str(span.books), "words": span.words}
        for span in bridge.spans
    ]


def bridge_of(rows: Sequence[dict[str, str]]) -> Bridge | None:
    """A bridge as a row keeps it; `None` where there is none."""
    spans = [
        Span(name=row["name"], shop=Decimal(row["shop"]), books=Decimal(row["books"]), words=row["words"])
        for row in rows
    ]
    return Bridge(spans=tuple(spans)) if spans else None


def record_of(row: Order, document: str) -> OrderRecord:
    """A row as the engine reads it; `document` is the order's text, opened."""
    return OrderRecord(
        id=row.id,
        order_id=row.order_id,
        state=State(row.state),
        created_at=row.order_created_at,
        modified_at=row.order_modified_at,
        number=row.number,
        first_sent_at=row.first_sent_at,
        sent_at=row.sent_at,
        document=document,
        refusals=row.refusals,
        invoice_id=row.invoice_id,
        bridge=bridge_of(row.bridge),
        books=Figures(row.books_total, row.books_tax) if row.books_total is not None else None,
        ignored=Ignored(row.ignored_reason) if row.ignored_reason else None,
        release=row.release,
        asked=row.asked,
        run_id=row.run_id or "",
        status=row.status,
        status_id=row.status_id,
        total=row.total,
        is_deleted=row.is_deleted,
        codes=frozenset(Code(one["code"]) for one in row.problems),
        stand=stand_of(row),
    )


def stand_of(row: Order) -> tuple[object, ...]:
    """Whatever of a row a person's decision can change; two stands that are equal have no decision between them.

    Each decision moves `decided_at` too.
    """
    return (
        row.state,
        row.ignored_reason,
        row.decided_at,
        row.retry_at,
        row.release,
        row.asked,
        row.flood_at,
        row.held,
        row.backfill_id,
    )


def has_moved(row: Order, record: OrderRecord) -> bool:
    """Whether a row is not as it was read any more; what is being sent is the run's alone, and compares by its state."""
    if record.state in UNSETTLED:
        return row.state != record.state
    return stand_of(row) != record.stand


def stands_otherwise(row: Order | None, known: OrderRecord | None) -> bool:
    """The same of an order that may have no row, or had none when it was judged."""
    if row is None or known is None:
        return not (row is None and known is None)
    return has_moved(row, known)


def line_of(row: Order, outcome: Outcome) -> Outcome | None:
    """What a row's history says of an outcome that is about to be written; `None` where the same came of it before.

    What a person asked for, and no run has written since, always leaves its line: otherwise it looks as though nobody had tried.
    """
    if row.state != outcome.state or row.problems != problem_rows(outcome.problems):
        return outcome
    if row.run_id is not None:
        return None
    return replace(outcome, note=outcome.note or STILL.get(outcome.state, TRIED_AGAIN))


def attempt_details(outcome: Outcome) -> dict[str, Any]:
    """What a line of an order's history keeps beside its words."""
    details: dict[str, Any] = {"problems": problem_rows(outcome.problems)}
    if outcome.look_once:
        details["look_once"] = True
    if outcome.ignored:
        details["ignored"] = str(outcome.ignored)
    if outcome.state is State.EXISTS and outcome.found is not None:
        details["sale_there"] = outcome.found.invoice_id
    if outcome.posted:
        details["invoice_id"] = outcome.posted.invoice_id
        details["number"] = outcome.posted.number
    if outcome.evidence:
        details |= outcome.evidence.kept()
    return details


def about_to_send(intent: Intent) -> str:
    """What the line of an intent says."""
    return f"About to send as {intent.number}."


def intent_details(intent: Intent) -> dict[str, Any]:
    """What the line of an intent keeps: by what the sale can be found, and the digest of what was sent."""
    return {
        "problems": [],
        "number": intent.number,
        "marker": intent.marker,
        "fingerprint": intent.fingerprint,
    }
