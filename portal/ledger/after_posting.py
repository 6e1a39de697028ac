"""What Saasu has of posted orders, and what that says of the shapes of their lines (SYNC §7.8). The caller holds the fence and commits."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.ledger.rows import problem_rows
from portal.models.orders import LineShape, Order
from portal.sync.personal import bare_of, in_full
from portal.sync.ports import Changes, Finding, State
from portal.sync.shapes import Shape, Standing

MOST_TRIES = 3
AGAIN = "It is again as it was when it was posted"
UNDO = "You dealt with what had changed before: if you changed the sale in Saasu, change it back."
NOT_FOUND = (
    "Saasu’s list did not show this sale when it was read back three times: it may have been deleted there."
)


def write_finding(row: Order, finding: Finding, now: datetime) -> bool:
    """Write what reading back said of one posted order; true where somebody should look at it now.

    An order that Saasu's list does not show is tried again in a later run; after three tries that is noted (SYNC §7.8).
    """
    if row.state != State.POSTED or row.read_back_at is not None:
        return False
    found = finding.row
    if found is not None:
        row.read_back_at, row.books_total, row.books_tax = now, found.total, found.tax
        row.problems = [*row.problems, *problem_rows(finding.problems)]
        row.turn = row.turn or (str(finding.problems[0].turn) if finding.problems else None)
        look = bool(finding.problems)
    else:
        row.read_tries += 1
        look = row.read_tries >= MOST_TRIES
        row.notes = [*row.notes, NOT_FOUND] if look else row.notes
    row.look_once = row.look_once or look
    return look


def finding_words(finding: Finding) -> str:
    """What a line of history says of a posted order that somebody should look at now."""
    return "Read back from Saasu: not as it should be." if finding.row else NOT_FOUND


def write_changes(row: Order, changes: Changes, known: Mapping[str, str], now: datetime) -> str:
    """Write what changed in the shop since a finished order was posted; the words for its history, blank where nothing is new.

    Names and addresses are left out; `known` are the sentences with them as they were kept. Where those are not known any more, the
    same words may speak of another address, and are told again. Once an order's text is forgotten nobody can say that it is as it was.
    Something to know or to do opens the order for a look, also where a person had dealt with an earlier change; an order that is
    again as it was posted closes by itself, unless somebody acted on the change or it was open for another reason (SYNC §2).
    """
    before = row.changes or {}
    what, means = [bare_of(one) for one in changes.what], list(changes.means)
    if not what and before and row.document is not None:
        what, means = [AGAIN], [UNDO] if before["means"] and row.dealt_with_at is not None else []
    if not what or (what == before.get("what") and in_full(changes.what) == known):
        return ""
    opened = bool(before.get("opened")) or not row.look_once
    row.changes = {"at": now.isoformat(), "what": what, "means": means, "opened": bool(means) and opened}
    if means:
        row.look_once, row.dealt_with_at, row.dealt_with_by = True, None, ""
    elif before.get("opened"):
        row.look_once = row.look_once and (bool(row.problems) or row.read_tries >= MOST_TRIES)
    told = means or before.get("means")
    return f"Changed in the shop: {'; '.join(what)}."[:1000] if told else ""


def standing_of(session: Session, file_pk: str) -> Standing:
    """What is known of the shapes of lines in a file; a shape of which this version knows nothing is left out."""
    known = set(Shape)
    found = [
        (Shape(shape), failed_at)
        for shape, failed_at in session.execute(
            select(LineShape.shape, LineShape.failed_at).where(LineShape.file_pk == file_pk)
        )
        if shape in known
    ]
    return Standing(
        proved=frozenset(shape for shape, failed_at in found if failed_at is None),
        failed=frozenset(shape for shape, failed_at in found if failed_at is not None),
    )


def write_shapes(
    session: Session, order: Order, file_pk: str, shapes: Collection[Shape], *, good: bool, now: datetime
) -> None:
    """Write what the first order with these shapes came to; what an earlier one said of a shape stands."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [
        {
            "file_pk": file_pk,
            "shape": shape,
            "firm_id": order.firm_id,
            "order_pk": order.id,
            "proved_at": now if good else None,
            "failed_at": None if good else now,
        }
        for shape in Shape
        if shape in shapes
    ]
    session.execute(insert(LineShape).on_conflict_do_nothing(), rows)
