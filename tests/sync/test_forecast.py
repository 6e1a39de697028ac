"""What posting would cost in calls and time, and the words it is told in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.sync.allowance import Allowance
from portal.sync.forecast import STANDING_CALLS, Forecast, Work, about, day, day_and_time, in_words, rate

NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)  # noon in Sydney
SYDNEY = ZoneInfo("Australia/Sydney")
ONE = Decimal(1)


def forecast(posts: int, look_ups: int = 0, writes: int = 0, **more: Any) -> Forecast:
    values: dict[str, Any] = {
        "work": Work(posts=posts, look_ups=look_ups, writes=writes),
        "per_second": ONE,
        "given": Allowance(allowed=1500, used=0, reserve=300),
        "now": NOW,
    }
    return Forecast(**(values | more))


def test_calls_are_posts_look_ups_writes_and_what_a_run_reads() -> None:
    work = Work(posts=388, look_ups=400, writes=290, shapes=5)

    assert work.read_backs == 5 + 5
    assert work.calls == 388 + 400 + 290 + 10 + STANDING_CALLS


@pytest.mark.parametrize(("posts", "calls"), [(1, 1 + 1), (5, 1 + 3), (80, 1 + 3), (81, 2 + 3)])
def test_what_was_posted_is_read_back_by_the_page_and_the_first_of_each_kind_at_once(
    posts: int, calls: int
) -> None:
    assert Work(posts=posts, look_ups=0, writes=0, shapes=3).read_backs == calls


def test_nothing_to_post_costs_nothing() -> None:
    nothing = forecast(0)

    assert Work(posts=0, look_ups=0, writes=0, shapes=5).calls == 0
    assert nothing.words(SYDNEY) == "Nothing would be posted, so it would take no Saasu calls."
    assert nothing.ends == NOW


def test_a_small_backfill_is_done_today_at_the_pace_of_calls() -> None:
    found = forecast(400, 392, given=Allowance(allowed=1500, used=12, reserve=300))

    assert found.ends == NOW + timedelta(seconds=799)
    assert found.words(SYDNEY) == (
        "About 800 Saasu calls: 14 minutes at 1 call a second, done today. Your file may use 1,500 a day, "
        "of which 300 are kept for the hourly runs; 12 were used in the last 24 hours."
    )


def test_a_single_call_used_is_told_in_the_singular() -> None:
    assert "; 1 was used in the last 24 hours." in forecast(
        1, given=Allowance(allowed=10, used=1, reserve=2)
    ).words(SYDNEY)


def test_a_large_one_is_done_on_the_day_that_the_allowance_gives() -> None:
    assert (
        forecast(1183)
        .words(SYDNEY)
        .startswith("About 1,200 Saasu calls: 20 minutes at 1 call a second, done today.")
    )
    assert ", done tomorrow." in forecast(1184).words(SYDNEY)
    assert ", done on 3 July 2026." in forecast(2369).words(SYDNEY)


def test_the_day_is_the_readers() -> None:
    late = forecast(
        3000, given=Allowance(allowed=9000, used=0, reserve=0), now=NOW + timedelta(hours=11, minutes=30)
    )

    assert ", done tomorrow." in late.words(SYDNEY)
    assert ", done today." in late.words(ZoneInfo("Australia/Perth"))


def test_a_faster_pace_takes_less_time() -> None:
    fast = forecast(398, 396, per_second=Decimal("2.5"))

    assert fast.seconds == 320
    assert "6 minutes at 2.5 calls a second" in fast.words(SYDNEY)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1, "1 second"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (840, "14 minutes"),
        (841, "15 minutes"),
        (5400, "90 minutes"),
        (5401, "2 hours"),
        (7200, "2 hours"),
        (7201, "3 hours"),
    ],
)
def test_time_is_told_rounded_up(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(7, "7"), (99, "99"), (100, "100"), (104, "100"), (105, "110"), (12344, "12,340")]
)
def test_calls_are_told_to_the_ten_where_they_are_many(count: int, words: str) -> None:
    assert about(count) == words


@pytest.mark.parametrize(
    ("per_second", "words"),
    [("1", "1 call a second"), ("200", "200 calls a second"), ("0.50", "0.5 calls a second")],
)
def test_the_pace_is_told_plainly(per_second: str, words: str) -> None:
    assert rate(Decimal(per_second)) == words


def test_today_is_today_in_the_files_zone_wherever_the_portal_stands() -> None:
    for zone in map(ZoneInfo, ("Pacific/Kiritimati", "Pacific/Pago_Pago")):  # never on the same day
        assert day(NOW, NOW, zone) == "today"
        assert day(NOW + timedelta(days=1), NOW, zone) == "tomorrow"


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(hours=2, minutes=40), "today at 2:40 pm"),
        (timedelta(minutes=40, seconds=1), "today at 12:41 pm"),
        (timedelta(hours=12), "tomorrow at 12:00 am"),
        (timedelta(hours=21, minutes=5), "tomorrow at 9:05 am"),
        (timedelta(days=155), "on 3 December 2026 at 1:00 pm"),
    ],
)
def test_a_moment_is_told_by_its_day_and_time_in_the_files_zone(later: timedelta, words: str) -> None:
    assert day_and_time(NOW + later, NOW, SYDNEY) == words
