"""`prove exactly-once`: every commit and every call of a run is a place to die, and no order is twice, none missing (SYNC §7; ASSURANCE A3).

The product itself works, over HTTP against our sandbox and on an SQLite file, in some scenarios on PostgreSQL. A clean run numbers the points: before and after each
commit that writes, before each call and after its answer. Each scenario then forks a worker that really dies of SIGKILL at a point, or
is held up past its lease, or meets a fault that the sandbox makes; others go on as the product would, and the last has nothing to do.
What happened is read from the sandbox, whose own check of numbers is off but where a scenario says otherwise. A scenario is red as well
where a worker that was to die did not, or a fault that was ordered met no call.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from proofs._apart import Crashed, in_turn
from proofs._once_arena import Arena
from proofs._once_databases import FileRows, Rows, ServerRows, postgresql
from proofs._once_plants import PLANTS, bringing_out
from proofs._once_play import Verdict, play
from proofs._once_points import die
from proofs._once_scenarios import ON_POSTGRESQL, Scenario, every_scenario, on_postgresql
from proofs._product import migrated
from proofs._servers import NotObeyed, Servers, own_sandboxes

BROKEN = ("duplicates", "lost", "idle_posts", "misnamed")
COUNTED = (*BROKEN, "idle_calls", "contacts_twice", "died", "workers", "unfired")
SMALL = 36
SMALL_ON_POSTGRESQL = 4
PLACE_ON_POSTGRESQL = 50
SMALL_PLANTS = ("no-intent", "no-look-up")
SHOWN_IN = 8
"""Scenarios in which a planted fault may show itself."""
Lane = tuple[list[Verdict], list[str]]


def main(words: Sequence[str] | None = None) -> int:
    """Prove it. Returns 0 where the bar holds, 1 where it does not, 2 where a sandbox did not start."""
    asked = arguments().parse_args(words)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with tempfile.TemporaryDirectory(prefix="cl-once-") as scratch:
            folder = Path(scratch)
            lanes = 1 if asked.only else max(1, asked.lanes)
            with (
                own_sandboxes(folder, lanes) as servers,
                postgresql(wanted=plays(asked, there=True)) as server,
            ):
                figures, held = prove(asked, folder, servers, server)
    except NotObeyed as fault:
        print(fault, file=sys.stderr)
        return 2
    figures["seconds"] = round(time.monotonic() - began)
    print(json.dumps(figures), flush=True)
    return 0 if held else 1


def arguments() -> argparse.ArgumentParser:
    """What may be typed."""
    parser = argparse.ArgumentParser(
        prog="prove exactly-once", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="some scenarios, as the test command runs it")
    parser.add_argument("--only", metavar="NAME", default="", help="the scenario of this name alone")
    parser.add_argument("--kind", default="", help="the scenarios of this kind alone")
    parser.add_argument("--planted", choices=sorted(PLANTS), help="leave this part of the protocol out")
    parser.add_argument("--lanes", type=int, default=2, help="processes at once, each with its own sandbox")
    parser.add_argument("--list", action="store_true", help="name the points and the scenarios, play none")
    return parser


def plays(asked: argparse.Namespace, *, there: bool) -> bool:
    """Whether scenarios on PostgreSQL are asked for, or those on SQLite."""
    if asked.planted or asked.list:
        return not there
    if asked.only or asked.kind:
        return there == (ON_POSTGRESQL in (asked.kind, asked.only.partition("/")[0]))
    return True


def prove(
    asked: argparse.Namespace, folder: Path, servers: list[Servers], server: str
) -> tuple[dict[str, Any], bool]:
    """All scenarios down the lanes, then those on the PostgreSQL `server`, then the plants. Returns the figures and whether the bar holds."""
    template = migrated(folder / "empty")
    jobs = [
        partial(lane, asked, one, folder / f"{name}-{number}", rows, number, len(servers))
        for name, rows in (("sqlite", template), (ON_POSTGRESQL, server))
        if plays(asked, there=name == ON_POSTGRESQL)
        for number, one in enumerate(servers)
    ]
    found = in_turn(jobs, len(servers))
    verdicts, crashed = gathered(found)
    figures = figures_of(verdicts) | {
        "points": max((len(one[1]) for one in found if not isinstance(one, Crashed)), default=0)
    }
    held = not crashed and bool(verdicts) and not any(one.is_red for one in verdicts)
    if not (verdicts or asked.list):
        print(f"There is no scenario {asked.only or asked.kind!r}.", flush=True)
    if not (asked.only or asked.planted or asked.kind or asked.list):
        names = SMALL_PLANTS if asked.small else tuple(PLANTS)
        plants = [
            partial(
                plant_lane, name, servers[place % len(servers)], folder / f"plant-{name}", template, place + 1
            )
            for place, name in enumerate(names)
        ]
        caught = dict(zip(names, map(reds, in_turn(plants, len(servers))), strict=True))
        figures |= {"planted": len(names), "caught": sum(map(bool, caught.values())), "caught_in": caught}
        held = held and all(caught.values()) and figures["postgresql_scenarios"] > 0
    return figures, held or asked.list


def lane(
    asked: argparse.Namespace, servers: Servers, folder: Path, rows: Path | str, number: int, lanes: int
) -> Lane:
    """One lane's share of the scenarios: on copies of an SQLite file, or on the PostgreSQL server at an address."""
    if asked.planted:
        PLANTS[asked.planted]()
    there = isinstance(rows, str)
    kept: Rows = ServerRows(rows, f"lane{number}") if isinstance(rows, str) else FileRows(folder, rows)
    with Arena(servers, folder, kept, PLACE_ON_POSTGRESQL if there else 0).opened() as arena:
        numbered, auto = clean_points(arena)
        scenarios = on_postgresql(numbered) if there else every_scenario(numbered, auto)
        if asked.list and number == 0:
            print("\n".join(f"{place:>4} {point}" for place, point in enumerate(numbered, 1)))
            print("\n".join(one.name for one in [*scenarios, *on_postgresql(numbered)]))
        mine = [] if asked.list else chosen(scenarios, asked)[number::lanes]
        return [told(play(arena, one)) for one in mine], numbered


