"""The queue: a doorbell on a Redis-protocol server that carries ids only and may be wiped at any time (STACK: queue)."""

import re

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "cartledger"
JOB_SECONDS = 3600
JOB_NAME = re.compile(r"sync-(?P<run>[\w-]{22})-(?P<attempt>\d+)")


class QueueUnavailable(Exception):
    """The Redis-protocol server does not answer; the next tick of the clock rings again."""


def connect(redis_url: str) -> Redis:
    """A connection to the Redis-protocol server."""
    return Redis.from_url(redis_url, socket_connect_timeout=5, health_check_interval=30)


def queue_of(redis: Redis) -> Queue:
    """The one queue there is."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer, default_timeout=JOB_SECONDS)


def enqueue_run(redis: Redis, run_id: str, attempt: int) -> None:
    """Ring for one run; ringing twice is harmless, since the second job finds the run taken. Raises `QueueUnavailable`."""
    try:
        queue_of(redis).enqueue(
            "portal.jobs.sync_run",
            run_id,
            attempt,
            job_id=f"sync-{run_id}-{attempt}",
            result_ttl=0,
            failure_ttl=0,
        )
    except (RedisError, OSError) as error:
        raise QueueUnavailable("the queue does not answer") from error


def enqueue_mail(redis: Redis, mail_id: str, attempt: int) -> None:
    """Ring for one mail, before the runs that wait: it takes seconds, and they may take an hour. Raises `QueueUnavailable`."""
    try:
        queue_of(redis).enqueue(
            "portal.jobs.deliver_mail",
            mail_id,
            attempt,
            job_id=f"mail-{mail_id}-{attempt}",
            result_ttl=0,
            failure_ttl=0,
            at_front=True,
        )
    except (RedisError, OSError) as error:
        raise QueueUnavailable("the queue does not answer") from error


def waiting(redis: Redis) -> set[tuple[str, int]]:
    """The runs whose job is on the queue, as (run id, attempt). Raises `QueueUnavailable`."""
    try:
        found = queue_of(redis).get_job_ids()
    except (RedisError, OSError) as error:
        raise QueueUnavailable("the queue does not answer") from error
    names = (JOB_NAME.fullmatch(name) for name in found)
    return {(name["run"], int(name["attempt"])) for name in names if name}
