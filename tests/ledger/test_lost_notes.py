"""What was to be said of an order's contacts is said as well where the answer to its post was lost (SYNC §6, §7.3)."""

import pytest
from sqlalchemy.orm import Session

from portal.ledger import SqlLedger
from portal.ledger.names import told_in_full
from portal.models.connections import Connection
from portal.sync.personal import Personal
from portal.sync.ports import Intent, OrderRecord, Outcome, Reading, State
from portal.sync.sale_orders import PostedOrder
from tests.factories import NOON
from tests.posted_orders import SEAL, Build, due, seen, stored

RENAMED = Personal("Contact 7 was renamed from “Pat Gum” to “Robyn Gum”.", "Contact 7 was renamed.")
CREATED = "Created contact 8."
ANSWER = PostedOrder(invoice_id=9100, number="JT100")
FOUND = Outcome(state=State.POSTED, posted=ANSWER, note="The answer was lost; found in Saasu by its marker.")


@pytest.fixture
def ledger(connection: Connection, ledger_for: Build) -> SqlLedger:
    return ledger_for(connection)


def sent(ledger: SqlLedger, *, look_once: bool = True) -> OrderRecord:
    ledger.record_page([seen(100)], Reading(watermark=NOON))
    intent = Intent(
        number="JT100",
        marker="m",
        fingerprint="f",
        sent_at=NOON,
        notes=(CREATED, RENAMED),
        look_once=look_once,
    )
    return ledger.sending(due(ledger)[0], intent)


@pytest.mark.parametrize("look_once", [True, False])
def test_an_order_found_in_saasu_after_its_answer_was_lost_tells_what_was_done_to_its_contacts(
    session: Session, ledger: SqlLedger, look_once: bool
) -> None:
    ledger.settle(sent(ledger, look_once=look_once), Outcome(state=State.UNKNOWN, note="broke off"))
    (unknown,) = ledger.unsettled()

    ledger.settle(unknown, FOUND)

    row = stored(session)
    assert (row.state, row.look_once, row.notes) == ("posted", look_once, [CREATED, RENAMED.bare])
    assert told_in_full(row, SEAL) == {RENAMED.bare: str(RENAMED)}


def test_a_run_that_died_while_it_sent_leaves_the_words_too(session: Session, ledger: SqlLedger) -> None:
    sent(ledger)

    ledger.settle(ledger.unsettled()[0], FOUND)

    assert stored(session).notes == [CREATED, RENAMED.bare]


def test_words_that_come_with_the_answer_stand_in_place_of_the_intents(
    session: Session, ledger: SqlLedger
) -> None:
    ledger.settle(sent(ledger), Outcome(state=State.POSTED, posted=ANSWER, notes=("In parts.",)))

    row = stored(session)
    assert (row.notes, row.in_full, row.look_once) == (["In parts."], None, False)


@pytest.mark.parametrize("state", [State.SEEN, State.FAILED, State.EXISTS])
def test_an_order_that_is_not_there_keeps_no_words_of_a_post(
    session: Session, ledger: SqlLedger, state: State
) -> None:
    ledger.settle(sent(ledger), Outcome(state=state))

    row = stored(session)
    assert (row.notes, row.in_full, row.look_once) == ([], None, False)
