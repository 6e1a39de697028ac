"""Plays one scenario of `prove exactly-once` to its end and asserts the four invariants from Saasu's own state (SYNC §7)."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from proofs._once_arena import Arena
from proofs._once_children import Child, WorkerFailed
from proofs._once_points import halt
from proofs._once_scenarios import Scenario

STEPS: Final = (100, 130, 3_600, 3_600, 3_600, 14_400, *(90_000,) * 9)
"""Seconds between one worker and the next: past the lease, past the settle time, then the hourly runs and what waits longer."""
LATE_MARGIN: Final = 0.2
HOUR: Final = timedelta(hours=1)
FINISHED: Final = "posted"
IDLE_CALLS: Final = (1, 0)


@dataclass(slots=True)
class Verdict:
    """What became of a scenario: how many orders broke each invariant, and what else was counted."""

    name: str
    kind: str
    duplicates: int = 0
    lost: int = 0
    idle_posts: int = 0
    misnamed: int = 0
    contacts_twice: int = 0
    idle_calls: int = 0
    died: int = 0
    unfired: int = 0
    workers: int = 0
    words: list[str] = field(default_factory=list)

    @property
    def is_red(self) -> bool:
        """Whether the bar is broken."""
        return bool(
            self.duplicates
            or self.lost
            or self.idle_posts
            or self.misnamed
            or self.contacts_twice
            or self.unfired
            or self.words
        )


def play(arena: Arena, scenario: Scenario) -> Verdict:
    """Everything from a fresh shop and file to the idle run at the end."""
    found = Verdict(scenario.name, scenario.kind)
    arena.set_back(auto=scenario.auto, unique=scenario.unique)
    for fault in scenario.faults:
        line = arena.books if fault["saasu"] else arena.shop
        line.order("POST", "/_control/faults", {name: it for name, it in fault.items() if name != "saasu"})
    try:
        work_to_the_end(arena, scenario, found)
        found.unfired = arena.unfired()
        idle(arena, found)
    except WorkerFailed as fault:
        found.words.append(str(fault))
    judge(arena, found)
    if found.died < sum(1 for one in scenario.kills if one):
        found.words.append("a worker that was to die did not come so far")
    if found.unfired:
        found.words.append(f"{found.unfired} of the faults that were ordered met no call")
    return found


def work_to_the_end(arena: Arena, scenario: Scenario, found: Verdict) -> None:
    """One worker after the other until both sides are at rest."""
    held: Child | None = None
    began = sent = time.monotonic()
    for turn, step in enumerate((0, *STEPS)):
        arena.advance(timedelta(seconds=step))
        found.workers += 1
        if turn == 0 and scenario.halt:
            held = arena.worker(scenario.halt, halt)
            if not held.wait().halted:
                held = None
                found.words.append("the worker ended before it could be held")
        else:
            kill_at = scenario.kills[turn] if turn < len(scenario.kills) else 0
            found.died += arena.worker(kill_at).wait().killed
        if held is not None and turn >= scenario.halted_for:
            held.go_on()
            held = None
        sent = time.monotonic() if turn == 0 else sent
        if turn == scenario.late_turn and scenario.late is not None:
            await_late(arena, scenario, found, sent)
        # A sale that is written very late is waited for, so that it is written while there is still somebody to notice.
        if at_rest(arena) and held is None and time.monotonic() - began > scenario.waits:
            break
    remaining = scenario.waits and scenario.waits + 0.3 - (time.monotonic() - began)
    time.sleep(max(remaining, 0))


def await_late(arena: Arena, scenario: Scenario, found: Verdict, sent: float) -> None:
    """Let a sale that is written late, once it was sent, be written before the settle time is over.

    The time is waited out as well: a sale of that order that is there already may be another, sent again in its place.
    """
    late = scenario.faults[0]["seconds"]
    time.sleep(max(sent + late + LATE_MARGIN - time.monotonic(), 0))
    hit = any(one["hits"] for one in arena.books.get("/_control/faults"))
    assert scenario.late is not None
    if hit and not arena.await_sale(arena.orders[scenario.late]):
        found.words.append("the late sale was never written")


def at_rest(arena: Arena) -> bool:
    """Whether no run is open and the ledger takes every order for posted."""
    now = arena.standings()
    return not now.busy and all(now.states.get(order_id) == FINISHED for order_id in arena.orders)


def idle(arena: Arena, found: Verdict) -> None:
    """An hourly run that may still read back, then one that has nothing to do at all."""
    arena.forget_calls()
    arena.advance(HOUR)
    arena.worker().wait()
    found.idle_posts += arena.calls()[1]["POST /Invoice"]
    arena.forget_calls()
    arena.advance(HOUR)
    arena.worker().wait()
    shop, saasu = arena.calls()
    found.idle_posts += saasu["POST /Invoice"]
    found.idle_calls += (shop, saasu.total()) != IDLE_CALLS
    if found.idle_calls:
        found.words.append(f"the idle run cost {shop} calls to the shop and to Saasu {dict(saasu)}")


def judge(arena: Arena, found: Verdict) -> None:
    """Hold Saasu's own state against the orders of the shop, and the ledger's claims against it."""
    now = arena.standings()
    for order_id in arena.orders:
        there = now.sales.get(arena.marker(order_id), [])
        found.duplicates += len(there) > 1
        found.lost += not there
        if now.states.get(order_id) != FINISHED or now.claimed.get(order_id) not in there:
            found.misnamed += 1
            found.words.append(
                f"order {order_id} is {now.states.get(order_id)} as {now.claimed.get(order_id)}; Saasu has {there}"
            )
    found.contacts_twice = arena.contacts_twice()
