"""The daily sweep finds what no hourly run was shown, records it and posts nothing (SYNC §3.2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.failures import Unreachable
from portal.sync.orders import OrderPage, UnreadableOrder
from portal.sync.ports import OrderRecord, State, StopAsked
from portal.sync.problems import Code, Ignored, Problem, RunStopped
from portal.sync.sweeping import is_past, run_sweep
from tests.whole_run import NOW, World, order, world

DAY = timedelta(days=1)
HIDDEN = NOW - 20 * DAY


def sweep(here: World) -> None:
    run_sweep(here.sync())


def hidden(number: int, **more: Any) -> Any:
    """An order modified long before the watermark, so that no hourly window shows it."""
    return order(number, **({"created_at": HIDDEN, "modified_at": HIDDEN} | more))


def test_an_order_that_the_date_filter_hid_is_recorded_and_posted_by_the_next_run() -> None:
    here = world(hidden(120))
    here.run()
    assert 120 not in here.ledger.records

    sweep(here)
    assert here.ledger.state(120) is State.SEEN
    assert (here.books.sales, here.books.asked, here.shop.asked[-1]) == ([], [], "listed")
    assert here.ledger.remarks == ["Orders of the last 60 days compared: 1 not recorded before."]

    here.run()
    assert [sale.number for sale in here.books.sales] == ["SHO120"]


def test_what_is_found_gets_what_the_rules_say() -> None:
    here = world(hidden(120, status_id=5), hidden(121, currency="NZD"), hidden(122, is_deleted=True))

    sweep(here)

    assert [here.ledger.last(number).ignored for number in (120, 121, 122)] == [
        Ignored.STATUS,
        Ignored.CURRENCY,
        Ignored.DELETED,
    ]


def test_a_posted_order_whose_total_moved_without_its_date_is_noted_as_changed() -> None:
    here = world(order(120))
    here.run()
    here.shop.add(order(120, total="99.00", tax="9.00"))

    sweep(here)

    assert here.ledger.state(120) is State.POSTED
    assert here.ledger.records[120].total == Decimal("99.00")
    assert here.ledger.remarks == ["Orders of the last 60 days compared: 1 shown otherwise than recorded."]


def test_what_is_new_and_what_is_otherwise_are_counted_apart_in_one_sentence() -> None:
    here = world(order(120), order(121))
    here.run()
    here.shop.add(order(120, created_at=NOW - 2 * DAY))
    here.shop.add(hidden(118))
    here.shop.add(hidden(119))

    sweep(here)

    assert here.ledger.remarks == [
        "Orders of the last 60 days compared: 2 not recorded before, 1 shown otherwise than recorded."
    ]


def test_a_waiting_order_that_nobody_can_read_any_more_is_shown_otherwise_than_recorded() -> None:
    here = world(hidden(120))
    sweep(here)
    here.ledger.remarks.clear()
    broken = UnreadableOrder(id=120, reason="no total")
    here.shop.listed = lambda **_asked: OrderPage(orders=(), unreadable=(broken,))  # type: ignore[method-assign]

    sweep(here)

    assert here.ledger.remarks == ["Orders of the last 60 days compared: 1 shown otherwise than recorded."]


def test_an_order_created_sixty_days_ago_to_the_second_is_compared_and_ends_no_sweep() -> None:
    since = NOW - 60 * DAY
    here = world(hidden(100, created_at=since), hidden(101, created_at=since))
    here.shop.page_size = 1

    sweep(here)

    assert sorted(here.ledger.records) == [100, 101]


def test_a_page_of_old_orders_that_reaches_down_to_the_oldest_known_one_is_the_last() -> None:
    since = NOW - 60 * DAY
    old = hidden(200, created_at=since - DAY).order
    page = OrderPage(orders=(old,), unreadable=(UnreadableOrder(id=120, reason="no total"),))

    assert is_past(page, since, 120)
    assert is_past(page, since, None)
    assert not is_past(page, since, 119)


def test_a_restored_order_is_taken_up_again() -> None:
    here = world(order(120, is_deleted=True))
    here.run()
    assert here.ledger.last(120).ignored is Ignored.DELETED
    here.shop.add(order(120))

    sweep(here)

    assert here.ledger.state(120) is State.SEEN


def test_a_sweep_that_finds_nothing_new_says_nothing_and_moves_no_watermark() -> None:
    here = world(order(120))
    here.run()
    before = here.ledger.at

    sweep(here)

    assert (here.ledger.remarks, here.ledger.at) == ([], before)
    assert len(here.ledger.outcomes[120]) == 2


def test_pages_go_down_by_id_until_the_orders_are_older_than_sixty_days() -> None:
    old = NOW - 61 * DAY
    here = world(
        *(hidden(number) for number in range(100, 105)),
        *(hidden(number, created_at=old) for number in range(90, 100)),
    )
    here.shop.page_size = 3

    sweep(here)

    assert sorted(here.ledger.records) == [100, 101, 102, 103, 104]
    assert here.shop.asked.count("listed") == 3


def test_imported_orders_with_old_dates_and_new_numbers_do_not_end_the_sweep() -> None:
    imported = datetime(2021, 5, 1, tzinfo=UTC)
    here = world(
        hidden(120), hidden(121), *(hidden(number, created_at=imported) for number in range(200, 212))
    )
    here.shop.page_size = 3
    here.ledger.records[120] = OrderRecord(
        id="record 120", order_id=120, state=State.POSTED, created_at=HIDDEN, modified_at=HIDDEN
    )

    sweep(here)

    assert here.ledger.state(121) is State.SEEN


def test_another_order_under_a_posted_number_is_marked_once() -> None:
    here = world(order(120))
    here.run()
    here.shop.add(order(120, created_at=NOW - 2 * DAY))

    sweep(here)
    sweep(here)

    assert [one.code for one in here.ledger.marks[120]] == [Code.ORDER_ID_REUSED]
    assert here.ledger.state(120) is State.POSTED


def test_an_unreadable_order_is_named_once_and_the_rest_is_compared() -> None:
    here = world(hidden(120))
    page = here.shop.listed

    def with_broken(*, below_id: int) -> OrderPage:
        found = page(below_id=below_id)
        broken = UnreadableOrder(id=119, reason="its date is no date", modified_at=HIDDEN)
        return OrderPage(orders=found.orders, unreadable=(broken,), last=True)

    here.shop.listed = with_broken  # type: ignore[method-assign]
    sweep(here)
    sweep(here)

    assert [len(here.ledger.outcomes[number]) for number in (119, 120)] == [1, 1]
    assert here.ledger.last(119).problems[0].code is Code.ORDER_UNREADABLE


def test_a_page_of_orders_nobody_can_read_is_passed() -> None:
    here = world()
    pages = [
        OrderPage(
            orders=(), unreadable=(UnreadableOrder(id=0, reason="no id"), UnreadableOrder(id=300, reason="no total")),
            last=False,
        ),
        OrderPage(orders=(hidden(120).order,), last=True),
    ]  # fmt: skip
    asked: list[int] = []

    def listed(*, below_id: int) -> OrderPage:
        asked.append(below_id)
        return pages.pop(0)

    here.shop.listed = listed  # type: ignore[method-assign]
    here.ledger.records[50] = OrderRecord(
        id="record 50", order_id=50, state=State.POSTED, created_at=HIDDEN, modified_at=HIDDEN
    )
    sweep(here)

    assert asked == [0, 300]
    assert here.ledger.state(120) is State.SEEN


def test_a_shop_that_does_not_answer_ends_the_sweep_with_its_problem() -> None:
    here = world(hidden(120))

    def away() -> None:
        raise Unreachable("cable cut")

    here.shop.before_page = away

    with pytest.raises(RunStopped) as stopped:
        sweep(here)
    assert stopped.value.problem.code is Code.STORE_UNREACHABLE


def test_a_list_without_an_end_ends_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.sync.sweeping.LONGEST_READ", 2)
    here = world(*(hidden(number) for number in range(100, 110)))
    here.shop.page_size = 2

    with pytest.raises(RunStopped) as stopped:
        sweep(here)
    assert stopped.value.problem == Problem(
        Code.STORE_UNREACHABLE,
        "BigCommerce could not be read: The shop's list of orders does not end.",
    )
    assert sorted(here.ledger.records) == [106, 107, 108, 109]


def test_a_sweep_stops_when_it_is_asked_to() -> None:
    here = world(hidden(120))
    here.ledger.stop_after = 0

    with pytest.raises(StopAsked):
        sweep(here)
    assert here.shop.asked == []
