"""A refusal of too many calls, and for how long nothing is asked after it (SYNC §9)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.sync.blocking import Block, block_after, block_words
from portal.sync.failures import Blocked, Throttled, books_problem
from portal.sync.problems import Code, Turn

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
SYDNEY = ZoneInfo("Australia/Sydney")
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
A_MINUTE_ON = NOW + timedelta(minutes=1)


def after(known: Block | None = None, asked: timedelta | None = None, *, names_a_day: bool = False) -> Block:
    return block_after(known, NOW, asked=asked, names_a_day=names_a_day)


def since(ago: timedelta) -> Block:
    """A block known since so long ago whose time is over."""
    return Block(NOW - ago, NOW - timedelta(seconds=1))


def test_a_refusal_that_says_nothing_pauses_for_a_minute() -> None:
    assert after() == Block(NOW, A_MINUTE_ON)


def test_words_of_a_day_mean_24_hours_from_the_first_refusal() -> None:
    assert after(names_a_day=True) == Block(NOW, NOW + DAY)
    assert after(since(HOUR), names_a_day=True) == Block(NOW - HOUR, NOW - HOUR + DAY)


@pytest.mark.parametrize(
    ("asked", "waits"), [(timedelta(seconds=7), timedelta(seconds=7)), (DAY, DAY), (DAY * 9, DAY)]
)
def test_the_time_that_saasu_names_is_kept_to_but_no_longer_than_a_day(
    asked: timedelta, waits: timedelta
) -> None:
    assert after(asked=asked, names_a_day=True) == Block(NOW, NOW + waits)
    assert after(since(HOUR), asked) == Block(NOW - HOUR, NOW + waits)


@pytest.mark.parametrize(
    ("minutes", "until"),
    [
        (1, A_MINUTE_ON),
        (20, NOW + timedelta(minutes=20)),
        (49, NOW + timedelta(minutes=49)),
        (50, NOW - timedelta(minutes=50) + DAY),
        (60, NOW - HOUR + DAY),
    ],
)
def test_the_pause_doubles_and_refusals_that_last_from_one_hourly_run_to_the_next_are_the_block_of_a_day(
    minutes: int, until: datetime
) -> None:
    first = timedelta(minutes=minutes)
    assert after(since(first)) == Block(NOW - first, until)


def test_a_refusal_a_day_after_the_first_one_begins_anew() -> None:
    assert after(since(DAY)) == Block(NOW, A_MINUTE_ON)
    assert after(since(DAY - timedelta(seconds=1))).since == NOW - DAY + timedelta(seconds=1)


def test_a_block_holds_until_its_end() -> None:
    block = Block(NOW - HOUR, NOW)
    assert block.holds(NOW - timedelta(seconds=1))
    assert not block.holds(NOW)


def test_the_words_say_whether_it_is_the_day_and_when_it_goes_on_by_the_files_clock() -> None:
    assert block_words(Block(NOW, NOW + DAY), NOW, SYDNEY) == (
        "Saasu blocked this file for every program: too many calls were made to it in a day. "
        "It goes on tomorrow at 8:00 pm."
    )
    assert block_words(Block(NOW - HOUR, NOW + HOUR), NOW, SYDNEY).startswith("Saasu blocked")
    assert block_words(Block(NOW, NOW + HOUR), NOW, SYDNEY) == (
        "Saasu says too many calls were made to this file. It goes on today at 9:00 pm."
    )


def test_a_block_is_a_run_problem_that_waits_with_its_own_words() -> None:
    problem = books_problem(Blocked("It goes on tomorrow."))

    assert (problem.code, problem.sentence, problem.turn) == (
        Code.SAASU_QUOTA,
        "It goes on tomorrow.",
        Turn.WAIT,
    )
    assert books_problem(Throttled("x")).sentence == "Saasu says too many calls were made to this file."
