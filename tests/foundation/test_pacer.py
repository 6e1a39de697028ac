"""The pacer keeps the calls to one account apart, whoever makes them and whatever becomes of the queue's server."""

import itertools
import threading
from decimal import Decimal
from typing import cast

import pytest
from redis import Redis

from portal import task_queue
from portal.budget import AGAIN_SECONDS, Pacer
from portal.sync.failures import Unreachable
from tests.pacing import AWAY, GONE, KEY, MS, QUOTA, SCARCE, HandClock, Passing, number, present_us


@pytest.fixture
def redis(empty_redis: str) -> Redis:
    return task_queue.connect(empty_redis)


def pacer(redis: Redis, account: str = "saasu:7", rate: str = "1", clock: HandClock | None = None) -> Pacer:
    clock = clock or HandClock()
    return Pacer(redis, account, Decimal(rate), sleep=clock.sleep, clock=clock, patience=60)


def waited(redis: Redis, account: str = "saasu:7", rate: str = "1") -> float:
    """How many seconds away the next free slot is for a worker that asks now."""
    clock = HandClock()
    pacer(redis, account, rate, clock).take()
    return sum(clock.slept)


def slot_after(redis: Redis, one: Pacer) -> int:
    """The next free slot, in microseconds of the server's clock, after one more was handed out."""
    one.take()
    return number(redis, KEY)


def test_each_slot_is_an_interval_after_the_one_before(redis: Redis) -> None:
    one = pacer(redis)

    free = [slot_after(redis, one) for _ in range(5)]

    assert [later - earlier for earlier, later in itertools.pairwise(free)] == [1_030_000] * 4


def test_two_workers_share_the_slots_of_one_account(redis: Redis) -> None:
    one, other = pacer(redis), pacer(redis)

    free = [slot_after(redis, worker) for worker in (one, other, one, other)]

    assert [later - earlier for earlier, later in itertools.pairwise(free)] == [1_030_000] * 3


def test_accounts_do_not_wait_for_one_another(redis: Redis) -> None:
    for _ in range(5):
        waited(redis)

    assert waited(redis, "saasu:8") <= 1.03


def test_an_account_in_use_does_not_wait_when_its_last_call_is_long_gone(redis: Redis) -> None:
    redis.set(KEY, "1")  # free since 1970
    redis.set(GONE, "1")
    clock = HandClock()
    one = pacer(redis, clock=clock)

    one.take()
    one.leave()

    assert clock.slept == []


def test_an_account_is_remembered_beyond_the_hour_between_two_runs(redis: Redis) -> None:
    redis.set(GONE, "1")
    pacer(redis).leave()
    waited(redis)

    for key in (KEY, GONE):
        assert 3_600_000 < int(str(redis.pttl(key))) <= 7_302_000


def test_after_the_server_was_wiped_a_call_waits_a_whole_interval(redis: Redis) -> None:
    waited(redis)
    redis.flushall()

    assert waited(redis) == pytest.approx(1.03, abs=MS)


def test_a_wiped_server_lets_no_worker_leave_at_once_whatever_slot_it_had(redis: Redis) -> None:
    clock = HandClock(redis)
    one = pacer(redis, clock=clock)
    one.take()
    clock.slept.clear()
    redis.flushall()

    one.leave()

    assert clock.slept == pytest.approx([1.03], abs=2 * MS)


def test_nothing_is_sent_while_the_server_is_away_since_nobody_knows_what_the_others_send() -> None:
    clock = HandClock()
    away = pacer(task_queue.connect(AWAY), clock=clock)

    for act in (away.take, away.leave):
        with pytest.raises(Unreachable, match="nothing was sent"):
            act()

    assert sum(clock.slept) == pytest.approx(30 + 5, abs=1)


def test_a_call_goes_out_as_soon_as_the_server_is_back(redis: Redis) -> None:
    clock = HandClock()
    one = pacer(cast("Redis", Passing(redis, clock, away=2)), clock=clock)

    one.take()

    assert clock.slept == pytest.approx([AGAIN_SECONDS, AGAIN_SECONDS, 1.03], abs=2 * MS)


