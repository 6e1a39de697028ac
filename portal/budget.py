"""The budget of calls: one pacer a remote account over all workers, and every call counted before it is sent (SYNC §9)."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import cast

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models.connections import Connection, SaasuFile
from portal.models.mirrors import CallBlock, CallCount
from portal.models.runs import Run, RunKind
from portal.sync.allowance import DAY, Allowance, allowance, counted, counted_since, hour_of, plan_limit
from portal.sync.blocking import Block

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
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    counted = insert(CallCount).values(account=account, hour=hour_of(now), purpose=purpose, calls=1)
    session.execute(
        counted.on_conflict_do_update(
            index_elements=["account", "hour", "purpose"], set_={"calls": CallCount.calls + 1}
        )
    )


def spend_call(session: Session, file: SaasuFile, purpose: str, now: datetime) -> Allowance | None:
    """Count one call to a file unless the day's allowance is used up, in one commit; the allowance where it is, and nothing is counted.

    However many workers ask at once, each counts after the other, so not one call goes beyond (SYNC §9).
    """
    account = f"saasu:{file.file_id}"
    allowed = plan_limit(file.subscription, file.daily_calls)
    if not is_sqlite(session):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(account, 0))))
    # On SQLite this first write is what makes the others wait.
    count_call(session, account, purpose, now)
    given = allowance(
        allowed, sole_user=file.sole_user, used=calls_since(session, account, counted_since(now))
    )
    if given.used <= given.allowed:
        session.commit()
        return None
    session.rollback()
    return allowance_of(session, file, now, busiest=0)


def is_sqlite(session: Session) -> bool:
    """Whether the database is SQLite; otherwise it is PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def block_of(session: Session, account: str) -> Block | None:
    """The block of an account that has given no good answer since, whether its time is over or not."""
    row = session.get(CallBlock, account, populate_existing=True)
    return Block(row.since, row.until) if row is not None else None


def keep_block(session: Session, account: str, block: Block) -> None:
    """Remember that an account is asked nothing for some time. The caller commits."""
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    times = {"since": block.since, "until": block.until}
    kept = insert(CallBlock).values(account=account, **times)
    session.execute(kept.on_conflict_do_update(index_elements=["account"], set_=times))


def lift_block(session: Session, account: str, known: Block | None = None) -> None:
    """Forget an account's block: it answered, or its plan was changed; with `known` only that one. The caller commits."""
    found = delete(CallBlock).where(CallBlock.account == account)
    if known is not None:
        found = found.where(CallBlock.until == known.until)
    session.execute(found.execution_options(synchronize_session=False))


def calls_since(session: Session, account: str, since: datetime) -> int:
    """How many calls were made to an account since a moment."""
    found = session.scalar(
        select(func.sum(CallCount.calls)).where(CallCount.account == account, CallCount.hour >= since)
    )
    return int(found or 0)


def calls_by_hour(session: Session, account: str, since: datetime) -> dict[datetime, int]:
    """The calls made to an account by the hour, from the hour `since` on."""
    found = session.execute(
        select(CallCount.hour, func.sum(CallCount.calls))
        .where(CallCount.account == account, CallCount.hour >= since)
        .group_by(CallCount.hour)
    )
    return {hour: int(calls) for hour, calls in found}


def allowance_of(session: Session, file: SaasuFile, now: datetime, busiest: int | None = None) -> Allowance:
    """The calls this file may have in a day and has had in the last 24 hours, by every firm's and worker's count (SYNC §9).

    The count is kept by the hour, so a call just over a day old may still be in it. `busiest` where the busiest day is known.
    """
    hours = calls_by_hour(session, f"saasu:{file.file_id}", counted_since(now))
    return allowance(
        plan_limit(file.subscription, file.daily_calls),
        sole_user=file.sole_user,
        used=counted(hours, now),
        busiest_day=busiest_day(session, file, now) if busiest is None else busiest,
        hours=hours,
    )


def busiest_day(session: Session, file: SaasuFile, now: datetime) -> int:
    """The most Saasu calls that the hourly runs of this file, in whichever firm, made in one of the last seven times 24 hours."""
    hourly = (
        select(Run.queued_at, Run.saasu_calls)
        .join(Connection, Connection.id == Run.connection_id)
        .join(SaasuFile, SaasuFile.id == Connection.file_pk)
        .where(SaasuFile.file_id == file.file_id, Run.kind == RunKind.HOURLY, Run.queued_at > now - DAY * 7)
    )
    days: Counter[int] = Counter()
    for queued_at, calls in session.execute(hourly):
        days[(now - queued_at) // DAY] += calls
    return max(days.values(), default=0)
