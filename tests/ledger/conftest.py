"""A connection, and a ledger for it under a fence of its own."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.ledger import SqlLedger, take_lease
from portal.models.connections import Connection
from portal.models.runs import Run
from portal.services.syncing import rules_of
from tests.factories import NOON, make_connection, make_file, make_firm, make_run
from tests.fakes import FakeClock
from tests.posted_orders import SEAL, Build


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
        connection.lease_until = None
        session.commit()
        fence = take_lease(session, run.id, connection.id, clock)
        assert fence is not None
        ledger = SqlLedger(session, connection, run, fence, clock, SEAL)
        ledger.judge_by(rules_of(connection, NOON))
        return ledger

    return build
