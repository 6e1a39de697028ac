"""A connection, and a ledger for it under a fence of its own; and those that keep a ledger, for what all must do."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.ledger import SqlLedger
from portal.models.connections import Connection
from portal.models.runs import Run
from portal.sync.ports import Ledger, Reading
from portal.sync.rules import Rules
from proofs._memory_ledger import Shelf
from tests.factories import NOON, make_connection, make_file, make_firm, make_run
from tests.fake_ledger import FakeLedger
from tests.fakes import FakeClock
from tests.ledger.keepers import FakeKeeper, Keeper, MemoryKeeper, SqlKeeper, ledger_under
from tests.posted_orders import Build


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


@pytest.fixture
def ledger_for(session: Session, clock: FakeClock) -> Build:
    def build(connection: Connection) -> SqlLedger:
        run = session.scalars(select(Run)).first() or make_run(session, connection)
        return ledger_under(session, connection, run, clock)

    return build


@pytest.fixture(params=["memory", "sql", "fake"])
def keeper(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Keeper]:
    """Where a connection's ledger is kept: in memory, over SQL, or in the fake of the engine's tests; its reading begins at noon."""
    rules = Rules(store_hash="jamtin", zone=ZoneInfo("Australia/Sydney"), start=NOON)
    if request.param == "memory":
        yield MemoryKeeper(Shelf(reading=Reading(watermark=NOON), rules=rules), clock)
        return
    if request.param == "fake":
        yield FakeKeeper(FakeLedger(Reading(watermark=NOON), now=clock.now), rules, clock)
        return
    session: Session = request.getfixturevalue("session")
    connection: Connection = request.getfixturevalue("connection")
    engine = session.get_bind()
    keeper = SqlKeeper(connection.id, clock, lambda: Session(engine))
    session.rollback()
    yield keeper
    keeper.close()


@pytest.fixture
def ledger(keeper: Keeper) -> Ledger:
    """The ledger of the first run, which has the lease."""
    fence = keeper.take_lease("run one")
    assert fence == 1
    return keeper.ledger(fence, "run one")