def clean_points(arena: Arena) -> tuple[list[str], list[str]]:
    """The points that a clean run reaches with numbers of ours, and with numbers of Saasu's. Raises `NotObeyed`."""
    reached = []
    for auto in (False, True):
        arena.set_back(auto=auto, unique=False)
        ended = arena.worker(0, die).wait()
        if len(arena.sales()) != len(arena.orders):
            raise NotObeyed(f"A clean run does not post every order: {arena.standings()}")
        reached.append(list(ended.reached))
    return reached[0], reached[1]


def chosen(scenarios: list[Scenario], asked: argparse.Namespace) -> list[Scenario]:
    """The scenarios that are asked for; of those of the small form a spread of each kind, on PostgreSQL the first ones."""
    if asked.only or asked.kind:
        return [one for one in scenarios if asked.only in ("", one.name) and asked.kind in ("", one.kind)]
    if not asked.small:
        return scenarios
    kinds = sorted({one.kind for one in scenarios})
    if kinds == [ON_POSTGRESQL]:
        return scenarios[:SMALL_ON_POSTGRESQL]
    spread = []
    for kind in kinds:
        of_kind = [one for one in scenarios if one.kind == kind]
        wanted = max(2, SMALL // len(kinds))
        spread += of_kind[len(of_kind) // (2 * wanted) :: max(1, len(of_kind) // wanted)][:wanted]
    return spread


def plant_lane(name: str, servers: Servers, folder: Path, template: Path, place: int) -> Lane:
    """The scenarios that a plant has to show in; they are enumerated with it planted, since it may take points away."""
    PLANTS[name]()
    with Arena(servers, folder, FileRows(folder, template), place).opened() as arena:
        points, auto = clean_points(arena)
        wanted = bringing_out(name, every_scenario(points, auto), points, SHOWN_IN)
        return [play(arena, one) for one in wanted], points


def told(verdict: Verdict) -> Verdict:
    """Say one line of a scenario that went wrong, from which it can be played again."""
    if verdict.is_red:
        broken = {name: getattr(verdict, name) for name in BROKEN if getattr(verdict, name)}
        again = f'python3 -m portal prove exactly-once --only "{verdict.name}"'
        print(f"{again}  {broken} {'; '.join(verdict.words)}", flush=True)
    return verdict


def gathered(found: Sequence[Lane | Crashed]) -> tuple[list[Verdict], list[Crashed]]:
    """The verdicts of all lanes; the lanes that did not end are told of."""
    crashed = [one for one in found if isinstance(one, Crashed)]
    for fault in crashed:
        print(f"A lane ended early:\n{fault}", flush=True)
    return [verdict for one in found if not isinstance(one, Crashed) for verdict in one[0]], crashed


def figures_of(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The sums of all scenarios."""
    sums = {name: sum(getattr(one, name) for one in verdicts) for name in COUNTED}
    kinds = Counter(one.kind for one in verdicts)
    return {
        "scenarios": len(verdicts),
        "postgresql_scenarios": kinds[ON_POSTGRESQL],
        **sums,
        "red": sum(one.is_red for one in verdicts),
        "by_kind": dict(sorted(kinds.items())),
        "contacts_twice_by_kind": dict(
            sorted(Counter(one.kind for one in verdicts if one.contacts_twice).items())
        ),
    }


def reds(found: Lane | Crashed) -> int:
    """In how many scenarios a plant showed itself; a lane that ended early shows nothing."""
    if isinstance(found, Crashed):
        print(f"A planted lane ended early:\n{found}", flush=True)
        return 0
    return sum(bool(one.duplicates or one.lost) for one in found[0])


if __name__ == "__main__":
    sys.exit(main())
