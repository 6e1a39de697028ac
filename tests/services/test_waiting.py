"""Whoever waits for a call's turn holds no transaction open: on SQLite that would be the lock for which everybody else waits."""

from collections import Counter

import pytest
import requests

from portal.budget import Pacer
from portal.services.remotes import shop_for
from tests.sandbox_desk import Desk


@pytest.fixture
def waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, bool]]:
    """How often a call waited, by which wait and whether a transaction was open meanwhile."""
    seen: Counter[tuple[str, bool]] = Counter()

    def watch(name: str) -> None:
        waiting = getattr(Pacer, name)

        def waited(pacer: Pacer, *told: bool) -> None:
            seen[name, desk.session.in_transaction()] += 1
            waiting(pacer, *told)

        monkeypatch.setattr(Pacer, name, waited)

    watch("take")
    watch("leave")
    watch("arrived")
    return seen


def test_the_first_call_to_a_shop_waits_with_no_transaction_open(
    desk: Desk, waits: Counter[tuple[str, bool]]
) -> None:
    shop = shop_for(desk.session, desk.outside, desk.connect())
    waits.clear()

    shop.listed(below_id=10**9)

    assert waits == {("take", False): 1, ("leave", False): 1}


def test_no_call_of_a_whole_run_waits_with_a_transaction_open(
    desk: Desk, waits: Counter[tuple[str, bool]]
) -> None:
    run = desk.run(desk.connect())

    assert run.posted > 5
    assert waits["take", True] == waits["leave", True] == 0
    assert waits["take", False] == waits["leave", False] > 20


def test_every_answer_of_saasu_is_told_to_the_pacer_and_none_of_a_shop(
    desk: Desk, waits: Counter[tuple[str, bool]]
) -> None:
    connection = desk.connect()
    requests.delete(f"{desk.servers.saasu_url}/_control/calls", timeout=10)
    waits.clear()

    desk.run(connection)

    assert waits["arrived", False] == sum(desk.calls("saasu").values()) > 20
    assert waits["leave", False] > waits["arrived", False]
