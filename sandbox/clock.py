"""The sandbox's own time: real, shifted or standing still. One clock serves both servers of a process."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    """Real time until it is set. `now` is always aware UTC."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fixed: datetime | None = None
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """The moment it is in the sandbox."""
        with self._lock:
            return self._fixed or datetime.now(UTC) + self._offset

    def set(self, order: dict[str, Any]) -> None:
        """Obey an order of the control address. Raises `ValueError` with a sentence.

        `{"now": "...Z"}` stands still there, with `"running": true` goes on from there; `{"now": null}` is real again;
        `{"offset_seconds": n}` runs so much ahead.
        """
        unknown = order.keys() - {"now", "running", "offset_seconds"}
        if unknown or not order.keys() & {"now", "offset_seconds"}:
            raise ValueError(
                'The clock takes {"now": "2026-01-31T09:00:00Z"}, {"now": null} or {"offset_seconds": 60}.'
            )
        offset = timedelta(seconds=_seconds(order.get("offset_seconds", 0)))
        fixed = None if order.get("now") is None else moment(order["now"])
        if fixed is not None and order.get("running"):
            offset = fixed - datetime.now(UTC)
            fixed = None
        with self._lock:
            self._fixed, self._offset = fixed, offset

    def shown(self) -> dict[str, Any]:
        """The clock as its control address shows it."""
        with self._lock:
            fixed, offset = self._fixed, self._offset
        mode = "fixed" if fixed else "shifted" if offset else "real"
        return {"now": text(fixed or datetime.now(UTC) + offset), "mode": mode}


def text(moment: datetime) -> str:
    """A moment as ISO 8601 with `Z`, to the second, or to the microsecond where it has any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(value: object) -> datetime:
    """An aware moment from ISO 8601 text; without a zone it is UTC. Raises `ValueError` with a sentence."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no ISO 8601 moment, such as 2026-01-31T09:00:00Z.") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("offset_seconds must be a whole number.")
    return value
