"""Many more new orders than the shop ever takes in an hour wait for a person's yes (SYNC §3.7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.flood import hold_flood, most_at_once
from portal.sync.ports import OrderRecord, Reading, State
from portal.sync.problems import Code, Problem, RunStopped
from tests import builders
from tests.fake_ledger import FakeLedger
from tests.whole_run import NOW, World, order, world

MINUTE = timedelta(minutes=1)


def arrivals(count: int, first: int = 1000, **more: Any) -> list[OrderRecord]:
    values: dict[str, Any] = {
        "state": State.SEEN,
        "created_at": NOW,
        "modified_at": NOW,
        "total": Decimal("10.00"),
        "run_id": "run 1",
    }
    return [
        OrderRecord(id=f"record {number}", order_id=number, **(values | more))
        for number in range(first, first + count)
    ]


def guarded(due: list[OrderRecord], sold: list[datetime] | None = None) -> tuple[int, str | None, FakeLedger]:
    """How many may go on, the problem's code, and the ledger afterwards."""
    ledger = FakeLedger(Reading(watermark=NOW))
    for number, moment in enumerate(sold or ()):
        ledger.records[number] = OrderRecord(
            id=f"sold {number}",
            order_id=number,
            state=State.POSTED,
            created_at=moment,
            modified_at=moment,
        )
    rest, problem = hold_flood(ledger, due, builders.rules(), NOW)
    return len(rest), str(problem.code) if problem else None, ledger


def test_fifty_may_always_come_at_once_and_one_more_is_held() -> None:
    assert guarded(arrivals(50))[:2] == (50, None)

    rest, code, ledger = guarded(arrivals(51))
    assert (rest, code, len(ledger.flooded)) == (0, "FLOOD", 51)


def test_five_times_the_busiest_hour_of_the_last_thirty_days_may_come() -> None:
    yesterday = datetime(2026, 3, 2, 14, tzinfo=UTC)
    busy = [yesterday + n * MINUTE for n in range(12)] + [
        yesterday - timedelta(hours=n) for n in range(1, 20)
    ]

    assert guarded(arrivals(60), busy)[:2] == (60, None)
    assert guarded(arrivals(61), busy)[1] == "FLOOD"


def test_an_hour_longer_ago_than_thirty_days_does_not_count() -> None:
    long_ago = [NOW - timedelta(days=31) + n * MINUTE for n in range(12)]

    assert guarded(arrivals(60), long_ago)[1] == "FLOOD"


def test_the_busiest_hour_is_an_hour_of_the_clock() -> None:
    sold = [datetime(2026, 3, 2, 14, 59, tzinfo=UTC)] * 7 + [datetime(2026, 3, 2, 15, 0, tzinfo=UTC)] * 8

    assert most_at_once(sold, arrivals(1)) == 50
    assert most_at_once(sold * 2, arrivals(1)) == 80


def test_what_gathered_while_the_shop_could_not_be_read_is_no_flood() -> None:
    sold = [NOW - timedelta(minutes=18 * n) for n in range(1, 2400)]
    three_days = [
        replace(one, modified_at=NOW - timedelta(minutes=20 * place))
        for place, one in enumerate(arrivals(217))
    ]

    assert guarded(three_days, sold)[:2] == (217, None)
    assert guarded(arrivals(217), sold)[1] == "FLOOD"


@pytest.mark.parametrize(
    "more",
    [{"asked": True}, {"release": True}, {"first_sent_at": NOW}, {"state": State.FAILED}],
)
def test_what_a_person_asked_for_or_what_came_before_is_never_a_flood(more: dict[str, Any]) -> None:
    assert guarded(arrivals(200, **more))[:2] == (200, None)


def test_what_several_runs_brought_while_saasu_was_away_is_no_flood() -> None:
    due = arrivals(40, 1000, run_id="run 1") + arrivals(40, 2000, run_id="run 2")

    assert guarded(due)[:2] == (80, None)


def test_two_floods_are_held_together() -> None:
    rest, code, ledger = guarded(arrivals(60) + arrivals(70, 2000, run_id="run 2"))

    assert (rest, code, len(ledger.flooded)) == (0, "FLOOD", 130)


def test_only_the_flood_itself_is_held() -> None:
    rest, code, ledger = guarded(
        arrivals(60) + arrivals(3, 2000, run_id="run 2") + arrivals(4, 3000, asked=True)
    )

    assert (rest, code) == (7, "FLOOD")
    assert ledger.flooded == set(range(1000, 1060))


def test_a_flood_after_a_few_orders_that_nobody_minds_is_held_all_the_same() -> None:
    rest, code, ledger = guarded(arrivals(3, 2000, run_id="run 2") + arrivals(60))

    assert (rest, code, len(ledger.flooded)) == (3, "FLOOD", 60)


def test_a_flood_within_minutes_is_not_taken_for_what_gathered_while_the_shop_was_away() -> None:
    sold = [NOW - timedelta(hours=n) for n in range(1, 300)]
    within_minutes = [
        replace(one, modified_at=NOW - 20 * MINUTE * (one.order_id % 2)) for one in arrivals(61)
    ]

    assert guarded(within_minutes, sold)[1] == "FLOOD"


