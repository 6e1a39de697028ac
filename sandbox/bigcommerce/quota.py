"""A shop's allowance of calls: so many in a window that opens with its first call (BC §2)."""

import time


class Quota:
    """Counts on the real monotonic clock, so that a sandbox clock that stands still stops nobody for ever."""

    def __init__(self) -> None:
        self._opened = 0.0
        self._used = 0

    def take(self, quota: int | None, window_seconds: int) -> tuple[bool, int, int]:
        """Use one call. Answers whether it was allowed, how many are left, and milliseconds until a new window."""
        now = time.monotonic()
        if now - self._opened >= window_seconds:
            self._opened, self._used = now, 0
        reset = max(1, int((self._opened + window_seconds - now) * 1000))
        if quota is None:
            return True, 1_000_000, reset
        allowed = self._used < quota
        self._used += allowed
        return allowed, max(0, quota - self._used), reset

    def refill(self) -> None:
        """Start a new window at the next call."""
        self._opened, self._used = 0.0, 0
