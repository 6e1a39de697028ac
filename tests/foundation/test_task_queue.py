"""The queue carries ids alone, says what waits on it, and says so when it is away."""

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from portal import task_queue
from portal.database import new_id
from portal.task_queue import QueueUnavailable

AWAY = ("redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock")


@pytest.fixture
def redis(empty_redis: str) -> Redis:
    return task_queue.connect(empty_redis)


def test_a_run_that_was_rung_for_waits(redis: Redis) -> None:
    first, second = new_id(), new_id()
    task_queue.enqueue_run(redis, first, 1)
    task_queue.enqueue_run(redis, second, 3)

    assert task_queue.waiting(redis) == {(first, 1), (second, 3)}


@pytest.mark.parametrize(
    "run_id", ["-_aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaa-1-", "______________________"]
)
def test_every_id_there_can_be_is_found_again(redis: Redis, run_id: str) -> None:
    task_queue.enqueue_run(redis, run_id, 12)

    assert task_queue.waiting(redis) == {(run_id, 12)}


def test_nothing_waits_on_a_wiped_queue(redis: Redis) -> None:
    task_queue.enqueue_run(redis, new_id(), 1)
    redis.flushall()

    assert task_queue.waiting(redis) == set()


def test_a_job_is_a_name_and_ids_and_nothing_else(redis: Redis) -> None:
    run_id = new_id()
    task_queue.enqueue_run(redis, run_id, 1)

    job = Job.fetch(f"sync-{run_id}-1", connection=redis, serializer=JSONSerializer)

    assert (job.func_name, list(job.args), job.kwargs) == ("portal.jobs.sync_run", [run_id, 1], {})


def test_a_mail_goes_before_the_runs_that_wait_and_is_none_of_them(redis: Redis) -> None:
    run_id, mail_id = new_id(), new_id()
    task_queue.enqueue_run(redis, run_id, 1)
    task_queue.enqueue_mail(redis, mail_id, 2)

    job = Job.fetch(f"mail-{mail_id}-2", connection=redis, serializer=JSONSerializer)

    assert task_queue.queue_of(redis).get_job_ids() == [f"mail-{mail_id}-2", f"sync-{run_id}-1"]
    assert task_queue.waiting(redis) == {(run_id, 1)}
    assert (job.func_name, list(job.args), job.kwargs) == ("portal.jobs.deliver_mail", [mail_id, 2], {})


def test_a_job_that_was_taken_leaves_nothing_behind_even_when_it_failed(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[str, int]] = []

    def sync_run(run_id: str, attempt: int) -> None:
        taken.append((run_id, attempt))
        if attempt == 2:
            raise ValueError("a run that fails")

    monkeypatch.setattr("portal.jobs.sync_run", sync_run)
    run_id = new_id()
    for attempt in (1, 2, 3):
        task_queue.enqueue_run(redis, run_id, attempt)

    queue = task_queue.queue_of(redis)
    SimpleWorker([queue], connection=redis, serializer=JSONSerializer).work(burst=True)

    assert taken == [(run_id, 1), (run_id, 2), (run_id, 3)]
    assert task_queue.waiting(redis) == set()
    assert not list(redis.scan_iter("rq:job:*"))


def test_other_names_on_the_queue_are_no_runs(redis: Redis) -> None:
    redis.rpush("rq:queue:cartledger", "sync-short-1", "something", f"sync-{new_id()}-", f"x-{new_id()}-1")

    assert task_queue.waiting(redis) == set()


@pytest.mark.parametrize("address", AWAY)
def test_a_queue_that_is_away_is_named_and_shows_no_address(address: str) -> None:
    away = task_queue.connect(address)

    for ask in (
        lambda: task_queue.enqueue_run(away, new_id(), 1),
        lambda: task_queue.enqueue_mail(away, new_id(), 1),
        lambda: task_queue.waiting(away),
    ):
        with pytest.raises(QueueUnavailable) as caught:
            ask()
        assert str(caught.value) == "the queue does not answer"
