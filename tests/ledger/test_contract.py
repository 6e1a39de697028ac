"""What a ledger promises the engine of recording pages, asked of both that keep one; and what each refuses to write (SYNC §2, §7)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.sync.meanwhile import PageMoved, RulesChanged
from portal.sync.ports import (
    Ledger,
    OrderMoved,
    Outcome,
    Recorded,
    State,
)
from portal.sync.problems import Code, about_order
from tests.factories import NOON
from tests.ledger.keepers import Keeper
from tests.ledger.one_order import (
    BEGUN,
    INTENT,
    LATER,
    LEFT_OUT,
    MISSING,
    POSTED,
    WINDOW,
    ids,
    known,
    recorded,
)
from tests.posted_orders import seen, shop_order


def test_a_page_and_its_cursor_are_recorded_together(keeper: Keeper, ledger: Ledger) -> None:
    assert ledger.reading() == BEGUN
    keeper.clock.forward(seconds=5)

    ledger.record_page([seen(101), seen(100)], WINDOW)

    assert (ledger.reading(), ids(ledger.due(NOON))) == (WINDOW, [100, 101])
    record = known(ledger)
    assert (record.state, record.document, record.run_id) == (State.SEEN, "order 100", "run one")
    assert (record.total, record.status_id, record.created_at) == (shop_order(100).total.inc_tax, 11, NOON)
    assert ledger.known([7]) == {}


def moved_since(ledger: Ledger, keeper: Keeper) -> list[Recorded]:
    record = recorded(ledger)
    keeper.decide(100, asked=True, decided_at=LATER)
    return [replace(seen(100), known=record), seen(101)]


def new_since(ledger: Ledger, _keeper: Keeper) -> list[Recorded]:
    recorded(ledger)
    return [seen(101), seen(100)]


def gone_since(ledger: Ledger, _keeper: Keeper) -> list[Recorded]:
    return [seen(101), replace(seen(100), known=recorded(ledger, 102))]


@pytest.mark.parametrize("page", [moved_since, new_since, gone_since])
def test_nothing_of_a_page_is_recorded_of_which_an_order_moved(
    keeper: Keeper, ledger: Ledger, page: Callable[[Ledger, Keeper], list[Recorded]]
) -> None:
    entries = page(ledger, keeper)
    before = keeper.picture()
    keeper.clock.forward(seconds=5)

    with pytest.raises(PageMoved) as moved:
        ledger.record_page(entries, WINDOW)

    assert moved.value.order_ids == {100}
    assert keeper.picture() == before


def test_a_page_is_recorded_once_it_is_judged_by_the_rows_as_they_are(keeper: Keeper, ledger: Ledger) -> None:
    moved, other = moved_since(ledger, keeper)

    ledger.record_page([replace(moved, known=known(ledger)), other], WINDOW)

    assert (ledger.reading(), ids(ledger.due(NOON))) == (WINDOW, [100, 101])
    assert known(ledger).asked


def test_a_change_in_the_shop_after_posting_moves_no_state(ledger: Ledger) -> None:
    ledger.settle(recorded(ledger), POSTED)

    changed = Recorded(order=shop_order(100, minutes=9, status=5), order_id=100, outcome=None)
    ledger.record_page([replace(changed, known=known(ledger))], BEGUN)

    record = known(ledger)
    assert (record.state, record.status_id, record.document) == (State.POSTED, 5, "order 100")
    assert record.modified_at == NOON + timedelta(minutes=9)


def test_an_order_that_cannot_be_read_moves_its_date_and_gets_its_mark(ledger: Ledger) -> None:
    problem = about_order(Code.ORDER_ID_REUSED, 100, "another order")
    ledger.settle(recorded(ledger), POSTED)

    entry = Recorded(
        order=None, order_id=100, outcome=None, mark=problem, modified_at=LATER, known=known(ledger)
    )
    ledger.record_page([entry], BEGUN)

    record = known(ledger)
    assert (record.state, record.modified_at, record.codes) == (
        State.POSTED,
        LATER,
        frozenset({Code.ORDER_ID_REUSED}),
    )


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_an_order_that_changes_in_the_shop_before_its_sale_is_found_loses_its_text(
    ledger: Ledger, state: State
) -> None:
    sent = ledger.sending(recorded(ledger), INTENT)
    if state is State.UNKNOWN:
        ledger.settle(sent, Outcome(state=State.UNKNOWN))

    changed = Recorded(order=shop_order(100, minutes=9), order_id=100, outcome=None, known=known(ledger))
    ledger.record_page([changed], BEGUN)

    (record,) = ledger.unsettled()
    assert (record.state, record.document) == (state, "")


def test_a_finished_checkout_has_the_date_at_which_it_was_finished(ledger: Ledger) -> None:
    ledger.record_page([replace(seen(100), outcome=LEFT_OUT)], BEGUN)
    finished = replace(shop_order(100, minutes=9), created_at=LATER)

    ledger.record_page([replace(seen(100), order=finished, known=known(ledger))], BEGUN)

    assert known(ledger).created_at == LATER


# --- what may no longer be written ------------------------------------------------------------------------------------


def test_what_was_judged_by_rules_that_changed_since_is_not_written(keeper: Keeper, ledger: Ledger) -> None:
    record = recorded(ledger)
    keeper.tick_a_status()
    before = keeper.picture()
    keeper.clock.forward(seconds=5)

    with pytest.raises(RulesChanged):
        ledger.record_page([seen(101)], WINDOW)
    with pytest.raises(RulesChanged):
        ledger.sending(record, INTENT)
    with pytest.raises(RulesChanged):
        ledger.settle(record, LEFT_OUT)

    assert keeper.picture() == before


@pytest.mark.parametrize("outcome", [MISSING, POSTED, Outcome(state=State.UNKNOWN)])
def test_what_came_of_an_order_is_written_by_whatever_rules(
    keeper: Keeper, ledger: Ledger, outcome: Outcome
) -> None:
    record = recorded(ledger)
    keeper.tick_a_status()

    ledger.settle(record, outcome)

    assert known(ledger).state is outcome.state


def test_an_order_that_a_person_decided_about_is_left_alone(keeper: Keeper, ledger: Ledger) -> None:
    record = recorded(ledger)
    keeper.decide(100, asked=True, decided_at=LATER)
    before = keeper.picture()
    keeper.clock.forward(seconds=5)

    with pytest.raises(OrderMoved):
        ledger.sending(record, INTENT)
    with pytest.raises(OrderMoved):
        ledger.settle(record, MISSING)
    with pytest.raises(OrderMoved):
        ledger.keep_text(record, "newer")

    assert keeper.picture() == before


def test_what_was_sent_is_settled_whatever_a_person_pressed_meanwhile(keeper: Keeper, ledger: Ledger) -> None:
    sent = ledger.sending(recorded(ledger), INTENT)
    keeper.decide(100, asked=True, decided_at=LATER)

    ledger.settle(sent, POSTED)

    assert (known(ledger).state, known(ledger).invoice_id) == (State.POSTED, 9100)


def test_what_was_sent_is_settled_once(keeper: Keeper, ledger: Ledger) -> None:
    sent = ledger.sending(recorded(ledger), INTENT)
    ledger.settle(sent, POSTED)
    before = keeper.picture()

    with pytest.raises(OrderMoved):
        ledger.settle(sent, Outcome(state=State.UNKNOWN))

    assert keeper.picture() == before
