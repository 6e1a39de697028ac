"""Calls that leave an interval apart may arrive closer together: where calls go singly, each waits until the one before has arrived."""

import threading
import time
from decimal import Decimal
from typing import cast

import pytest
from redis import Redis

from portal import task_queue
from portal.budget import Pacer
from tests.pacing import GONE, KEY, MS, OUT, WAY, HandClock, Passing, number, present_us

LEAST = 0.2
"""Seconds between two arrivals, at five calls a second."""


@pytest.fixture
def redis(empty_redis: str) -> Redis:
    return task_queue.connect(empty_redis)


def single(redis: Redis, clock: HandClock | None = None) -> Pacer:
    """A worker of an account whose calls go singly, five a second; by the real clock where none is given."""
    if clock is None:
        return Pacer(redis, "saasu:7", Decimal(5), singly=True)
    return Pacer(redis, "saasu:7", Decimal(5), sleep=clock.sleep, clock=clock, patience=60, singly=True)


def test_a_call_that_was_held_up_on_its_way_is_followed_a_whole_interval_after_it_arrived(
    redis: Redis,
) -> None:
    redis.set(GONE, "1")
    redis.set(WAY, "1000")
    one, other = single(redis), single(redis)

    one.leave()
    time.sleep(0.12)
    arrived = time.monotonic()  # only now, though it left when its turn came
    one.arrived(True)
    other.leave()

    assert time.monotonic() - arrived >= LEAST


def test_no_call_leaves_while_one_is_out_that_may_not_have_arrived(redis: Redis) -> None:
    redis.set(GONE, "1")
    redis.set(WAY, "1000")
    one, other = single(redis), single(redis)
    arrived: list[float] = []

    def arrive() -> None:
        arrived.append(time.monotonic())
        one.arrived(True)

    one.leave()
    timer = threading.Timer(0.2, arrive)
    timer.start()
    other.leave()
    timer.join()

    assert time.monotonic() - arrived[0] >= LEAST


def test_a_call_whose_worker_died_holds_the_others_up_for_two_seconds_and_no_longer(redis: Redis) -> None:
    redis.set(GONE, "1")
    single(redis).leave()

    began = time.monotonic()
    single(redis).leave()

    assert 1.9 <= time.monotonic() - began <= 4


def apart_after(redis: Redis, way_ms: int, known_ms: int | None) -> int:
    """How many milliseconds after a call the next one leaves, where its answer took so long and the shortest way is known or not."""
    clock = HandClock()
    one = single(redis, clock)
    redis.set(GONE, "1")
    one.leave()
    left = present_us(redis) - way_ms * 1000
    redis.set(GONE, left)
    if known_ms is not None:
        redis.set(WAY, known_ms * 1000)
    clock.now += way_ms * MS
    one.arrived(True)
    return (number(redis, GONE) + 206_000 - left) // 1000


@pytest.mark.parametrize(
    ("way_ms", "known_ms", "apart"),
    [
        (50, 50, 206),  # as long as ever: an interval after it left
        (53, 50, 206),  # within what calls leave further apart than they must
        (90, 50, 242),  # 40 ms late, and at least 202 after that
        (90, None, 292),  # nobody knows how much of it was the way there
        (700, 50, 456),  # Saasu was long at it
    ],
)
def test_the_next_call_waits_for_as_long_as_an_answer_took_longer_than_the_shortest(
    redis: Redis, way_ms: int, known_ms: int | None, apart: int
) -> None:
    assert apart_after(redis, way_ms, known_ms) == pytest.approx(apart, abs=3)


def test_the_shortest_way_is_learnt_by_all_workers_and_anew_after_some_minutes(redis: Redis) -> None:
    known = []
    for way_ms in (80, 30, 50):
        apart_after(redis, way_ms, None)
        known.append(number(redis, WAY) / 1000)

    assert known == pytest.approx([80, 30, 30], abs=1)
    assert 590_000 < int(str(redis.pttl(WAY))) <= 600_000


def test_that_no_answer_will_come_teaches_nothing_of_the_way(redis: Redis) -> None:
    redis.set(GONE, "1")
    one = single(redis)
    one.leave()

    one.arrived(False)

    assert (redis.get(WAY), redis.get(OUT)) == (None, None)


def test_slots_move_by_as_much_as_a_slow_answer_holds_the_others_up(redis: Redis) -> None:
    redis.set(GONE, "1")
    redis.set(WAY, "1000")
    one = single(redis)
    one.take()
    free = number(redis, KEY)
    one.leave()
    left = number(redis, GONE)
    time.sleep(0.5)

    one.arrived(True)

    held_up = present_us(redis) - left - 206_000
    assert held_up >= 290_000
    assert number(redis, KEY) - free == pytest.approx(held_up, abs=5_000)


def test_no_slot_moves_for_an_answer_as_quick_as_ever(redis: Redis) -> None:
    redis.set(GONE, "1")
    redis.set(WAY, "100000")
    one = single(redis)
    one.take()
    free = number(redis, KEY)
    one.leave()

    one.arrived(True)

    assert number(redis, KEY) == free


def test_workers_on_one_file_wait_before_their_slots_and_none_is_crowded_out_by_slow_answers(
    redis: Redis,
) -> None:
    redis.set(GONE, "1")
    redis.set(WAY, "1000")
    calls: list[float] = []

    def work(worker: Pacer) -> None:
        for _ in range(4):
            worker.take()
            worker.leave()
            calls.append(time.monotonic())
            time.sleep(0.3)
            worker.arrived(True)

    threads = [
        threading.Thread(target=work, args=(Pacer(redis, "saasu:7", Decimal(5), patience=1, singly=True),))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(calls) == 12, "each of them left, though nine times those before took half as long again"


def test_a_late_answer_counts_in_this_process_even_when_the_server_is_away(redis: Redis) -> None:
    redis.set(GONE, "1")
    clock = HandClock()
    away = Passing(redis, clock)
    one = single(cast("Redis", away), clock)
    one.leave()
    clock.now += 0.15
    away._away = 1

    one.arrived(True)
    redis.set(GONE, "1")
    redis.delete(OUT)
    one.leave()

    assert clock.slept == pytest.approx([0.202], abs=2 * MS)


def test_an_answer_is_told_once_and_none_before_a_call_left(redis: Redis) -> None:
    one = single(redis, HandClock())
    one.arrived(True)
    assert redis.get(GONE) is None

    redis.set(GONE, "1")
    one.leave()
    one.arrived(True)
    assert redis.get(OUT) is None
    redis.set(GONE, "1")
    one.arrived(True)

    assert number(redis, GONE) == 1


def test_calls_within_a_window_of_many_do_not_wait_for_one_another(redis: Redis) -> None:
    redis.set(GONE, "1")
    Pacer(redis, "saasu:7", Decimal(5)).leave()

    assert redis.get(OUT) is None
