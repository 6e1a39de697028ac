"""What was judged by rules that a person has changed since is not written (SYNC §3)."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from portal.database import listen_sqlite
from portal.ledger import SqlLedger
from portal.models.connections import Connection, OffSpan
from portal.models.orders import Order
from portal.services import selection
from portal.services.syncing import rules_of
from portal.sync.meanwhile import RulesChanged
from portal.sync.ports import Intent, Outcome, Reading, Recorded, State
from portal.sync.problems import Ignored, item_not_found
from tests.factories import NOON
from tests.posted_orders import (
    Build,
    due,
    seen,
    shop_order,
    stored,
)

WINDOW = Reading(watermark=NOON, until=NOON, cursor=101)
INTENT = Intent(number="JT100", marker="BC-jamtin-100", fingerprint="f", sent_at=NOON)
LEFT_OUT = Outcome(state=State.IGNORED, ignored=Ignored.STATUS)
WHILE_OFF = Outcome(state=State.IGNORED, ignored=Ignored.WHILE_OFF, look_once=True)
Change = Callable[[Connection], None]


def tick(connection: Connection) -> None:
    connection.statuses = [*connection.statuses, 7]


def begin_earlier(connection: Connection) -> None:
    connection.start_at = NOON - timedelta(days=30)


def was_off(connection: Connection) -> None:
    span = OffSpan(firm_id=connection.firm_id, began_at=NOON, ended_at=NOON + timedelta(hours=1))
    connection.off_spans.append(span)


def go_off(connection: Connection) -> None:
    connection.off_spans.append(OffSpan(firm_id=connection.firm_id, began_at=NOON))


CHANGES = [tick, begin_earlier, was_off, go_off]


@pytest.fixture
def ledger(connection: Connection, ledger_for: Build) -> SqlLedger:
    return ledger_for(connection)


@pytest.mark.parametrize("change", CHANGES)
def test_neither_a_page_nor_an_intent_nor_a_no_is_written_by_rules_that_were_changed(
    session: Session, connection: Connection, ledger: SqlLedger, change: Change
) -> None:
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    record = due(ledger)[0]
    change(connection)
    session.commit()

    with pytest.raises(RulesChanged):
        ledger.record_page([seen(101)], WINDOW)
    with pytest.raises(RulesChanged):
        ledger.sending(record, INTENT)
    with pytest.raises(RulesChanged):
        ledger.settle(record, LEFT_OUT)

    assert ledger.reading() == Reading(watermark=NOON)
    assert session.execute(select(Order.order_id, Order.state)).all() == [(100, "seen")]


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_is_written_once_it_is_judged_by_the_rules_as_they_are(
    session: Session, connection: Connection, ledger: SqlLedger, change: Change
) -> None:
    change(connection)
    session.commit()

    ledger.judge_by(rules_of(connection, NOON))
    ledger.record_page([seen(101)], WINDOW)

    assert ledger.reading() == WINDOW


def test_a_choice_that_does_not_say_which_orders_are_taken_changes_nothing_here(
    session: Session, connection: Connection, ledger: SqlLedger
) -> None:
    connection.prefix, connection.own_discounts = "NEW", True
    session.commit()

    ledger.record_page([seen(101)], WINDOW)

    assert ledger.reading() == WINDOW


def test_a_problem_of_an_order_is_written_by_whatever_rules(
    session: Session, connection: Connection, ledger: SqlLedger
) -> None:
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    record = due(ledger)[0]
    tick(connection)
    session.commit()

    ledger.settle(record, Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),)))

    assert stored(session).state == "failed"


# --- two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def other_engine(empty_database: str) -> Iterator[Engine]:
    """A second connection to the same database, as a page of the portal has it."""
    engine = create_engine(empty_database)
    if engine.dialect.name == "sqlite":
        listen_sqlite(engine)
    yield engine
    engine.dispose()


def test_what_a_page_writes_at_the_very_moment_of_take_them_is_taken_too(
    session: Session,
    connection: Connection,
    ledger_for: Build,
    other_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    was_off(connection)
    session.commit()
    ledger = ledger_for(connection)
    taken: list[int] = []

    def press() -> None:
        with Session(other_engine) as page:
            mine = page.scalars(select(Connection)).one()
            count, _run = selection.take_all(
                page, mine, Ignored.WHILE_OFF, "Alice", NOON, lambda *_: None, shown=True
            )
            taken.append(count)

    person = threading.Thread(target=press)
    record_entries = SqlLedger._record_entries

    def slowly(here: SqlLedger, orders: Any) -> Any:
        person.start()
        person.join(timeout=0.5)
        assert taken == []
        return record_entries(here, orders)

    monkeypatch.setattr(SqlLedger, "_record_entries", slowly)
    ledger.record_page([Recorded(order=shop_order(100), order_id=100, outcome=WHILE_OFF)], WINDOW)
    person.join(timeout=20)

    assert taken == [1]
    assert (stored(session).state, stored(session).asked) == ("seen", True)
