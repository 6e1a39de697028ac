"""The pacer keeps the calls to one account apart, whoever makes them and whatever becomes of the queue's server."""

import itertools
import threading
from decimal import Decimal

import pytest
from redis import Redis

from portal import task_queue
from portal.budget import Pacer

MS = 1 / 1000
KEY = "cartledger:pace:saasu:7"


class HandClock:
    """A clock that moves when somebody sleeps, and by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def redis(empty_redis: str) -> Redis:
    return task_queue.connect(empty_redis)


def pacer(redis: Redis, account: str = "saasu:7", rate: str = "1", clock: HandClock | None = None) -> Pacer:
    clock = clock or HandClock()
    return Pacer(redis, account, Decimal(rate), sleep=clock.sleep, clock=clock)


def slot_after(redis: Redis, one: Pacer) -> int:
    """The next free slot, in microseconds of the server's clock, after one more was handed out."""
    one.wait_ms()
    return int(str(redis.get(KEY), "ascii"))  # type: ignore[arg-type]


def test_each_slot_is_an_interval_after_the_one_before(redis: Redis) -> None:
    one = pacer(redis)

    free = [slot_after(redis, one) for _ in range(5)]

    assert [later - earlier for earlier, later in itertools.pairwise(free)] == [1_000_000] * 4


def test_two_workers_share_the_slots_of_one_account(redis: Redis) -> None:
    one, other = pacer(redis), pacer(redis)

    free = [slot_after(redis, worker) for worker in (one, other, one, other)]

    assert [later - earlier for earlier, later in itertools.pairwise(free)] == [1_000_000] * 3


def test_accounts_do_not_wait_for_one_another(redis: Redis) -> None:
    for _ in range(5):
        pacer(redis, "saasu:7").wait_ms()

    assert pacer(redis, "saasu:8").wait_ms() <= 1000


def test_an_account_in_use_does_not_wait_when_its_last_call_is_long_gone(redis: Redis) -> None:
    redis.set(KEY, "1")  # free since 1970

    assert pacer(redis).wait_ms() == 0


def test_an_account_is_remembered_beyond_the_hour_between_two_runs(redis: Redis) -> None:
    pacer(redis).wait_ms()

    remembered = redis.pttl(KEY)
    assert 3_600_000 < int(str(remembered)) <= 7_300_000


def test_after_the_server_was_wiped_a_call_waits_a_whole_interval(redis: Redis) -> None:
    one = pacer(redis)
    one.wait_ms()
    redis.flushall()

    assert pacer(redis).wait_ms() == 1000


def test_while_the_server_is_away_every_call_waits_a_whole_interval() -> None:
    clock = HandClock()
    away = pacer(task_queue.connect("redis://127.0.0.1:1/0"), rate="4", clock=clock)

    for _ in range(3):
        away.take()

    assert clock.slept == pytest.approx([0.251, 0.251, 0.251], abs=2 * MS)


def test_what_this_process_sent_counts_even_when_the_server_has_forgotten_it(redis: Redis) -> None:
    clock = HandClock()
    one = pacer(redis, clock=clock)
    sent = []
    for _ in range(4):
        one.take()
        sent.append(clock.now)
        # The server comes back with an old copy of its keys: it believes that the account was idle.
        redis.set(KEY, "1")

    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert min(gaps) >= 1 - MS


def test_many_workers_at_once_get_a_slot_each_and_none_twice(redis: Redis) -> None:
    ahead = 9 * 10**15  # so far that no clock gets there
    redis.set(KEY, ahead)

    def work() -> None:
        one = Pacer(redis, "saasu:7", Decimal(50))
        for _ in range(5):
            one.wait_ms()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert redis.get(KEY) == str(ahead + 20 * 20_000).encode()
