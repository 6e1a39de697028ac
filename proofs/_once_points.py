"""The points of `prove exactly-once`: every commit that writes and every remote call of a worker is numbered, and it ends or halts at one.

Everything here happens in a forked child, so nothing has to be undone.
"""

import os
import re
import signal
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from portal.clients.answers import Answer
from portal.clients.transport import TimeOuts, Transport
from portal.services import remotes

TIME_OUTS = TimeOuts(connect_ms=2_000, read_ms=300, whole_ms=2_000)
"""A remote that does not answer is waited for this long, in place of half a minute."""
WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM) [\"]?(\w+)", re.IGNORECASE)
ID = re.compile(r"/\d+(?=/|$)")
PLACE = re.compile(r"https?://[^/]+(?:/stores/[^/]+)?([^?]*)")


def die() -> None:
    """End this process at once, as if its machine were switched off."""
    os.kill(os.getpid(), signal.SIGKILL)


def halt() -> None:
    """Stop this process where it is until somebody lets it go on."""
    os.kill(os.getpid(), signal.SIGSTOP)


class Points:
    """Counts the points of one worker from 1, and does something at one of them. `reached` names them in order."""

    def __init__(self, at: int = 0, act: Callable[[], None] = die) -> None:
        self._at = at
        self._act = act
        self._written: list[str] = []
        self.reached: list[str] = []

    def reach(self, name: str) -> None:
        """One more point; the process may end here."""
        self.reached.append(name)
        if len(self.reached) == self._at:
            self._act()

    def watch(self, engine: Engine, session: Session) -> None:
        """Number every commit of a transaction that wrote, before it and after it."""

        @event.listens_for(engine, "before_cursor_execute")
        def on_statement(*words: Any) -> None:
            found = WRITES.match(str(words[2]))
            if found:
                self._written.append(found[1])

        @event.listens_for(engine, "commit")
        def on_commit(_connection: object) -> None:
            if self._written:
                self.reach(f"before the commit of {self._written[-1]}")

        @event.listens_for(engine, "rollback")
        def on_rollback(_connection: object) -> None:
            self._written.clear()

        @event.listens_for(session, "after_commit")
        def after_commit(_session: object) -> None:
            if self._written:
                name = self._written[-1]
                self._written.clear()
                self.reach(f"after the commit of {name}")

    def listen(self, pass_time: Callable[[int], None]) -> None:
        """Number every remote call, before it is sent and after it was answered; waits between tries take none of our time."""
        made = partial(Numbered, self, sleep=pass_time, jitter=lambda: 0, time_outs=TIME_OUTS)
        # Where a client is built is the one place that knows the transport (ARCHITECTURE law 5).
        vars(remotes)  # the name is there, or this proof proves nothing
        setattr(remotes, "Transport", made)  # noqa: B010


class Numbered(Transport):
    """A transport whose calls are points."""

    def __init__(self, points: Points, **named: Any) -> None:
        super().__init__(**named)
        self._points = points

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
        name = call_name(method, url)
        self._points.reach(f"before {name}")
        answer = super()._exchange(method, url, headers, body)
        self._points.reach(f"after {name}")
        return answer


def call_name(method: str, url: str) -> str:
    """A call as the sandbox counts it: which remote, method, endpoint."""
    found = PLACE.match(url)
    path = ID.sub("/{id}", found[1] if found else url)
    return f"{'shop' if '/stores/' in url else 'saasu'} {method} {path}"
