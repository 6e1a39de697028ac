"""`bench quota`: how much of the allowed rate several workers use, and that not one call goes beyond it, counted by the pretend servers (SYNC §9).

Real processes, the product's transport, a real Valkey as the product starts it. Nothing is scaled: Saasu allows 1 call a second without any
leeway, BigCommerce 150 calls in 30 s, and 450 in 30 s for a store on a larger plan. Four Saasu files, two of which share a login, and two
shops, one of which two connections share; one to three workers each. Phases: steady; the Valkey wiped twice; the Valkey stopped and started
again; and several workers at the end of a file's day.

`over` is counted from the moments at which the calls arrived: two calls to a file less than a second apart, more than a store's quota in any
30 seconds wherever they begin, also across two phases, and calls beyond a file's day. Each phase lasts more than two of the stores' windows,
and shows nothing of an account (`shown`) that was not called more often than its window allows. The bar: at least 95 % used by each account
over the whole length of the steady phase, every account shown in every phase, nothing over and no 429 in any, files and workers of one kind
served evenly, and each file's calls counted by us as Saasu counts them: none fewer, and no more than those that were counted and then not
sent since the Valkey was away.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import func, select

from bench._quota_sums import evenness, jain, over_a_window, share_used
from bench._quota_worker import Task, Worked, work
from portal.budget import calls_since
from portal.models.connections import SaasuFile
from portal.models.mirrors import CallCount
from portal.sync.allowance import counted_since
from proofs._product import Credentials, Desk, Standing, Wanted, desk, migrated
from proofs._servers import Servers
from proofs._valkey import Valkey, valkey_running
from sandbox.faults import Call
from sandbox.serve import Running, running
from sandbox.world import File, Login, Store, World

LOGIN = Credentials(username="quota@example.com", password="sandbox-quota-1")
FILES = (730_001, 730_002, 730_003, 730_004)
STORES = {"quotaone": 150, "quotatwo": 450}
"""Shops with the calls that they allow in 30 seconds."""
WINDOW = 30
SECOND = 1_000_000_000
ACCOUNTS = {str(file): (1, SECOND) for file in FILES} | {
    name: (quota, WINDOW * SECOND) for name, quota in STORES.items()
}
"""What each account allows: so many calls in a window of so many nanoseconds."""
DAY_CALLS = 30
"""What a file's plan allows in the scaled day, and what half of the plan that a person gave comes to."""
LEAST_SHARE = Decimal("0.95")
LEAST_EVEN = Decimal("0.9")
WORKERS = (3, 1, 2, 1)
SHOP_WORKERS = (2, 3)


@dataclass(frozen=True, slots=True)
class Size:
    """How many seconds each phase lasts."""

    steady: int = 95
    wiped: int = 70
    restarted: int = 70


FEW_SECONDS = Size(steady=10, wiped=5, restarted=5)
SMALL = False
"""Measured in time, so no part of the test command; the quick form is too short for its bar of the share."""


class Arrivals:
    """The moments at which calls arrived at a server, by store or file, in nanoseconds."""

    def __init__(self, servers: Running) -> None:
        self.servers = servers
        self.found: dict[str, list[int]] = defaultdict(list)
        self._before: dict[str, list[int]] = defaultdict(list)
        for control in servers.controls.values():
            self._listen(control, control.arrived)

    def _listen(self, control: Any, plain: Callable[[Call], None]) -> None:
        def arrived(call: Call) -> None:
            self.found[call.scope].append(time.monotonic_ns())
            plain(call)

        control.arrived = arrived

    def forget(self) -> None:
        """Begin a phase."""
        for scope, moments in self.found.items():
            self._before[scope] += moments
        self.found.clear()
        for control in self.servers.controls.values():
            control.forget_calls()

    def over(self) -> int:
        """The calls of all phases until now beyond what a file or a shop allows in any window."""
        return sum(
            over_a_window(self._before[scope] + self.found[scope], allowed, window)
            for scope, (allowed, window) in ACCOUNTS.items()
        )

    def shown(self) -> int:
        """How many accounts were called so often in this phase that a call too many could show."""
        return sum(len(self.found[scope]) > allowed for scope, (allowed, _) in ACCOUNTS.items())

    def refused(self) -> int:
        """How often the servers answered 429."""
        return sum(
            int(self.servers.controls[name].calls()["by_status"].get("429", 0))
            for name in ("saasu", "bigcommerce")
        )


def main() -> int:
    """Run it. Returns 0 when the bar holds."""
    parser = argparse.ArgumentParser(prog="bench quota", description=__doc__)
    parser.add_argument("--small", action="store_true", help="phases of 5 to 10 seconds")
    size = FEW_SECONDS if parser.parse_args().small else Size()
    with tempfile.TemporaryDirectory(prefix="cl-quota-") as scratch, bench(Path(scratch)) as one:
        figures = one.carry_out(size)
    print(json.dumps(figures))
    return 0 if holds(figures) else 1


