"""`prove simulate`: thousands of schedules of kills, pauses, lost and late answers over the product's own protocol (SYNC §7, ASSURANCE A3).

One seed is one schedule: workers that take turns at every call of a port in virtual time, killed, held up past their lease and delivered
twice by its dice; a shop whose orders change while they are read; books that lose answers, commit late, refuse, are away, and go by
another clock. Faults then cease, hourly runs go on, and the four invariants are judged by what the books have: every order exactly once,
none lost, the ledger names that very sale, an idle run sends nothing. Commits land within the settle time, or the books refuse a number
they have. Between the last look at the clock and the sending nothing happens: that moment no protocol closes by itself.

Most schedules run the engine on a ledger in memory that passes the contract tests of the ledger over SQL; some of them are played on both
(`both`), and must go the same way to the call and leave every order alike. One in ten (`sql_schedules`) are whole runs over SQL: queued, delivered, swept and carried
out by `portal.services`, see `_sim_house`. Then each part of the protocol is left out in turn, of the engine and of the SQL ledger, and
each must turn schedules red. The last line is one JSON object; the bar: `bad` 0, `apart` 0, every fault caught.

`--seed N` plays one schedule and prints it; with `--sql` on the ledger over SQL, with `--whole` as whole runs, with `--planted NAME` with
that fault.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from proofs import _sim_house
from proofs._apart import Crashed, in_turn
from proofs._product import migrated
from proofs._sim_plants import PLANTS, Plant
from proofs._sim_play import HASH, START, MemoryStore, Play, Verdict
from proofs._sim_remotes import AWAITING
from proofs._sim_sql import SqlStore, Template
from proofs._sim_stage import NeverEnds

LANES = 2
CHUNK = 500
WHOLE_CHUNK = 50
BOTH_EVERY = 40
"""One schedule in so many is played on the ledger over SQL as well."""
WHOLE_SHARE = 10
"""One schedule in so many is one of whole runs."""
PLANTED, PLANTED_WHOLE = 1_500, 400
SMALL, SMALL_PLANTED = 400, 700
MUST_HAPPEN = (
    "killed", "paused", "lease lost", "lost before", "lost after", "late", "throttled", "refused", "never left",
    "read failed", "shop away", "run stopped", "kill", "pause", "kept late", "answer lost", "ring lost", "ring twice",
)  # fmt: skip
"""What goes wrong in the schedules in memory and in the whole runs: where one of these never did, nothing is proven."""
FEW = 3
"""Seeds that are named of each planted fault."""


@dataclass(slots=True)
class Tally:
    """What a stretch of schedules came to; `both` of them were played on both ledgers, `whole` were whole runs."""

    schedules: int = 0
    both: int = 0
    whole: int = 0
    bad: dict[str, list[str]] = field(default_factory=dict)
    apart: list[int] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Take another stretch in."""
        self.schedules += other.schedules
        self.both += other.both
        self.whole += other.whole
        self.bad |= other.bad
        self.apart += other.apart
        self.happened += other.happened


def main() -> int:
    """Run it. Returns 0 when the bar holds."""
    parser = argparse.ArgumentParser(prog="prove simulate", description=__doc__)
    parser.add_argument(
        "--small", action="store_true", help="400 schedules instead of 20,000, and fewer with faults"
    )
    parser.add_argument("--schedules", type=int, default=20_000)
    parser.add_argument("--seed", type=int, help="play one schedule and print it")
    parser.add_argument("--sql", action="store_true", help="with --seed: on the ledger over SQL")
    parser.add_argument("--whole", action="store_true", help="with --seed: as whole runs")
    parser.add_argument("--planted", default="", help="with --seed: the fault that is planted")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cl-sim-") as folder:
        database = migrated(Path(folder))
        if options.seed is not None:
            if options.whole:
                return _sim_house.replay(database, options.seed)
            return shown(options.seed, database, sql=options.sql, planted=options.planted)
        try:
            figures = proved(database, options.schedules, small=options.small)
        except Crashed as crashed:
            print(f"A process ended early:\n{crashed}", file=sys.stderr)
            return 1
    print(json.dumps(figures))
    return 0 if holds(figures) else 1


def proved(database: Path, schedules: int, *, small: bool) -> dict[str, Any]:
    """Play them all, then with each fault planted; the figures. Raises `Crashed`."""
    count = SMALL if small else schedules
    began = time.monotonic()
    sound = played(database, count)
    seconds = time.monotonic() - began
    for name, wrongs in sorted(sound.bad.items())[:20]:
        print(f"{name}: {'; '.join(wrongs)}")
    caught = {plant.name: hunted(plant, SMALL_PLANTED if small else PLANTED) for plant in PLANTS}
    if not small:
        caught |= hunted_whole(database)
    return {
        "schedules": sound.schedules,
        "sql_schedules": sound.whole,
        "both": sound.both,
        "bad": len(sound.bad),
        "apart": len(sound.apart),
        "planted": len(caught),
        "caught": sum(1 for found in caught.values() if found["bad"]),
        "caught_by": caught,
        "happened": dict(sorted(sound.happened.items())),
        "schedules_a_second": int(sound.schedules / seconds),
    }


def holds(figures: dict[str, Any]) -> bool:
    """Whether the bar holds; what was not played proves nothing."""
    return bool(
        figures["bad"] == figures["apart"] == 0
        and figures["caught"] == figures["planted"] > 0
        and figures["both"] > 0
        and all(figures["happened"].get(name) for name in MUST_HAPPEN)
        and figures["sql_schedules"] * WHOLE_SHARE >= figures["schedules"]
    )


