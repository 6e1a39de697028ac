"""A backfill beside the hourly runs: every older order once, whatever comes between (SYNC §3.3)."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from portal.sync.failures import OutcomeLost, Unreachable
from portal.sync.ports import SliceOver, State, StopAsked
from portal.sync.problems import Code, Ignored, Problem, RunStopped
from tests import builders
from tests.fake_slices import ENABLED, NOW, Backfilled, backfilled, older, recent


def test_the_older_orders_are_read_to_their_end_and_then_posted_in_ascending_id() -> None:
    here = backfilled(*(older(number) for number in (105, 101, 103, 104, 102)))
    here.shop.page_size = 2

    here.slice()

    assert here.shop.asked == ["created"] * 3
    assert here.sent() == ["SHO101", "SHO102", "SHO103", "SHO104", "SHO105"]
    assert (here.ledger.stands.cursor, here.ledger.stands.read_to_end) == (105, True)
    assert here.ledger.expected == 5


def test_a_later_slice_reads_nothing_again_and_asks_saasu_nothing_when_all_is_done() -> None:
    here = backfilled(older(101))
    here.slice()
    here.shop.asked.clear()
    here.books.asked.clear()

    here.slice()

    assert (here.shop.asked, here.books.asked) == ([], [])


def test_orders_before_the_date_and_after_the_enabling_are_no_part_of_it() -> None:
    before = older(90, created_at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    here = backfilled(before, older(101), recent(200))

    here.slice()

    assert list(here.ledger.records) == [101]


def test_an_order_created_just_after_the_enabling_is_in_both_windows_and_posted_once() -> None:
    both = recent(
        200, created_at=ENABLED + timedelta(minutes=10), modified_at=ENABLED + timedelta(minutes=10)
    )
    for turns in permutations(("hourly", "slice")):
        here = backfilled(older(101), both)
        for turn in turns:
            getattr(here, turn)()
        assert sorted(here.sent()) == ["SHO101", "SHO200"]


def test_a_slice_that_is_over_leaves_the_rest_to_the_next_one() -> None:
    here = backfilled(*(older(number) for number in range(101, 105)))
    here.ledger.over_after = 3

    with pytest.raises(SliceOver):
        here.slice()
    assert here.sent() == ["SHO101", "SHO102"]
    here.ledger.over_after = None
    here.slice()

    assert here.sent() == ["SHO101", "SHO102", "SHO103", "SHO104"]


def test_an_hourly_run_between_two_slices_posts_its_own_orders_and_leaves_those_that_wait() -> None:
    here = backfilled(*(older(number) for number in range(101, 104)), recent(200))
    here.ledger.over_after = 2
    with pytest.raises(SliceOver):
        here.slice()

    here.hourly()
    assert here.sent() == ["SHO101", "SHO200"]
    here.slice()

    assert here.sent() == ["SHO101", "SHO200", "SHO102", "SHO103"]


def test_a_crash_between_two_pages_reads_on_from_the_cursor() -> None:
    here = backfilled(older(101), older(102), older(103))
    here.shop.page_size = 1
    faults = iter([None, KeyboardInterrupt()])

    def before_page() -> None:
        fault = next(faults, None)
        if fault:
            raise fault

    here.shop.before_page = before_page
    with pytest.raises(KeyboardInterrupt):
        here.slice()
    assert here.ledger.stands.cursor == 101
    here.slice()

    assert here.sent() == ["SHO101", "SHO102", "SHO103"]
    assert here.shop.asked == ["created"] * 4


def test_a_worker_killed_between_the_page_and_the_post_loses_no_order() -> None:
    here = backfilled(older(101), older(102))
    here.books.answers = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        here.slice()
    assert [here.ledger.state(number) for number in (101, 102)] == [State.SENDING, State.SEEN]
    here.clock.forward(minutes=3)

    here.slice()

    assert here.sent() == ["SHO101", "SHO102"]
    assert here.ledger.state(101) is State.POSTED


def test_a_lost_answer_of_the_backfill_is_settled_by_an_hourly_run_and_never_sent_twice() -> None:
    here = backfilled(older(101))
    here.books.answers = [OutcomeLost("broke off")]
    here.slice()
    assert here.ledger.state(101) is State.UNKNOWN
    here.clock.forward(minutes=3)

    here.hourly()
    here.slice()

    assert here.ledger.state(101) is State.POSTED
    assert here.sent() == ["SHO101"]


def test_a_lost_post_that_never_arrived_waits_for_the_backfill_again() -> None:
    here = backfilled(older(101))
    here.books.keeps_lost_sales = False
    here.books.answers = [OutcomeLost("broke off")]
    here.slice()
    here.clock.forward(minutes=3)

    here.hourly()
    assert here.ledger.state(101) is State.SEEN
    assert here.sent() == []
    here.slice()

    assert here.sent() == ["SHO101"]


def test_a_pause_in_the_middle_ends_the_slice_and_the_hourly_runs_go_on() -> None:
    here = backfilled(older(101), older(102), recent(200))
    post = here.books.post

    def paused_meanwhile(sale: object) -> object:
        here.ledger.paused = True
        return post(sale)  # type: ignore[arg-type]

    here.books.post = paused_meanwhile  # type: ignore[method-assign,assignment]
    with pytest.raises(StopAsked):
        here.slice()
    here.books.post = post  # type: ignore[method-assign]
    here.hourly()
    assert here.sent() == ["SHO101", "SHO200"]
    with pytest.raises(StopAsked):
        run_paused(here)
    here.ledger.paused = False
    here.slice()

    assert here.sent() == ["SHO101", "SHO200", "SHO102"]


def run_paused(here: Backfilled) -> None:
    assert here.ledger.paused
    here.slice()


def test_an_order_the_hourly_run_posted_before_is_left() -> None:
    here = backfilled(older(101, modified_at=NOW - timedelta(minutes=30)))
    here.hourly()
    assert here.sent() == ["SHO101"]

    here.slice()

    assert here.sent() == ["SHO101"]
    assert here.ledger.count_held() == 0


def test_an_order_that_changes_while_it_waits_is_posted_once_as_it_is_now() -> None:
    here = backfilled(older(101), older(102))
    here.ledger.over_after = 1
    with pytest.raises(SliceOver):
        here.slice()
    here.shop.add(older(102, modified_at=NOW - timedelta(minutes=10), customer_message="Leave at the door"))

    here.hourly()
    assert here.sent() == []
    here.slice()

    assert here.sent() == ["SHO101", "SHO102"]
    assert "Leave at the door" in here.books.sales[1].notes


def test_an_order_cancelled_while_it_waits_is_not_posted() -> None:
    here = backfilled(older(101))
    here.ledger.over_after = 1
    with pytest.raises(SliceOver):
        here.slice()
    here.shop.add(older(101, modified_at=NOW - timedelta(minutes=10), status_id=5))

    here.hourly()
    here.slice()

    assert here.sent() == []
    assert here.ledger.last(101).ignored is Ignored.STATUS


def test_an_order_that_changes_after_the_backfill_posted_it_is_not_posted_again() -> None:
    here = backfilled(older(101))
    here.slice()
    here.shop.add(older(101, modified_at=NOW - timedelta(minutes=10), status_id=10))

    here.hourly()
    here.slice()

    assert here.sent() == ["SHO101"]


def test_an_order_the_backfill_ignored_is_the_hourly_runs_once_it_is_paid() -> None:
    here = backfilled(older(101, status_id=7))
    here.slice()
    assert here.ledger.last(101).ignored is Ignored.STATUS
    here.shop.add(older(101, modified_at=NOW - timedelta(minutes=10)))

    here.hourly()

    assert here.sent() == ["SHO101"]


def test_an_order_ignored_as_older_than_the_start_is_decided_again() -> None:
    late = older(101, modified_at=NOW - timedelta(minutes=30))
    here = backfilled(late)
    here.rules = builders.rules(start=ENABLED)
    here.hourly()
    assert here.ledger.last(101).ignored is Ignored.BEFORE_START
    here.rules = builders.rules(start=here.ledger.stands.since)

    here.slice()

    assert here.sent() == ["SHO101"]


def test_an_older_order_never_changes_a_contact_that_a_newer_one_wrote() -> None:
    here = backfilled(older(101, billing=builders.address(city="Broome")), recent(200))
    here.hourly()
    (contact,) = here.books.contacts
    here.books.asked.clear()

    here.slice()

    assert (here.sent(), here.ledger.writers) == (["SHO200", "SHO101"], {contact.id: 200})
    assert "update_contact" not in here.books.asked
    assert here.books.contacts == [contact]


def test_a_slice_stops_at_the_reserve_before_an_order_and_goes_on_later() -> None:
    again = NOW + timedelta(hours=20)
    here = backfilled(older(101), older(102), older(103))
    here.refusal = RunStopped(Problem(Code.SAASU_QUOTA, "Used up; it goes on tomorrow."), again)
    here.affordable = 3

    with pytest.raises(RunStopped) as stopped:
        here.slice()
    assert (stopped.value.problem.code, stopped.value.again_at) == (Code.SAASU_QUOTA, again)
    assert here.sent() == ["SHO101", "SHO102"]
    here.affordable = None
    here.slice()

    assert here.sent() == ["SHO101", "SHO102", "SHO103"]


def test_nothing_is_asked_of_saasu_where_nothing_can_be_afforded() -> None:
    here = backfilled(older(101), older(102))
    here.books.answers = [OutcomeLost("broke off")]
    here.ledger.over_after = 2
    with pytest.raises(SliceOver):
        here.slice()
    here.ledger.over_after = None
    here.books.asked.clear()
    here.refusal = RunStopped(Problem(Code.SAASU_QUOTA, "Used up."))
    here.affordable = 0

    for run in (here.slice, here.hourly):
        with pytest.raises(RunStopped):
            run()

    assert here.books.asked == []


def test_a_shop_that_does_not_answer_stops_the_slice_and_keeps_its_place() -> None:
    here = backfilled(older(101), older(102))
    here.shop.page_size = 1
    answers = iter([None, Unreachable("503")])

    def before_page() -> None:
        fault = next(answers, None)
        if fault:
            raise fault

    here.shop.before_page = before_page
    with pytest.raises(RunStopped) as stopped:
        here.slice()

    assert stopped.value.problem.code is Code.STORE_UNREACHABLE
    assert (here.ledger.stands.cursor, here.sent()) == (101, [])


def test_an_order_held_up_before_sending_is_left_to_the_next_slice() -> None:
    here = backfilled(older(101), older(102))
    held_up = hold_up_once(here)

    here.slice()
    assert (held_up(), here.sent()) == (True, ["SHO102"])
    here.slice()

    assert here.sent() == ["SHO102", "SHO101"]


def hold_up_once(here: Backfilled) -> Callable[[], bool]:
    """The first intent of the backfill is sent only after more than 5 seconds. Says whether that happened."""
    sending = here.ledger.sending
    happened: list[bool] = []

    def slowly(record: object, intent: object) -> object:
        sent = sending(record, intent)  # type: ignore[arg-type]
        if not happened:
            happened.append(True)
            here.clock.forward(seconds=6)
        return sent

    here.ledger.sending = slowly  # type: ignore[method-assign,assignment]
    return lambda: bool(happened)


def test_an_earlier_date_asked_while_it_runs_reads_on_from_there_and_posts_nothing_twice() -> None:
    here = backfilled(older(101), older(90, created_at=datetime(2026, 1, 20, tzinfo=UTC)))
    here.slice()
    here.ledger.stands = replace(
        here.ledger.stands, since=datetime(2026, 1, 1, tzinfo=UTC), cursor=0, read_to_end=False
    )
    here.rules = builders.rules(start=datetime(2026, 1, 1, tzinfo=UTC))

    here.slice()

    assert here.sent() == ["SHO101", "SHO90"]


@pytest.mark.parametrize("ends", range(1, 9))
@pytest.mark.parametrize("lost", [(), (0,), (1, 2)])
def test_whatever_the_turns_each_order_is_in_saasu_once(ends: int, lost: tuple[int, ...]) -> None:
    orders = [older(number) for number in range(101, 104)]
    here = backfilled(*orders, recent(200), older(104, modified_at=NOW - timedelta(minutes=20)))
    here.shop.page_size = 2
    here.books.answers = [OutcomeLost("broke off") if place in lost else None for place in range(3)]
    for _ in range(6):
        here.ledger.over_after = ends
        with suppress(SliceOver):
            here.slice()
        here.hourly()
        here.clock.forward(minutes=30)

    numbers = [*(one.order.id for one in orders), 104, 200]
    assert Counter(here.sent()) == Counter(f"SHO{number}" for number in numbers)
    assert {here.ledger.state(number) for number in numbers} == {State.POSTED}
