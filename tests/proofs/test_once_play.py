"""A scenario of `prove exactly-once` is red where what it ordered did not happen, for then it shows nothing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from proofs._once_arena import Arena, Standings
from proofs._once_children import Ended
from proofs._once_play import Verdict, play
from proofs._once_points import die
from proofs._once_scenarios import Scenario
from proofs.exactly_once import figures_of

FAULT: dict[str, Any] = {"saasu": True, "match": {"path": "/Invoice"}, "fault": "cut"}
PLAIN = Scenario(name="number/kill/7", kind="kill")


class Remote:
    """A server of the sandbox as far as its faults go; each that is ordered meets so many calls."""

    def __init__(self, hits: int) -> None:
        self.hits = hits
        self.ordered: list[dict[str, Any]] = []

    def order(self, _method: str, _path: str, body: dict[str, Any]) -> None:
        self.ordered.append(body)

    def get(self, _path: str) -> list[dict[str, Any]]:
        return [one | {"hits": self.hits} for one in self.ordered]


class Worker:
    """A worker that ends at once, killed or not."""

    def __init__(self, killed: bool) -> None:
        self._killed = killed

    def wait(self) -> Ended:
        return Ended(1, killed=self._killed)


class Calm(Arena):
    """An arena in which the one order there is was posted at once; only the first worker dies, where it `dies`."""

    def __init__(self, *, hits: int = 1, dies: bool = True) -> None:
        self.shop, self.books = cast("Any", Remote(hits)), cast("Any", Remote(hits))
        self.store, self.orders = "calm", (100,)
        self._dies = dies

    def set_back(self, *, auto: bool, unique: bool) -> None:
        del auto, unique

    def advance(self, span: timedelta) -> None:
        del span

    def forget_calls(self) -> None:
        pass

    def calls(self) -> tuple[int, Counter[str]]:
        return 1, Counter()

    def worker(self, at: int = 0, act: Callable[[], None] = die) -> Any:
        del act
        return Worker(self._dies and at > 0)

    def standings(self) -> Standings:
        return Standings(
            sales={self.marker(100): [9100]}, claimed={100: 9100}, states={100: "posted"}, busy=False
        )

    def contacts_twice(self) -> int:
        return 0


def test_a_scenario_whose_faults_met_calls_and_whose_workers_died_is_not_red() -> None:
    found = play(Calm(), replace(PLAIN, kills=(7,), faults=(FAULT, FAULT | {"saasu": False})))

    assert (found.is_red, found.died, found.unfired, found.words) == (False, 1, 0, [])


@pytest.mark.parametrize("saasu", [True, False])
def test_a_fault_that_was_ordered_and_met_no_call_turns_its_scenario_red(saasu: bool) -> None:
    found = play(Calm(hits=0), replace(PLAIN, faults=(FAULT | {"saasu": saasu},)))

    assert (found.is_red, found.unfired) == (True, 1)
    assert "met no call" in found.words[0]
    assert figures_of([found, Verdict("other", "kill")])["unfired"] == 1


def test_a_worker_that_was_to_die_and_did_not_turns_its_scenario_red() -> None:
    found = play(Calm(dies=False), replace(PLAIN, kills=(7,)))

    assert found.is_red
    assert "did not come so far" in found.words[0]


def test_a_fault_that_met_no_call_is_red_by_itself() -> None:
    assert Verdict("one", "kill", unfired=1).is_red
    assert not Verdict("one", "kill").is_red
