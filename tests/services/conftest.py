"""The desk and the clerk of the services' tests: see `tests/sandbox_desk.py`, `tests/backfill_clerk.py`."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from portal.ledger import SqlSliceLedger
from portal.sync.ports import SliceOver
from tests.backfill_clerk import Clerk, clerk_at
from tests.mailroom import Mailroom, mailroom_for
from tests.sandbox_desk import Desk, desk_in
from tests.selection_desk import Counter, open_shop


@pytest.fixture
def desk(empty_database: str, empty_redis: str) -> Iterator[Desk]:
    with desk_in(empty_database, empty_redis) as desk:
        yield desk


@pytest.fixture
def mailroom(app: Flask) -> Iterator[Mailroom]:
    with mailroom_for(app) as room:
        yield room


@pytest.fixture
def shop(desk: Desk) -> Iterator[Counter]:
    """A shop of its own, connected an hour ago, and a clock that moves when a test says so."""
    yield open_shop(desk)
    desk.servers.clock.set({"now": None})


@pytest.fixture
def clerk(desk: Desk) -> Clerk:
    return clerk_at(desk)


@pytest.fixture
def over_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let each slice be over after so many heartbeats."""
    heartbeat = SqlSliceLedger.heartbeat

    def most(heartbeats: int) -> None:
        left: dict[SqlSliceLedger, int] = {}

        def beat(ledger: SqlSliceLedger) -> None:
            heartbeat(ledger)
            left[ledger] = left.get(ledger, heartbeats) - 1
            if left[ledger] < 0:
                raise SliceOver("over")

        monkeypatch.setattr(SqlSliceLedger, "heartbeat", beat)

    return most
