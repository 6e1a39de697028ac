"""What a run keeps with each answer, so that it can be proved later that an order was posted once (SYNC §7)."""

from datetime import timedelta

import pytest

from portal.sync.already import there_outcome
from portal.sync.evidence import Evidence, Why
from portal.sync.failures import (
    CredentialsRefused,
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    Unreachable,
)
from portal.sync.known_sales import Found
from portal.sync.ports import Intent, OrderRecord, State
from portal.sync.problems import RunStopped
from portal.sync.sale_orders import InvoiceSummary
from tests.whole_run import NOW, World, order, world

LEFT = NOW + timedelta(seconds=3)


def leaving_late(here: World, seconds: int = 3) -> None:
    """Let some seconds pass between the intent and the moment at which the post may leave."""
    sending = here.ledger.sending

    def slow(record: OrderRecord, intent: Intent) -> OrderRecord:
        kept = sending(record, intent)
        here.clock.forward(seconds=seconds)
        return kept

    here.ledger.sending = slow  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (None, State.POSTED),
        (Refused("Layout is wrong", status=400), State.FAILED),
        (PeriodLocked("Locked until June"), State.FAILED),
        (OutcomeLost("broke off"), State.UNKNOWN),
        (CredentialsRefused("no"), State.SEEN),
    ],
)
def test_the_moment_a_post_left_is_kept_with_whatever_came_back(
    failure: Exception | None, state: State
) -> None:
    here = world(order(120))
    leaving_late(here)
    here.books.answers = [failure]
    try:
        here.run()
    except RunStopped:
        assert state is State.SEEN
    outcome = here.ledger.last(120)
    assert outcome.state is state
    assert outcome.evidence == Evidence(left_at=LEFT)


def test_an_order_that_was_held_up_never_left() -> None:
    here = world(order(120))
    leaving_late(here, seconds=6)
    here.run()
    outcome = here.ledger.last(120)
    assert (outcome.state, outcome.evidence) == (State.SEEN, None)


def test_a_taken_number_keeps_that_it_was_looked_up_for_that_and_when_the_post_had_left() -> None:
    here = world(order(120))
    leaving_late(here)
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]
    here.run()
    outcome = here.ledger.last(120)
    assert outcome.state is State.EXISTS
    assert outcome.evidence == Evidence(
        left_at=LEFT, why=Why.TAKEN, sales=0, settled_at=NOW + timedelta(seconds=120)
    )


def test_our_own_sale_under_a_taken_number_keeps_the_same() -> None:
    there = world(order(120))
    there.books.listing = [
        InvoiceSummary(
            invoice_id=77, number="SHO120", purchase_order_number="BC-abc123-120", invoice_type="Sale Order",
            total=None, tax=None, modified_at=NOW,
        )
    ]  # fmt: skip
    there.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]
    there.run()
    outcome = there.ledger.last(120)
    assert outcome.state is State.POSTED
    assert outcome.evidence == Evidence(
        left_at=NOW, why=Why.TAKEN, sales=1, settled_at=NOW + timedelta(seconds=120)
    )


def test_a_taken_number_that_cannot_be_looked_up_keeps_that_it_was_taken_and_when_the_post_left() -> None:
    here = world(order(120))
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]

    def away(**_window: object) -> None:
        raise Unreachable("no connection")

    here.books.invoices_modified = away  # type: ignore[assignment,method-assign]
    with pytest.raises(RunStopped):
        here.run()
    assert here.ledger.last(120).evidence == Evidence(left_at=NOW, why=Why.TAKEN)


@pytest.mark.parametrize(("ours", "state"), [(True, State.POSTED), (False, State.EXISTS)])
def test_a_sale_that_was_there_before_the_first_post_keeps_that_it_was_looked_for(
    ours: bool, state: State
) -> None:
    here = world(order(120))
    record = OrderRecord(
        id="record 120", order_id=120, state=State.SEEN, created_at=NOW, modified_at=NOW, number="SHO120"
    )
    row = InvoiceSummary(
        invoice_id=7,
        number="SHO120",
        purchase_order_number="",
        invoice_type="Sale Order",
        total=None,
        tax=None,
    )
    outcome = there_outcome(record, "SHO120", Found(row, ours=ours))
    assert (outcome.state, outcome.evidence) == (state, Evidence(why=Why.FIRST))
    assert here.books.asked == []
