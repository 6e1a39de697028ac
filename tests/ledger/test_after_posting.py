"""What reading back said is kept on the posted order, and what it says of the shapes on the file (SYNC §7.8)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import LineShape
from portal.sync.bridge import Figures
from portal.sync.ports import Finding, Intent, LeaseLost, Outcome, Reading, State
from portal.sync.problems import invoice_exists
from portal.sync.sale_orders import PostedOrder
from portal.sync.shapes import Shape, Standing
from tests.factories import NOON, make_connection, make_file, make_firm
from tests.fakes import FakeClock
from tests.posted_orders import (
    BRIDGE,
    DIFFERS,
    Build,
    attempts,
    due,
    posted,
    row_of,
    seen,
    stored,
)


def test_what_an_order_must_come_to_is_committed_before_it_is_sent_and_stays(
    connection: Connection, ledger_for: Build
) -> None:
    record = posted(ledger_for(connection))

    assert record.bridge is not None
    assert record.bridge.books == Figures(Decimal("11.00"), Decimal("1.00"))
    assert record.invoice_id == 9100


def test_posted_orders_wait_to_be_read_back_and_then_no_more(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    record, other = posted(ledger), posted(ledger, 101)
    lines = len(attempts(session))
    assert [one.order_id for one in ledger.unread(NOON)] == [100, 101]
    assert ledger.unread(NOON + timedelta(seconds=1)) == []

    ledger.read_back([Finding(record=record, row=row_of(record)), Finding(record=other, row=None)])

    row = stored(session)
    assert (row.state, row.read_back_at, row.books_total, row.books_tax) == (
        "posted",
        NOON,
        Decimal("11.00"),
        Decimal("1.00"),
    )
    assert (row.look_once, row.problems) == (False, [])
    assert [one.order_id for one in ledger.unread(NOON)] == [101]
    assert len(attempts(session)) == lines


def test_gst_that_saasu_does_not_tell_stays_open(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    record = posted(ledger)

    ledger.read_back([Finding(record=record, row=row_of(record, tax=None))])

    assert (stored(session).books_total, stored(session).books_tax) == (Decimal("11.00"), None)


def test_a_difference_asks_for_a_look_and_leaves_a_line_in_the_history(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    record = posted(ledger)

    ledger.read_back([Finding(record=record, row=row_of(record, "10.99"), problems=(DIFFERS,))])

    row = stored(session)
    assert (row.state, row.look_once, row.turn, row.books_total) == ("posted", True, "you", Decimal("10.99"))
    assert [one["code"] for one in row.problems] == ["POSTED_TOTAL_DIFFERS"]
    line = attempts(session)[-1]
    assert (line.state, line.details["problems"], line.run_id) == ("posted", row.problems, row.run_id)


def test_an_order_that_is_not_found_is_tried_three_times_and_then_noted(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    record = posted(ledger)
    for tries in (1, 2):
        ledger.read_back([Finding(record=record, row=None)])
        assert (stored(session).read_tries, stored(session).look_once) == (tries, False)

    ledger.read_back([Finding(record=record, row=None)])

    row = stored(session)
    assert (row.state, row.look_once, row.read_back_at) == ("posted", True, None)
    assert "may have been deleted" in row.notes[-1]
    assert attempts(session)[-1].note == row.notes[-1]
    assert ledger.unread(NOON) == []


def test_what_was_read_back_once_is_not_written_over(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    record = posted(ledger)
    ledger.read_back([Finding(record=record, row=row_of(record))])

    ledger.read_back([Finding(record=record, row=row_of(record, "9.00"), problems=(DIFFERS,))])

    assert (stored(session).books_total, stored(session).look_once) == (Decimal("11.00"), False)


def test_an_order_found_in_saasu_after_its_answer_was_lost_is_read_back_with_it(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    intent = Intent(number="JT100", marker="m", fingerprint="f", sent_at=NOON, bridge=BRIDGE)
    sent = ledger.sending(due(ledger)[0], intent)
    found = row_of(sent, "10.99", None)
    answer = PostedOrder(invoice_id=9100, number="JT100")

    ledger.settle(sent, Outcome(state=State.POSTED, posted=answer, found=found, problems=(DIFFERS,)))

    row = stored(session)
    assert (row.read_back_at, row.books_total, row.look_once) == (NOON, Decimal("10.99"), True)
    assert [span["name"] for span in row.bridge] == ["Total", "GST"]
    assert ledger.unread(NOON) == []


def test_a_run_that_lost_its_lease_reads_nothing_back(
    session: Session, connection: Connection, ledger_for: Build, clock: FakeClock
) -> None:
    slow = ledger_for(connection)
    record = posted(slow)
    clock.forward(seconds=200)
    ledger_for(connection)

    with pytest.raises(LeaseLost):
        slow.read_back([Finding(record=record, row=row_of(record))])
    with pytest.raises(LeaseLost):
        slow.shapes_read(record, {Shape.PERCENTAGE}, good=True)
    assert stored(session).read_back_at is None
    assert session.scalars(select(LineShape)).all() == []


def test_what_the_first_order_of_a_shape_came_to_stands_for_the_file(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    record = posted(ledger)
    assert ledger.standing() == Standing()

    ledger.shapes_read(record, {Shape.PERCENTAGE, Shape.FINE_PRICE}, good=False)
    ledger.shapes_read(record, {Shape.PERCENTAGE, Shape.ALL_OFF}, good=True)

    assert ledger.standing() == Standing(
        proved=frozenset({Shape.ALL_OFF}), failed=frozenset({Shape.PERCENTAGE, Shape.FINE_PRICE})
    )
    other_file = make_file(session, make_firm(session, "Banksia Books"))
    assert ledger_for(make_connection(session, other_file)).standing() == Standing()


def test_a_shape_of_a_later_version_is_passed_over(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    posted(ledger)
    order = stored(session)
    session.add(
        LineShape(
            file_pk=connection.file_pk,
            shape="later",
            firm_id=order.firm_id,
            order_pk=order.id,
            proved_at=NOON,
        )
    )
    session.commit()

    assert ledger.standing() == Standing()


@pytest.mark.parametrize("look_once", [True, False])
def test_somebody_elses_sale_is_nothing_read_back_and_is_looked_at_where_it_differs(
    session: Session, connection: Connection, ledger_for: Build, look_once: bool
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    (record,) = due(ledger)

    found = row_of(record, "12.00")
    problem = invoice_exists(100, "JT100")
    ledger.settle(record, Outcome(state=State.EXISTS, problems=(problem,), found=found, look_once=look_once))

    row = stored(session)
    assert (row.state, row.look_once, row.read_back_at) == ("exists", look_once, None)
    assert (row.books_total, row.books_tax) == (Decimal("12.00"), Decimal("1.00"))
    assert (row.turn, row.in_question) == (("you", True) if look_once else (None, False))
    assert row.attempts[-1].details["sale_there"] == found.invoice_id
