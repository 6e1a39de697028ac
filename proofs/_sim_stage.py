"""The stage of the simulation: virtual time, and workers that take turns at every call of a port, by the dice of one seed.

A worker is a greenlet. Whenever it calls a port it hands over to the stage, which lets time go by, kills it, makes it pause, or lets
another one go on. A killed worker is never resumed, as a process that died of SIGKILL.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from greenlet import GreenletExit, getcurrent, greenlet

BEGAN = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
QUICK = (0, 5, 20, 80, 300, 1_200)
"""Milliseconds that go by at a port."""
PAUSES = (3, 6, 30, 100, 200, 900)
"""Seconds for which a worker is held up: a stopped virtual machine, a disk that waits."""


class NeverEnds(Exception):
    """A run did not come to its end within any sensible number of steps."""


@dataclass(slots=True)
class Dice:
    """How often what goes wrong, in a thousand port calls; all 0 where nothing does."""

    kill: int = 0
    pause: int = 0


@dataclass(slots=True)
class Worker:
    """One process: its greenlet, and the moment before which it is not let go on."""

    name: str
    turn: greenlet
    wakes: datetime
    dead: bool = False


@dataclass(slots=True)
class Stage:
    """Virtual time and whoever is at work. `events` are what happens of itself at a moment: a late answer's commit."""

    random: random.Random
    dice: Dice = field(default_factory=Dice)
    now: datetime = BEGAN
    workers: list[Worker] = field(default_factory=list)
    events: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    trace: list[str] | None = None
    main: greenlet = field(default_factory=getcurrent)
    steps: int = 0

    def say(self, words: str) -> None:
        """A line of the trace, where one is kept."""
        if self.trace is not None:
            name = next((one.name for one in self.workers if one.turn is getcurrent()), "world")
            self.trace.append(f"{self.now:%d %H:%M:%S}.{self.now.microsecond // 1000:03}  {name:8} {words}")

    def at(self, moment: datetime, happens: Callable[[], object]) -> None:
        """Let something happen of itself at a moment."""
        self.events.append((moment, len(self.events), happens))

    def pass_by(self, by: timedelta) -> None:
        """Let time go by, and what lies in it happen, in its order."""
        until = self.now + by
        while self.events and (first := min(self.events))[0] <= until:
            self.events.remove(first)
            self.now = max(self.now, first[0])
            first[2]()
        self.now = until

    def begin(self, name: str, work: Callable[[], None]) -> Worker:
        """Put a worker on the stage; it begins when it is let."""
        worker = Worker(name, greenlet(work, parent=self.main), self.now)
        self.workers.append(worker)
        return worker

    def pause(self, milliseconds: int | None = None) -> None:
        """A port is called: hand over. Where the caller was killed it never comes back."""
        worker = self._current()
        if worker is None:
            return
        if worker.dead:
            raise GreenletExit
        wait = self.random.choice(QUICK) if milliseconds is None else milliseconds
        worker.wakes = self.now + timedelta(milliseconds=wait)
        if self.random.randrange(1000) < self.dice.kill:
            worker.dead = True
            self.happened["killed"] += 1
            self.say("is killed")
        elif self.random.randrange(1000) < self.dice.pause:
            worker.wakes += timedelta(seconds=self.random.choice(PAUSES))
            self.happened["paused"] += 1
            self.say(f"is held up until {worker.wakes:%H:%M:%S}")
        self.main.switch()
        if worker.dead:
            raise GreenletExit

    def _current(self) -> Worker | None:
        here = getcurrent()
        return next((one for one in self.workers if one.turn is here), None)

    def play(self, most: int, *, restless: bool = True) -> None:
        """Let whoever is awake go on, one port call after another, until nobody is at work or so many steps were taken.

        A restless stage may end it while somebody is held up, so that others come meanwhile.
        """
        for _ in range(most):
            self.workers = [one for one in self.workers if not one.dead and not one.turn.dead]
            if not self.workers:
                return
            awake = [one for one in self.workers if one.wakes <= self.now]
            if not awake:
                wait = min(one.wakes for one in self.workers) - self.now
                if restless and wait > timedelta(seconds=2) and self.random.randrange(2):
                    return
                self.pass_by(wait)
                continue
            self.steps += 1
            self.random.choice(awake).turn.switch()

    def play_out(self) -> None:
        """Let everybody who is at work come to an end. Raises `NeverEnds`."""
        self.play(200_000, restless=False)
        if self.workers:
            raise NeverEnds(f"{len(self.workers)} workers are still at work")

    def kill_all(self) -> None:
        """Everybody who is at work dies."""
        for one in self.workers:
            one.dead = True
        self.happened["killed"] += len(self.workers)
        self.workers = []
