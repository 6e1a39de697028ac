"""The budget of calls: one pacer a remote account over all workers, and every call counted before it is sent (SYNC §9)."""

import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import cast

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models.mirrors import CallCount

# One slot after the other: the key holds the moment of the next free slot in microseconds of the server's clock. A server that
# knows nothing of the account may have been wiped a moment ago, so the first slot is then a whole interval away. The key
# outlives the hour between two runs (ARGV[2], milliseconds), so that an account in use does not pay for it.
NEXT_SLOT = """
local now = redis.call('TIME')
local present = now[1] * 1000000 + now[2]
local interval = tonumber(ARGV[1])
local known = redis.call('GET', KEYS[1])
local slot = math.max(tonumber(known or present + interval), present)
local ahead = slot - present
redis.call('SET', KEYS[1], string.format('%.0f', slot + interval), 'PX', string.format('%.0f', math.ceil((ahead + interval) / 1000) + ARGV[2]))
return string.format('%.0f', math.ceil(ahead / 1000))
"""
REMEMBERED_MS = 2 * 60 * 60 * 1000


class Pacer:
    """Hands out slots for calls to one account, evenly spaced, to every worker there is.

    When the Redis-protocol server is away each call waits a whole interval; when it was wiped, the first call after does.
    What this process itself sent is never forgotten, whatever the server says. `clock` gives seconds that only grow.
    """

    def __init__(
        self,
        redis: Redis,
        account: str,
        per_second: Decimal,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._key = f"cartledger:pace:{account}"
        self._interval_us = int(Decimal(1_000_000) / per_second)
        self._sleep = sleep
        self._clock = clock
        self._free_at = clock()

    def wait_ms(self) -> int:
        """Reserve the next slot; how many milliseconds away it is."""
        try:
            reply = self._redis.eval(NEXT_SLOT, 1, self._key, str(self._interval_us), str(REMEMBERED_MS))
        except (RedisError, OSError):
            return self._interval_us // 1000 + 1
        return int(cast("bytes", reply))

    def take(self) -> None:
        """Reserve the next slot and wait for it."""
        wait = self.wait_ms() / 1000
        present = self._clock()
        due = max(present + wait, self._free_at)
        self._free_at = due + self._interval_us / 1_000_000
        if due > present:
            self._sleep(due - present)


def count_call(session: Session, account: str, purpose: str, now: datetime) -> None:
    """Count one call in the database. The caller commits, and only then sends."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    counted = insert(CallCount).values(account=account, hour=hour, purpose=purpose, calls=1)
    session.execute(
        counted.on_conflict_do_update(
            index_elements=["account", "hour", "purpose"], set_={"calls": CallCount.calls + 1}
        )
    )


def calls_since(session: Session, account: str, since: datetime) -> int:
    """How many calls were made to an account since a moment."""
    counts = session.scalars(
        select(CallCount.calls).where(CallCount.account == account, CallCount.hour >= since)
    )
    return sum(counts)
