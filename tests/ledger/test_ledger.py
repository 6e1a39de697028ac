"""The ledger writes one row an order, under a fence, one commit at a time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.ledger import SqlLedger, release_lease, take_lease
from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.sync.bridge import Bridge, Span
from portal.sync.evidence import Evidence, Why
from portal.sync.ports import Intent, LeaseLost, OrderRecord, Outcome, Reading, Recorded, State, StopAsked
from portal.sync.problems import Code, Ignored, about_order, item_not_found
from portal.sync.sale_orders import PostedOrder
from tests.factories import NOON
from tests.fakes import FakeClock
from tests.posted_orders import SEAL, Build, due, judged, seen, shop_order, stored


def recorded(ledger: SqlLedger, number: int = 100) -> OrderRecord:
    ledger.record_page([seen(number)], Reading(watermark=NOON))
    return due(ledger)[0]


def test_a_page_and_its_cursor_are_recorded_together(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)

    ledger.record_page([seen(100), seen(101)], Reading(watermark=NOON, until=NOON, cursor=101))

    assert [row.order_id for row in ledger.due(NOON)] == [100, 101]
    assert ledger.reading() == Reading(watermark=NOON, until=NOON, cursor=101)
    assert session.scalars(select(Order.total)).first() == Decimal("11.0000")


def test_the_order_as_it_was_read_comes_back_from_its_seal(connection: Connection, ledger_for: Build) -> None:
    assert recorded(ledger_for(connection)).document == "order 100"


def test_an_intent_is_committed_before_anything_is_sent(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)

    ledger.sending(
        recorded(ledger), Intent(number="JT100", marker="BC-jamtin-100", fingerprint="f", sent_at=NOON)
    )
    session.rollback()

    row = session.scalars(select(Order)).one()
    assert (row.state, row.number, row.first_sent_at) == ("sending", "JT100", NOON)
    assert [one.order_id for one in ledger.unsettled()] == [100]


def test_a_posted_order_keeps_what_saasu_answered_and_is_due_no_more(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    record = recorded(ledger)

    ledger.settle(record, Outcome(state=State.POSTED, posted=PostedOrder(invoice_id=9, number="JT100")))

    row = session.scalars(select(Order)).one()
    assert (row.state, row.invoice_id, row.posted_at) == ("posted", 9, NOON)
    assert ledger.due(NOON + timedelta(days=9)) == []


def test_orders_that_are_due_are_told_without_opening_a_text(
    connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100), seen(101)], Reading(watermark=NOON))
    opened: list[str] = []
    ledger._seal = replace(SEAL, open=lambda *given: opened.append(given[0]) or "text")  # type: ignore[func-returns-value]

    found = ledger.due(NOON)

    assert [(one.order_id, one.total, one.created_at) for one in found] == [
        (100, Decimal("11.0000"), NOON),
        (101, Decimal("11.0000"), NOON),
    ]
    assert opened == []
    (taken,) = ledger.taken_up([101], NOON)
    assert (taken.order_id, taken.document, opened) == (101, "text", [taken.id])


def test_an_order_that_is_due_no_more_is_not_taken_up(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100), seen(101), seen(102)], Reading(watermark=NOON))
    numbers = [one.order_id for one in ledger.due(NOON)]
    ledger.hold_back(ledger.due(NOON)[:1])
    session.execute(update(Order).where(Order.order_id == 101).values(state="ignored"))
    session.commit()

    assert [one.order_id for one in ledger.taken_up(numbers, NOON)] == [102]


def test_a_run_that_lost_its_lease_writes_nothing_more(
    session: Session, connection: Connection, ledger_for: Build, clock: FakeClock
) -> None:
    slow = ledger_for(connection)
    record = recorded(slow)
    clock.forward(seconds=200)
    ledger_for(connection)

    with pytest.raises(LeaseLost):
        slow.sending(record, Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON))
    with pytest.raises(LeaseLost):
        slow.record_page([seen(101)], Reading(watermark=NOON))
    assert session.scalars(select(Order.state)).all() == ["seen"]


def test_an_order_that_another_writer_moved_is_not_sent(connection: Connection, ledger_for: Build) -> None:
    ledger = ledger_for(connection)
    record = recorded(ledger)
    ledger.settle(record, Outcome(state=State.IGNORED, ignored=Ignored.STATUS))

    with pytest.raises(LeaseLost):
        ledger.sending(record, Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON))


def test_one_lease_at_a_time_and_the_fence_grows(
    session: Session, connection: Connection, clock: FakeClock
) -> None:
    first = take_lease(session, "run one", connection.id, clock)
    refused = take_lease(session, "run two", connection.id, clock)
    clock.forward(seconds=91)
    second = take_lease(session, "run two", connection.id, clock)

    assert (first, refused, second) == (1, None, 2)
    release_lease(session, connection.id, 1)
    assert connection.lease_run_id == "run two"


def test_a_failed_order_is_due_again_only_when_its_time_has_come(
    connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    problem = item_not_found(100, "sh-hat")
    ledger.settle(
        recorded(ledger), Outcome(state=State.FAILED, problems=(problem,), retry_at=NOON + timedelta(hours=1))
    )

    assert ledger.due(NOON + timedelta(minutes=59)) == []
    assert len(ledger.due(NOON + timedelta(minutes=60))) == 1


def test_deciding_the_same_again_adds_no_line_to_the_history(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    outcome = Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),))
    ledger.settle(recorded(ledger), outcome)
    lines = len(session.scalars(select(Attempt)).all())

    ledger.settle(due(ledger)[0], outcome)

    assert len(session.scalars(select(Attempt)).all()) == lines


def test_a_change_in_the_shop_after_posting_is_marked_and_nothing_else(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.settle(
        recorded(ledger), Outcome(state=State.POSTED, posted=PostedOrder(invoice_id=9, number="JT100"))
    )

    changed = Recorded(order=shop_order(100, minutes=30, status=5), order_id=100, outcome=None)
    ledger.record_page([judged(ledger, changed)], Reading(watermark=NOON))

    row = session.scalars(select(Order)).one()
    assert (row.state, row.changed_in_shop_at, row.status_id) == ("posted", NOON, 5)


def test_a_disabled_connection_stops_its_run_after_the_order_it_is_on(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.heartbeat()
    connection.enabled = False
    session.commit()

    with pytest.raises(StopAsked):
        ledger.heartbeat()


def test_an_order_that_changes_while_its_outcome_is_unknown_is_read_afresh(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    sent = ledger.sending(recorded(ledger), Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON))
    ledger.settle(sent, Outcome(state=State.UNKNOWN))

    changed = Recorded(order=shop_order(100, minutes=30, status=5), order_id=100, outcome=None)
    ledger.record_page([judged(ledger, changed)], Reading(watermark=NOON))

    (unknown,) = ledger.unsettled()
    assert unknown.document == ""


def test_a_refused_reuse_of_a_number_keeps_no_text_that_could_be_posted(
    connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    recorded(ledger)
    refused = Outcome(state=State.FAILED, problems=(about_order(Code.ORDER_ID_REUSED, 100, "another order"),))

    entry = Recorded(order=shop_order(100, 5), order_id=100, outcome=refused)
    ledger.record_page([judged(ledger, entry)], Reading(watermark=NOON))

    assert ledger.due(NOON) == []


def test_an_older_order_never_takes_a_newer_ones_place_as_the_writer_of_a_contact(
    connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)

    ledger.contact_written(7, 500)
    ledger.contact_written(7, 10)
    ledger.contact_written(8, 10)
    ledger.contact_written(8, 11)

    assert [ledger.newest_writer(contact) for contact in (7, 8, 9)] == [500, 11, 0]


def test_a_run_that_lost_its_fence_writes_no_contact_down(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    old = ledger_for(connection)
    session.execute(update(Connection).values(fence=Connection.fence + 1))
    session.commit()

    with pytest.raises(LeaseLost):
        old.contact_written(7, 500)

    assert old.newest_writer(7) == 0


def test_an_order_that_is_decided_anew_loses_the_bridge_of_before(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    bridge = Bridge(spans=(Span(name="Total", shop=Decimal("11.00"), books=Decimal("10.99")),))
    differs = Outcome(
        state=State.FAILED, problems=(about_order(Code.TOTALS_DIFFER, 100, "no"),), bridge=bridge
    )
    ledger.settle(recorded(ledger), differs)
    row = session.scalars(select(Order)).one()
    assert row.bridge == [{"name": "Total", "shop": "11.00", "books": "10.99", "words": ""}]

    missing = Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),))
    ledger.settle(due(ledger)[0], missing)

    session.refresh(row)
    assert row.bridge == []


def test_that_a_doubted_order_is_certainly_not_there_is_a_line_of_its_history(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    intent = Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON)
    sent = ledger.sending(due(ledger)[0], intent)
    ledger.settle(sent, Outcome(state=State.SEEN, doubted_until=NOON))
    (doubted,) = ledger.doubted(NOON)

    ledger.not_there(doubted, Evidence(why=Why.LATE, sales=3))

    row = stored(session)
    last = row.attempts[-1]
    assert (row.state, row.doubted_until) == ("seen", None)
    assert (last.state, last.note) == ("seen", "Looked up once more: not in Saasu.")
    assert last.details == {"problems": [], "why": "late", "sales": 3}