def holds(figures: dict[str, Any]) -> bool:
    """Whether the bar holds."""
    return bool(
        Decimal(figures["share_used"]["min"]) >= LEAST_SHARE
        and all(one["shown"] == len(ACCOUNTS) for one in figures["phases"].values())
        and figures["over"] == figures["refused_429"] == 0
        and Decimal(figures["fairness"]["files"]) >= LEAST_EVEN
        and Decimal(figures["fairness"]["workers"]) >= LEAST_EVEN
        and figures["day"]["calls"] == figures["day"]["allowed"]
        and figures["day"]["workers_stopped"] == WORKERS[0]
        and all(0 <= one["ours"] - one["saasu"] <= one["not_sent"] for one in figures["counted"].values())
    )


@contextmanager
def bench(folder: Path) -> Iterator["Bench"]:
    """The servers, the Valkey and the portal's database; everything gone afterwards."""
    began = datetime.now(UTC).replace(microsecond=0)
    with running(world(began)) as servers, valkey_running(folder) as valkey:
        servers.saasu.change_settings({"calls_per_second": None, "day_scale": None})
        for name, allowed in STORES.items():
            shop = servers.bigcommerce.shops[name]
            shop.settings = replace(shop.settings, quota=allowed)
        migrated(folder)
        addresses = Servers(servers.bigcommerce_url, servers.saasu_url)
        with desk(folder, addresses, Standing(), unpaced=True) as portal:
            yield Bench(servers, valkey, portal, folder)


def world(began: datetime) -> World:
    """Four files, two of them behind one login, and two shops, all empty."""
    stores = tuple(
        Store(
            hash=name, name=name, domain=f"{name}.example.com", token=f"sandbox-token-{name}",
            client_id="", client_secret="", catalogue="", file_id=FILES[0], seed=5,
        )
        for name in STORES
    )  # fmt: skip
    files = tuple(File(id=number, name=f"Quota {number} Pty Ltd", plan="Growing") for number in FILES)
    login = Login(username=LOGIN.username, password=LOGIN.password, file_ids=FILES)
    return World(name="quota", began=began, stores=stores, files=files, logins=(login,))


