"""The text of an order that was read afresh is kept, so that its failure is tried again without a person (SYNC §2)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.services import selection
from portal.sync.ports import OrderMoved, Outcome, Reading, State
from portal.sync.problems import item_not_found
from tests.factories import NOON
from tests.posted_orders import Build, due, seen, stored

FAILED = Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),))
AN_HOUR_ON = NOON + timedelta(hours=1)


def test_an_order_without_its_text_fails_for_good_and_with_it_is_due_again(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page(
        [replace(seen(100), document=""), replace(seen(101), document="")], Reading(watermark=NOON)
    )
    bare, kept = due(ledger)
    ledger.settle(bare, FAILED)
    ledger.settle(ledger.keep_text(kept, "order 101"), FAILED)

    assert [(one.order_id, one.document) for one in due(ledger, AN_HOUR_ON)] == [(101, "order 101")]
    assert stored(session, 101).document != b"order 101"


def test_no_text_is_kept_of_an_order_that_was_set_aside_meanwhile(
    session: Session, connection: Connection, ledger_for: Build
) -> None:
    ledger = ledger_for(connection)
    ledger.record_page([replace(seen(100), document="")], Reading(watermark=NOON))
    (record,) = due(ledger)
    assert selection.ignore(session, stored(session), "by hand", "Alice", AN_HOUR_ON)

    with pytest.raises(OrderMoved):
        ledger.keep_text(record, "order 100")
    assert stored(session).document is None
