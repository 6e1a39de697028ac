"""Which orders are taken, in whole runs against the sandbox's two servers (SYNC §3)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from portal.coverage import coverage
from portal.ledger import SqlLedger
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.questions import Asked, questions
from portal.services import connections, selection
from portal.services.runs import claim_due
from portal.services.sweeps import claim_sweeps
from portal.sync.ports import Intent, OrderRecord
from portal.sync.problems import Ignored
from tests.sandbox_desk import Desk
from tests.selection_desk import Counter, open_shop


@pytest.fixture
def shop(desk: Desk) -> Iterator[Counter]:
    yield open_shop(desk)
    desk.servers.clock.set({"now": None})


def unexplained(shop: Counter) -> tuple[int, ...]:
    """Orders of the shop of which the ledger cannot say what became of them."""
    now = shop.clock.now()
    connection = shop.connection
    return coverage(
        shop.desk.session,
        connection.firm_id,
        connection,
        now - timedelta(days=400),
        now + timedelta(days=400),
        shop.listed(),
    ).unexplained


def silent(_run_id: str, _attempt: int) -> None:
    """A bell that nobody hears."""


# --- off and on -------------------------------------------------------------------------------------------------------


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

    day = (shop.clock.now() - timedelta(days=4)).date()
    run = connections.start_processing(shop.desk.session, shop.outside, shop.connection, day, "Alice", silent)
    shop.carry_out(run)
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


def open_run(shop: Counter) -> Run:
    query = select(Run).where(Run.connection_id == shop.connection.id, Run.finished_at.is_(None))
    return shop.desk.session.scalars(query).one()


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


# --- shown once, by a person -------------------------------------------------------------------------------------------


def test_an_older_order_that_changes_is_shown_once_and_taken_when_asked(shop: Counter) -> None:
    long_ago = shop.clock.now() - timedelta(days=30)
    older = shop.place(created=long_ago.isoformat(), status_id=9)
    shop.change(older, status_id=2)
    shop.run()
    assert shop.state(older) == ("ignored", "BEFORE_START")
    assert [one.asked for one in questions(shop.desk.session, shop.connection.firm_id)] == [
        Asked.BEFORE_START
    ]

    selection.leave_all(shop.desk.session, shop.connection, Ignored.BEFORE_START, "Alice", shop.clock.now())
    shop.change(older, status_id=10)
    shop.run()
    assert questions(shop.desk.session, shop.connection.firm_id) == []

    run = selection.take(shop.desk.session, shop.order(older), "Alice", shop.clock.now(), silent)
    assert run is not None
    shop.carry_out(run)
    assert shop.state(older)[0] == "posted"


@pytest.mark.parametrize("status_id", [13, 14])
def test_an_order_questioned_before_it_was_synced_is_shown_once_and_can_be_taken(
    shop: Counter, status_id: int
) -> None:
    order = shop.place(status_id=7)
    shop.run()
    shop.change(order, status_id=status_id)
    shop.run()
    row = shop.order(order)
    assert (row.state, row.ignored_reason, row.look_once, row.turn) == ("ignored", "STATUS", True, "you")

    run = selection.take(shop.desk.session, row, "Alice", shop.clock.now(), silent)
    assert run is not None
    shop.carry_out(run)

    assert shop.state(order)[0] == "posted"


def test_an_archived_order_is_ignored_with_its_dollars_and_taken_when_restored(shop: Counter) -> None:
    order = shop.place(is_deleted=True)
    shop.run()
    assert (shop.state(order), shop.order(order).total) == (("ignored", "DELETED"), Decimal(11))

    shop.change(order, is_deleted=False)
    shop.run()

    assert shop.state(order)[0] == "posted"


def test_a_person_takes_an_archived_order(shop: Counter) -> None:
    order = shop.place(is_deleted=True)
    shop.run()

    run = selection.take(shop.desk.session, shop.order(order), "Alice", shop.clock.now(), silent)
    assert run is not None
    shop.carry_out(run)

    assert shop.state(order)[0] == "posted"


def test_an_order_that_was_set_aside_stays_so_whatever_the_shop_does_until_that_is_undone(
    shop: Counter,
) -> None:
    order = shop.place(lines=[{"sku": "mug-blue", "name": "Mug", "price": "5.00", "quantity": 1}])
    shop.run()
    assert shop.state(order) == ("failed", "ITEM_NOT_FOUND")
    selection.ignore(shop.desk.session, shop.order(order), "by hand", "Alice", shop.clock.now())
    shop.desk.add_item("mug-blue")
    shop.change(order, status_id=2)
    shop.run()
    assert shop.state(order) == ("ignored", "BY_PERSON")

    run = selection.take(shop.desk.session, shop.order(order), "Alice", shop.clock.now(), silent)
    assert run is not None
    shop.carry_out(run)

    assert shop.state(order)[0] == "posted"


# --- statuses ---------------------------------------------------------------------------------------------------------


def test_a_status_that_becomes_synced_takes_its_orders_and_one_unticked_stops_those_not_posted(
    shop: Counter,
) -> None:
    pending = shop.place(status_id=1)
    failing = shop.place(status_id=9, lines=[{"sku": "mug", "name": "Mug", "price": "5.00", "quantity": 1}])
    shop.run()
    assert [shop.state(number) for number in (pending, failing)] == [
        ("ignored", "STATUS"),
        ("failed", "ITEM_NOT_FOUND"),
    ]

    shop.save(statuses=(1, 2, 3, 8, 10, 11))
    shop.desk.add_item("mug")
    shop.run()

    assert [shop.state(number) for number in (pending, failing)] == [("posted", None), ("ignored", "STATUS")]


def test_a_status_that_the_shop_renamed_changes_nothing(shop: Counter) -> None:
    packed = shop.place(overrides={"custom_status": "Packed by Kim"})
    looks_done = shop.place(status_id=5, overrides={"custom_status": "Completed"})
    shop.run()

    assert [shop.state(number) for number in (packed, looks_done)] == [
        ("posted", None),
        ("ignored", "STATUS"),
    ]


def test_an_unfinished_checkout_cannot_be_chosen_and_becomes_an_order_when_it_is_paid(shop: Counter) -> None:
    with pytest.raises(connections.NotSaved, match="Incomplete"):
        shop.save(statuses=(0, 11))
    order = shop.place(status_id=0)
    shop.run()
    assert shop.state(order) == ("ignored", "STATUS")

    shop.change(order, status_id=11)
    shop.run()

    assert shop.state(order)[0] == "posted"


# --- the sweep --------------------------------------------------------------------------------------------------------


def test_the_daily_sweep_finds_an_order_that_no_window_showed(shop: Counter) -> None:
    shop.run()
    hidden = shop.place(created=(shop.clock.now() - timedelta(minutes=40)).isoformat())
    shop.run()
    assert hidden not in known(shop)

    shop.connection.next_sweep_at = shop.clock.now()
    shop.desk.session.commit()
    assert claim_sweeps(shop.desk.session, shop.clock.now(), silent) == 1
    run = shop.carry_out(open_run(shop))

    assert (run.kind, run.state, run.saasu_calls, run.shop_calls) == ("sweep", "finished", 0, 1)
    assert run.remark == "Orders of the last 60 days compared: 1 not recorded before."
    assert shop.state(hidden)[0] == "seen"
    assert unexplained(shop) == ()
    shop.run()
    assert shop.state(hidden)[0] == "posted"


def known(shop: Counter) -> set[int]:
    shop.desk.session.rollback()
    return set(shop.desk.session.scalars(select(Order.order_id)))


def test_a_change_that_did_not_move_the_date_is_found_by_the_sweep(shop: Counter) -> None:
    archived, edited = shop.place(is_deleted=True), shop.place()
    shop.run()
    shop.forward(hours=3)
    shop.run()
    for number, fields in ((archived, {"is_deleted": False}), (edited, {"status_id": 5})):
        shop.change(number, date_modified=shop.documents(number)["order"]["date_modified"], **fields)
    shop.run()
    assert shop.state(archived) == ("ignored", "DELETED")

    run = shop.run(RunKind.SWEEP)

    assert run.remark == "Orders of the last 60 days compared: 2 shown otherwise than recorded."
    assert shop.state(archived)[0] == "seen"
    assert (shop.state(edited)[0], shop.order(edited).status_id) == ("posted", 5)


def test_a_filter_that_the_shop_ignores_shows_on_the_run_and_takes_nothing_else(shop: Counter) -> None:
    shop.place_many(3, created=(shop.clock.now() - timedelta(minutes=50)).isoformat())
    shop.run()
    shop.settings(ignore_filters=["min_date_modified", "max_date_modified"])
    new = shop.place()
    run = shop.run()

    assert run.remark.startswith("The shop's date filter let ")
    assert shop.state(new)[0] == "posted"


def test_the_sweep_reads_page_after_page_of_250(shop: Counter) -> None:
    numbers = shop.place_many(260, status_id=5)
    shop.run()
    run = shop.run(RunKind.SWEEP)

    assert (run.read, run.shop_calls, run.remark) == (260, 2, "")
    assert unexplained(shop) == ()
    assert len(numbers) == 260


def test_the_same_number_with_another_date_is_named_and_posts_nothing(shop: Counter) -> None:
    posted, ignored = shop.place(), shop.place(status_id=5)
    shop.run()
    moved = (shop.clock.now() - timedelta(days=3)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    for number in (posted, ignored):
        shop.change(number, date_created=moved, status_id=11)
    shop.run()

    assert shop.state(posted) == ("posted", "ORDER_ID_REUSED")
    assert shop.state(ignored) == ("failed", "ORDER_ID_REUSED")
    assert (shop.order(posted).turn, shop.order(posted).look_once) == ("you", True)
    assert len(shop.sold()) == 1


# --- the flood guard ---------------------------------------------------------------------------------------------------


def test_a_flood_waits_for_a_yes_while_new_orders_go_on(shop: Counter) -> None:
    flood = shop.place_many(51)
    run = shop.run()
    assert (run.state, run.problem_code, run.posted) == ("failed", "FLOOD", 0)
    assert shop.connection.problem_code == "FLOOD"
    assert shop.sold() == []

    new = shop.place()
    assert shop.run().state == "finished"
    assert (shop.state(new)[0], len(shop.sold())) == ("posted", 1)

    (asked,) = questions(shop.desk.session, shop.connection.firm_id)
    assert (asked.asked, asked.orders, asked.dollars) == (Asked.FLOOD, 51, Decimal(51 * 11))
    assert asked.until is not None
    done, made = selection.post_held(
        shop.desk.session, shop.connection, asked.until, "Alice", shop.clock.now(), silent
    )
    assert made is not None
    shop.carry_out(made)

    assert done == 51
    assert {shop.state(number)[0] for number in flood} == {"posted"}
    assert len(shop.sold()) == 52


def test_fifty_orders_are_no_flood(shop: Counter) -> None:
    shop.place_many(50)

    assert shop.run().posted == 50


def test_orders_that_start_processing_asked_for_are_no_flood(shop: Counter) -> None:
    day = shop.clock.now() - timedelta(days=20)
    shop.place_many(60, created=day.isoformat())

    run = connections.start_processing(
        shop.desk.session, shop.outside, shop.connection, day.date(), "Alice", silent
    )
    shop.carry_out(run)

    assert run.problem_code is None
    assert len(shop.sold()) == 60
