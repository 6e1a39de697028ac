"""Switching a connection off and on, in whole runs against the sandbox's two servers (SYNC §3.1)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from portal.ledger import SqlLedger
from portal.models.connections import Connection
from portal.models.previews import PreviewedOrder
from portal.questions import Asked, questions
from portal.services import backfills, selection
from portal.services.previews import day_of, preview_now
from portal.services.runs import claim_due
from portal.sync.ports import Intent, OrderRecord
from portal.sync.problems import Ignored
from tests.selection_desk import Counter, open_run, silent, unexplained


def test_what_came_while_off_is_left_out_shown_and_taken_by_one_press(shop: Counter) -> None:
    before = shop.place()
    shop.run()
    waiting = shop.place(status_id=7)
    shop.run()
    shop.switch(False)
    shop.forward(hours=5)
    created = [shop.place(), shop.place()]
    shop.change(waiting, status_id=11)
    shop.forward(hours=5)
    shop.switch(True)
    after = shop.place()
    run = shop.run()

    assert run.state == "finished"
    assert [shop.state(number) for number in (before, *created, waiting, after)] == [
        ("posted", None),
        ("ignored", "WHILE_OFF"),
        ("ignored", "WHILE_OFF"),
        ("ignored", "WHILE_OFF"),
        ("posted", None),
    ]
    (asked,) = questions(shop.desk.session, shop.connection.firm_id)
    assert (asked.asked, asked.orders, asked.dollars) == (Asked.WHILE_OFF, 3, Decimal(33))
    assert unexplained(shop) == ()

    taken, made = selection.take_all(
        shop.desk.session, shop.connection, Ignored.WHILE_OFF, "Alice", shop.clock.now(), silent, shown=True
    )
    assert made is not None
    shop.carry_out(made)

    assert taken == 3
    assert [shop.state(number)[0] for number in (*created, waiting)] == ["posted"] * 3
    assert len(shop.sold()) == 5
    assert questions(shop.desk.session, shop.connection.firm_id) == []


def test_an_order_paid_only_after_it_was_on_again_belongs_to_the_time_off(shop: Counter) -> None:
    shop.switch(False)
    shop.forward(hours=1)
    late = shop.place(status_id=7)
    shop.forward(hours=1)
    shop.switch(True)
    shop.run()
    assert shop.state(late) == ("ignored", "STATUS")

    shop.change(late, status_id=11)
    shop.run()

    assert shop.state(late) == ("ignored", "WHILE_OFF")


def test_taking_what_came_while_off_takes_its_late_payers_too(shop: Counter) -> None:
    shop.switch(False)
    shop.forward(hours=1)
    paid, late = shop.place(), shop.place(status_id=7)
    shop.forward(hours=1)
    shop.switch(True)
    shop.run()
    selection.take_all(
        shop.desk.session, shop.connection, Ignored.WHILE_OFF, "Alice", shop.clock.now(), silent, shown=True
    )
    shop.change(late, status_id=11)
    shop.run()

    assert [shop.state(number)[0] for number in (paid, late)] == ["posted", "posted"]


def test_a_cancelled_order_is_not_posted_because_all_of_them_were_taken(shop: Counter) -> None:
    shop.switch(False)
    shop.forward(hours=1)
    good, gone = shop.place(), shop.place()
    shop.forward(hours=1)
    shop.switch(True)
    shop.run()
    shop.change(gone, status_id=5)

    _, run = selection.take_all(
        shop.desk.session, shop.connection, Ignored.WHILE_OFF, "Alice", shop.clock.now(), silent, shown=True
    )
    assert run is not None
    shop.carry_out(run)

    assert [shop.state(number) for number in (good, gone)] == [("posted", None), ("ignored", "STATUS")]


def test_start_processing_takes_what_came_while_off_since_its_date(shop: Counter) -> None:
    shop.switch(False)
    shop.forward(hours=1)
    order = shop.place()
    shop.forward(days=2)
    shop.switch(True)
    shop.run()
    assert shop.state(order) == ("ignored", "WHILE_OFF")
    shop.connection.next_run_at = shop.clock.now() + timedelta(hours=1)
    shop.desk.session.commit()

    day = (shop.clock.now() - timedelta(days=4)).date()
    backfills.start_processing(shop.desk.session, shop.outside, shop.connection, day, "Alice", silent)
    shop.carry_out(open_run(shop))
    shop.run()

    assert shop.state(order)[0] == "posted"


def test_while_off_a_lost_answer_is_looked_up_and_nothing_is_read_or_posted(shop: Counter) -> None:
    lost = shop.place()
    fault = {"match": {"method": "POST", "path": "/Invoice"}, "fault": "reset_after", "times": 1}
    shop.desk.servers.controls["saasu"].faults.order(fault)
    shop.run()
    assert shop.state(lost)[0] == "unknown"
    shop.switch(False)
    new = shop.place()
    shop.forward(minutes=10)
    before = shop.desk.calls("bigcommerce").get("GET /v2/orders", 0)

    assert claim_due(shop.desk.session, shop.clock.now(), silent) == 1
    run = shop.carry_out(open_run(shop))

    assert (run.state, run.read, run.posted) == ("finished", 0, 1)
    assert shop.state(lost)[0] == "posted"
    assert shop.desk.calls("bigcommerce").get("GET /v2/orders", 0) == before
    assert len(shop.sold()) == 1
    assert new in shop.listed()
    shop.forward(hours=3)
    assert claim_due(shop.desk.session, shop.clock.now(), silent) == 0


def test_unticking_stops_a_run_after_the_order_it_is_on(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = shop.place_many(4)
    sending = SqlLedger.sending

    def unticked_meanwhile(ledger: SqlLedger, record: OrderRecord, intent: Intent) -> OrderRecord:
        sent = sending(ledger, record, intent)
        shop.desk.session.execute(update(Connection).values(enabled=False))
        shop.desk.session.commit()
        return sent

    monkeypatch.setattr(SqlLedger, "sending", unticked_meanwhile)
    run = shop.run()

    states = [shop.state(number)[0] for number in numbers]
    assert run.state == "stopped"
    assert states == ["posted", "seen", "seen", "seen"]


def test_a_preview_says_of_what_came_while_off_what_start_processing_would_do(shop: Counter) -> None:
    shop.switch(False)
    shop.forward(hours=1)
    order = shop.place()
    shop.forward(hours=2)
    shop.switch(True)
    shop.run()
    assert shop.state(order) == ("ignored", "WHILE_OFF")

    today = day_of(shop.clock.now(), shop.connection)
    run = preview_now(
        shop.desk.session,
        shop.outside,
        shop.connection,
        today - timedelta(days=3),
        today,
        "Alice",
        shop.clock,
    )

    query = select(PreviewedOrder.verdict).where(PreviewedOrder.run_id == run.id)
    assert list(shop.desk.session.scalars(query)) == ["would_post"]
