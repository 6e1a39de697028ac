"""One run from the first page to the last outcome, over fakes of the ports."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.sync.engine import Sync, run_sync
from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    NumberTaken,
    OutcomeLost,
    Refused,
    Throttled,
    Unreachable,
)
from portal.sync.orders import CompleteOrder, OrderPage, UnreadableOrder
from portal.sync.ports import Reading, State, StopAsked
from portal.sync.problems import Code, Ignored, RunStopped
from portal.sync.sale_orders import InvoiceSummary
from tests import builders
from tests.fake_ledger import FakeLedger
from tests.fakes import FakeBooks, FakeClock, FakeShop

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@dataclass
class World:
    clock: FakeClock
    shop: FakeShop
    books: FakeBooks
    ledger: FakeLedger
    rules: Any

    def run(self) -> None:
        run_sync(
            Sync(
                rules=self.rules,
                shop=self.shop,
                books=self.books,
                ledger=self.ledger,
                clock=self.clock,
                catalogue=lambda: builders.catalogue(*self.books.catalogue),
            )
        )

    def later(self, **more: int) -> None:
        self.clock.forward(**more)
        self.books.asked.clear()
        self.shop.asked.clear()


def world(*orders: CompleteOrder, **more: Any) -> World:
    clock = FakeClock(NOW)
    shop = FakeShop(clock)
    for one in orders:
        shop.add(one)
    books = FakeBooks(clock, catalogue=(builders.item("tea-250"),))
    ledger = FakeLedger(Reading(watermark=NOW - timedelta(days=1)))
    return World(clock, shop, books, ledger, builders.rules(**more))


def order(number: int, **more: Any) -> CompleteOrder:
    return builders.order(id=number, **more)


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


def test_a_lost_answer_is_looked_up_and_found_before_anything_is_sent_again() -> None:
    here = world(order(120))
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    assert here.ledger.state(120) is State.UNKNOWN
    here.later(minutes=1)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert len(here.books.sales) == 1


def test_a_lost_post_that_never_arrived_is_sent_again_only_after_the_settle_time() -> None:
    here = world(order(120))
    here.books.keeps_lost_sales = False
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(seconds=60)
    here.run()
    assert here.ledger.state(120) is State.UNKNOWN
    assert "post" not in here.books.asked
    here.later(seconds=61)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert [sale.number for sale in here.books.sales] == ["SHO120"]


def test_without_a_number_of_ours_a_lost_post_waits_for_the_next_hour() -> None:
    here = world(order(120), prefix="")
    here.books.keeps_lost_sales = False
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(minutes=59)
    here.run()
    assert here.ledger.state(120) is State.UNKNOWN
    here.later(minutes=2)

    here.run()

    assert here.ledger.state(120) is State.POSTED


def test_an_intent_left_behind_by_a_dead_worker_is_settled_first() -> None:
    here = world(order(120))
    here.books.answers = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        here.run()
    assert here.ledger.state(120) is State.SENDING
    here.later(minutes=3)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert len(here.books.sales) == 1


def test_a_taken_number_with_our_marker_is_ours() -> None:
    here = world(order(120))
    here.books.listing = [invoice("SHO120", "BC-abc123-120")]
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert here.books.sales == []


def test_a_taken_number_without_our_marker_exists_already_in_the_documents_words() -> None:
    here = world(order(120))
    here.books.listing = [invoice("SHO120", "PO 77")]
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]

    here.run()

    assert here.ledger.state(120) is State.EXISTS
    assert (
        here.ledger.last(120).problems[0].sentence == "Order #120: Invoice with number SHO120 already exists."
    )


def invoice(number: str, purchase_order_number: str) -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=77,
        number=number,
        purchase_order_number=purchase_order_number,
        invoice_type="Sale Order",
        total=builders.money("11.00"),
        tax=None,
        modified_at=NOW,
    )


def test_a_refused_order_is_sent_again_after_one_four_and_twenty_four_hours() -> None:
    here = world(order(120))
    here.books.answers = [Refused("Please include a valid currency", status=400)]

    here.run()

    outcome = here.ledger.last(120)
    assert outcome.retry_at == NOW + timedelta(hours=1)
    assert "Please include a valid currency" in outcome.problems[0].sentence


def test_the_same_refusal_three_orders_running_is_the_runs_problem() -> None:
    here = world(*(order(number) for number in range(120, 125)))
    here.books.answers = [Refused("Item layout is off") for _ in range(5)]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_REFUSED
    assert [here.ledger.state(number) for number in (122, 123)] == [State.FAILED, State.SEEN]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Throttled("too many"), Code.SAASU_QUOTA),
        (Denied("no", plan=True), Code.SAASU_PLAN),
        (Denied("no"), Code.SAASU_FILE),
        (CredentialsRefused("no"), Code.SAASU_CREDENTIALS),
        (Unreachable("no connection"), Code.SAASU_UNREACHABLE),
    ],
)
def test_what_stops_every_order_stops_the_run_and_leaves_the_order_to_be_sent(
    failure: Exception, code: Code
) -> None:
    here = world(order(120), order(121))
    here.books.answers = [failure]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is code
    assert [here.ledger.state(number) for number in (120, 121)] == [State.SEEN, State.SEEN]


def test_a_post_held_up_for_more_than_five_seconds_is_not_sent() -> None:
    here = world(order(120))
    sending = here.ledger.sending

    def slowly(record: Any, intent: Any) -> Any:
        sent = sending(record, intent)
        here.clock.forward(seconds=6)
        return sent

    here.ledger.sending = slowly  # type: ignore[method-assign]
    here.run()

    assert here.books.sales == []
    assert here.ledger.state(120) is State.SEEN


def test_a_run_that_is_asked_to_stop_ends_after_the_order_it_is_on() -> None:
    here = world(order(120), order(121))
    here.ledger.stop_after = 2

    with pytest.raises(StopAsked):
        here.run()

    assert [here.ledger.state(number) for number in (120, 121)] == [State.POSTED, State.SEEN]


def test_a_number_once_sent_stays_with_its_order_when_the_prefix_changes() -> None:
    here = world(order(120))
    here.books.keeps_lost_sales = False
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.rules = builders.rules(prefix="NEW")
    here.later(minutes=3)

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120"]
