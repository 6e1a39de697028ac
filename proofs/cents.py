"""`prove cents`: thousands of made-up orders through the whole product, and the same cents on both sides (issue 3; SYNC §5, LINES).

The shop's sums are the sandbox's own, Saasu's totals are the sandbox's own by every rounding that LINES does not rule out, and
the checks are the proof's own. `--only N --seed S` takes one order alone and tells everything about it.

With BIGCOMMERCE_API_URL and SAASU_API_URL the proof works against those servers and starts none. Where they have the control
address of our sandbox, orders are placed there; elsewhere the shop's own orders are posted, by the public calls alone.
"""

import argparse
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from portal.settings import SettingsError
from proofs._apart import Crashed, in_turn
from proofs._cents_between import UnprovenWorker
from proofs._cents_elsewhere import Elsewhere, add_arguments, found_elsewhere
from proofs._cents_faults import FAULTS
from proofs._cents_orders import is_half_cent, is_long
from proofs._cents_roundings import BETWEEN, PROVEN, UNPROVEN, Rounding
from proofs._cents_shops import FIRST_FILE, SHOPS, Shop
from proofs._cents_tally import Tally
from proofs._cents_work import Job, Worker
from proofs._product import migrated, settings_for
from proofs._servers import NotObeyed, Servers, given_servers, obeys, own_sandboxes

LEAST_POSTED = 0.9
FILES_EACH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many orders: in all, over each planted fault, and under each unproven rounding; over how many days they come.

    `planted_shops` and `unproven_shops` are the places of the shops that these go to.
    """

    orders: int
    days: int
    planted: int
    planted_shops: frozenset[int]
    unproven: int
    unproven_shops: frozenset[int]
    unproven_roundings: tuple[Rounding, ...]


FULL = Size(
    orders=20_000,
    days=len(PROVEN),
    planted=600,
    planted_shops=frozenset({1, 3}),
    unproven=900,
    unproven_shops=frozenset({1, 3, 4}),
    unproven_roundings=BETWEEN,
)
SMALL = Size(
    orders=100,
    days=2,
    planted=14,
    planted_shops=frozenset({1}),
    unproven=30,
    unproven_shops=frozenset({1}),
    unproven_roundings=BETWEEN[1:2],
)


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a proof works: its scratch folder, an empty database to copy, one pair of servers for each process at once.

    `stem` begins the names of what is made in the servers; `made` counts the jobs, so that no two use the same names.
    """

    folder: Path
    template: Path
    arenas: list[Servers]
    stem: str
    first_file: int
    made: int = 0

    def job(
        self, asked: argparse.Namespace, shops: Sequence[Shop], numbers: Sequence[int], **more: Any
    ) -> Job:
        """A job over some shops; order N goes to the shop of place N modulo their number, whoever works."""
        servers = self.arenas[self.made % len(self.arenas)]
        tag = f"{self.stem}{self.made}"
        first_file = self.first_file + FILES_EACH * self.made
        self.made += 1
        mine = {shop.place: [one for one in numbers if one % len(SHOPS) == shop.place] for shop in shops}
        return Job(
            servers=servers,
            folder=self.folder / tag,
            template=self.template,
            tag=tag,
            first_file=first_file,
            seed=asked.seed,
            shops=tuple(shop for shop in shops if mine[shop.place]),
            numbers=mine,
            **more,
        )


def main(words: Sequence[str] | None = None) -> int:
    """Prove it. Returns 0 where the bar holds, 1 where it does not, 2 where the servers are not there."""
    asked = arguments().parse_args(words)
    began = time.monotonic()
    # Whoever ends the proof ends its sandboxes as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        given = given_servers(dict(os.environ))
        if given:
            settings_for(Path("/"), given)  # the product takes no address but this machine's in development
        with place_for(asked, given) as place:
            figures, held = elsewhere(asked, place) if given and not obeys(given) else prove(asked, place)
    except (NotObeyed, SettingsError) as fault:
        print(fault, file=sys.stderr)
        return 2
    figures["seconds"] = round(time.monotonic() - began)
    print(json.dumps(figures), flush=True)
    return 0 if held else 1


