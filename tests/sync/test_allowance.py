"""How many calls a day a file may have, and when work that costs calls can be done (SYNC §9)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from portal.sync.allowance import Allowance, allowance, done_by, plan_limit

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


def test_what_is_left_is_never_less_than_nothing() -> None:
    given = Allowance(allowed=100, used=90, reserve=20)
    assert (given.left, given.left_for_backfill) == (10, 0)
    assert Allowance(allowed=100, used=101).left == 0


def test_work_within_the_day_ends_by_the_pace_of_calls() -> None:
    given = Allowance(allowed=1000, used=0, reserve=200)
    assert done_by(800, given, Decimal(1), NOW) == NOW + timedelta(seconds=800)
    assert done_by(800, given, Decimal("0.5"), NOW) == NOW + timedelta(seconds=1600)


def test_work_beyond_the_day_waits_for_the_days_it_needs() -> None:
    given = Allowance(allowed=1000, used=500, reserve=200)
    assert done_by(301, given, Decimal(1), NOW) == NOW + timedelta(days=1)
    assert done_by(300 + 800, given, Decimal(1), NOW) == NOW + timedelta(days=1)
    assert done_by(300 + 801, given, Decimal(1), NOW) == NOW + timedelta(days=2)


def test_a_file_whose_reserve_takes_everything_still_ends_one_day() -> None:
    given = Allowance(allowed=10, used=0, reserve=10)
    assert done_by(2, given, Decimal(1), NOW) == NOW + timedelta(days=2)
