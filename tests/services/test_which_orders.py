"""Which orders are taken, in whole runs against the sandbox's two servers (SYNC §3)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.models.orders import Order
from portal.models.runs import RunKind
from portal.questions import Asked, questions
from portal.services import backfills, connections, selection
from portal.services.sweeps import claim_sweeps
from portal.sync.problems import Ignored
from tests.selection_desk import Counter, open_run, silent, unexplained

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
    shop.connection.next_run_at = shop.forward(minutes=1) + timedelta(hours=1)
    shop.desk.session.commit()

    backfills.start_processing(shop.desk.session, shop.outside, shop.connection, day.date(), "Alice", silent)
    run = shop.carry_out(open_run(shop))

    assert run.problem_code is None
    assert len(shop.sold()) == 60