def arguments() -> argparse.ArgumentParser:
    """What may be typed."""
    parser = argparse.ArgumentParser(
        prog="prove cents", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=0, help=f"how many orders ({FULL.orders})")
    parser.add_argument("--small", action="store_true", help="few orders, as the test command runs it")
    parser.add_argument("--seed", type=int, default=20_261_124, help="the same seed makes the same orders")
    parser.add_argument(
        "--only", type=int, default=None, metavar="N", help="the order of this number alone, told whole"
    )
    parser.add_argument(
        "--fault", choices=sorted(FAULTS), help="plant this fault first; the proof should turn red"
    )
    parser.add_argument(
        "--workers", type=int, default=2, help="processes at once, each with a sandbox of its own"
    )
    add_arguments(parser)
    return parser


@contextmanager
def place_for(asked: argparse.Namespace, given: Servers | None) -> Iterator[Place]:
    """A scratch folder, and our own sandboxes unless servers are given. Raises `NotObeyed`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cl-cents-")))
        count = 1 if asked.only is not None else max(1, asked.workers)
        arenas = [given] if given else stack.enter_context(own_sandboxes(folder, count))
        template = migrated(folder / "empty")
        # Other servers may still hold what an earlier proof made there.
        moment = int(time.time()) if given else 0
        yield Place(
            folder=folder,
            template=template,
            arenas=arenas,
            stem=f"{moment:x}r" if given else "r",
            first_file=FIRST_FILE + moment % 1_000_000 * 1_000,
        )


def prove(asked: argparse.Namespace, place: Place) -> tuple[dict[str, Any], bool]:
    """The orders, the planted faults, the unproven roundings. Returns the figures and whether the bar holds."""
    size = SMALL if asked.small else FULL
    orders = asked.orders or size.orders
    tally, crashed = run_orders(asked, place, range(orders) if asked.only is None else [asked.only], size)
    tell_wrong(asked, tally, crashed)
    figures = tally.figures()
    held = not crashed and not tally.is_red and tally.posted >= LEAST_POSTED * tally.orders
    held = held and not tally.between["in whole cents"]
    if asked.only is None and not asked.fault:
        more, all_caught = run_planted(asked, place, size)
        figures |= more
        unproven, all_noticed = run_unproven(asked, place, size)
        figures |= unproven
        held = held and all_caught and all_noticed
    return figures, held


def run_orders(
    asked: argparse.Namespace, place: Place, numbers: Sequence[int], size: Size
) -> tuple[Tally, list[Crashed]]:
    """All orders, the shops dealt out over the processes."""
    works = []
    for number in range(len(place.arenas)):
        shops = [
            shop
            for shop in SHOPS[number :: len(place.arenas)]
            if asked.only is None or asked.only % len(SHOPS) == shop.place
        ]
        job = place.job(
            asked,
            shops,
            numbers,
            days=1 if asked.only is not None else size.days,
            again=PROVEN + UNPROVEN,
            tell_all=asked.only is not None,
        )
        works.append(partial(work, job, asked.fault))
    return summed(in_turn(works, len(works)))


def work(job: Job, fault: str | None = None, kind: type[Worker] = Worker) -> Tally:
    """One process's work, over the product as it is or with a fault planted in it."""
    if fault:
        FAULTS[fault]()
    return kind(job).work()


def summed(found: Sequence[Tally | Crashed]) -> tuple[Tally, list[Crashed]]:
    """What all processes found together, and those that did not end."""
    whole = Tally()
    for one in found:
        if isinstance(one, Tally):
            whole.add(one)
    return whole, [one for one in found if isinstance(one, Crashed)]


