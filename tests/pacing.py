"""A pacer's clock and its server by hand, and what the server keeps."""

from collections.abc import Callable
from typing import cast

from redis import Redis

MS = 1 / 1000
KEY = "cartledger:pace:saasu:7"
GONE = f"{KEY}:gone"
QUOTA = f"{KEY}:quota"
SCARCE = f"{KEY}:scarce"
OUT = f"{KEY}:out"
WAY = f"{KEY}:way"
AWAY = "redis://127.0.0.1:1/0"


class HandClock:
    """A clock that moves when somebody sleeps, and by hand; `redis` forgets the last call meanwhile where it is given."""

    def __init__(self, redis: Redis | None = None) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._redis = redis

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if self._redis is not None:
            self._redis.set(GONE, "1")


class Passing:
    """A server that is away for so many calls, and whose answers take so many seconds after; only the first one where something happens `after` it."""

    def __init__(
        self,
        redis: Redis,
        clock: HandClock,
        *,
        away: int = 0,
        seconds: float = 0,
        after: Callable[[], object] | None = None,
    ) -> None:
        self._redis, self._clock, self._away, self._seconds = redis, clock, away, seconds
        self._after = after

    def eval(self, script: str, keys: int, *words: str) -> object:
        """Run a script, or be away."""
        if self._away:
            self._away -= 1
            raise OSError
        answer = self._redis.eval(script, keys, *words)
        self._clock.now += self._seconds
        if self._after is not None:
            after, self._after, self._seconds = self._after, None, 0.0
            after()
        return answer


def number(redis: Redis, key: str) -> int:
    return int(cast("bytes", redis.get(key)))


def present_us(redis: Redis) -> int:
    """The server's clock in microseconds."""
    seconds, rest = redis.time()
    return seconds * 1_000_000 + rest
