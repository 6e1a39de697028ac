"""What changed in the shop after posting is kept on the order and opens it for a look, until somebody dealt with it (SYNC §2)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from portal.ledger import SqlLedger
from portal.ledger.after_posting import AGAIN, UNDO
from portal.ledger.names import told_in_full
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.services.orders import retry
from portal.sync.bridge import Figures
from portal.sync.personal import Personal
from portal.sync.ports import Changes, Finding, Intent, Outcome, Reading, Recorded, State
from portal.sync.problems import Code, about_order
from portal.sync.sale_orders import PostedOrder
from tests.factories import NOON
from tests.fakes import FakeClock
from tests.posted_orders import (
    BRIDGE,
    DIFFERS,
    SEAL,
    Build,
    attempts,
    due,
    judged,
    posted,
    row_of,
    seen,
    shop_order,
    stored,
)

CANCELLED = Changes(("Status changed from Shipped to Cancelled",), ("Cancelled: delete JT100 in Saasu.",))
SHIPPED = Changes(("Status changed from Awaiting Fulfilment to Shipped",))
SMALLER = Changes(("Total was $11.00 and is now $5.50",), ("Reduce JT100 by $5.50.",))


@pytest.fixture
def ledger(connection: Connection, ledger_for: Build) -> SqlLedger:
    ledger = ledger_for(connection)
    posted(ledger)
    return ledger


def change(ledger: SqlLedger, changes: Changes, minutes: int = 30) -> None:
    entry = Recorded(order=shop_order(100, minutes=minutes), order_id=100, outcome=None, changes=changes)
    ledger.record_page([judged(ledger, entry)], Reading(watermark=NOON))


def deal_with(session: Session) -> None:
    row = stored(session)
    row.look_once, row.dealt_with_at, row.dealt_with_by = False, NOON, "Alice"
    session.commit()


def seen_of(row: Order) -> tuple[Any, ...]:
    assert row.changes is not None
    return row.changes["what"], row.changes["means"], row.look_once


def test_a_change_that_means_something_opens_the_order_for_a_look(
    session: Session, ledger: SqlLedger, clock: FakeClock
) -> None:
    clock.forward(minutes=45)

    change(ledger, CANCELLED)

    row = stored(session)
    assert row.changes == {
        "at": (NOON + timedelta(minutes=45)).isoformat(),
        "what": list(CANCELLED.what),
        "means": list(CANCELLED.means),
        "opened": True,
    }
    assert (row.look_once, row.state, row.document is not None) == (True, "posted", True)
    line = attempts(session)[-1]
    assert line.note == "Changed in the shop: Status changed from Shipped to Cancelled."
    assert (line.state, line.details["look_once"]) == ("posted", True)


def test_a_change_that_means_nothing_is_kept_without_a_line_or_a_look(
    session: Session, ledger: SqlLedger
) -> None:
    lines = len(attempts(session))

    change(ledger, SHIPPED)

    assert seen_of(stored(session)) == (list(SHIPPED.what), [], False)
    assert len(attempts(session)) == lines


def test_a_change_of_nothing_we_compare_leaves_no_trace(session: Session, ledger: SqlLedger) -> None:
    lines = len(attempts(session))

    change(ledger, Changes())

    row = stored(session)
    assert (row.changes, row.look_once, row.order_modified_at) == (None, False, NOON + timedelta(minutes=30))
    assert len(attempts(session)) == lines


def test_the_same_again_is_told_once_and_stays_dealt_with(session: Session, ledger: SqlLedger) -> None:
    change(ledger, CANCELLED)
    deal_with(session)
    lines = len(attempts(session))

    change(ledger, CANCELLED, minutes=60)

    row = stored(session)
    assert (row.look_once, row.dealt_with_by) == (False, "Alice")
    assert len(attempts(session)) == lines


def test_a_later_change_opens_again_what_was_dealt_with(session: Session, ledger: SqlLedger) -> None:
    change(ledger, SMALLER)
    deal_with(session)

    change(ledger, CANCELLED, minutes=60)

    row = stored(session)
    assert seen_of(row) == (list(CANCELLED.what), list(CANCELLED.means), True)
    assert (row.dealt_with_at, row.dealt_with_by) == (None, "")


def test_an_order_that_is_again_as_it_was_closes_by_itself(session: Session, ledger: SqlLedger) -> None:
    change(ledger, SMALLER)

    change(ledger, Changes(), minutes=60)

    assert seen_of(stored(session)) == ([AGAIN], [], False)
    assert attempts(session)[-1].note == f"Changed in the shop: {AGAIN}."
    assert "look_once" not in attempts(session)[-1].details
    lines = len(attempts(session))
    change(ledger, Changes(), minutes=90)
    assert len(attempts(session)) == lines


def test_an_order_on_which_somebody_acted_opens_again_when_it_is_as_it_was(
    session: Session, ledger: SqlLedger
) -> None:
    change(ledger, SMALLER)
    deal_with(session)

    change(ledger, Changes(), minutes=60)

    assert seen_of(stored(session)) == ([AGAIN], [UNDO], True)
    deal_with(session)
    change(ledger, Changes(), minutes=90)
    assert stored(session).look_once is False


def test_an_order_that_only_went_its_way_and_back_says_nothing_to_undo(
    session: Session, ledger: SqlLedger
) -> None:
    change(ledger, SHIPPED)
    lines = len(attempts(session))

    change(ledger, Changes(), minutes=60)

    assert seen_of(stored(session)) == ([AGAIN], [], False)
    assert len(attempts(session)) == lines


def test_a_change_that_goes_away_leaves_the_look_at_a_total_that_differs(
    session: Session, ledger: SqlLedger
) -> None:
    record = ledger.known([100])[100]
    ledger.read_back([Finding(record=record, row=row_of(record, "10.99"), problems=(DIFFERS,))])
    change(ledger, SMALLER)

    change(ledger, Changes(), minutes=60)

    assert stored(session).look_once is True


def test_a_change_that_goes_away_leaves_an_order_open_that_was_open_before(
    session: Session, ledger: SqlLedger
) -> None:
    row = stored(session)
    row.look_once = True
    session.commit()
    change(ledger, SMALLER)
    change(ledger, CANCELLED, minutes=45)

    change(ledger, Changes(), minutes=60)

    assert seen_of(stored(session)) == ([AGAIN], [], True)


def test_an_order_that_renamed_its_contact_asks_for_a_look(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    intent = Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON, bridge=BRIDGE)
    sent = ledger.sending(due(ledger)[0], intent)
    answer = PostedOrder(invoice_id=9100, number="JT100")

    ledger.settle(sent, Outcome(state=State.POSTED, posted=answer, look_once=True))

    assert (stored(session).look_once, attempts(session)[-1].details["look_once"]) == (True, True)


def test_what_was_dealt_with_does_not_open_because_the_change_went_away_unless_it_must(
    session: Session, ledger: SqlLedger
) -> None:
    change(ledger, SMALLER)
    deal_with(session)
    change(ledger, SHIPPED, minutes=60)

    assert seen_of(stored(session)) == (list(SHIPPED.what), [], False)


def test_reading_back_leaves_another_problem_of_the_order_where_it_is(
    session: Session, ledger: SqlLedger
) -> None:
    reused = about_order(Code.ORDER_ID_REUSED, 100, "another order")
    entry = Recorded(order=None, order_id=100, outcome=None, mark=reused)
    ledger.record_page([judged(ledger, entry)], Reading(watermark=NOON))
    record = ledger.known([100])[100]

    ledger.read_back([Finding(record=record, row=row_of(record, "10.99"), problems=(DIFFERS,))])

    assert [one["code"] for one in stored(session).problems] == ["ORDER_ID_REUSED", "POSTED_TOTAL_DIFFERS"]


def test_a_change_that_nobody_dealt_with_stays_open_when_the_order_is_found_in_saasu_once_more(
    session: Session, connection: Connection, ledger_for: Build, clock: FakeClock
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    there = Outcome(state=State.EXISTS, found=row_of(due(ledger)[0]))
    ledger.settle(due(ledger)[0], there)
    assert stored(session).look_once is False
    change(ledger, CANCELLED)
    assert stored(session).look_once is True

    assert retry(session, stored(session), "Alice", clock.now(), lambda *_: None) is not None
    ledger.settle(ledger.known([100])[100], there)

    row = stored(session)
    assert (row.state, *seen_of(row)) == ("exists", list(CANCELLED.what), list(CANCELLED.means), True)
    change(ledger, Changes(), minutes=60)
    assert seen_of(stored(session)) == ([AGAIN], [], False)


def test_what_changed_while_the_outcome_was_not_known_comes_with_the_outcome(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    intent = Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON, bridge=BRIDGE)
    sent = ledger.sending(due(ledger)[0], intent)
    answer = PostedOrder(invoice_id=9100, number="JT100")

    ledger.settle(sent, Outcome(state=State.POSTED, posted=answer, found=row_of(sent), changes=CANCELLED))

    assert seen_of(stored(session)) == (list(CANCELLED.what), list(CANCELLED.means), True)
    assert [line.state for line in attempts(session)][-2:] == ["posted", "posted"]


def test_the_record_tells_what_saasu_showed_and_the_status_last_seen(ledger: SqlLedger) -> None:
    record = ledger.known([100])[100]
    assert (record.books, record.status, record.status_id) == (None, "Awaiting Fulfillment", 11)

    ledger.read_back([Finding(record=record, row=row_of(record, tax=None))])

    assert ledger.known([100])[100].books == Figures(Decimal("11.00"), None)


MOVED = Personal("Billed to Kim Example, 2 Low Street, before to Robin Example", "Billed to another address")
PEOPLE = Changes(("Status changed from Shipped to Completed", MOVED), ("JT100 names the former address.",))
RENAMED = Personal("Contact 7 was renamed from “Robyn” to “Robin”.", "Contact 7 was renamed.")


def everything_kept(session: Session) -> str:
    """All that the rows of orders and of their history hold, as text."""
    order, history = stored(session), attempts(session)
    rows = [order, *history]
    return repr([[getattr(row, column.key) for column in inspect(row).mapper.columns] for row in rows])


def test_names_and_addresses_are_sealed_and_only_bare_words_stand_in_the_rows(
    session: Session, ledger: SqlLedger
) -> None:
    change(ledger, PEOPLE)

    row = stored(session)
    assert seen_of(row)[0] == ["Status changed from Shipped to Completed", "Billed to another address"]
    assert attempts(session)[-1].note == (
        "Changed in the shop: Status changed from Shipped to Completed; Billed to another address."
    )
    assert told_in_full(row, SEAL) == {"Billed to another address": str(MOVED)}
    assert not any(name in everything_kept(session) for name in ("Kim", "Robin", "Low Street"))


def test_the_same_words_about_another_address_are_told_again(session: Session, ledger: SqlLedger) -> None:
    change(ledger, PEOPLE)
    deal_with(session)
    change(ledger, PEOPLE, minutes=45)
    assert stored(session).look_once is False

    again = Personal("Billed to Kim Example, 3 High Street, before to Robin Example", MOVED.bare)
    change(ledger, Changes((PEOPLE.what[0], again), PEOPLE.means), minutes=60)

    row = stored(session)
    assert (row.look_once, told_in_full(row, SEAL)) == (True, {MOVED.bare: str(again)})


def test_a_note_that_names_somebody_is_sealed_beside_what_changed(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    intent = Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON, bridge=BRIDGE)
    sent = ledger.sending(due(ledger)[0], intent)
    answer = PostedOrder(invoice_id=9100, number="JT100")
    ledger.settle(sent, Outcome(state=State.POSTED, posted=answer, notes=("In parts.", RENAMED)))

    change(ledger, PEOPLE)

    row = stored(session)
    assert row.notes == ["In parts.", "Contact 7 was renamed."]
    assert told_in_full(row, SEAL) == {RENAMED.bare: str(RENAMED), MOVED.bare: str(MOVED)}
    assert "Robyn" not in everything_kept(session)
    change(ledger, Changes(), minutes=60)
    assert told_in_full(stored(session), SEAL) == {RENAMED.bare: str(RENAMED)}


def test_nothing_is_sealed_where_nothing_names_anybody_any_more(session: Session, ledger: SqlLedger) -> None:
    change(ledger, PEOPLE)
    change(ledger, CANCELLED, minutes=45)

    assert stored(session).in_full is None


def test_of_an_order_whose_text_is_forgotten_nobody_says_that_it_is_as_it_was(
    session: Session, ledger: SqlLedger
) -> None:
    change(ledger, PEOPLE)
    row = stored(session)
    row.document, row.in_full = None, None
    session.commit()

    change(ledger, Changes(), minutes=60)

    row = stored(session)
    assert (seen_of(row)[0], row.look_once) == (
        ["Status changed from Shipped to Completed", MOVED.bare],
        True,
    )
