"""Whether an order waits for a tax code is asked of the newest failed orders, however many there are (SYNC §9)."""

import pytest
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.services import syncing
from portal.sync.ports import State
from portal.sync.problems import Code
from tests.factories import make_connection, make_file, make_firm, make_order

MOST = 3


@pytest.fixture
def connection(session: Session, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setattr(syncing, "MOST_FAILED", MOST)
    return make_connection(session, make_file(session, make_firm(session)))


def fail(session: Session, connection: Connection, order_id: int, code: Code) -> None:
    problem = {"code": str(code), "sentence": "It failed.", "subject": ""}
    make_order(session, connection, order_id, State.FAILED, problems=[problem])


@pytest.mark.parametrize("code", [Code.TAX_CODE_MISSING, Code.TAX_RATE_UNKNOWN])
def test_the_newest_failed_orders_are_looked_through_in_whatever_order_they_were_written(
    session: Session, connection: Connection, code: Code
) -> None:
    for order_id in (101, 104, 102, 103):
        fail(session, connection, order_id, code if order_id == 104 else Code.ITEM_NOT_FOUND)
    assert syncing.waits_for_tax_code(session, connection.id)

    for order_id in (107, 105, 106):
        fail(session, connection, order_id, Code.ITEM_NOT_FOUND)
    assert not syncing.waits_for_tax_code(session, connection.id)


def test_an_order_that_is_posted_waits_for_no_tax_code(session: Session, connection: Connection) -> None:
    problem = {"code": str(Code.TAX_CODE_MISSING), "sentence": "It failed.", "subject": ""}
    make_order(session, connection, 101, State.POSTED, problems=[problem])

    assert not syncing.waits_for_tax_code(session, connection.id)
