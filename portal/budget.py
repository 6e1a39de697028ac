"""The budget of calls: one pacer a remote account over all workers, and every call counted before it is sent (SYNC §9)."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable
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
from portal.sync.failures import Unreachable

# One slot after the other: the first key holds the moment of the next free slot in microseconds of the server's clock, the second when
# the last call left, the third what the remote told of its quota: how far apart calls leave (`every`; absent: ARGV[1]) and how much less
# than that after a late one (`early`), the fourth how far apart they leave until the window ends, since others used the rest; the fifth the
# turn of a call that is out and not answered, the sixth the shortest time that an answer took. A server that knows nothing of the account
# may have been wiped a moment ago, so the first slot is then a whole interval away. The keys outlive the hour between two runs (ARGV[2],
# milliseconds), so that an account in use does not pay for it. Times are in microseconds.
PRESENT = """
local now = redis.call('TIME')
local present = now[1] * 1000000 + now[2]
local told = redis.call('HMGET', KEYS[3], 'every', 'early')
local early = tonumber(told[2] or 0)
local interval = math.max(tonumber(told[1] or ARGV[1]), tonumber(redis.call('GET', KEYS[4]) or 0))
local function whole(number) return string.format('%.0f', number) end
local function keep(key, moment)
  local alive = math.ceil(math.max(moment - present, 0) / 1000) + ARGV[2]
  redis.call('SET', key, whole(moment), 'PX', whole(alive))
end
"""
NEXT_SLOT = f"""{PRESENT}
local known = redis.call('GET', KEYS[1])
if not known and not redis.call('GET', KEYS[2]) then keep(KEYS[2], present) end
local slot = math.max(tonumber(known or present + interval), present - early)
keep(KEYS[1], slot + interval)
return whole(math.max(slot - present, 0))
"""
# A call may leave when the last one is an interval away, whoever sent it; else the microseconds until then. A late call does not push
# back those after it by more than `early` makes good: in a row of calls no one is more than that before its time. The answer is then
# the moment that is kept, as a negative number: who names it (ARGV[4]) holds the turn, and may have it reckoned from now on. ARGV[3]:
# how long this answer may be on its way, counted as if the call left so much later. Where calls go singly, ARGV[5] is how long the call is
# taken to be out, in milliseconds, while no answer to it is known (0: they do not): until then it may not have arrived, and no other leaves;
# ARGV[6]: after how many microseconds to ask again.
LEAVE = f"""{PRESENT}
local gone = redis.call('GET', KEYS[2])
if not gone then keep(KEYS[2], present) end
local due = tonumber(gone or present)
if gone ~= ARGV[4] then
  due = due + interval
  if due - early > present then return whole(due - early - present) end
  local out = redis.call('GET', KEYS[5])
  if out and out ~= ARGV[4] then return ARGV[6] end
end
due = math.max(due, present + ARGV[3])
keep(KEYS[2], due)
if ARGV[5] ~= '0' then redis.call('SET', KEYS[5], whole(due), 'PX', ARGV[5]) end
return whole(-due)
"""
# The call of a turn (ARGV[3]) was answered, ARGV[4] after it left (0: it never was): it arrived at the latest when the shortest way that is
# known ago, and the next one leaves a whole interval less ARGV[5] after that. While no way is known it may have arrived just now. No call is
# taken to have been on its way for more than ARGV[7]: what takes longer is the remote at work. What is known is learnt anew after ARGV[6]
# milliseconds. Slots that are still to be handed out move by as much as this call held the others up, by ARGV[8] at most: who waits does so
# before its slot. Answers the way that was known.
ARRIVED = f"""{PRESENT}
if redis.call('GET', KEYS[5]) == ARGV[3] then redis.call('DEL', KEYS[5]) end
local known = tonumber(redis.call('GET', KEYS[6]) or 0)
local gone = tonumber(redis.call('GET', KEYS[2]) or 0)
local latest = present - known - ARGV[5]
if gone > 0 then latest = math.min(latest, gone + ARGV[7]) end
local over = math.min(present - ARGV[3] - interval, ARGV[8])
if latest > gone then
  keep(KEYS[2], latest)
  if gone > 0 then over = math.max(over, latest - gone) end