def shops_at(places: frozenset[int]) -> tuple[Shop, ...]:
    """The shops of these places."""
    return tuple(shop for shop in SHOPS if shop.place in places)


def numbers_for(places: frozenset[int], count: int) -> list[int]:
    """The first so many orders that go to some shops; among them at least one long one, and one whose total ends in half a cent."""
    mine = (number for number in itertools.count() if number % len(SHOPS) in places)
    chosen = list(itertools.islice(mine, count))
    for wanted in (is_long, is_half_cent):
        if not any(map(wanted, chosen)):
            chosen.append(next(filter(wanted, mine)))
    return chosen


def run_planted(asked: argparse.Namespace, place: Place, size: Size) -> tuple[dict[str, Any], bool]:
    """Each fault over some of the orders, in a process of its own: by which checks the proof caught it, and in how many orders."""
    shops, numbers = shops_at(size.planted_shops), numbers_for(size.planted_shops, size.planted)
    works = [partial(work, place.job(asked, shops, numbers), fault) for fault in FAULTS]
    caught: dict[str, dict[str, int]] = {}
    for fault, one in zip(FAULTS, in_turn(works, len(place.arenas)), strict=True):
        if isinstance(one, Crashed):
            print(f"The run with {fault} planted ended early:\n{one}", flush=True)
        ended = isinstance(one, Tally) and not one.stopped_runs
        caught[fault] = dict(sorted(one.checks.items())) if isinstance(one, Tally) and ended else {}
    found = sum(1 for checks in caught.values() if checks)
    return {"planted": len(FAULTS), "caught": found, "caught_by": caught}, found == len(FAULTS)


def run_unproven(asked: argparse.Namespace, place: Place, size: Size) -> tuple[dict[str, Any], bool]:
    """Orders posted under the unproven roundings: how many miss, and whether the product found each by itself."""
    shops, numbers = shops_at(size.unproven_shops), numbers_for(size.unproven_shops, size.unproven)
    works: list[Callable[[], Tally]] = []
    for rounding in size.unproven_roundings:
        job = place.job(asked, shops, numbers, posting=(rounding,))
        works.append(partial(work, job, None, UnprovenWorker))
    tally, crashed = summed(in_turn(works, len(place.arenas)))
    tell_wrong(asked, tally, crashed)
    figures = {
        "posted": tally.posted,
        "wrong": tally.between["wrong"],
        "unnoticed": tally.checks["unnoticed"],
        "kept_out": dict(sorted(tally.refused.items())),
    }
    return {"posted_under_unproven": figures}, not crashed and not tally.is_red


def elsewhere(asked: argparse.Namespace, place: Place) -> tuple[dict[str, Any], bool]:
    """The shop's own orders, in servers that are not our sandbox."""
    (found,) = in_turn(
        [partial(found_elsewhere, Elsewhere.of(asked, place.arenas[0], place.folder, place.template))], 1
    )
    tally, crashed = summed([found])
    tell_wrong(asked, tally, crashed)
    figures = tally.figures() | {"planted": 0, "caught": 0}
    figures["left_out"] = [
        "orders of our own, roundings of Saasu in turn, and planted faults: these servers have no control address"
    ]
    return figures, not crashed and not tally.is_red and tally.posted >= LEAST_POSTED * tally.orders > 0


def tell_wrong(asked: argparse.Namespace, tally: Tally, crashed: Sequence[Crashed]) -> None:
    """Show the orders that went wrong, each with both sides, and how to see it again."""
    for one in tally.wrong:
        again = f"python3 -m portal prove cents --seed {asked.seed} --only {one.number}"
        print(f"{one.told}\n  again  {again}\n", flush=True)
    for fault in crashed:
        print(f"A process ended early:\n{fault}", flush=True)
    spent = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in sorted(tally.seconds.items()))
    print(f"{tally.orders} orders. Seconds over all processes: {spent}.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