class Bench:
    """The whole measurement, phase by phase."""

    def __init__(self, servers: Running, valkey: Valkey, portal: Desk, folder: Path) -> None:
        self._servers = servers
        self._valkey = valkey
        self._folder = folder
        self._not_sent: Counter[str] = Counter()
        self._began = 0
        files = portal.sign_in(LOGIN, FILES)
        self._portal = portal
        self._files = [file.id for file in files]
        self._connections = [self._connect(portal, file, name) for file, name in self._pairs(files)]
        portal.session.rollback()
        # The set-up is not paced, so its calls are none of what is measured.
        self._arrivals = Arrivals(servers)

    @staticmethod
    def _pairs(files: Sequence[SaasuFile]) -> list[tuple[SaasuFile, str]]:
        one, two = STORES
        return [(files[0], one), (files[1], one), (files[2], two)]

    @staticmethod
    def _connect(portal: Desk, file: SaasuFile, name: str) -> str:
        start = datetime.now(UTC) - timedelta(days=1)
        prefix = f"{name[-3:].upper()}{file.file_id % 10}"
        wanted = Wanted(store_hash=name, token=f"sandbox-token-{name}", prefix=prefix, start=start)
        return portal.connect(file, wanted).id

    def carry_out(self, size: Size) -> dict[str, Any]:
        """Every phase; the figures."""
        self._servers.saasu.change_settings({"calls_per_second": Decimal(1), "leeway_ms": 0})
        refused = 0
        phases: dict[str, dict[str, Any]] = {}
        for name, seconds, trouble in (
            ("steady", size.steady, []),
            ("wiped", size.wiped, [(0.45, self._wipe), (0.75, self._wipe)]),
            ("restarted", size.restarted, [(0.45, self._valkey.stop), (0.5, self._valkey.start)]),
        ):
            worked = self._phase(seconds, trouble)
            phases[name] = self._told(worked, seconds)
            refused += phases[name]["refused_429"]
        over = self._arrivals.over()
        day = self._day()
        steady = phases["steady"]
        return {
            "share_used": steady["share_used"],
            "over": over + day["over"],
            "refused_429": refused + day["refused_429"],
            "fairness": steady["fairness"],
            "phases": phases,
            "day": day,
            "counted": {str(file): self._counted(place, file) for place, file in enumerate(FILES)},
            "leeway_ms": 0,
            "scale": 1,
            "workers": sum(WORKERS) + sum(SHOP_WORKERS),
        }

    def _wipe(self) -> None:
        Redis.from_url(f"unix://{self._valkey.path}").flushall()

    def _tasks(self, seconds: int, go: str) -> list[Task]:
        saasu = [
            Task(f"saasu-{place}-{number}", "saasu", file, seconds, go)
            for place, file in enumerate(self._files)
            for number in range(WORKERS[place])
        ]
        one, other, larger = self._connections
        shops = [one, other, *[larger] * SHOP_WORKERS[1]]
        return saasu + [
            Task(f"shop-{number}", "bigcommerce", key, seconds, go) for number, key in enumerate(shops)
        ]

    def _phase(self, seconds: int, trouble: Sequence[tuple[float, Callable[[], None]]]) -> list[Worked]:
        """All workers at once; `trouble` happens after these parts of the time."""
        timers = [threading.Timer(seconds * part, act) for part, act in trouble]
        started = time.monotonic()
        self._arrivals.forget()
        worked = self._at_once(self._tasks(seconds, f"go-{time.monotonic_ns()}"), timers)
        for timer in timers:
            timer.join()
        print(f"{len(worked)} workers, {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)
        return worked

    def _at_once(self, tasks: list[Task], timers: Sequence[threading.Timer] = ()) -> list[Worked]:
        addresses = Servers(self._servers.bigcommerce_url, self._servers.saasu_url)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bench._quota_worker"])
        with ProcessPoolExecutor(len(tasks), mp_context=context) as pool:
            waiting = [pool.submit(work, self._folder, addresses, task) for task in tasks]
            while len(list(self._folder.glob(f"{tasks[0].go}-*"))) < len(tasks):
                if any(one.done() for one in waiting):
                    break
                time.sleep(0.05)
            (self._folder / tasks[0].go).touch()
            self._began = time.monotonic_ns()
            for timer in timers:
                timer.start()
            worked = [one.result() for one in waiting]
        for one in worked:
            self._not_sent[one.key] += one.not_sent
        return worked

    def _told(self, worked: Sequence[Worked], seconds: int) -> dict[str, Any]:
        found = self._arrivals.found
        phase = (self._began, self._began + seconds * SECOND)
        shares = {
            scope: share_used(found[scope], allowed, window, phase)
            for scope, (allowed, window) in ACCOUNTS.items()
        }
        files = [len(found[str(file)]) for file in FILES]
        by_file = [[one.calls for one in worked if one.key == key] for key in self._files]
        return {
            "calls": {scope: len(found[scope]) for scope in shares},
            "shares": {scope: f"{share:.4f}" for scope, share in shares.items()},
            "share_used": {
                "min": f"{min(shares.values()):.4f}",
                "mean": f"{sum(shares.values()) / len(shares):.4f}",
            },
            "seconds": seconds,
            "shown": self._arrivals.shown(),
            "over_until_then": self._arrivals.over(),
            "refused_429": self._arrivals.refused(),
            "fairness": {
                "files": f"{evenness(files):.4f}",
                "jain": f"{jain(files):.4f}",
                "workers": f"{min(evenness(calls) for calls in by_file):.4f}",
            },
            "not_sent": sum(one.not_sent for one in worked),
        }

    def _counted(self, place: int, file_id: int) -> dict[str, int]:
        """What we counted for a file from the first sign-in on and what Saasu did, which leaves out the list of files; and what was not sent."""
        state, session = self._servers.saasu, self._portal.session
        ours = session.scalar(
            select(func.sum(CallCount.calls)).where(
                CallCount.account == f"saasu:{file_id}", CallCount.purpose != "files"
            )
        )
        session.rollback()
        saasu = len(state.allowance.tally(state.files[file_id]).day)
        return {"ours": int(ours or 0), "saasu": saasu, "not_sent": self._not_sent[self._files[place]]}

    def _day(self) -> dict[str, Any]:
        """Three workers ask the first file as fast as they can until its day is used up: half of the plan's calls is what we may have."""
        file_id, state = FILES[0], self._servers.saasu
        session = self._portal.session
        file = session.get_one(SaasuFile, self._files[0])
        state.change_settings({"calls_per_second": None})
        # Both sides count what was asked until now; the day's end is so many calls ahead for both.
        books = state.files[file_id]
        seen = len(state.allowance.tally(books).day)
        limit = seen + DAY_CALLS
        state.change_settings({"day_scale": Decimal(limit) / books.daily_limit + Decimal("0.00001")})
        ours = calls_since(session, f"saasu:{file_id}", counted_since(datetime.now(UTC)))
        file.sole_user, file.daily_calls = False, 2 * (ours + DAY_CALLS)
        session.commit()
        self._arrivals.forget()
        tasks = [Task(f"day-{n}", "saasu", self._files[0], 60, "go-day", "20") for n in range(WORKERS[0])]
        worked = self._at_once(tasks)
        calls = len(self._arrivals.found[str(file_id)])
        return {
            "calls": calls,
            "allowed": DAY_CALLS,
            "over": max(calls - DAY_CALLS, 0),
            "refused_429": self._arrivals.refused(),
            "workers_stopped": sum(one.blocked for one in worked),
        }


if __name__ == "__main__":
    raise SystemExit(main())