end
local slot = redis.call('GET', KEYS[1])
if slot and over > 0 then keep(KEYS[1], slot + over) end
if ARGV[4] ~= '0' and (known == 0 or tonumber(ARGV[4]) < known) then redis.call('SET', KEYS[6], ARGV[4], 'PX', ARGV[6]) end
return whole(known)
"""
# What an answer told of the quota: `every` (ARGV[3]) and `early` (ARGV[4]), which hold until an answer tells another; the longer interval
# (ARGV[5], 0 for none) holds until the window ends in ARGV[6] milliseconds, and with ARGV[7] nothing leaves before.
LEARN = f"""{PRESENT}
redis.call('HSET', KEYS[3], 'every', ARGV[3], 'early', ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[2])
if ARGV[5] == '0' then redis.call('DEL', KEYS[4]) else redis.call('SET', KEYS[4], ARGV[5], 'PX', ARGV[6]) end
if ARGV[7] == '1' then
  local again = present + ARGV[6] * 1000
  keep(KEYS[1], math.max(tonumber(redis.call('GET', KEYS[1]) or again), again))
  keep(KEYS[2], again - ARGV[3] + ARGV[4])
end
return '0'
"""
REMEMBERED_MS = 2 * 60 * 60 * 1000
SPACING = Decimal("1.03")
"""How much further apart calls leave than the rate allows. 97 % of the rate is used where answers take equally long."""
ARRIVAL_SPACING = Decimal("1.01")
"""How much further than the rate allows a call leaves after the latest moment at which the one before may have arrived."""
OUT_MS = 2_000
"""A call of which nothing is heard counts as arrived after that: by then a lost packet was sent again twice."""
OUT_AGAIN_US = 20_000
WAY_KNOWN_MS = 10 * 60 * 1000
LATEST_US = 250_000
"""No call is taken to have been on its way for longer than others by more than this: an answer that is later was long in the making."""
WINDOW_SPACING = Decimal("1.015")
"""The same where a remote allows so many calls in a window of many: what one call is late then matters once in a window."""
EARLY_PART = 200
"""Calls after a late one may be early by this part of the window, a third of the room that the spacing leaves in it."""
FASTEST_US = 50_000
"""No remote makes us call it more than 20 times a second, whatever its headers say."""
AWAY_SECONDS = 30
BRIEFLY_AWAY_SECONDS = 5
"""How long a call that is about to leave waits for the server: the intent of a post is written by then and must not grow old."""
CROWDED = "Too many other calls wait for their turn at this account, so nothing was sent."
AWAY = "The server that spaces the calls of all workers does not answer, so nothing was sent."
AGAIN_SECONDS = 0.25
LATE_SECONDS = 0.005


class Pacer:
    """Hands out slots for calls to one account, evenly spaced, to every worker there is.

    `take` gives a slot in turn; `leave`, right before the call is sent, makes sure that it leaves an interval after the last one, however
    late that one was. While the Redis-protocol server is away nobody can know what the other workers send, so nothing is sent; when it was
    wiped, the first call after waits a whole interval. What this process itself sent is never forgotten, whatever the server says.
    Calls that leave an interval apart may arrive closer together, where the first is held up on its way. With `singly` a call leaves only
    when the one before was answered, and where that answer came late, later by as much as the call may have been late; `arrived` tells of
    an answer, or that none will come. A remote that answers slowly is called as often as it answers.
    `clock` gives seconds that only grow. Both raise `Unreachable` when the server stays away: `take` after 30 seconds, `leave` after 5; and
    `leave` where its turn does not come within `patience` seconds, since the intent of a post must not grow old.
    """

    def __init__(
        self,
        redis: Redis,
        account: str,
        per_second: Decimal,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: float = BRIEFLY_AWAY_SECONDS,
        *,
        singly: bool = False,
    ) -> None:
        self._redis = redis
        self._patience = patience
        key = f"cartledger:pace:{account}"
        self._keys = (key, *(f"{key}:{part}" for part in ("gone", "quota", "scarce", "out", "way")))
        self._interval_us = int(1_000_000 / per_second * SPACING)
        self._room_us = self._interval_us - int(1_000_000 / per_second * ARRIVAL_SPACING)
        self._out_ms = OUT_MS if singly else 0
        self._every_us, self._early_us = self._interval_us, 0
        self._sleep = sleep
        self._clock = clock
        self._gone: float | None = None
        self._turn: int | None = None
        self._left = 0.0

    def take(self) -> None:
        """Reserve the next slot and wait for it."""
        wait = self._ask(NEXT_SLOT, away=AWAY_SECONDS) / 1_000_000
        if wait > 0:
            self._sleep(wait)

    def leave(self) -> None:
        """Wait until the last call, whoever sent it, is an interval away; the call must be sent at once after."""
        grace, turn = 0.0, 0
        until = self._clock() + self._patience
        while True:
            asked = self._clock()
            words = (int(grace * 1_000_000), turn, self._out_ms, OUT_AGAIN_US)
            answer = self._ask(LEAVE, *words, away=BRIEFLY_AWAY_SECONDS)
            took = self._clock() - asked
            if answer > 0 and asked + answer / 1_000_000 > until:
                raise Unreachable(CROWDED)
            if answer > 0:
                self._sleep(answer / 1_000_000)
            elif took <= grace + LATE_SECONDS:
                break
            else:
                # The call would leave later than the server believes: the turn is reckoned anew, allowing for a slow server.
                grace, turn = 2 * took, -answer
        # The server may have come back with an old copy of its keys: this process knows its own last call.
        present = self._clock()
        due = present if self._gone is None else self._gone + self._every_us / 1_000_000
        if (wait := due - self._early_us / 1_000_000 - present) > 0:
            self._sleep(wait)
        self._left = self._clock()
        self._gone = max(due, self._left)
        self._turn = -answer

    def arrived(self, answered: bool) -> None:
        """Say that the call that left last was answered, or that it never will be. What cannot be told while the server is away only this process keeps to."""
        if self._turn is None or self._gone is None:
            return
        turn, self._turn = self._turn, None
        took, known = int((self._clock() - self._left) * 1_000_000), 0
        way = max(took, 1) if answered else 0
        with contextlib.suppress(RedisError, OSError):
            known = self._eval(
                ARRIVED, turn, way, self._room_us, WAY_KNOWN_MS, LATEST_US, self._out_ms * 1000
            )
        late = min(took - known - self._room_us, LATEST_US)
        self._gone = max(self._gone, self._left + late / 1_000_000)

    def learn(self, quota: int, left: int, window_ms: int, reset_ms: int) -> None:
        """Space the calls of all workers by what an answer told: `quota` calls in a window, so many `left`, the window over in `reset_ms` (BC §2).

        The quota holds until another answer tells another; what is left, until that window ends. While the server is away only this process learns.
        """
        self._every_us = max(int(window_ms * 1000 / Decimal(quota) * WINDOW_SPACING), FASTEST_US)
        self._early_us = window_ms * 1000 // EARLY_PART
        reset_ms = min(reset_ms, window_ms)
        spread = reset_ms * 1000 // left if left else 0
        scarce = spread if spread > self._every_us else 0
        with contextlib.suppress(RedisError, OSError):
            self._eval(LEARN, self._every_us, self._early_us, scarce, reset_ms, int(left == 0))

    def _ask(self, script: str, *more: int, away: float) -> int:
        """What a script answers. Raises `Unreachable` where the server stays away."""
        until = self._clock() + away
        while True:
            try:
                return self._eval(script, *more)
            except (RedisError, OSError) as error:
                if self._clock() >= until:
                    raise Unreachable(AWAY) from error
            self._sleep(AGAIN_SECONDS)

    def _eval(self, script: str, *more: int) -> int:
        words = [str(number) for number in (self._interval_us, REMEMBERED_MS, *more)]
        return int(cast("bytes", self._redis.eval(script, len(self._keys), *self._keys, *words)))


def count_call(session: Session, account: str, purpose: str, now: datetime) -> None:
    """Count one call in the database. The caller commits, and only then sends."""
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    counted = insert(CallCount).values(account=account, hour=hour_of(now), purpose=purpose, calls=1)
    session.execute(
        counted.on_conflict_do_update(
            index_elements=["account", "hour", "purpose"], set_={"calls": CallCount.calls + 1}
        )
    )


def count_calls(session: Session, file_ids: Iterable[int], purpose: str, now: datetime) -> None:
    """Count one call that Saasu counts against each of these files, by Saasu's ids. The caller commits."""
    # In order, so that two workers never wait for one another.
    for file_id in sorted(file_ids):
        count_call(session, f"saasu:{file_id}", purpose, now)


def spend_call(
    session: Session, file: SaasuFile, purpose: str, now: datetime, beside: Iterable[int] = ()
) -> Allowance | None:
    """Count one call to a file unless the day's allowance is used up, in one commit; the allowance where it is, and nothing is counted.

    However many workers ask at once, each counts after the other, so not one call goes beyond (SYNC §9). `beside` names the files
    against which Saasu counts this call as well.
    """
    account = f"saasu:{file.file_id}"
    allowed = plan_limit(file.subscription, file.daily_calls)
    if not is_sqlite(session):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(account, 0))))
    # On SQLite this first write is what makes the others wait.
    count_calls(session, {file.file_id, *beside}, purpose, now)
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


def used_by_account(session: Session, accounts: Iterable[str], now: datetime) -> dict[str, int]:
    """The calls of the last 24 hours to each of these accounts, by whichever firm they were made; one without calls is left out."""
    found = session.execute(
        select(CallCount.account, func.sum(CallCount.calls))
        .where(CallCount.account.in_(list(accounts)), CallCount.hour >= counted_since(now))
        .group_by(CallCount.account)
    )
    return {account: int(calls) for account, calls in found}


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
