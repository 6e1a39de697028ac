"""One schedule of the simulation: some hours of chaos by the dice of one seed, then calm, then the four invariants (SYNC §7).

The protocol that is played is the product's own: the engine with all it stands on, over the ledger in memory or over SQL.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from portal.sync.engine import run_sync
from portal.sync.known_sales import KnownSales
from portal.sync.outfit import Sync
from portal.sync.ports import Clock, LeaseLost, Ledger, OrderRecord, Reading, StopAsked
from portal.sync.problems import RunStopped
from portal.sync.rules import Rules
from portal.sync.sale_orders import marker
from proofs._memory_ledger import MemoryLedger, MemorySales, Shelf
from proofs._sim_ends import End, end_of
from proofs._sim_judge import faults_of
from proofs._sim_remotes import AWAITING, CALM, CANCELLED, INCOMPLETE, SimBooks, SimShop, Trouble
from proofs._sim_stage import BEGAN, Dice, Stage

HASH = "simulation"
START = BEGAN - timedelta(hours=1)
CALM_HOURS = (1, 1, 1, 2, 1, 4, 1, 1, 24, 1, 1, 1)
"""Hours between the runs once everything is well; a refused order is tried again after 1, 4 and 24."""
LEAPS = (0, 0, 20, 95, 130, 130, 600, 3_700)
"""Seconds that go by between two rounds of the chaos."""


class Store(Protocol):
    """Where a schedule keeps its ledger."""

    def take_lease(self, run_id: str, clock: Clock) -> int | None:
        """Take the lease for a run."""
        ...

    def renew_lease(self, fence: int, clock: Clock) -> None:
        """Hold it on. Raises `LeaseLost`."""
        ...

    def release_lease(self, fence: int) -> None:
        """Give it back."""
        ...

    def ledger(self, fence: int, run_id: str, clock: Clock) -> Ledger:
        """The ledger of one run."""
        ...

    def sales(self, fence: int, clock: Clock) -> KnownSales:
        """The known sales of one run."""
        ...

    def records(self) -> list[OrderRecord]:
        """Every order's record as it is now."""
        ...


class MemoryStore:
    """A ledger in memory. `ledger_class` is another where a fault is planted."""

    def __init__(self, rules: Rules, ledger_class: type[MemoryLedger] = MemoryLedger) -> None:
        self.shelf = Shelf(reading=Reading(watermark=START), rules=rules)
        self._ledger_class = ledger_class

    def take_lease(self, run_id: str, clock: Clock) -> int | None:
        """Take the lease for a run."""
        return self.shelf.take_lease(run_id, clock.now())

    def renew_lease(self, fence: int, clock: Clock) -> None:
        """Hold it on. Raises `LeaseLost`."""
        now = clock.now()
        self._ledger_class(self.shelf, fence, "", clock).hold(now)

    def release_lease(self, fence: int) -> None:
        """Give it back."""
        self.shelf.release_lease(fence)

    def ledger(self, fence: int, run_id: str, clock: Clock) -> Ledger:
        """The ledger of one run."""
        return self._ledger_class(self.shelf, fence, run_id, clock)

    def sales(self, fence: int, clock: Clock) -> KnownSales:
        """The known sales of one run."""
        return MemorySales(self.shelf, fence, clock)

    def records(self) -> list[OrderRecord]:
        """Every order's record as it is now."""
        ledger = MemoryLedger(self.shelf, 0, "", NoClock())
        return list(ledger.known(self.shelf.rows).values())


class NoClock:
    """For reading alone."""

    def now(self) -> datetime:
        """Nobody asks."""
        raise AssertionError("nobody asks for this here")


class SimClock:
    """The database's clock as a worker sees it; looking at it is a moment at which anything can happen. `off` is a worker's own error."""

    def __init__(self, stage: Stage, off: timedelta = timedelta()) -> None:
        self._stage = stage
        self._off = off

    def now(self) -> datetime:
        """The moment it is, after whatever came between."""
        self._stage.pause()
        return self._stage.now + self._off


class StillClock:
    """The same clock as it is read within a transaction, where nothing comes between."""

    def __init__(self, stage: Stage, off: timedelta = timedelta()) -> None:
        self._stage = stage
        self._off = off

    def now(self) -> datetime:
        """The moment it is."""
        return self._stage.now + self._off


