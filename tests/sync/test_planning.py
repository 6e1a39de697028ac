"""Which orders are taken, by example: every rule of SYNC §3, and what becomes of an order that is there already."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.orders import ShopOrder
from portal.sync.planning import (
    Decision,
    Ignore,
    Leave,
    Mark,
    Reject,
    Take,
    by_rules,
    decide,
    differs,
    reason_to_ignore,
)
from portal.sync.ports import OrderRecord, State
from portal.sync.problems import Code, Ignored
from portal.sync.rules import STATUSES, SYNCED_BY_DEFAULT, Span
from tests import builders

START = datetime(2026, 3, 1, tzinfo=UTC)
CREATED = datetime(2026, 3, 10, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFF = Span(began=datetime(2026, 3, 12, tzinfo=UTC), ended=datetime(2026, 3, 14, tzinfo=UTC))


def order(**more: Any) -> ShopOrder:
    values: dict[str, Any] = {"id": 120, "created_at": CREATED, "modified_at": CREATED + HOUR}
    return builders.order(**(values | more)).order


def record(state: State = State.SEEN, **more: Any) -> OrderRecord:
    values: dict[str, Any] = {
        "id": "record 120",
        "order_id": 120,
        "state": state,
        "created_at": CREATED,
        "modified_at": CREATED + HOUR,
        "status_id": 11,
        "total": Decimal("11.00"),
    }
    return OrderRecord(**(values | more))


def decided(one: ShopOrder, known: OrderRecord | None = None, **rules: Any) -> Decision:
    return decide(one, builders.rules(start=START, **rules), known)


# --- the rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES, ids=lambda status: status.name)
def test_a_status_is_synced_or_ignored_by_its_id(status: Any) -> None:
    found = reason_to_ignore(order(status_id=status.id), builders.rules(start=START))

    assert found is (None if status.id in SYNCED_BY_DEFAULT else Ignored.STATUS)


def test_a_status_the_shop_renamed_is_the_same_status() -> None:
    assert decided(order(status_id=11, status="Packed by Kim")) == Take()
    assert decided(order(status_id=5, status="Completed")) == Ignore(Ignored.STATUS)


def test_an_unfinished_checkout_is_never_taken_even_where_its_status_was_chosen() -> None:
    everything = frozenset(range(15))

    assert decided(order(status_id=0), statuses=everything) == Ignore(Ignored.STATUS)
    assert decided(order(status_id=1), statuses=everything) == Take()


def test_the_currency_the_shopper_pays_in_decides() -> None:
    assert decided(order(currency="NZD")) == Ignore(Ignored.CURRENCY)
    assert decided(order(currency=" aud ")) == Take()


def test_a_deleted_order_says_so_before_anything_else_but_its_currency() -> None:
    assert decided(order(is_deleted=True, status_id=5)) == Ignore(Ignored.DELETED)
    assert decided(order(is_deleted=True, currency="USD")) == Ignore(Ignored.CURRENCY)


def test_the_start_itself_is_taken_and_the_second_before_it_is_not() -> None:
    assert decided(order(created_at=START)) == Take()
    early = order(created_at=START - timedelta(seconds=1), modified_at=START - timedelta(seconds=1))
    assert decided(early) == Ignore(Ignored.BEFORE_START)


def test_an_order_from_the_future_is_refused_by_name() -> None:
    latest = CREATED + timedelta(days=1)
    found = decided(order(created_at=datetime(2100, 1, 1, tzinfo=UTC)), latest=latest)

    assert isinstance(found, Reject)
    assert found.problem.code is Code.ORDER_UNREADABLE
    assert found.problem.sentence == "Order #120: its date, 01/01/2100, lies in the future"
    assert decided(order(created_at=latest), latest=latest) == Take()


def test_an_order_without_a_currency_is_refused_by_name_and_not_taken_for_a_foreign_one() -> None:
    found = decided(order(currency=" "))

    assert isinstance(found, Reject)
    assert found.problem.code is Code.ORDER_UNREADABLE
    assert found.problem.sentence == "Order #120: the shop does not say in what currency it was paid"


# --- while it was off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("created", "modified", "expected"),
    [
        (OFF.began, OFF.began, Ignore(Ignored.WHILE_OFF, look_once=True)),
        (OFF.began - HOUR, OFF.began + HOUR, Ignore(Ignored.WHILE_OFF, look_once=True)),
        (OFF.began + HOUR, datetime(2026, 3, 20, tzinfo=UTC), Ignore(Ignored.WHILE_OFF, look_once=True)),
        (OFF.began - 2 * HOUR, OFF.began - HOUR, Take()),
        (datetime(2026, 3, 14, tzinfo=UTC), datetime(2026, 3, 14, tzinfo=UTC), Take()),
    ],
)
def test_what_was_created_or_changed_while_off_is_left_out(
    created: datetime, modified: datetime, expected: Decision
) -> None:
    assert decided(order(created_at=created, modified_at=modified), off=(OFF,)) == expected


def test_several_times_off_and_one_that_still_lasts_all_count() -> None:
    still = Span(began=datetime(2026, 3, 20, tzinfo=UTC))
    spans = (OFF, still)

    assert decided(order(created_at=OFF.began, modified_at=OFF.began), off=spans) == Ignore(
        Ignored.WHILE_OFF, look_once=True
    )
    late = order(created_at=still.began + HOUR, modified_at=still.began + HOUR)
    assert decided(late, off=spans) == Ignore(Ignored.WHILE_OFF, look_once=True)


def test_an_order_that_waited_and_changed_while_off_is_left_out_too() -> None:
    changed = order(created_at=OFF.began - HOUR, modified_at=OFF.began + HOUR)
    waiting = record(State.FAILED, created_at=OFF.began - HOUR, modified_at=OFF.began - HOUR)

    assert decided(changed, waiting, off=(OFF,)) == Ignore(Ignored.WHILE_OFF, look_once=True)


def test_only_a_person_takes_what_came_while_off_or_what_she_set_aside() -> None:
    later = order(modified_at=CREATED + 30 * 24 * HOUR, status_id=2)
    for reason in (Ignored.WHILE_OFF, Ignored.BY_PERSON):
        assert decided(later, record(State.IGNORED, ignored=reason)) == Leave(changed=True)
        assert decided(later, record(State.IGNORED, ignored=reason, release=True)) == Take()


def test_it_is_shown_once_and_not_again_when_it_changes() -> None:
    known = record(State.IGNORED, ignored=Ignored.WHILE_OFF, release=False)
    other = record(State.IGNORED, ignored=Ignored.STATUS)
    one = order(created_at=OFF.began, modified_at=OFF.began)
    rules = builders.rules(start=START, off=(OFF,))

    assert by_rules(one, rules, known) == Ignore(Ignored.WHILE_OFF, look_once=False)
    assert by_rules(one, rules, other) == Ignore(Ignored.WHILE_OFF, look_once=True)


# --- shown once -----------------------------------------------------------------------------------------------------


def test_an_older_order_is_shown_once_when_it_changes_after_the_start() -> None:
    old = START - 24 * HOUR
    as_it_was = order(created_at=old, modified_at=old)
    shipped = order(created_at=old, modified_at=START + HOUR, status_id=2)
    completed = order(created_at=old, modified_at=START + 2 * HOUR, status_id=10)
    kept: dict[str, Any] = {"ignored": Ignored.BEFORE_START, "created_at": old}

    assert decided(as_it_was) == Ignore(Ignored.BEFORE_START, look_once=False)
    assert decided(shipped) == Ignore(Ignored.BEFORE_START, look_once=True)
    assert decided(shipped, record(State.IGNORED, modified_at=old, **kept)) == Ignore(
        Ignored.BEFORE_START, look_once=True
    )
    assert decided(completed, record(State.IGNORED, modified_at=START + HOUR, **kept)) == Ignore(
        Ignored.BEFORE_START, look_once=False
    )
    assert decided(
        shipped, record(State.IGNORED, modified_at=old, created_at=old, ignored=Ignored.STATUS)
    ) == (Ignore(Ignored.BEFORE_START, look_once=True))


def test_a_change_at_the_very_start_counts_as_one_after_it_and_is_shown_once() -> None:
    old = START - 24 * HOUR
    at_the_start = order(created_at=old, modified_at=START)
    later = order(created_at=old, modified_at=START + HOUR)
    shown = record(State.IGNORED, ignored=Ignored.BEFORE_START, created_at=old, modified_at=START)

    assert decided(at_the_start) == Ignore(Ignored.BEFORE_START, look_once=True)
    assert decided(later, shown) == Ignore(Ignored.BEFORE_START, look_once=False)


def test_a_disputed_order_of_the_very_start_is_shown() -> None:
    assert decided(order(status_id=13, created_at=START)) == Ignore(Ignored.STATUS, look_once=True)


@pytest.mark.parametrize("status_id", [13, 14])
def test_an_order_questioned_before_its_first_sync_is_shown_once(status_id: int) -> None:
    questioned = order(status_id=status_id, modified_at=CREATED + 5 * HOUR)

    assert decided(questioned) == Ignore(Ignored.STATUS, look_once=True)
    assert decided(questioned, record(State.SEEN)) == Ignore(Ignored.STATUS, look_once=True)
    awaiting = record(State.IGNORED, ignored=Ignored.STATUS, status_id=7)
    assert decided(questioned, awaiting) == Ignore(Ignored.STATUS, look_once=True)
    shown = record(State.IGNORED, ignored=Ignored.STATUS, status_id=13)
    assert decided(questioned, shown) == Ignore(Ignored.STATUS, look_once=False)


def test_questioned_orders_that_are_posted_or_older_or_wanted_are_not_shown() -> None:
    posted = record(State.POSTED)
    older = order(status_id=13, created_at=START - HOUR, modified_at=CREATED)

    assert decided(order(status_id=13, modified_at=CREATED + 5 * HOUR), posted) == Leave(changed=True)
    assert decided(older) == Ignore(Ignored.STATUS, look_once=False)
    assert decided(order(status_id=13), statuses=frozenset({13})) == Take()
    assert decided(order(status_id=4)) == Ignore(Ignored.STATUS, look_once=False)
    assert decided(order(status_id=5)) == Ignore(Ignored.STATUS, look_once=False)


# --- an order the ledger knows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({}, False),
        ({"modified_at": CREATED + 2 * HOUR}, True),
        ({"status_id": 2}, True),
        ({"total": "12.00"}, True),
        ({"is_deleted": True}, True),
    ],
)
def test_a_record_differs_by_date_status_total_or_deletion(more: dict[str, Any], changed: bool) -> None:
    assert differs(order(**more), record()) is changed


@pytest.mark.parametrize("state", [State.POSTED, State.EXISTS, State.SENDING, State.UNKNOWN])
def test_what_saasu_has_or_may_have_is_left_alone(state: State) -> None:
    assert decided(order(), record(state)) == Leave(changed=False)
    assert decided(order(status_id=5), record(state)) == Leave(changed=True)


@pytest.mark.parametrize("state", [State.SEEN, State.FAILED])
def test_an_order_that_did_not_change_is_not_decided_again(state: State) -> None:
    assert decided(order(), record(state)) == Leave(changed=False)
    assert decided(order(status_id=5, modified_at=CREATED + 2 * HOUR), record(state)) == Ignore(
        Ignored.STATUS
    )
    assert decided(order(modified_at=CREATED + 2 * HOUR), record(state)) == Take()


def test_an_ignored_order_comes_back_when_no_rule_speaks_against_it_any_more() -> None:
    assert decided(order(), record(State.IGNORED, ignored=Ignored.BEFORE_START)) == Take()
    assert decided(order(status_id=7), record(State.IGNORED, ignored=Ignored.STATUS, status_id=7)) == Leave(
        changed=False
    )


def test_a_restored_order_is_decided_again_even_where_its_date_did_not_move() -> None:
    archived = record(State.IGNORED, ignored=Ignored.DELETED, is_deleted=True)

    assert decided(order(), archived) == Take()
    assert decided(order(is_deleted=True), archived) == Leave(changed=False)


def test_a_release_lifts_everything_but_the_currency() -> None:
    taken = record(State.SEEN, release=True, status_id=5, is_deleted=True)
    now = {"modified_at": CREATED + 2 * HOUR}

    assert decided(order(status_id=5, is_deleted=True, **now), taken) == Take()
    assert decided(order(status_id=5, is_deleted=True, currency="USD", **now), taken) == Ignore(
        Ignored.CURRENCY
    )


def test_a_release_is_over_when_the_order_is_cancelled_or_archived_since() -> None:
    taken = record(State.FAILED, release=True, status_id=11)
    now = {"modified_at": CREATED + 2 * HOUR}

    assert decided(order(status_id=5, **now), taken) == Ignore(Ignored.STATUS)
    assert decided(order(status_id=11, is_deleted=True, **now), taken) == Ignore(Ignored.DELETED)
    assert decided(order(status_id=11, **now), taken) == Take()


# --- the same number, another order -----------------------------------------------------------------------------------


OTHER = {"created_at": CREATED + 24 * HOUR, "modified_at": CREATED + 24 * HOUR}


@pytest.mark.parametrize("state", [State.SEEN, State.FAILED, State.IGNORED])
def test_another_order_under_a_number_that_is_not_in_saasu_fails_by_name(state: State) -> None:
    kept = record(state, ignored=Ignored.BY_PERSON if state is State.IGNORED else None)

    found = decided(order(**OTHER), kept)

    assert isinstance(found, Reject)
    assert found.problem.code is Code.ORDER_ID_REUSED
    assert found.problem.sentence == (
        "Order #120: the shop created another order under this number on 11/03/2026"
    )


@pytest.mark.parametrize("state", [State.POSTED, State.EXISTS, State.SENDING, State.UNKNOWN])
def test_another_order_under_a_number_that_saasu_may_have_is_said_and_changes_nothing(state: State) -> None:
    found = decided(order(**OTHER), record(state))

    assert isinstance(found, Mark)
    assert found.problem.code is Code.ORDER_ID_REUSED


def test_it_is_said_once() -> None:
    said = record(State.POSTED, codes=frozenset({Code.ORDER_ID_REUSED}))

    assert decided(order(**OTHER), said) == Leave(changed=False)


def test_a_checkout_that_is_finished_and_an_order_that_becomes_readable_are_no_other_orders() -> None:
    checkout = record(State.IGNORED, ignored=Ignored.STATUS, status_id=0)
    unreadable = record(State.FAILED, codes=frozenset({Code.ORDER_UNREADABLE}))

    assert decided(order(**OTHER), checkout) == Take()
    assert decided(order(**OTHER), unreadable) == Take()
