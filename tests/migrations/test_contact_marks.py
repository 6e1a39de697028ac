"""An upgrade goes on to keep older orders from overwriting what a newer one wrote into a contact (SYNC §6)."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from portal.database import db
from portal.ledger import SqlLedger, take_lease
from portal.models.connections import Connection, ContactWriter
from tests.factories import NOON, make_connection, make_file, make_firm, make_run
from tests.fakes import FakeClock
from tests.posted_orders import SEAL

BEFORE = "0004"


@pytest.fixture
def connections(app: Flask) -> list[str]:
    """Two connections as the version before kept them: one wrote a contact for order 500, one never wrote any."""
    upgrade()
    session = db.session()
    file = make_file(session, make_firm(session))
    made = [make_connection(session, file, store).id for store in ("jamtin", "teapot")]
    session.close()
    downgrade(revision=BEFORE)
    session.execute(text("UPDATE connections SET last_contact_order = 500 WHERE id = :id"), {"id": made[0]})
    session.commit()
    session.close()
    return made


def ledger_of(connection_id: str) -> SqlLedger:
    session = db.session()
    connection = session.get_one(Connection, connection_id)
    run, clock = make_run(session, connection), FakeClock(NOON)
    fence = take_lease(session, run.id, connection.id, clock)
    assert fence is not None
    return SqlLedger(session, connection, run, fence, clock, SEAL)


def test_the_mark_of_a_connection_holds_for_every_contact_until_it_has_its_own(
    connections: list[str],
) -> None:
    upgrade()
    wrote, never = map(ledger_of, connections)

    assert [wrote.newest_writer(7), never.newest_writer(7)] == [500, 0]
    wrote.contact_written(7, 501)
    wrote.contact_written(8, 120)
    assert [wrote.newest_writer(contact) for contact in (7, 8, 9)] == [501, 120, 500]


def test_the_way_back_keeps_the_newest_of_a_connection(connections: list[str]) -> None:
    upgrade()
    ledger_of(connections[0]).contact_written(7, 501)
    db.session().close()

    downgrade(revision=BEFORE)

    rows = db.session().execute(text("SELECT id, last_contact_order FROM connections")).all()
    assert {row.id: row.last_contact_order for row in rows} == {connections[0]: 501, connections[1]: 0}
    db.session().close()
    upgrade()
    marks = db.session().scalars(select(ContactWriter)).all()
    assert [(one.contact_id, one.order_id) for one in marks] == [(0, 501)]
