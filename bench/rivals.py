"""`bench rivals`: our reader beside Airbyte's BigCommerce source and the Singer tap, on the same pretend shop in one run (SYNC §9).

Each reads every order of a shop with its lines, as a process of its own, timed from its start to its end. The calls are counted by the
pretend shop, and what came is compared with what is there. They take turns, ours first: rounds on a shop that answers at once, and one on a
shop that takes 50 ms for each answer; the ratios are medians over the rounds. The shop has no quota here, and ours is not paced.

The rivals are installed in environments of their own below a cache folder when they are first needed. Where one cannot be had or does not
run, the figures say so in a sentence and the bench goes on. The bar: ours is complete, and no complete rival makes do with fewer calls.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench._rivals_environments import NotHad
from bench._rivals_readers import READERS, Reader, Shop, ours, read
from bench._rivals_sums import OURS, Played, Round, There, holds, told
from proofs._servers import Line, NotObeyed, own_sandboxes
from sandbox.clock import text

SMALL = False
"""It asks a package index for other people's programs, so it is no part of the test command."""
DELAY = 0.05
"""Seconds that the slow shop takes for each answer."""
OLDEST, NEWEST = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC)
"""When the orders were placed: the same in every run, and so long ago that nothing happens to them any more."""
ALWAYS = 1_000_000_000
MARGIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """How much is read, and how long it may take: seconds for one reading, and for the whole run."""

    orders: int
    slow_orders: int
    rounds: int
    limit: int
    whole: int


def main() -> int:
    """Run it. Returns 0 when the bar holds."""
    parser = argparse.ArgumentParser(prog="bench rivals", description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000, help="orders of the shop that answers at once")
    parser.add_argument("--slow-orders", type=int, default=1_000, help="orders of the shop that takes 50 ms")
    parser.add_argument("--rounds", type=int, default=3, help="rounds at 0 ms; fewer where time runs out")
    parser.add_argument("--limit", type=int, default=110, help="seconds that one reading may take")
    parser.add_argument("--whole", type=int, default=345, help="seconds that the run may take")
    parser.add_argument("--cache", type=Path, default=cache(), help="where the rivals are installed")
    parser.add_argument("--small", action="store_true", help="100 orders each, one round")
    given = parser.parse_args()
    size = Size(given.orders, given.slow_orders, given.rounds, given.limit, given.whole)
    size = Size(100, 100, 1, given.limit, given.whole) if given.small else size
    with tempfile.TemporaryDirectory(prefix="cl-rivals-") as scratch:
        try:
            with own_sandboxes(Path(scratch), 1) as (servers,):
                figures = Bench(servers.bigcommerce, Path(scratch), given.cache.absolute(), size).carry_out()
        except NotObeyed as fault:
            print(fault, file=sys.stderr)
            return 1
    print(json.dumps(figures))
    return 0 if holds(figures) else 1


def cache() -> Path:
    """The folder of a person's caches."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cartledger-rivals"


class Bench:
    """The whole measurement, step by step."""

    def __init__(self, address: str, folder: Path, cache: Path, size: Size) -> None:
        self._began = time.monotonic()
        self._address = address
        self._folder = folder
        self._cache = cache
        self._size = size
        self._line = Line(address)
        self._missing: dict[str, str] = {}
        self._left_out: set[tuple[str, str]] = set()
        """Readers that did not come to their end with a shop: they are not let at it again."""

    def carry_out(self) -> dict[str, Any]:
        """Fill the shops, install the rivals, let all of them read; the figures."""
        plain = self._shop("rivals", self._size.orders, seed=1)
        slow = self._shop("slowrivals", self._size.slow_orders, seed=2)
        delay = {"match": {"scope": slow.hash}, "fault": "slow", "seconds": DELAY, "times": ALWAYS}
        self._line.order("POST", "/_control/faults", delay)
        readers = [ours(), *self._rivals(plain)]
        began = time.monotonic()
        rounds = [self._round(readers, plain)]
        longest = time.monotonic() - began
        slow_rounds = [self._round(readers, slow)]
        while len(rounds) < self._size.rounds and self._left() > longest + MARGIN_SECONDS:
            began = time.monotonic()
            one = self._round(readers, plain)
            if self._left() < MARGIN_SECONDS:
                break  # cut short by our own end, so nobody is judged by it
            rounds.append(one)
            longest = max(longest, time.monotonic() - began)
        return self._figures(readers, Played(plain.there, rounds), Played(slow.there, slow_rounds))

    def _figures(self, readers: list[Reader], plain: Played, slow: Played) -> dict[str, Any]:
        by_name = {reader.name: told(reader.name, plain, slow) for reader in readers}
        for reader in readers[1:]:
            by_name[reader.name] |= {"versions": reader.versions}
        return {
            "orders": len(plain.there.orders),
            "lines": len(plain.there.lines),
            "orders_50ms": len(slow.there.orders),
            "lines_50ms": len(slow.there.lines),
            "rounds_0ms": len(plain.rounds),
            "rounds_50ms": len(slow.rounds),
            OURS: by_name.pop(OURS),
            "rivals": by_name,
            "not_to_be_had": self._missing,
            "python": platform.python_version(),
            "seconds": int(time.monotonic() - self._began),
        }

    def _shop(self, name: str, count: int, *, seed: int) -> Shop:
        """A shop without a quota, full of orders as customers place them; what it has is asked of its control address."""
        path = f"/_control/stores/{name}"
        self._line.order("POST", "/_control/stores", {"hash": name})
        self._line.order("PATCH", path, {"quota": None})
        wanted = {"seed": seed, "count": count, "from": text(OLDEST), "to": text(NEWEST)}
        ids = self._line.order("POST", f"{path}/generate", wanted)["ids"]
        lines = (line["id"] for one in ids for line in self._line.get(f"{path}/orders/{one}")["products"])
        there = There(frozenset(ids), frozenset(lines))
        return Shop(self._address, name, f"sandbox-token-{name}", there, OLDEST - timedelta(days=1))

    def _rivals(self, shop: Shop) -> list[Reader]:
        found = []
        for name, prepare in READERS.items():
            try:
                found.append(prepare(shop, self._folder, self._cache))
            except NotHad as fault:
                print(fault, file=sys.stderr, flush=True)
                self._missing[name] = str(fault)
        return found

    def _round(self, readers: list[Reader], shop: Shop) -> Round:
        """Each reader once, one after the other."""
        found = {}
        for reader in readers:
            if (reader.name, shop.hash) in self._left_out:
                continue
            limit = int(max(1, min(self._size.limit, self._left())))
            found[reader.name] = reading = read(reader, shop, self._folder, limit)
            if reading.words:
                self._left_out.add((reader.name, shop.hash))
            told = f"{reader.name} {shop.hash} {reading.nanoseconds / 10**9:.1f} s."
            print(f"{told} {reading.reached(shop.there)}", file=sys.stderr, flush=True)
        return found

    def _left(self) -> float:
        """Seconds that are left of the whole run."""
        return self._size.whole - (time.monotonic() - self._began)


if __name__ == "__main__":
    raise SystemExit(main())
