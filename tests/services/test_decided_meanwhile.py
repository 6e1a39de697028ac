"""What a person decides while a run is at work stands, in whole runs against the sandbox's two servers (SYNC §3, §7.1)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import current_app

from portal.database import db
from portal.ledger import SqlLedger
from portal.models.connections import Connection
from portal.services import connections, selection
from portal.sync.problems import Ignored
from tests.selection_desk import Counter, credentials, silent, unexplained

MUG = [{"sku": "mug-blue", "name": "Mug", "price": "5.00", "quantity": 1}]


def before(monkeypatch: pytest.MonkeyPatch, write: str, press: Callable[[], object]) -> None:
    """Somebody presses a button once, just before a run writes this for the first time."""
    presses, written = [press], getattr(SqlLedger, write)

    def pressed(*given: Any, **more: Any) -> Any:
        if presses:
            presses.pop()()
        return written(*given, **more)

    monkeypatch.setattr(SqlLedger, write, pressed)


def test_an_order_ignored_while_its_page_is_read_stays_ignored_and_the_page_is_recorded(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.place(lines=MUG)
    shop.run()
    assert shop.state(order) == ("failed", "ITEM_NOT_FOUND")
    shop.desk.add_item("mug-blue")
    shop.change(order, status_id=2)
    other = shop.place()
    session = shop.desk.session

    def press() -> None:
        assert selection.ignore(session, shop.order(order), "by hand", "Alice", shop.clock.now())

    before(monkeypatch, "record_page", press)
    run = shop.run()

    assert (run.state, run.posted) == ("finished", 1)
    assert (shop.state(order), shop.order(order).status_id) == (("ignored", "BY_PERSON"), 2)
    assert shop.state(other)[0] == "posted"
    assert unexplained(shop) == ()


def test_an_order_ignored_just_before_it_would_be_sent_is_not_sent(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = shop.place(), shop.place()
    session = shop.desk.session

    def press() -> None:
        assert selection.ignore(session, shop.order(order), "by hand", "Alice", shop.clock.now())

    before(monkeypatch, "sending", press)
    run = shop.run()

    assert (run.state, run.posted) == ("finished", 1)
    assert [shop.state(number) for number in (order, other)] == [("ignored", "BY_PERSON"), ("posted", None)]
    assert len(shop.sold()) == 1


# --- the rules --------------------------------------------------------------------------------------------------------

PAYING = 7
WITH_PAYING = (2, 3, 7, 8, 9, 10, 11)


def test_a_status_ticked_while_a_page_is_read_is_taken_by_that_very_run(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.place(status_id=PAYING)
    before(monkeypatch, "record_page", lambda: shop.save(statuses=WITH_PAYING))

    run = shop.run()

    assert (run.state, run.posted, shop.state(order)[0]) == ("finished", 1, "posted")


def test_a_status_ticked_after_the_page_was_recorded_is_taken_by_that_run_or_the_next(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = shop.place(status_id=PAYING), shop.place()
    before(monkeypatch, "due", lambda: shop.save(statuses=WITH_PAYING))

    shop.run()

    assert [shop.state(number)[0] for number in (order, other)] == ["posted", "posted"]


def test_a_status_unticked_just_before_an_order_would_be_sent_keeps_it_out_of_saasu(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = shop.place(status_id=9), shop.place()
    before(monkeypatch, "sending", lambda: shop.save(statuses=(2, 3, 8, 10, 11)))

    shop.run()

    assert [shop.state(number) for number in (order, other)] == [("ignored", "STATUS"), ("posted", None)]
    assert len(shop.sold()) == 1


def test_take_them_pressed_while_a_page_is_read_takes_what_that_page_would_have_left_out(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.switch(False)
    early, late = shop.place(), shop.place(status_id=PAYING)
    shop.forward(minutes=30)
    shop.switch(True)
    shop.run()
    assert shop.state(early) == ("ignored", "WHILE_OFF")
    shop.change(late, status_id=11)
    session, connection = shop.desk.session, shop.connection

    def press() -> None:
        now = shop.clock.now()
        taken, _run = selection.take_all(
            session, connection, Ignored.WHILE_OFF, "Alice", now, silent, shown=True
        )
        assert taken == 1

    before(monkeypatch, "record_page", press)
    shop.run()

    assert [shop.state(number)[0] for number in (early, late)] == ["posted", "posted"]
    assert unexplained(shop) == ()


def test_a_save_that_falls_into_the_recording_of_a_page_opens_what_that_page_left_out(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.place(status_id=PAYING)
    draft = shop.desk.draft(**credentials(), statuses=WITH_PAYING)
    app, connection_id, saved = current_app._get_current_object(), shop.connection.id, []  # type: ignore[attr-defined]

    def save() -> None:
        with app.app_context():
            connection = db.session.get_one(Connection, connection_id)
            connections.save_connection(db.session(), shop.outside, connection.file, connection, draft)
            saved.append(connection.id)
            db.session.remove()

    person = threading.Thread(target=save)
    record_entries = SqlLedger._record_entries

    def slowly(here: SqlLedger, orders: Any) -> Any:
        if not saved and not person.is_alive():
            person.start()
            person.join(timeout=1)
            assert saved == []
        return record_entries(here, orders)

    monkeypatch.setattr(SqlLedger, "_record_entries", slowly)
    shop.run()
    shop.desk.session.rollback()
    person.join(timeout=30)

    assert saved == [connection_id]
    shop.run()
    assert shop.state(order)[0] == "posted"
