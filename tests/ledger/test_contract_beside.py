"""The same beside the orders' states: floods, stops, whose details a contact holds, and what is read back (SYNC §3.7, §6, §7.8)."""

import pytest

from portal.sync.ports import (
    Finding,
    Ledger,
    State,
    StopAsked,
)
from portal.sync.shapes import Shape, Standing
from tests.factories import NOON
from tests.ledger.keepers import Keeper
from tests.ledger.one_order import INTENT, MISSING, POSTED, ids, known, recorded
from tests.posted_orders import DIFFERS, row_of


def test_a_flood_that_is_held_back_is_due_no_more_but_for_what_somebody_asked_for(
    keeper: Keeper, ledger: Ledger
) -> None:
    recorded(ledger, 100, 101, 102)
    flood = ledger.due(NOON)
    ledger.settle(known(ledger, 102), MISSING)
    keeper.decide(101, asked=True)

    ledger.hold_back(flood)

    assert ids(ledger.due(NOON)) == ids(ledger.taken_up([100, 101, 102], NOON)) == [101, 102]
    assert known(ledger).state is State.SEEN


def test_a_run_is_told_to_stop_and_the_next_one_goes_on(keeper: Keeper, ledger: Ledger) -> None:
    ledger.heartbeat()
    keeper.ask_to_stop("run one")
    with pytest.raises(StopAsked):
        ledger.heartbeat()

    keeper.release_lease(1)
    fence = keeper.take_lease("run two")
    assert fence is not None
    keeper.ledger(fence, "run two").heartbeat()


def test_a_connection_that_is_switched_off_stops_its_run(keeper: Keeper, ledger: Ledger) -> None:
    keeper.switch(on=False)

    with pytest.raises(StopAsked):
        ledger.heartbeat()


def test_a_run_that_began_while_the_connection_was_off_settles_and_goes_on(
    keeper: Keeper, ledger: Ledger
) -> None:
    recorded(ledger)
    ledger.sending(known(ledger), INTENT)
    keeper.release_lease(1)
    keeper.switch(on=False)
    fence = keeper.take_lease("run two")
    assert fence is not None
    settling = keeper.ledger(fence, "run two")

    settling.heartbeat()
    settling.settle(known(settling), POSTED)

    assert known(settling).state is State.POSTED


def test_an_older_order_never_takes_the_place_of_a_contacts_newest_writer(ledger: Ledger) -> None:
    for contact, order in ((7, 500), (7, 10), (8, 10), (8, 11)):
        ledger.contact_written(contact, order)

    assert [ledger.newest_writer(contact) for contact in (7, 8, 9)] == [500, 11, 0]


def test_the_mark_of_an_older_version_holds_for_every_contact_without_one(
    keeper: Keeper, ledger: Ledger
) -> None:
    keeper.every_contact_holds(300)

    ledger.contact_written(7, 500)
    ledger.contact_written(8, 200)

    assert [ledger.newest_writer(contact) for contact in (7, 8, 9)] == [500, 200, 300]


def test_what_was_read_back_stands_and_is_unread_no_more(ledger: Ledger) -> None:
    ledger.settle(ledger.sending(recorded(ledger), INTENT), POSTED)
    record = known(ledger)

    ledger.read_back([Finding(record=record, row=row_of(record, "10.99"), problems=(DIFFERS,))])
    ledger.read_back([Finding(record=record, row=row_of(record))])

    books = known(ledger).books
    assert books is not None
    assert (str(books.total.quantize(record.total)), known(ledger).codes) == (
        "10.9900",
        frozenset({DIFFERS.code}),
    )
    assert ledger.unread(NOON) == []


def test_a_sale_that_is_not_found_is_looked_for_three_times(ledger: Ledger) -> None:
    ledger.settle(recorded(ledger), POSTED)
    left = []
    for _ in range(3):
        ledger.read_back([Finding(record=known(ledger), row=None)])
        left.append(ids(ledger.unread(NOON)))

    assert left == [[100], [100], []]
    assert known(ledger).state is State.POSTED


def test_what_the_first_order_of_a_shape_came_to_stands(ledger: Ledger) -> None:
    record = recorded(ledger)
    assert ledger.standing() == Standing()

    ledger.shapes_read(record, {Shape.PERCENTAGE, Shape.FINE_PRICE}, good=False)
    ledger.shapes_read(record, {Shape.PERCENTAGE, Shape.ALL_OFF}, good=True)

    assert ledger.standing() == Standing(
        proved=frozenset({Shape.ALL_OFF}), failed=frozenset({Shape.PERCENTAGE, Shape.FINE_PRICE})
    )
