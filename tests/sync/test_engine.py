"""One run from the first page to the last outcome, over fakes of the ports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.sync.engine import run_settling
from portal.sync.failures import OutcomeLost, Unreachable
from portal.sync.orders import CompleteOrder, OrderPage, UnreadableOrder
from portal.sync.ports import Intent, OrderMoved, OrderRecord, State, StopAsked
from portal.sync.problems import Code, Ignored, RunStopped
from portal.sync.rules import Catalogue
from tests import builders
from tests.whole_run import NOW, order, world


def test_an_order_is_posted_once_and_an_idle_run_asks_saasu_nothing() -> None:
    here = world(order(120))
    here.run()
    here.later(hours=1)

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120"]
    assert here.ledger.state(120) is State.POSTED
    assert here.shop.asked == ["changed"]
    assert here.books.asked == []


def test_the_intent_is_committed_before_the_post_and_names_what_was_sent() -> None:
    here = world(order(120))

    here.run()

    (intent,) = here.ledger.intents[120]
    assert (intent.number, intent.marker) == ("SHO120", "BC-abc123-120")
    assert here.books.sales[0].marker == intent.marker


def test_orders_are_handled_in_ascending_id_over_pages_without_loss() -> None:
    here = world(*(order(number) for number in (131, 120, 125, 128, 122)))
    here.shop.page_size = 2

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO122", "SHO125", "SHO128", "SHO131"]
    assert [one.cursor for one in here.ledger.readings] == [122, 128, 0]


def test_the_watermark_stays_while_a_window_is_being_read() -> None:
    here = world(order(120), order(121), order(122))
    here.shop.page_size = 1
    before = here.ledger.at.watermark

    here.run()

    assert [one.watermark == before for one in here.ledger.readings] == [True, True, False]
    assert here.ledger.at.watermark == NOW - timedelta(minutes=2)


def test_a_crash_between_two_pages_reads_on_from_the_cursor() -> None:
    here = world(order(120), order(121))
    here.shop.page_size = 1
    pages = iter([None, Unreachable("cable cut")])

    def before_page() -> None:
        fault = next(pages, None)
        if fault:
            raise fault

    here.shop.before_page = before_page
    with pytest.raises(RunStopped) as stopped:
        here.run()
    assert stopped.value.problem.code is Code.STORE_UNREACHABLE
    assert here.ledger.at.cursor == 120

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO121"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status_id": 1}, Ignored.STATUS),
        ({"currency": "NZD"}, Ignored.CURRENCY),
        ({"is_deleted": True}, Ignored.DELETED),
        ({"created_at": datetime(2025, 12, 31, tzinfo=UTC)}, Ignored.BEFORE_START),
    ],
)
def test_an_order_that_a_rule_leaves_out_is_recorded_with_the_reason(
    more: dict[str, Any], reason: Ignored
) -> None:
    here = world(order(120, **more))

    here.run()

    assert here.ledger.last(120).ignored is reason
    assert here.books.sales == []


def test_an_ignored_order_is_taken_once_its_status_becomes_a_synced_one() -> None:
    here = world(order(120, status_id=7))
    here.run()
    here.shop.add(order(120, modified_at=NOW + timedelta(minutes=10)))
    here.later(hours=1)

    here.run()

    assert here.ledger.state(120) is State.POSTED


def test_a_missing_item_fails_its_order_alone_and_posts_once_the_item_is_there() -> None:
    here = world(order(120, status_id=11), builders.order(builders.line("mug-blue"), id=121))
    here.run()
    assert here.ledger.last(121).problems[0].sentence == (
        "Order #121: Unable to find product with BigCommerce sku/code=mug-blue"
    )
    here.books.catalogue += (builders.item("mug-blue", 2),)
    here.later(hours=1)

    here.run()

    assert here.ledger.state(121) is State.POSTED
    assert len(here.books.sales) == 2
    assert "one" not in here.shop.asked


def test_a_changed_order_that_is_posted_already_is_left_alone() -> None:
    here = world(order(120))
    here.run()
    here.shop.add(order(120, modified_at=NOW + timedelta(minutes=30), status_id=5))
    here.later(hours=1)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert len(here.books.sales) == 1


def test_a_reused_order_number_is_refused() -> None:
    here = world(builders.order(builders.line("gone"), id=120))
    here.run()
    here.shop.add(order(120, created_at=NOW - timedelta(hours=3), modified_at=NOW + timedelta(minutes=5)))
    here.later(hours=1)

    here.run()

    assert Code.ORDER_ID_REUSED in [one.code for made in here.ledger.outcomes[120] for one in made.problems]


def test_an_order_nobody_can_read_is_named_and_the_page_goes_on() -> None:
    here = world(order(120))
    page = here.shop.changed

    def with_broken(**window: Any) -> OrderPage:
        found = page(**window)
        broken = (UnreadableOrder(id=119, reason="its date is no date"),) if window["after_id"] < 119 else ()
        return OrderPage(
            orders=found.orders,
            unreadable=broken,
            last=found.last,
            shop_time=found.shop_time,
            complete=found.complete,
        )

    here.shop.changed = with_broken  # type: ignore[method-assign]
    here.run()

    assert here.ledger.last(119).problems[0].code is Code.ORDER_UNREADABLE
    assert here.ledger.state(120) is State.POSTED


def unreadable(here: Any, order_id: int) -> None:
    """From now on the shop shows this order in a shape nobody can read."""
    page = here.shop.changed

    def with_broken(**window: Any) -> OrderPage:
        found = page(**window)
        kept = tuple(one for one in found.orders if one.id != order_id)
        broken = (UnreadableOrder(id=order_id, reason="no total"),)
        return OrderPage(
            orders=kept,
            unreadable=broken,
            last=found.last,
            shop_time=found.shop_time,
            complete=found.complete,
        )

    here.shop.changed = with_broken


def test_a_posted_order_that_becomes_unreadable_stays_posted() -> None:
    here = world(order(120))
    here.run()
    unreadable(here, 120)
    here.later(hours=1)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert len(here.books.sales) == 1


def test_one_order_the_shop_will_not_give_whole_does_not_stop_the_others() -> None:
    here = world(order(120), order(121))
    one = here.shop.one
    here.shop.reopen = lambda document: here.shop.orders[int(document)]  # type: ignore[method-assign]
    incomplete = order(120, complete=False)
    here.shop.add(incomplete)

    def refusing(order_id: int) -> CompleteOrder | None:
        if order_id == 120:
            raise Unreachable("500")
        return one(order_id)

    here.shop.one = refusing  # type: ignore[method-assign]
    here.run()

    assert here.ledger.last(120).problems[0].code is Code.INCOMPLETE_READ
    assert here.ledger.state(121) is State.POSTED


def test_a_fault_of_ours_in_one_order_fails_it_alone_and_is_reported() -> None:
    here = world(order(120), order(121))
    reopen = here.shop.reopen

    def faulty(document: str) -> CompleteOrder:
        if document == "120":
            raise ZeroDivisionError
        return reopen(document)

    here.shop.reopen = faulty  # type: ignore[method-assign]
    here.run()

    assert here.ledger.state(120) is State.FAILED
    assert here.ledger.last(120).problems[0].turn == "us"
    assert here.ledger.state(121) is State.POSTED


def test_an_order_a_person_moved_meanwhile_is_left_alone_and_the_run_goes_on() -> None:
    here = world(order(120), order(121))
    sending = here.ledger.sending

    def moved(record: OrderRecord, intent: Intent) -> OrderRecord:
        if record.order_id == 120:
            raise OrderMoved("order 120 is no longer seen")
        return sending(record, intent)

    here.ledger.sending = moved  # type: ignore[method-assign]
    here.run()

    assert here.ledger.state(120) is State.SEEN
    assert [sale.number for sale in here.books.sales] == ["SHO121"]


def test_items_that_cannot_be_read_stop_the_run_and_leave_its_orders_to_the_next() -> None:
    here = world(order(120))

    def refused() -> Catalogue:
        raise Unreachable("502")

    with pytest.raises(RunStopped) as stopped:
        here.run(catalogue=refused)

    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert here.ledger.state(120) is State.SEEN


def test_every_piece_of_work_that_costs_calls_of_saasu_is_asked_for_beforehand() -> None:
    here = world(order(120), order(121))
    here.books.answers = [OutcomeLost("broke off")]
    asked: list[int] = []
    here.run(afford=lambda: asked.append(len(here.books.asked)))
    assert asked[0] == 0
    assert len(asked) == 3
    here.later(minutes=3)

    here.run(afford=lambda: asked.append(len(here.books.asked)))

    assert asked[3:] == [0]


def test_rows_outside_the_window_are_counted_on_the_run() -> None:
    here = world(order(120))
    page = here.shop.changed

    def leaking(**window: Any) -> OrderPage:
        return replace(page(**window), outside_window=31)

    here.shop.changed = leaking  # type: ignore[method-assign]
    here.run()

    assert here.ledger.remarks == [
        "The shop's date filter let 31 other orders through; they were left out here."
    ]
    assert here.ledger.state(120) is State.POSTED


def test_a_run_whose_rows_all_lie_in_the_window_has_no_remark() -> None:
    here = world(order(120))

    here.run()

    assert here.ledger.remarks == []


def test_an_unreadable_order_that_did_not_change_is_not_told_again() -> None:
    here = world()
    unreadable(here, 119)

    here.run()
    here.run()

    assert len(here.ledger.outcomes[119]) == 1


def test_an_order_that_became_unreadable_by_a_change_is_told_again() -> None:
    here = world()
    moments = [NOW - timedelta(hours=3), NOW - timedelta(hours=2)]

    def changed(**_window: Any) -> OrderPage:
        broken = UnreadableOrder(id=119, reason="no total", modified_at=moments.pop(0))
        return OrderPage(orders=(), unreadable=(broken,), shop_time=NOW)

    here.shop.changed = changed  # type: ignore[method-assign]
    here.run()
    here.run()

    assert len(here.ledger.outcomes[119]) == 2


def test_while_the_connection_is_off_only_lost_answers_are_looked_up() -> None:
    here = world(order(120), order(121))
    here.books.answers = [OutcomeLost("reset")]
    here.ledger.stop_after = 2
    with pytest.raises(StopAsked):
        here.run()
    assert here.ledger.state(120) is State.UNKNOWN
    here.ledger.stop_after = None
    here.later(minutes=5)

    run_settling(here.sync())

    assert [here.ledger.state(number) for number in (120, 121)] == [State.POSTED, State.SEEN]
    assert (here.shop.asked, here.books.asked) == ([], ["invoices_modified"])
    assert here.ledger.remarks == ["The connection is off: only answers that had been lost were looked up."]


def test_a_finished_checkout_is_dated_by_the_order_that_it_became() -> None:
    here = world(order(120, status_id=0, created_at=NOW - timedelta(hours=5)))
    here.run()
    here.shop.add(order(120, created_at=NOW - timedelta(hours=2), modified_at=NOW + timedelta(minutes=5)))
    here.later(hours=1)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert here.ledger.records[120].created_at == NOW - timedelta(hours=2)


def test_an_order_whose_kept_text_names_a_day_in_the_future_is_not_posted() -> None:
    here = world(order(120))
    here.rules = replace(here.rules, latest=NOW)
    reopen = here.shop.reopen
    ahead = order(120, created_at=NOW + timedelta(days=40))
    here.shop.reopen = lambda document: ahead if document == "120" else reopen(document)  # type: ignore[method-assign]

    here.run()

    assert here.ledger.last(120).problems[0].code is Code.ORDER_UNREADABLE
    assert here.books.sales == []


def test_an_order_of_which_a_part_makes_no_sense_is_named_and_read_again_a_day_later() -> None:
    here = world(order(120, complete=False), order(121))
    here.shop.add(replace(order(120, complete=False), nonsense="quantity 'many' is not an amount"))

    here.run()

    last = here.ledger.last(120)
    assert [one.sentence for one in last.problems] == [
        "Order #120: the shop's data could not be read: quantity 'many' is not an amount"
    ]
    assert (last.problems[0].code, last.retry_at) == (Code.ORDER_UNREADABLE, NOW + timedelta(hours=24))
    assert here.ledger.state(121) is State.POSTED
