"""Which window of modification times a run asks for, and where it leaves the reading (SYNC §3.2)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.sync.failures import Unreachable
from portal.sync.orders import OrderPage, UnreadableOrder
from portal.sync.ports import Outcome, Reading, State
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.reading import within_shop_time
from tests.fakes import FakeClock
from tests.whole_run import NOW, World, order, world

YESTERDAY = NOW - timedelta(days=1)
MINUTES = timedelta(minutes=1)
Window = dict[str, Any]


def asked_windows(here: World) -> list[Window]:
    """What the shop is asked for from now on, page by page."""
    windows: list[Window] = []
    changed = here.shop.changed

    def noted(**window: Any) -> OrderPage:
        windows.append(window)
        return changed(**window)

    here.shop.changed = noted  # type: ignore[method-assign]
    return windows


def window(after_id: int, until: datetime, since: datetime = YESTERDAY - 15 * MINUTES) -> Window:
    return {"since": since, "until": until, "after_id": after_id}


def test_a_window_begins_fifteen_minutes_before_the_watermark_and_ends_two_minutes_ago() -> None:
    here = world(order(120))
    windows = asked_windows(here)

    here.run()

    assert windows == [window(0, NOW - 2 * MINUTES)]
    assert here.ledger.readings == [Reading(watermark=NOW - 2 * MINUTES, until=None, cursor=0)]


def test_where_the_shops_clock_is_behind_ours_the_window_ends_two_minutes_before_it() -> None:
    here = world(order(120), order(121), order(122))
    here.shop.page_size = 1
    here.shop.clock = FakeClock(NOW - 30 * MINUTES)
    windows = asked_windows(here)

    here.run()

    ends = NOW - 32 * MINUTES
    assert windows == [window(0, NOW - 2 * MINUTES), window(120, ends), window(121, ends)]
    assert here.ledger.readings == [
        Reading(watermark=YESTERDAY, until=ends, cursor=120),
        Reading(watermark=YESTERDAY, until=ends, cursor=121),
        Reading(watermark=ends),
    ]


def test_only_the_first_page_of_a_window_asks_the_shops_clock() -> None:
    here = world(order(120), order(121))
    here.shop.page_size = 1
    here.shop.before_page = lambda: here.shop.clock.forward(minutes=-10)
    here.shop.clock = FakeClock(NOW)

    here.run()

    assert here.ledger.at == Reading(watermark=NOW - 12 * MINUTES)


@pytest.mark.parametrize(
    ("shop_time", "ends"),
    [(None, NOW), (NOW + 2 * MINUTES, NOW), (NOW + 5 * MINUTES, NOW), (NOW + MINUTES, NOW - MINUTES)],
)
def test_a_shop_that_tells_no_time_or_a_later_one_leaves_the_window_as_it_is(
    shop_time: datetime | None, ends: datetime
) -> None:
    assert within_shop_time(NOW, shop_time) == ends


def test_the_watermark_never_goes_back_whatever_either_clock_says() -> None:
    here = world(order(120))
    here.ledger.at = Reading(watermark=NOW + 10 * MINUTES)
    windows = asked_windows(here)

    here.run()

    assert windows == [window(0, NOW + 10 * MINUTES, since=NOW - 5 * MINUTES)]
    assert here.ledger.at == Reading(watermark=NOW + 10 * MINUTES)


def test_a_window_under_way_is_read_to_its_own_end_from_its_cursor() -> None:
    here = world(order(120), order(121))
    ends = NOW - timedelta(hours=5)
    here.ledger.at = Reading(watermark=YESTERDAY, until=ends, cursor=120)
    windows = asked_windows(here)

    here.run()

    assert windows == [window(120, ends)]
    assert here.ledger.at == Reading(watermark=ends)


def test_a_page_without_orders_that_is_not_the_last_leaves_the_cursor_where_it_is() -> None:
    here = world(order(120))
    changed = here.shop.changed
    empty = [OrderPage(orders=(), last=False, shop_time=NOW)]
    here.shop.changed = lambda **asked: empty.pop() if empty else changed(**asked)  # type: ignore[method-assign]

    here.run()

    assert here.ledger.readings[0] == Reading(watermark=YESTERDAY, until=NOW - 2 * MINUTES, cursor=0)
    assert here.ledger.state(120) is State.POSTED


def test_rows_outside_the_window_are_counted_over_all_pages() -> None:
    here = world(order(120), order(121))
    here.shop.page_size = 1
    changed = here.shop.changed
    leaks = iter([30, 5])
    here.shop.changed = lambda **asked: replace(changed(**asked), outside_window=next(leaks))  # type: ignore[method-assign]

    here.run()

    assert here.ledger.remarks == [
        "The shop's date filter let 35 other orders through; they were left out here."
    ]


def test_a_shop_that_does_not_answer_ends_the_run_in_its_words() -> None:
    here = world(order(120))

    def away() -> None:
        raise Unreachable("no answer within 30 seconds")

    here.shop.before_page = away
    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem == Problem(
        Code.STORE_UNREACHABLE, "BigCommerce could not be read: no answer within 30 seconds"
    )
    assert here.ledger.readings == []


def test_an_order_nobody_can_read_fails_with_the_reason_and_the_time_it_changed() -> None:
    here = world()
    broken = UnreadableOrder(id=119, reason="total_inc_tax is missing", modified_at=NOW - 9 * MINUTES)
    page = OrderPage(orders=(), unreadable=(broken,), shop_time=NOW)
    here.shop.changed = lambda **_asked: page  # type: ignore[method-assign]

    here.run()

    words = "Order #119: the shop's data could not be read: total_inc_tax is missing"
    assert here.ledger.outcomes == {
        119: [Outcome(state=State.FAILED, problems=(Problem(Code.ORDER_UNREADABLE, words),))]
    }
    assert here.ledger.records[119].modified_at == NOW - 9 * MINUTES


def test_a_run_says_beforehand_how_many_orders_it_will_decide() -> None:
    here = world(order(120), order(121), order(122, status_id=1))

    here.run()

    assert here.ledger.expected == 2
