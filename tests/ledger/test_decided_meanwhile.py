"""What a person decides about an order while a run works on it stands, and the run goes on with the row as it is now (SYNC §2, §7.1)."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from portal.database import listen_sqlite
from portal.ledger import SqlLedger
from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.models.runs import Run
from portal.services import selection
from portal.services.orders import retry
from portal.sync.meanwhile import PageMoved
from portal.sync.ports import Intent, OrderMoved, Outcome, Reading, Recorded, State
from portal.sync.problems import Ignored, item_not_found
from tests.factories import NOON
from tests.posted_orders import (
    Build,
    due,
    judged,
    seen,
    shop_order,
    stored,
)

LATER = NOON + timedelta(minutes=1)
WINDOW = Reading(watermark=NOON, until=NOON, cursor=100)
INTENT = Intent(number="JT100", marker="BC-jamtin-100", fingerprint="f", sent_at=NOON)
FAILED = Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),))
Decide = Callable[[Session], object]


def silent(_run_id: str, _attempt: int) -> None:
    """A bell that nobody hears."""


def ignore(session: Session) -> None:
    assert selection.ignore(session, stored(session), "by hand", "Alice", LATER)


def ignore_and_take(session: Session) -> None:
    ignore(session)
    assert selection.take(session, stored(session), "Alice", LATER, silent)


def ask_again(session: Session) -> None:
    assert retry(session, stored(session), "Alice", LATER, silent)


def say_yes(session: Session) -> None:
    row = stored(session)
    assert selection.post_held(session, row.connection, NOON, "Alice", LATER, silent)[0] == 1


DECISIONS = [ignore, ignore_and_take, ask_again]


@pytest.fixture
def ledger(connection: Connection, ledger_for: Build) -> SqlLedger:
    return ledger_for(connection)


def waits(ledger: SqlLedger, outcome: Outcome = FAILED) -> Recorded:
    """An order that waits; and the page's entry for it, which changed in the shop, as it is judged now."""
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    ledger.settle(due(ledger)[0], outcome)
    return judged(ledger, replace(seen(100), order=shop_order(100, minutes=5), document="newer"))


def as_it_stands(session: Session) -> tuple[Any, ...]:
    row = stored(session)
    return (row.state, row.ignored_reason, row.asked, row.decided_at, row.document, row.order_modified_at)


@pytest.mark.parametrize("decide", DECISIONS)
def test_a_page_that_was_judged_before_a_persons_word_is_not_recorded(
    session: Session, ledger: SqlLedger, decide: Decide
) -> None:
    entry = waits(ledger)
    decide(session)
    before, reading = as_it_stands(session), ledger.reading()
    lines = len(session.scalars(select(Attempt)).all())

    with pytest.raises(PageMoved) as moved:
        ledger.record_page([entry, seen(101)], WINDOW)

    assert moved.value.order_ids == {100}
    assert (as_it_stands(session), ledger.reading()) == (before, reading)
    assert len(session.scalars(select(Attempt)).all()) == lines
    assert session.scalars(select(Order.order_id)).all() == [100]
    assert session.scalars(select(Run.read)).first() == 1


def test_the_page_is_recorded_once_it_is_judged_by_the_row_as_it_is_now(
    session: Session, ledger: SqlLedger
) -> None:
    entry = waits(ledger)
    ignore(session)

    ledger.record_page([judged(ledger, replace(entry, outcome=None)), seen(101)], WINDOW)

    row = stored(session)
    assert (row.state, row.ignored_reason) == ("ignored", "BY_PERSON")
    assert row.order_modified_at == NOON + timedelta(minutes=5)
    assert ledger.reading() == WINDOW


def test_a_yes_to_a_flood_is_not_undone_by_a_page(session: Session, ledger: SqlLedger) -> None:
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    ledger.hold_back(ledger.due(NOON))
    entry = judged(ledger, replace(seen(100), order=shop_order(100, minutes=5)))
    say_yes(session)

    with pytest.raises(PageMoved):
        ledger.record_page([entry], WINDOW)

    assert (stored(session).flood_at, stored(session).asked) == (None, True)


@pytest.mark.parametrize("decide", DECISIONS)
def test_an_order_is_neither_sent_nor_decided_after_a_persons_word(
    session: Session, ledger: SqlLedger, decide: Decide
) -> None:
    waits(ledger)
    record = ledger.known([100])[100]
    decide(session)
    before = as_it_stands(session)

    with pytest.raises(OrderMoved):
        ledger.sending(record, INTENT)
    with pytest.raises(OrderMoved):
        ledger.settle(record, Outcome(state=State.IGNORED, ignored=Ignored.STATUS))

    assert as_it_stands(session) == before


def test_what_came_back_for_an_order_that_was_sent_is_written_whatever_a_person_pressed(
    session: Session, ledger: SqlLedger
) -> None:
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    sent = ledger.sending(due(ledger)[0], INTENT)
    session.execute(update(Order).values(asked=True, decided_at=LATER))
    session.commit()

    ledger.settle(sent, Outcome(state=State.UNKNOWN))

    assert stored(session).state == "unknown"


def test_an_order_that_somebody_asked_for_meanwhile_is_not_held_back_as_a_flood(
    session: Session, ledger: SqlLedger
) -> None:
    ledger.record_page([seen(100), seen(101)], Reading(watermark=NOON))
    arrivals = ledger.due(NOON)
    ask_again(session)

    ledger.hold_back(arrivals)

    assert [row.order_id for row in ledger.due(NOON)] == [100]


# --- two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def other_engine(empty_database: str) -> Iterator[Engine]:
    """A second connection to the same database, as a page of the portal has it."""
    engine = create_engine(empty_database)
    if engine.dialect.name == "sqlite":
        listen_sqlite(engine)
    yield engine
    engine.dispose()


def test_a_word_that_falls_into_the_recording_itself_waits_for_its_end(
    session: Session, ledger: SqlLedger, other_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = waits(ledger)
    done: list[bool] = []

    def press() -> None:
        with Session(other_engine) as page:
            order = page.scalars(select(Order).where(Order.order_id == 100)).one()
            done.append(selection.ignore(page, order, "by hand", "Alice", LATER))

    person = threading.Thread(target=press)
    record_entries = SqlLedger._record_entries

    def slowly(here: SqlLedger, orders: Any) -> Any:
        written = record_entries(here, orders)
        person.start()
        person.join(timeout=0.5)
        assert done == []
        return written

    monkeypatch.setattr(SqlLedger, "_record_entries", slowly)
    ledger.record_page([entry], WINDOW)
    person.join(timeout=20)

    assert done == [True]
    row = stored(session)
    assert (row.state, row.ignored_reason) == ("ignored", "BY_PERSON")
    assert row.order_modified_at == NOON + timedelta(minutes=5)