def test_a_call_that_left_late_pushes_the_next_one_back(redis: Redis) -> None:
    redis.set(GONE, "1")
    pacer(redis).leave()
    clock = HandClock(redis)

    pacer(redis, clock=clock).leave()  # its slot may have come, but the last call left only now

    assert clock.slept == pytest.approx([1.03], abs=100 * MS)


def test_a_turn_whose_answer_came_late_is_reckoned_anew_and_not_lost(redis: Redis) -> None:
    redis.set(GONE, "1")
    clock = HandClock(redis)
    one = pacer(cast("Redis", Passing(redis, clock, seconds=0.2)), clock=clock)

    one.leave()

    assert clock.slept == [], "nobody waits another interval"
    ahead = number(redis, GONE) - present_us(redis)
    assert 300_000 <= ahead <= 400_000, "it counts as if it left later, by twice what the server took"


def test_a_turn_that_another_call_took_meanwhile_is_lost(redis: Redis) -> None:
    redis.set(GONE, "1")
    clock = HandClock(redis)
    slow = cast("Redis", Passing(redis, clock, seconds=0.2, after=lambda: redis.set(GONE, present_us(redis))))

    pacer(slow, clock=clock).leave()

    assert clock.slept == pytest.approx([1.03], abs=50 * MS)


def test_what_this_process_sent_counts_even_when_the_server_has_forgotten_it(redis: Redis) -> None:
    clock = HandClock()
    one = pacer(redis, clock=clock)
    sent = []
    for _ in range(4):
        # The server comes back with an old copy of its keys: it believes that the account was idle.
        redis.set(KEY, "1")
        redis.set(GONE, "1")
        one.take()
        one.leave()
        sent.append(clock.now)

    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert min(gaps) >= 1.03 - MS


def test_many_workers_at_once_get_a_slot_each_and_none_twice(redis: Redis) -> None:
    ahead = 9 * 10**15  # so far that no clock gets there
    redis.set(KEY, ahead)

    def work() -> None:
        one = pacer(redis, rate="50")
        for _ in range(5):
            one.take()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert number(redis, KEY) == ahead + 20 * 20_600


def told(redis: Redis, one: Pacer, *, left: int = 449, reset_ms: int = 29_000) -> None:
    """An answer of a shop that allows 450 calls in 30 seconds."""
    one.learn(quota=450, left=left, window_ms=30_000, reset_ms=reset_ms)


def test_a_remote_that_tells_its_quota_is_called_as_often_as_that_allows_by_all_workers(redis: Redis) -> None:
    one, other = pacer(redis, rate="5"), pacer(redis, rate="5")
    one.take()

    told(redis, one)
    free = [slot_after(redis, worker) for worker in (one, other, one)]

    assert [later - earlier for earlier, later in itertools.pairwise(free)] == [67_666] * 2


def test_a_quota_is_known_beyond_the_window_in_which_it_was_told(redis: Redis) -> None:
    told(redis, pacer(redis, rate="5"), reset_ms=1)
    free = [slot_after(redis, pacer(redis, rate="5")) for _ in range(3)]

    assert [later - earlier for earlier, later in itertools.pairwise(free)] == [67_666] * 2
    assert 3_600_000 < int(str(redis.pttl(QUOTA))) <= 7_200_000


