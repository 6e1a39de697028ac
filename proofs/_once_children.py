"""Forked workers of `prove exactly-once`: each carries out what is due as the product's worker does, and may die or halt on the way."""

import ctypes
import json
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select

from portal.database import db
from portal.models.runs import Run, RunState
from portal.services import runs
from portal.services.remotes import Outside
from portal.services.syncing import carry_out
from proofs._apart import FORKING
from proofs._once_points import Points
from proofs._product import Standing, no_ring

LONGEST_SECONDS = 90
"""Real seconds after which a worker is taken to hang."""
ONE = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock(Standing):
    """One clock for a process and all its children, in whole microseconds; it stands until it is moved."""

    def __init__(self) -> None:
        super().__init__(None)
        self._shared = FORKING.RawValue(ctypes.c_longlong, 0)

    def now(self) -> datetime:
        """The moment it is, for everybody."""
        return EPOCH + self._shared.value * ONE

    def set(self, moment: datetime) -> None:
        """Put it to a moment."""
        self._shared.value = (moment - EPOCH) // ONE

    def pass_ms(self, milliseconds: int) -> None:
        """Let some milliseconds pass, in place of sleeping."""
        self._shared.value += milliseconds * 1000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended: by itself with the points it reached, killed by the proof, or halted and waiting."""

    pid: int
    reached: tuple[str, ...] = ()
    killed: bool = False
    halted: bool = False


class WorkerFailed(Exception):
    """A worker ended otherwise than by its work or by the proof; the text tells how."""


class Child:
    """One forked worker. The parent must hold no open connection to the database."""

    def __init__(self, work: Callable[[], list[str]]) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            _work_and_exit(work, writer)
        os.close(writer)
        self._reader = reader

    def wait(self) -> Ended:
        """Wait until it ends or halts. Raises `WorkerFailed`."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return Ended(self.pid, halted=True)
        with os.fdopen(self._reader, "rb") as pipe:
            said = pipe.read().decode()
        if os.WIFSIGNALED(status):
            if os.WTERMSIG(status) == signal.SIGKILL:
                return Ended(self.pid, killed=True)
            raise WorkerFailed(f"a worker ended by signal {os.WTERMSIG(status)}: {said}")
        if os.WEXITSTATUS(status):
            raise WorkerFailed(said)
        return Ended(self.pid, reached=tuple(json.loads(said)))

    def go_on(self) -> Ended:
        """Let a halted worker go on, and wait for it."""
        os.kill(self.pid, signal.SIGCONT)
        return self.wait()


def _work_and_exit(work: Callable[[], list[str]], writer: int) -> None:
    """Do the work and leave without the parent's clean-up."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(LONGEST_SECONDS)
        said, status = json.dumps(work()), 0
    except BaseException:
        said = traceback.format_exc()
    os.write(writer, said.encode()[-60_000:])
    os._exit(status)


def deliver(app: Flask, clock: SharedClock, points: Points) -> list[str]:
    """What the clock and a worker do once: queue what is due, mend what a dead worker left, carry out what is queued.

    Returns the names of the points that were reached.
    """
    session = db.session()
    points.watch(db.engine, session)
    points.listen(clock.pass_ms)
    plain = Outside.of(app, clock.now)
    outside = Outside(
        settings=plain.settings, vault=plain.vault, redis=plain.redis, now=clock.now, unpaced=True
    )
    runs.claim_due(session, clock.now(), no_ring)
    runs.sweep(session, clock.now(), set(), no_ring)
    queued = session.execute(select(Run.id, Run.attempt).where(Run.state == RunState.QUEUED)).all()
    session.rollback()
    for run_id, attempt in queued:
        carry_out(session, outside, run_id, attempt, clock)
    return points.reached
