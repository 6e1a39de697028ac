"""The same of sending and settling one order, and of what the ledger tells then (SYNC §2, §7.3)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from portal.sync.bridge import Figures
from portal.sync.ports import (
    Ledger,
    Outcome,
    State,
    Waiting,
)
from portal.sync.problems import Code, about_order
from portal.sync.sale_orders import InvoiceSummary
from tests.factories import NOON
from tests.ledger.keepers import Keeper
from tests.ledger.one_order import BEGUN, INTENT, LATER, LEFT_OUT, MISSING, POSTED, ids, known, recorded
from tests.posted_orders import BRIDGE, seen

HOUR = timedelta(hours=1)


def test_an_intent_is_committed_before_it_is_given_back(keeper: Keeper, ledger: Ledger) -> None:
    sent = ledger.sending(recorded(ledger), INTENT)

    (seen_by_another,) = keeper.ledger(1, "run one").unsettled()
    assert seen_by_another == sent
    assert (sent.state, sent.number, sent.sent_at, sent.bridge) == (State.SENDING, "JT100", NOON, BRIDGE)
    assert ledger.due(NOON) == []


def test_when_an_order_was_first_sent_stands_when_it_is_sent_again(ledger: Ledger) -> None:
    sent = ledger.sending(recorded(ledger), INTENT)
    ledger.settle(sent, Outcome(state=State.SEEN))

    again = ledger.sending(known(ledger), replace(INTENT, sent_at=LATER))

    assert (again.first_sent_at, again.sent_at) == (NOON, LATER)


@dataclass(frozen=True)
class Then:
    """In which of the ledger's answers an order is once it is settled."""

    outcome: Outcome
    due: bool = False
    due_in_an_hour: bool = False
    unsettled: bool = False
    unread: bool = False
    sold: bool = False


SETTLED = [
    Then(POSTED, unread=True, sold=True),
    Then(Outcome(state=State.EXISTS), sold=True),
    Then(LEFT_OUT),
    Then(MISSING, due=True, due_in_an_hour=True),
    Then(replace(MISSING, retry_at=NOON + HOUR), due_in_an_hour=True),
    Then(Outcome(state=State.UNKNOWN), unsettled=True),
    Then(Outcome(state=State.SEEN), due=True, due_in_an_hour=True),
]


@pytest.mark.parametrize("then", SETTLED, ids=lambda then: str(then.outcome.state))
def test_what_became_of_an_order_says_who_takes_it_up_next(ledger: Ledger, then: Then) -> None:
    ledger.settle(ledger.sending(recorded(ledger), INTENT), then.outcome)

    def told(moment: timedelta) -> tuple[bool, bool]:
        due, taken = ledger.due(NOON + moment), ledger.taken_up([100, 101], NOON + moment)
        return ids(due) == [100], ids(taken) == [100]

    assert told(HOUR - timedelta(seconds=1)) == (then.due, then.due)
    assert told(HOUR) == (then.due_in_an_hour, then.due_in_an_hour)
    assert (ids(ledger.unsettled()) == [100]) == then.unsettled
    assert (ids(ledger.unread(NOON)) == [100]) == then.unread
    assert (ledger.sold_since(NOON) == [NOON]) == then.sold
    assert (ledger.first_order_since(NOON), ledger.first_order_since(LATER)) == (100, None)


@pytest.mark.parametrize("then", SETTLED, ids=lambda then: str(then.outcome.state))
def test_an_outcome_is_kept_as_it_was_given(ledger: Ledger, then: Then) -> None:
    ledger.settle(ledger.sending(recorded(ledger), INTENT), then.outcome)

    record, outcome = known(ledger), then.outcome
    assert (record.state, record.ignored, record.document) == (outcome.state, outcome.ignored, "order 100")
    assert record.codes == {one.code for one in outcome.problems}
    assert record.invoice_id == (9100 if outcome.posted else None)
    decided_anew = outcome.state in (State.FAILED, State.IGNORED)
    assert record.bridge == (None if decided_anew else BRIDGE)


def test_what_somebody_elses_sale_comes_to_is_kept_until_the_order_is_sent_after_all(ledger: Ledger) -> None:
    sale = InvoiceSummary(
        invoice_id=7, number="JT100", purchase_order_number="PO 7", invoice_type="", total=Decimal("12.00"), tax=None
    )  # fmt: skip
    ledger.settle(recorded(ledger), Outcome(state=State.EXISTS, found=sale, look_once=True))
    assert known(ledger).books == Figures(Decimal("12.00"), None)
    assert ledger.unread(NOON) == []

    ledger.settle(known(ledger), Outcome(state=State.UNKNOWN))
    ledger.settle(known(ledger), Outcome(state=State.SEEN))
    assert ledger.sending(known(ledger), INTENT).books is None

    ledger.settle(known(ledger), Outcome(state=State.EXISTS, found=sale))
    ledger.settle(known(ledger), Outcome(state=State.EXISTS))
    assert known(ledger).books is None


def test_nothing_posted_or_sold_before_a_moment_is_told_since_then(keeper: Keeper, ledger: Ledger) -> None:
    ledger.settle(recorded(ledger), POSTED)

    assert (ids(ledger.unread(NOON)), ids(ledger.unread(LATER))) == ([100], [])
    assert (ledger.sold_since(NOON), ledger.sold_since(LATER)) == ([NOON], [])


def test_a_refusal_is_counted_until_the_order_is_posted(ledger: Ledger) -> None:
    refused = Outcome(state=State.FAILED, problems=(about_order(Code.SAASU_REFUSED, 100, "no"),))
    ledger.settle(recorded(ledger), refused)
    ledger.settle(known(ledger), refused)
    assert known(ledger).refusals == 2

    ledger.settle(known(ledger), POSTED)

    assert known(ledger).refusals == 0


def test_a_failed_order_without_a_text_is_due_only_while_it_waits_for_somebody_elses_turn(
    ledger: Ledger,
) -> None:
    waits = Outcome(state=State.FAILED, problems=(about_order(Code.SAASU_UNREACHABLE, 101, "away"),))
    refused = Outcome(state=State.FAILED, problems=(about_order(Code.ORDER_ID_REUSED, 100, "another"),))
    blank = Outcome(state=State.FAILED)
    outcomes = {100: refused, 101: waits, 102: blank}
    page = [replace(seen(number), outcome=one, document="") for number, one in outcomes.items()]

    ledger.record_page(page, BEGUN)

    assert ids(ledger.due(NOON)) == [101]


def test_an_order_that_is_due_is_told_as_far_as_it_must_be_known_before_its_turn(ledger: Ledger) -> None:
    record = recorded(ledger)

    (told,) = ledger.due(NOON)

    assert told == Waiting(
        id=record.id, order_id=100, state=State.SEEN, created_at=NOON, modified_at=NOON, run_id="run one",
        total=record.total,
    )  # fmt: skip


def test_a_text_that_was_read_afresh_is_kept(ledger: Ledger) -> None:
    ledger.settle(recorded(ledger), MISSING)

    fresh = ledger.keep_text(known(ledger), "newer")

    assert fresh.document == "newer"
    assert known(ledger) == fresh
