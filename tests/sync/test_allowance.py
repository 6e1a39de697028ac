"""How many calls a day a file may have, and when work that costs calls can be done (SYNC §9)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from portal.sync.allowance import Allowance, again_at, allowance, counted, done_by, hour_of, plan_limit

NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subscription", "calls"),
    [
        ("Small", 4000),
        ("Saasu Growing (monthly)", 3000),
        ("MEDIUM", 6000),
        ("Large", 8000),
        ("X-Large", 20000),
        ("Extra Large", 20000),
        ("Founders 2009", 3000),
        ("", 3000),
    ],
)
def test_the_plan_follows_from_the_subscription_and_is_the_lowest_when_unknown(
    subscription: str, calls: int
) -> None:
    assert plan_limit(subscription) == calls


def test_a_person_knows_the_plan_better() -> None:
    assert plan_limit("Small", given=6000) == 6000


def test_half_of_the_plan_is_left_to_other_programs_and_a_fifth_when_there_are_none() -> None:
    assert allowance(3000, sole_user=False) == Allowance(allowed=1500, used=0, reserve=300)
    assert allowance(3000, sole_user=False, used=7) == Allowance(allowed=1500, used=7, reserve=300)
    assert allowance(3000, sole_user=True).allowed == 2400


def test_a_backfill_leaves_a_fifth_to_the_hourly_runs_and_more_where_their_busiest_day_needs_it() -> None:
    assert allowance(3, sole_user=True).reserve == 0
    assert allowance(3000, sole_user=False).reserve == 300
    assert allowance(3000, sole_user=False, busiest_day=400).reserve == 600
    assert allowance(3000, sole_user=False, busiest_day=9000).reserve == 1500


def test_an_allowance_keeps_what_it_was_made_of_with_the_hours_in_their_order() -> None:
    later, earlier = NOW, NOW - timedelta(hours=2)

    assert allowance(
        3000, sole_user=True, used=30, busiest_day=400, hours={later: 10, earlier: 20}
    ) == Allowance(allowed=2400, used=30, reserve=600, busiest_day=400, hours=((earlier, 20), (later, 10)))


def test_an_hour_begins_at_its_first_microsecond() -> None:
    assert hour_of(datetime(2026, 7, 1, 2, 59, 58, 999_999, tzinfo=UTC)) == NOW
    assert hour_of(NOW) == NOW


def test_what_is_left_is_never_less_than_nothing() -> None:
    given = Allowance(allowed=100, used=90, reserve=20)
    assert (given.left, given.left_for_backfill) == (10, 0)
    assert Allowance(allowed=100, used=101).left == 0


def test_work_within_the_day_ends_by_the_pace_of_calls() -> None:
    given = Allowance(allowed=1000, used=0, reserve=200)
    assert done_by(800, given, Decimal(1), NOW) == NOW + timedelta(seconds=800)
    assert done_by(800, given, Decimal("0.5"), NOW) == NOW + timedelta(seconds=1600)


def test_work_beyond_the_day_goes_on_once_the_hour_in_which_the_calls_were_made_counts_no_more() -> None:
    given = Allowance(allowed=1000, used=500, reserve=200)
    tomorrow = NOW + timedelta(days=1, hours=1)
    assert done_by(301, given, Decimal(1), NOW) == tomorrow + timedelta(seconds=1)
    assert done_by(300 + 800, given, Decimal(1), NOW) == tomorrow + timedelta(seconds=800)
    assert done_by(300 + 801, given, Decimal(1), NOW) == tomorrow + timedelta(days=1, hours=1, seconds=1)


def test_calls_made_earlier_today_are_free_again_earlier_tomorrow() -> None:
    spent = {NOW - timedelta(hours=20): 700, NOW - timedelta(hours=2): 100}
    given = Allowance(
        allowed=1000, used=800, reserve=200, hours=tuple((hour, calls) for hour, calls in spent.items())
    )
    assert done_by(700, given, Decimal(1), NOW) == NOW + timedelta(hours=5, seconds=700)
    assert done_by(701, given, Decimal(1), NOW) == NOW + timedelta(hours=23, seconds=1)


def test_a_slow_pace_crosses_hours() -> None:
    given = Allowance(allowed=100_000, used=0, reserve=0)
    start = NOW + timedelta(minutes=30)
    assert done_by(9000, given, Decimal(1), start) == start + timedelta(seconds=9000)


def test_the_calls_of_the_hourly_runs_are_thought_of() -> None:
    quiet = Allowance(allowed=1000, used=0, reserve=200)
    busy = Allowance(allowed=1000, used=0, reserve=200, busiest_day=240)
    for calls, later in ((800, False), (2000, True)):
        ends = [done_by(calls, given, Decimal(1), NOW) for given in (quiet, busy)]
        assert (ends[1] > ends[0]) is later


def test_beside_the_hourly_runs_a_backfill_takes_what_their_hours_leave() -> None:
    given = Allowance(allowed=100, used=0, reserve=0, busiest_day=24)
    a_day_on, two_days_on = NOW + timedelta(hours=25), NOW + timedelta(hours=50)
    assert done_by(100, given, Decimal(1), NOW) == NOW + timedelta(seconds=100)
    assert done_by(100 + 76, given, Decimal(1), NOW) == a_day_on + timedelta(seconds=76)
    assert done_by(100 + 77, given, Decimal(1), NOW) == two_days_on + timedelta(seconds=1)


def test_hourly_runs_that_could_take_the_whole_day_never_stop_a_backfill_for_good() -> None:
    given = Allowance(allowed=24, used=0, reserve=0, busiest_day=24)
    assert done_by(25, given, Decimal(1), NOW) == NOW + timedelta(hours=25, seconds=1)


def test_a_file_whose_reserve_takes_everything_still_ends_one_day() -> None:
    given = Allowance(allowed=10, used=0, reserve=10, busiest_day=500)
    assert done_by(2, given, Decimal(1), NOW) == NOW + timedelta(days=1, hours=1, seconds=1)


def test_a_forecast_is_given_up_after_a_year() -> None:
    given = Allowance(allowed=1, used=0, reserve=0)
    assert done_by(10_000, given, Decimal(1), NOW) == NOW + timedelta(days=366)


def test_an_hour_counts_whole_until_its_last_call_is_a_day_old() -> None:
    hours = {NOW - timedelta(hours=25): 1, NOW - timedelta(hours=24): 10, NOW: 100}
    assert counted(hours, NOW) == 110
    assert counted(hours, NOW - timedelta(minutes=1)) == 111
    assert counted(hours, NOW + timedelta(minutes=59)) == 110
    assert counted(hours, NOW + timedelta(minutes=60)) == 100


def test_calls_are_free_again_when_enough_of_the_last_hours_are_a_day_old() -> None:
    hours = {NOW - timedelta(hours=9): 50, NOW - timedelta(hours=8): 40, NOW - timedelta(hours=30): 5}
    given = allowance(200, sole_user=False, used=90, hours=hours)
    assert again_at(given, 10, NOW) == NOW
    assert again_at(given, 11, NOW) == NOW + timedelta(hours=16)
    assert again_at(given, 60, NOW) == NOW + timedelta(hours=16)
    assert again_at(given, 61, NOW) == NOW + timedelta(hours=17)


def test_calls_that_are_free_within_the_hour_are_waited_for_no_longer_than_that() -> None:
    now = NOW + timedelta(minutes=30)
    given = allowance(20, sole_user=False, used=10, hours={NOW - timedelta(days=1): 10})
    assert again_at(given, 1, now) == NOW + timedelta(hours=1)


def test_what_is_never_free_is_looked_at_again_when_the_last_hour_is_a_day_old() -> None:
    hours = {NOW - timedelta(hours=9): 50, NOW - timedelta(hours=8): 40}
    assert again_at(allowance(20, sole_user=False, used=90, hours=hours), 11, NOW) == NOW + timedelta(
        hours=17
    )
