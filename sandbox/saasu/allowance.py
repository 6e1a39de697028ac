"""How often Saasu may be asked: 1 call a second per file, and the plan's calls a day (FACTS §2).

Seconds are counted on the real monotonic clock, days on the sandbox's clock.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

from sandbox.saasu.settings import Settings
from sandbox.saasu.wire import Refusal

DAY: Final = timedelta(hours=24)


class Limited(Protocol):
    """A file as far as its allowance goes."""

    id: int
    blocked_until: datetime | None

    @property
    def daily_limit(self) -> int:
        """Calls a day that the plan allows."""
        ...


F_contra = TypeVar("F_contra", bound=Limited, contravariant=True)


class Keeper(Protocol[F_contra]):
    """Who knows the time and the switches, and keeps a file that was blocked."""

    settings: Settings

    @property
    def now(self) -> Callable[[], datetime]:
        """The sandbox's clock."""
        ...

    def save_file(self, file: F_contra) -> None:
        """Keep a file."""
        ...


@dataclass(slots=True)
class Tally:
    """Calls of one file: those of the last second (monotonic seconds) and those of the last day (sandbox clock)."""

    recent: deque[int] = field(default_factory=deque)
    day: deque[datetime] = field(default_factory=deque)
    throttled: int = 0
    largest_burst: int = 0


class Allowance(Generic[F_contra]):
    """Counts calls per file, refuses those too many, and blocks a file that used up its day.

    `ticks` gives nanoseconds of a monotonic clock. The count itself lives as long as the process; a block is kept
    with the file.
    """

    def __init__(self, state: "Keeper[F_contra]", ticks: Callable[[], int] = time.monotonic_ns) -> None:
        self.state = state
        self.ticks = ticks
        self.tallies: dict[int, Tally] = {}

    def tally(self, file: F_contra) -> Tally:
        """The counts of a file."""
        return self.tallies.setdefault(file.id, Tally())

    def count(self, file: F_contra, login: bool = False) -> None:
        """Count one call, a login or refresh included (FACTS §2.2). Raises `Refusal` when it is one too many.

        A login counts for the day only: it is never refused and does not take the second's slot.
        """
        self._count_day(file, login)
        if not login:
            self._count_second(file)

    def _count_day(self, file: F_contra, login: bool) -> None:
        moment, scale = self.state.now(), self.state.settings.day_scale
        calls = self.tally(file).day
        while calls and not moment - DAY < calls[0] <= moment:
            calls.popleft()
        calls.append(moment)
        if scale is None:
            return
        if file.blocked_until is None and len(calls) > file.daily_limit * scale:
            self.block(file)
        if file.blocked_until is not None and file.blocked_until <= moment:
            file.blocked_until = None
            calls.clear()
            calls.append(moment)
            self.state.save_file(file)
        if file.blocked_until is not None and not login:
            raise self._refusal("The daily limit of calls is used up; access is blocked for 24 hours.")

    def block(self, file: F_contra) -> None:
        """Block a file for 24 hours from now, for everybody."""
        file.blocked_until = self.state.now() + DAY
        self.state.save_file(file)

    def unblock(self, file: F_contra) -> None:
        """End a block, and count its day from nothing."""
        file.blocked_until = None
        self.tally(file).day.clear()
        self.state.save_file(file)

    def _count_second(self, file: F_contra) -> None:
        settings = self.state.settings
        if settings.calls_per_second is None:
            return
        tally, instant = self.tally(file), self.ticks()
        allowed = max(1, int(settings.calls_per_second))
        # A rate below 1 is one call in a longer time. The leeway forgives the jitter of a network.
        window = int(allowed * 1_000_000_000 / settings.calls_per_second) - settings.leeway_ms * 1_000_000
        while tally.recent and tally.recent[0] <= instant - window:
            tally.recent.popleft()
        tally.largest_burst = max(tally.largest_burst, len(tally.recent) + 1)
        if len(tally.recent) >= allowed:
            tally.throttled += 1
            wait = settings.retry_after
            raise self._refusal("Too many requests.", {} if wait is None else {"Retry-After": str(wait)}, 429)
        tally.recent.append(instant)

    def _refusal(
        self, sentence: str, headers: dict[str, str] | None = None, status: int | None = None
    ) -> Refusal:
        return Refusal(status or self.state.settings.block_status, sentence, "object", headers)