def all_of(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each work came to, some at a time. Raises `Crashed`."""
    found = in_turn(works, LANES)
    for one in found:
        if isinstance(one, Crashed):
            raise one
    return list(found)


def played(database: Path, schedules: int) -> Tally:
    """So many schedules of the sound protocol, one in ten as whole runs. Raises `Crashed`."""
    wholes = schedules // WHOLE_SHARE
    works: list[Callable[[], Tally]] = [
        partial(stretch, database, start, min(start + CHUNK, schedules - wholes))
        for start in range(0, schedules - wholes, CHUNK)
    ]
    works += [
        partial(whole_stretch, database, start, min(start + WHOLE_CHUNK, wholes))
        for start in range(0, wholes, WHOLE_CHUNK)
    ]
    tally = Tally()
    for found in all_of(works):
        tally.add(found)
    return tally


def stretch(database: Path, start: int, end: int) -> Tally:
    """The schedules of these seeds on the ledger in memory; every fortieth on both."""
    tally = Tally()
    template = template_of(database)
    for seed in range(start, end):
        found = judged(Play(seed, MemoryStore))
        tally.schedules += 1
        if found.bad:
            tally.bad[f"seed {seed}"] = found.bad
        if seed % BOTH_EVERY == 0:
            other = on_sql(seed, template)
            tally.both += 1
            if other.bad:
                tally.bad[f"seed {seed} --sql"] = other.bad
            if apart(found, other):
                tally.apart.append(seed)
                print("\n".join([f"seed {seed} ends apart on the two ledgers:", *apart(found, other)]))
        tally.happened += found.happened + Counter(orders=found.orders, posts=found.posts)
    return tally


def apart(memory: Verdict, sql: Verdict) -> list[str]:
    """In what the same schedule on both ledgers differs: what was sent, what happened, and how each order stands at the end."""
    pairs = [("posts", memory.posts, sql.posts), ("happened", memory.happened, sql.happened)]
    by_order = [{end.order_id: end for end in found.ends} for found in (memory, sql)]
    pairs += [
        (f"order {number}", by_order[0].get(number), by_order[1].get(number))
        for number in sorted(by_order[0].keys() | by_order[1].keys())
    ]
    return [f"{name}: {one}, over SQL {other}" for name, one, other in pairs if one != other]


def whole_stretch(database: Path, start: int, end: int) -> Tally:
    """The schedules of these seeds as whole runs."""
    found = _sim_house.work(database, range(start, end))
    return Tally(
        schedules=found.schedules,
        whole=found.schedules,
        bad={f"seed {seed} --whole": wrongs for seed, wrongs in found.bad.items()},
        happened=found.counts,
    )


def template_of(database: Path) -> Template:
    """The database that schedules over SQL begin with."""
    return Template(database, START, HASH, frozenset({AWAITING[0]}))


def on_sql(seed: int, template: Template, *, verbose: bool = False) -> Verdict:
    """One schedule on the ledger over SQL."""
    stores: list[SqlStore] = []

    def made(rules: Any) -> SqlStore:
        stores.append(SqlStore(rules, template))
        return stores[0]

    try:
        return judged(Play(seed, made, verbose=verbose))
    finally:
        stores[0].close()


def judged(play: Play) -> Verdict:
    """What one schedule came to; one that never ends is bad."""
    try:
        return play.verdict()
    except NeverEnds as endless:
        return Verdict(seed=-1, bad=[str(endless)], trace=play.stage.trace or [])


def hunted(plant: Plant, schedules: int) -> dict[str, Any]:
    """How many schedules a planted fault turns red, and the first of their seeds. Raises `Crashed`."""
    works = [
        partial(red_seeds, plant, start, min(start + CHUNK, plant.begin + schedules))
        for start in range(plant.begin, plant.begin + schedules, CHUNK)
    ]
    seeds = sorted(seed for found in all_of(works) for seed in found)
    return {"schedules": schedules, "bad": len(seeds), "seeds": seeds[:FEW]}


def red_seeds(plant: Plant, start: int, end: int) -> list[int]:
    """The seeds among these that a planted fault turns red."""
    with plant.planted():
        return [seed for seed in range(start, end) if judged(plant.play(seed)).bad]


def hunted_whole(database: Path) -> dict[str, dict[str, Any]]:
    """The same of whole runs over SQL; a fault's hunt ends once a few seeds caught it. Raises `Crashed`."""
    works = [partial(_sim_house.work, database, range(PLANTED_WHOLE), fault) for fault in _sim_house.FAULTS]
    return {
        f"{fault}, over SQL": {
            "schedules": found.schedules,
            "bad": len(found.bad),
            "seeds": sorted(found.bad),
        }
        for fault, found in zip(_sim_house.FAULTS, all_of(works), strict=True)
    }


def shown(seed: int, database: Path, *, sql: bool, planted: str) -> int:
    """Play one schedule and print it. Returns 0 where nothing is wrong."""
    if sql:
        found = on_sql(seed, template_of(database), verbose=True)
    elif planted:
        named = [one for one in PLANTS if one.name == planted]
        if not named:
            print(
                "There is no such fault; there are: " + ", ".join(one.name for one in PLANTS), file=sys.stderr
            )
            return 2
        with named[0].planted():
            found = judged(named[0].play(seed, verbose=True))
    else:
        found = judged(Play(seed, MemoryStore, verbose=True))
    print("\n".join(found.trace))
    print("\n".join(found.bad) or "Nothing is wrong.")
    return 1 if found.bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