def test_fifty_orders_cost_no_look_at_what_the_shop_sold_before() -> None:
    ledger = FakeLedger(Reading(watermark=NOW))

    def asked(_moment: datetime) -> list[datetime]:
        raise AssertionError("asked")

    ledger.sold_since = asked  # type: ignore[method-assign, assignment]

    assert hold_flood(ledger, arrivals(50), builders.rules(), NOW) == (arrivals(50), None)


def test_the_seconds_of_an_hour_make_no_difference_to_it() -> None:
    hour = datetime(2026, 3, 2, 14, tzinfo=UTC)
    sold = [hour + timedelta(minutes=3 * n, seconds=5 * n, microseconds=n) for n in range(12)]

    assert most_at_once(sold, arrivals(1)) == 60


def test_the_problem_says_how_many_what_they_come_to_and_of_what_days_in_the_files_zone() -> None:
    late = datetime(2026, 3, 1, 13, 30, tzinfo=UTC)
    due = [*arrivals(60, total=Decimal("20.005")), *arrivals(1, 2000, created_at=late, total=Decimal(1200))]

    _, problem = hold_flood(FakeLedger(Reading(watermark=NOW)), due, builders.rules(), NOW)

    assert problem is not None
    assert problem.sentence == (
        "61 orders came at once, $2,400.30, created 02/03/2026 to 03/03/2026: far more than this shop takes in an hour. "
        "None of them is posted until you say so."
    )


def test_orders_of_one_day_name_that_day() -> None:
    _, problem = hold_flood(FakeLedger(Reading(watermark=NOW)), arrivals(51), builders.rules(), NOW)

    assert problem == Problem(
        Code.FLOOD,
        "51 orders came at once, $510.00, created on 03/03/2026: far more than this shop takes in an hour. "
        "None of them is posted until you say so.",
        "51",
    )


@pytest.mark.parametrize("odd", [0, 1, 49, 50])
def test_one_order_of_another_day_makes_it_a_span_of_days_wherever_it_stands(odd: int) -> None:
    due = arrivals(51)
    due[odd] = replace(due[odd], created_at=NOW - timedelta(days=4))

    _, problem = hold_flood(FakeLedger(Reading(watermark=NOW)), due, builders.rules(), NOW)

    assert problem is not None
    assert "$510.00, created 27/02/2026 to 03/03/2026: far more" in problem.sentence


def test_of_several_days_the_first_and_the_last_are_named() -> None:
    days = [*arrivals(30), *arrivals(30, 2000, created_at=NOW - timedelta(days=1))]
    days += [*arrivals(2, 3000, created_at=NOW - timedelta(days=9)), *arrivals(2, 4000, created_at=NOW)]

    _, problem = hold_flood(FakeLedger(Reading(watermark=NOW)), days, builders.rules(), NOW)

    assert problem is not None
    assert ", created 22/02/2026 to 03/03/2026: far more" in problem.sentence


def flooded(count: int = 55) -> World:
    return world(*(order(number, modified_at=NOW - timedelta(hours=1)) for number in range(200, 200 + count)))


def test_a_run_with_a_flood_posts_none_of_it_and_ends_with_the_problem() -> None:
    here = flooded()

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.FLOOD
    assert here.books.sales == []
    assert {here.ledger.state(number) for number in range(200, 255)} == {State.SEEN}


def test_of_a_flood_no_text_is_taken_into_memory() -> None:
    here = flooded()

    with pytest.raises(RunStopped):
        here.run()

    assert here.ledger.batches == []


def test_due_orders_are_taken_up_in_batches_of_a_hundred() -> None:
    here = flooded(250)
    here.ledger.flooded = set()
    numbers = range(200, 450)
    with pytest.raises(RunStopped):
        here.run()
    here.ledger.flooded.clear()
    for number in numbers:
        here.ledger.records[number] = replace(here.ledger.records[number], asked=True)

    here.run()

    assert here.ledger.batches == [100, 100, 50]
    assert [sale.number for sale in here.books.sales] == [f"SHO{number}" for number in numbers]
    assert here.ledger.expected == 250


def test_what_came_before_a_flood_is_posted_in_the_same_run() -> None:
    here = flooded()
    here.ledger.records[120] = OrderRecord(
        id="record 120",
        order_id=120,
        state=State.SEEN,
        created_at=NOW,
        modified_at=NOW,
        document="120",
        asked=True,
    )
    here.shop.add(order(120, modified_at=NOW - timedelta(days=5)))

    with pytest.raises(RunStopped):
        here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120"]


def test_the_runs_after_a_flood_go_on_with_new_orders_and_leave_the_held_ones() -> None:
    here = flooded()
    with pytest.raises(RunStopped):
        here.run()
    here.ledger.run_id = "run 2"
    here.shop.add(order(300, modified_at=NOW + timedelta(minutes=20)))
    here.later(hours=1)

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO300"]


def test_a_yes_is_for_exactly_the_held_orders() -> None:
    here = flooded()
    with pytest.raises(RunStopped):
        here.run()
    for number in list(here.ledger.flooded):
        here.ledger.records[number] = replace(here.ledger.records[number], asked=True)
    here.ledger.flooded.clear()

    here.run()

    assert len(here.books.sales) == 55