@pytest.mark.parametrize(
    ("quota", "left", "reset_ms", "every", "scarce"),
    [
        (150, 149, 29_000, 203_000, None),
        (
            150,
            10,
            20_000,
            203_000,
            2_000_000,
        ),  # others used the rest: what is left is spread over what remains
        (150, 10, 90_000, 203_000, 3_000_000),  # no window is longer than its whole
        (1_000_000, 999_999, 30_000, 50_000, None),  # never below good sense
        (1, 1, 30_000, 30_450_000, None),
    ],
)
def test_the_interval_follows_what_is_left_of_the_quota(
    redis: Redis, quota: int, left: int, reset_ms: int, every: int, scarce: int | None
) -> None:
    redis.set(SCARCE, "7")
    pacer(redis, rate="5").learn(quota=quota, left=left, window_ms=30_000, reset_ms=reset_ms)

    assert redis.hgetall(QUOTA) == {b"every": str(every).encode(), b"early": b"150000"}
    if scarce is None:
        assert redis.get(SCARCE) is None
    else:
        assert number(redis, SCARCE) == scarce
        assert reset_ms - 61_000 < int(str(redis.pttl(SCARCE))) <= min(reset_ms, 30_000)


def test_what_is_left_holds_for_all_workers_until_the_window_ends(redis: Redis) -> None:
    told(redis, pacer(redis, rate="5"), left=10, reset_ms=20_000)
    free = [slot_after(redis, pacer(redis, rate="5")) for _ in range(2)]
    assert free[1] - free[0] == 2_000_000

    redis.delete(SCARCE)  # the window is over
    free = [slot_after(redis, pacer(redis, rate="5")) for _ in range(2)]
    assert free[1] - free[0] == 67_666


def test_a_call_that_was_late_does_not_push_back_those_after_it(redis: Redis) -> None:
    clock = HandClock()
    one = pacer(redis, rate="5", clock=clock)
    told(redis, one)
    present = present_us(redis)
    redis.set(KEY, present - 100_000)  # a slot of a moment ago that nobody asked for in time
    redis.set(GONE, present - 30_000)

    for _ in range(2):
        one.take()
        one.leave()

    assert clock.slept == [], "both are early after the late one, by less than 150 ms"
    assert number(redis, GONE) == present - 30_000 + 2 * 67_666, "and count as if each were in time"


def test_a_call_is_early_after_a_late_one_by_a_part_of_the_window_at_most(redis: Redis) -> None:
    clock = HandClock(redis)
    one = pacer(redis, rate="5", clock=clock)
    one.learn(quota=30, left=29, window_ms=30_000, reset_ms=29_000)
    redis.set(GONE, present_us(redis))

    one.leave()

    assert clock.slept == pytest.approx([1.015 - 0.15], abs=50 * MS)


def test_a_process_that_sent_a_late_call_makes_good_no_more_than_the_window_forgives(redis: Redis) -> None:
    clock = HandClock()
    one = pacer(redis, rate="5", clock=clock)
    told(redis, one)
    sent = []
    for _ in range(12):
        redis.set(GONE, "1")  # a server that remembers nothing
        one.leave()
        sent.append(clock.now)

    lasted = sent[-1] - sent[0]
    assert lasted == pytest.approx(11 * 0.067666 - 0.15, abs=MS)


def test_a_call_whose_turn_does_not_come_soon_is_not_sent(redis: Redis) -> None:
    pacer(redis, rate="5").learn(quota=150, left=0, window_ms=30_000, reset_ms=7_000)
    clock = HandClock(redis)
    hurried = Pacer(redis, "saasu:7", Decimal(5), sleep=clock.sleep, clock=clock, patience=6)

    with pytest.raises(Unreachable, match="wait for their turn"):
        hurried.leave()

    assert clock.slept == []


def test_nothing_is_sent_by_anybody_until_a_used_up_window_is_over(redis: Redis) -> None:
    waited(redis, rate="5")
    pacer(redis, rate="5").learn(quota=150, left=0, window_ms=30_000, reset_ms=7_000)
    clock = HandClock(redis)

    pacer(redis, rate="5", clock=clock).leave()

    assert clock.slept == pytest.approx([7], abs=0.1)
    assert waited(redis, rate="5") == pytest.approx(7, abs=0.1)


def test_what_cannot_be_learnt_while_the_server_is_away_is_left_out(redis: Redis) -> None:
    pacer(task_queue.connect(AWAY)).learn(quota=150, left=10, window_ms=30_000, reset_ms=20_000)

    assert redis.hgetall(QUOTA) == {}
