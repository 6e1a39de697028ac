"""What both ledgers write into an order's history: each new outcome once, and each try that a person asked for (SYNC §1, §2)."""

from dataclasses import replace
from typing import Any

import pytest

from portal.sync.ports import Finding, Ledger, Outcome, Recorded, State
from portal.sync.problems import Code, about_order
from portal.sync.sale_orders import InvoiceSummary
from tests.ledger.keepers import Keeper
from tests.ledger.one_order import BEGUN, INTENT, LATER, MARK, MISSING, POSTED, known, recorded
from tests.posted_orders import DIFFERS, seen

pytestmark = pytest.mark.parametrize("keeper", ["memory", "sql"], indirect=True)
# The fake of the engine's tests keeps no lines.

ASKED: dict[str, Any] = {"run_id": None, "asked": True, "decided_at": LATER}
LOST = Outcome(state=State.UNKNOWN, problems=(about_order(Code.OUTCOME_UNKNOWN, 100, "the answer was lost"),))
STILL = ("failed", "Tried again: still not posted.")
STILL_UNKNOWN = ("unknown", "Looked up again: still not known whether Saasu has it.")


def test_the_same_outcome_of_a_later_run_adds_no_line(keeper: Keeper, ledger: Ledger) -> None:
    ledger.settle(recorded(ledger), MISSING)
    for _ in range(3):
        ledger.settle(known(ledger), MISSING)

    assert keeper.lines(100) == [("seen", ""), ("failed", "")]


def test_a_try_that_a_person_asked_for_adds_a_line_and_those_after_it_none(
    keeper: Keeper, ledger: Ledger
) -> None:
    ledger.settle(recorded(ledger), MISSING)
    for _ in range(2):
        keeper.decide(100, **ASKED)
        for _ in range(3):
            ledger.settle(known(ledger), MISSING)

    assert keeper.lines(100) == [("seen", ""), ("failed", ""), STILL, STILL]


def test_another_problem_adds_a_line_of_its_own_whether_or_not_a_person_asked(
    keeper: Keeper, ledger: Ledger
) -> None:
    ledger.settle(recorded(ledger), MISSING)
    keeper.decide(100, **ASKED)
    ledger.settle(known(ledger), Outcome(state=State.FAILED, problems=(about_order(Code.FLOOD, 100, "no"),)))
    ledger.settle(known(ledger), MISSING)

    assert keeper.lines(100)[1:] == [("failed", "")] * 3


@pytest.mark.parametrize(
    ("words", "line"), [("", STILL_UNKNOWN), ("Not there yet.", ("unknown", "Not there yet."))]
)
def test_a_look_up_that_a_person_asked_for_adds_a_line_though_it_found_nothing_again(
    keeper: Keeper, ledger: Ledger, words: str, line: tuple[str, str]
) -> None:
    ledger.settle(ledger.sending(recorded(ledger), INTENT), LOST)
    again = replace(LOST, note=words)
    ledger.settle(known(ledger), again)
    keeper.decide(100, **ASKED)
    ledger.settle(known(ledger), again)
    ledger.settle(known(ledger), again)

    assert keeper.lines(100)[2:] == [("unknown", ""), line]


def test_every_other_state_that_is_written_again_on_request_says_that_it_is_the_same(
    keeper: Keeper, ledger: Ledger
) -> None:
    record = recorded(ledger)
    keeper.decide(100, **ASKED)
    ledger.settle(known(ledger), Outcome(state=State.SEEN))

    assert record.state is State.SEEN
    assert keeper.lines(100) == [("seen", ""), ("seen", "Tried again: the same as before.")]


def test_the_way_of_an_order_into_saasu_and_what_is_wrong_there_are_told_line_by_line(
    keeper: Keeper, ledger: Ledger
) -> None:
    ledger.settle(ledger.sending(recorded(ledger), INTENT), POSTED)
    row = InvoiceSummary(
        invoice_id=9100, number="JT100", purchase_order_number=MARK, invoice_type="", total=None, tax=None
    )
    ledger.read_back([Finding(record=known(ledger), row=row, problems=(DIFFERS,))])
    mark = about_order(Code.ORDER_ID_REUSED, 100, "another order")
    ledger.record_page(
        [Recorded(order=None, order_id=100, outcome=None, mark=mark, known=known(ledger)), seen(101)], BEGUN
    )

    assert keeper.lines(100) == [
        ("seen", ""),
        ("sending", "About to send as JT100."),
        ("posted", ""),
        ("posted", "Read back from Saasu: not as it should be."),
        ("posted", ""),
    ]
    assert keeper.lines(101) == [("seen", "")]