class Turned:
    """A port of the database, each call of which is a moment at which anything can happen before it; the call itself is one transaction."""

    def __init__(self, port: object, stage: Stage) -> None:
        self._port = port
        self._stage = stage

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._port, name)

        def turned(*given: Any, **named: Any) -> Any:
            self._stage.pause()
            self._stage.say(name.replace("_", " "))
            return call(*given, **named)

        return turned


@dataclass(slots=True)
class Verdict:
    """What became of one schedule; `bad` says in words what is wrong, empty where nothing is; `ends` are the orders by ascending id."""

    seed: int
    bad: list[str] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    orders: int = 0
    posts: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the dice said of the world of one schedule."""

    prefix: str
    unique: bool
    trouble: Trouble
    shop_fails: int
    kill: int
    pause: int
    books_off: timedelta
    shop_off: timedelta
    worker_off: timedelta = timedelta()


def setting(dice: random.Random, *, own_clocks: bool = False) -> Setting:
    """Roll the world of one schedule. Commits land within the settle time unless Saasu refuses a number twice (SYNC §7.5)."""
    prefix = dice.choice(("SIM", "SIM", "SIM", ""))
    unique = prefix != "" and dice.randrange(4) == 0
    latest = 2_000 if unique or not prefix else 100
    heavy = dice.choice((1, 1, 3))
    return Setting(
        prefix=prefix,
        unique=unique,
        trouble=Trouble(
            lost_before=60 * heavy,
            lost_after=60 * heavy,
            late=60 * heavy,
            latest=latest,
            throttled=20 * heavy,
            refused=20 * heavy,
            never_left=20 * heavy,
            read_fails=15 * heavy,
        ),
        shop_fails=15 * heavy,
        kill=dice.choice((0, 4, 12)),
        pause=dice.choice((0, 10, 40)),
        books_off=timedelta(seconds=dice.randint(-480, 480)),
        shop_off=timedelta(seconds=dice.randint(-90, 480)),
        worker_off=timedelta(seconds=dice.choice((-600, 600, 0))) if own_clocks else timedelta(),
    )


class Play:
    """One schedule over one store."""

    def __init__(
        self,
        seed: int,
        store_of: Callable[[Rules], Store],
        *,
        own_clocks: bool = False,
        verbose: bool = False,
    ) -> None:
        self._dice = random.Random(seed)
        self._world = setting(self._dice, own_clocks=own_clocks)
        self._rules = rules(self._world.prefix)
        self.store = store_of(self._rules)
        self.stage = Stage(self._dice, Dice(self._world.kill, self._world.pause))
        self.stage.trace = [] if verbose else None
        self.shop = SimShop(self.stage, fails=self._world.shop_fails, clock_off=self._world.shop_off)
        self.books = SimBooks(
            self.stage,
            unique=self._world.unique,
            trouble=self._world.trouble,
            clock_off=self._world.books_off,
        )
        self._runs = 0
        self._seed = seed

    def verdict(self) -> Verdict:
        """Play it and judge it."""
        self._chaos()
        self._calm()
        self.stage.pass_by(timedelta(hours=1))
        before = len(self.books.posts)
        self._work(self._run_id(fresh=True))
        self.stage.play_out()
        return Verdict(
            seed=self._seed,
            bad=self.wrongs(len(self.books.posts) - before),
            ends=sorted(map(end_of, self.store.records()), key=lambda end: end.order_id),
            orders=len(self.shop.orders),
            posts=len(self.books.posts),
            happened=self.stage.happened,
            trace=self.stage.trace or [],
        )

    def _chaos(self) -> None:
        """Some hours in which everything goes wrong that may."""
        for _ in range(self._dice.randint(1, 3)):
            self.shop.place(self._dice.choice((AWAITING, AWAITING, INCOMPLETE)))
        self.stage.pass_by(timedelta(minutes=3))
        for _ in range(self._dice.randint(3, 6)):
            if self._dice.randrange(3) == 0:
                self.shop.place(self._dice.choice((AWAITING, INCOMPLETE)))
            delay = timedelta(milliseconds=self._dice.randint(0, 8_000))
            self.stage.at(self.stage.now + delay, self._somebody_acts)
            for _ in range(self._dice.choice((1, 1, 2))):
                self._work(self._run_id(fresh=self._dice.randrange(5) > 0))
            self.stage.play(self._dice.choice((15, 40, 100, 400)))
            self.stage.pass_by(timedelta(seconds=self._dice.choice(LEAPS)))
        if self._dice.randrange(2):
            self.stage.kill_all()

    def _somebody_acts(self) -> None:
        """In the shop: an order is paid for, or cancelled."""
        number = self._dice.choice(sorted(self.shop.orders))
        status = self.shop.orders[number].status_id
        if status == INCOMPLETE[0]:
            self.shop.change(number, AWAITING)
        elif status == AWAITING[0] and self._dice.randrange(8) == 0:
            self.shop.change(number, CANCELLED)

    def _calm(self) -> None:
        """Nothing goes wrong any more; runs go on hourly until nothing is open."""
        self.stage.dice = Dice()
        self.books.trouble, self.shop.fails = CALM, 0
        self.stage.play_out()
        for number, order in list(self.shop.orders.items()):
            if order.status_id == INCOMPLETE[0]:
                self.shop.change(number, AWAITING)
        for hours in CALM_HOURS:
            self.stage.pass_by(timedelta(hours=hours))
            self._work(self._run_id(fresh=True))
            self.stage.play_out()

    def _run_id(self, *, fresh: bool) -> str:
        """A run's id: a new one, or the last one delivered once more."""
        self._runs += fresh or not self._runs
        return f"run {self._runs}"

    def _work(self, run_id: str) -> None:
        self.stage.begin(f"{run_id}/{self.stage.steps % 1000}", lambda: self._carry_out(run_id))

    def _carry_out(self, run_id: str) -> None:
        """One delivery of a run, as `portal.services.syncing.carry_out` does it."""
        off = self._world.worker_off if self._runs % 2 else timedelta()
        clock, still = SimClock(self.stage, off), StillClock(self.stage, off)
        self.stage.pause()
        fence = self.store.take_lease(run_id, still)
        if fence is None:
            self.stage.say("another run holds the lease")
            return
        self.stage.say(f"has the lease under fence {fence}")
        books = self.books.for_run(lambda: self.store.renew_lease(fence, still))
        shop: Any = self.shop
        file: Any = books
        sync = Sync(
            rules=self._rules,
            rules_now=lambda: self._rules,
            shop=shop,
            books=file,
            ledger=turned(self.store.ledger(fence, run_id, still), self.stage),
            sales=turned(self.store.sales(fence, still), self.stage),
            clock=clock,
            catalogue=books.catalogue,
            report=self._faulty,
        )
        try:
            run_sync(sync)
            self.stage.say("ends well")
        except RunStopped as stopped:
            self.stage.happened["run stopped"] += 1
            self.stage.say(f"stops: {stopped.problem.sentence}")
        except StopAsked:
            self.stage.say("was asked to stop")
        except LeaseLost:
            self.stage.happened["lease lost"] += 1
            self.stage.say("lost its lease")
            return
        self.stage.pause()
        self.store.release_lease(fence)

    def _faulty(self, fault: Exception) -> None:
        self.stage.happened["fault of ours"] += 1
        self.stage.say(f"fault of ours: {fault!r}")

    def wrongs(self, idle_posts: int) -> list[str]:
        """What is wrong as everything stands now: by the books and the shop, never by what the ledger believes."""
        orders = {
            marker(HASH, number): order.status_id == AWAITING[0] for number, order in self.shop.orders.items()
        }
        sales = [(one.purchase_order_number, one.invoice_id) for one in self.books.sales]
        ledger = {
            marker(HASH, one.order_id): (str(one.state), one.invoice_id) for one in self.store.records()
        }
        wrongs = faults_of(orders, sales, ledger, idle_posts)
        if self.stage.happened["fault of ours"]:
            wrongs.append("a fault of ours in the engine")
        return wrongs


def turned(port: Any, stage: Stage) -> Any:
    """A port whose every call is a moment at which anything can happen."""
    return Turned(port, stage)


def rules(prefix: str) -> Rules:
    """The rules of the simulated connection."""
    return Rules(
        store_hash=HASH,
        zone=ZoneInfo("Australia/Sydney"),
        start=START,
        prefix=prefix,
        statuses=frozenset({AWAITING[0]}),
    )
