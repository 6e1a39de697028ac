"""What a person says about which orders are taken, over the database alone (SYNC §3)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.models.runs import Run
from portal.questions import Asked, left_out, questions
from portal.services import selection
from portal.services.orders import retry
from portal.services.runs import Ring
from portal.sync.problems import Ignored, item_not_found
from tests.factories import NOON, make_backfill, make_connection, make_file, make_firm, make_order

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def silent(_run_id: str, _attempt: int) -> None:
    """A bell that nobody hears."""


RING: Ring = silent


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


def ignored(session: Session, connection: Connection, number: int, reason: str, **more: Any) -> Order:
    return make_order(session, connection, number, "ignored", ignored_reason=reason, **more)


def lines(session: Session, order: Order) -> list[tuple[str, str, str]]:
    return [
        (one.actor, one.state, one.note)
        for one in session.scalars(select(Attempt).where(Attempt.order_pk == order.id).order_by(Attempt.id))
    ]


# --- off and on -------------------------------------------------------------------------------------------------------


def switch(connection: Connection, on: bool, now: Any) -> None:
    was_on, connection.enabled = connection.enabled, on
    selection.note_switch(connection, was_on, now)


def spans(connection: Connection) -> list[tuple[Any, Any]]:
    return [(span.began_at, span.ended_at) for span in connection.off_spans]


def test_each_time_off_is_kept_from_save_to_save(session: Session, connection: Connection) -> None:
    switch(connection, False, NOON)
    switch(connection, False, NOON + HOUR)
    switch(connection, True, NOON + 2 * HOUR)
    switch(connection, True, NOON + 3 * HOUR)
    switch(connection, False, NOON + 4 * HOUR)
    session.commit()

    assert spans(connection) == [(NOON, NOON + 2 * HOUR), (NOON + 4 * HOUR, None)]


def test_a_connection_that_was_never_on_was_never_off(connection: Connection) -> None:
    connection.start_at, connection.enabled = None, False
    switch(connection, True, NOON)

    assert spans(connection) == []


def test_one_that_was_switched_off_before_times_were_kept_was_off_since_its_last_good_run(
    session: Session, connection: Connection
) -> None:
    connection.enabled, connection.last_good_run_at = False, NOON + HOUR
    switch(connection, True, NOON + DAY)
    session.commit()

    assert spans(connection) == [(NOON + HOUR, NOON + DAY)]


def test_a_clock_that_went_back_makes_an_empty_time_off(session: Session, connection: Connection) -> None:
    switch(connection, False, NOON)
    switch(connection, True, NOON - HOUR)
    session.commit()

    assert spans(connection) == [(NOON, NOON)]


def test_start_processing_takes_what_came_while_off_since_its_date(
    session: Session, connection: Connection
) -> None:
    for began in (NOON - 9 * DAY, NOON - 5 * DAY, NOON - 2 * DAY):
        switch(connection, False, began)
        switch(connection, True, began + 2 * DAY)
    begin = NOON - 4 * DAY
    before = ignored(session, connection, 119, "WHILE_OFF", order_created_at=begin - HOUR)
    after = ignored(session, connection, 120, "WHILE_OFF", order_created_at=begin, look_once=True)
    by_person = ignored(session, connection, 121, "BY_PERSON", order_created_at=NOON)

    backfill = make_backfill(session, connection)
    selection.take_back_to(session, connection, begin, backfill.id)
    session.commit()

    assert spans(connection) == [(NOON - 9 * DAY, NOON - 7 * DAY), (NOON - 5 * DAY, begin)]
    assert [row.state for row in (before, after, by_person)] == ["ignored", "seen", "ignored"]
    assert (after.asked, after.look_once, after.ignored_reason) == (True, False, None)
    assert (after.held, after.backfill_id) == (True, backfill.id)


# --- take -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "status_id", "may"),
    [
        ("BEFORE_START", 11, True),
        ("DELETED", 11, True),
        ("WHILE_OFF", 11, True),
        ("BY_PERSON", 5, True),
        ("CURRENCY", 11, False),
        ("STATUS", 0, False),
        ("STATUS", 5, False),
        ("STATUS", 13, True),
        ("STATUS", 14, True),
    ],
)
def test_a_person_may_take_what_a_person_may_decide(
    session: Session, connection: Connection, reason: str, status_id: int, may: bool
) -> None:
    order = ignored(session, connection, 120, reason, status_id=status_id, look_once=True, turn="you")

    run = selection.take(session, order, "Alice", NOON, RING)

    assert (run is not None, order.state == "seen") == (may, may)
    if may:
        assert run is not None
        assert (run.kind, run.only_order) == ("retry", 120)
        assert (order.asked, order.look_once, order.turn, order.document) == (True, False, None, None)
        assert order.release is (reason != "BY_PERSON")
        assert lines(session, order) == [("Alice", "seen", "Asked to take it.")]


def test_nothing_is_taken_while_the_connection_is_off(session: Session, connection: Connection) -> None:
    order = ignored(session, connection, 120, "DELETED")
    connection.enabled = False
    session.commit()

    assert selection.take(session, order, "Alice", NOON, RING) is None
    assert selection.take_all(session, connection, Ignored.DELETED, "Alice", NOON, RING, shown=False) == (
        0,
        None,
    )
    assert selection.post_held(session, connection, NOON, "Alice", NOON, RING) == (0, None)
    assert order.state == "ignored"


def test_an_order_that_another_person_took_meanwhile_is_not_taken_twice(
    session: Session, connection: Connection
) -> None:
    order = ignored(session, connection, 120, "DELETED")
    session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(state="posted", invoice_id=1)
        .execution_options(synchronize_session=False)
    )

    selection.take(session, order, "Alice", NOON, RING)

    session.refresh(order)
    assert order.state == "posted"
    assert lines(session, order) == []


def test_taking_what_came_while_off_takes_it_as_if_it_had_been_on(
    session: Session, connection: Connection
) -> None:
    switch(connection, False, NOON - DAY)
    switch(connection, True, NOON)
    shown = [ignored(session, connection, number, "WHILE_OFF", look_once=True) for number in (120, 121)]
    other = ignored(session, connection, 122, "DELETED")

    taken, run = selection.take_all(session, connection, Ignored.WHILE_OFF, "Alice", NOON, RING, shown=True)

    assert (taken, run.actor if run else None) == (2, "Alice")
    assert [(row.state, row.release, row.asked) for row in shown] == [("seen", False, True)] * 2
    assert other.state == "ignored"
    assert spans(connection) == []


def test_only_what_is_shown_is_taken_where_only_that_was_asked(
    session: Session, connection: Connection
) -> None:
    shown = ignored(session, connection, 120, "BEFORE_START", look_once=True)
    history = ignored(session, connection, 121, "BEFORE_START")

    taken, _ = selection.take_all(session, connection, Ignored.BEFORE_START, "Alice", NOON, RING, shown=True)
    assert (taken, shown.release, history.state) == (1, True, "ignored")

    taken, _ = selection.take_all(session, connection, Ignored.BEFORE_START, "Alice", NOON, RING, shown=False)
    assert (taken, history.state) == (1, "seen")


def test_of_statuses_only_what_is_shown_can_be_taken_and_currencies_never(
    session: Session, connection: Connection
) -> None:
    disputed = ignored(session, connection, 120, "STATUS", status_id=13, look_once=True, turn="you")
    cancelled = ignored(session, connection, 121, "STATUS", status_id=5)
    dollars = ignored(session, connection, 122, "CURRENCY")

    for reason in (Ignored.STATUS, Ignored.CURRENCY):
        selection.take_all(session, connection, reason, "Alice", NOON, RING, shown=False)

    assert [row.state for row in (disputed, cancelled, dollars)] == ["seen", "ignored", "ignored"]


def test_many_orders_are_taken_each_with_its_line_of_history(
    session: Session, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "AT_ONCE", 2)
    rows = [ignored(session, connection, number, "DELETED") for number in range(120, 125)]

    taken, _ = selection.take_all(session, connection, Ignored.DELETED, "Alice", NOON, RING, shown=False)

    assert taken == 5
    assert [len(lines(session, row)) for row in rows] == [1] * 5
    assert len(session.scalars(select(Run)).all()) == 1


# --- leave ------------------------------------------------------------------------------------------------------------


def test_what_is_left_stays_ignored_and_is_not_shown_again(session: Session, connection: Connection) -> None:
    shown = ignored(session, connection, 120, "STATUS", status_id=13, look_once=True, turn="you")
    other = ignored(session, connection, 121, "BEFORE_START", look_once=True)

    assert selection.leave_all(session, connection, Ignored.STATUS, "Alice", NOON) == 1

    assert (shown.state, shown.look_once, shown.turn) == ("ignored", False, None)
    assert lines(session, shown) == [("Alice", "ignored", "Looked at, and left out.")]
    assert other.look_once

    assert selection.leave(session, other, "Alice", NOON)
    assert not selection.leave(session, other, "Alice", NOON)
    assert questions(session, connection.firm_id) == []


# --- set aside --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["failed", "seen"])
def test_an_order_that_is_not_in_saasu_can_be_set_aside_with_a_reason(
    session: Session, connection: Connection, state: str
) -> None:
    order = make_order(
        session, connection, 120, state, turn="you", flood_at=NOON, release=True, retry_at=NOON
    )

    assert selection.ignore(session, order, "  entered\n by hand ", "Alice", NOON)

    assert (order.state, order.ignored_reason, order.turn) == ("ignored", "BY_PERSON", None)
    assert (order.problems, order.flood_at, order.release, order.retry_at) == ([], None, False, None)
    assert lines(session, order) == [("Alice", "ignored", "Chose to ignore it: entered by hand")]


@pytest.mark.parametrize("state", ["posted", "exists", "unknown", "sending", "ignored"])
def test_an_order_that_saasu_has_or_may_have_cannot_be_set_aside(
    session: Session, connection: Connection, state: str
) -> None:
    order = make_order(session, connection, 120, state)

    assert not selection.ignore(session, order, "", "Alice", NOON)
    assert (order.state, lines(session, order)) == (state, [])


def test_an_order_whose_number_is_on_another_sale_may_be_set_aside_while_it_is_in_question(
    session: Session, connection: Connection
) -> None:
    order = make_order(
        session, connection, 120, "exists", look_once=True, turn="you", books_total=Decimal("9.00"), books_tax=Decimal("0.90")
    )  # fmt: skip

    assert selection.ignore(session, order, "", "Alice", NOON)

    assert (order.state, order.ignored_reason, order.look_once, order.turn) == (
        "ignored", "BY_PERSON", False, None,
    )  # fmt: skip
    assert (order.books_total, order.books_tax) == (None, None)


def test_a_long_reason_is_cut_and_none_is_fine() -> None:
    assert selection.set_aside_note("") == "Chose to ignore it."
    assert selection.set_aside_note("x" * 5000) == "Chose to ignore it: " + "x" * 300


# --- a flood ----------------------------------------------------------------------------------------------------------


def test_a_yes_is_for_exactly_the_orders_that_were_shown(session: Session, connection: Connection) -> None:
    shown = make_order(session, connection, 120, flood_at=NOON, turn="you")
    later = make_order(session, connection, 121, flood_at=NOON + HOUR, turn="you")

    done, run = selection.post_held(session, connection, NOON, "Alice", NOON + HOUR, RING)

    assert (done, run is not None) == (1, True)
    assert (shown.flood_at, shown.asked, shown.turn) == (None, True, None)
    assert (later.flood_at, later.asked) == (NOON + HOUR, False)
    assert lines(session, shown) == [("Alice", "seen", "Asked to post it.")]


def test_a_no_sets_exactly_those_aside(session: Session, connection: Connection) -> None:
    shown = make_order(session, connection, 120, flood_at=NOON, turn="you")
    later = make_order(session, connection, 121, flood_at=NOON + HOUR, turn="you")
    normal = make_order(session, connection, 122)

    assert selection.ignore_held(session, connection, NOON, "from the old shop", "Alice", NOON) == 1

    assert (shown.state, shown.ignored_reason) == ("ignored", "BY_PERSON")
    assert (later.state, normal.state) == ("seen", "seen")


def test_a_yes_to_nothing_starts_no_run(session: Session, connection: Connection) -> None:
    make_order(session, connection, 120)

    assert selection.post_held(session, connection, NOON, "Alice", NOON, RING) == (0, None)
    assert selection.take_all(session, connection, Ignored.DELETED, "Alice", NOON, RING, shown=False) == (
        0,
        None,
    )
    assert session.scalars(select(Run)).all() == []


def test_a_retry_of_one_held_order_posts_that_one(session: Session, connection: Connection) -> None:
    order = make_order(session, connection, 120, flood_at=NOON, turn="you")

    retry(session, order, "Alice", NOON, RING)

    assert (order.state, order.flood_at, order.asked, order.turn) == ("seen", None, True, None)


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_each_connection_asks_each_question_once_with_its_figures(
    session: Session, connection: Connection
) -> None:
    other = make_connection(session, make_file(session, make_firm(session, "Banksia Books")), "other")
    make_order(session, connection, 119, flood_at=NOON, total=Decimal("5.50"))
    make_order(session, connection, 120, flood_at=NOON + HOUR, order_created_at=NOON - DAY)
    ignored(session, connection, 121, "WHILE_OFF", look_once=True)
    ignored(session, connection, 122, "WHILE_OFF")
    ignored(session, connection, 123, "STATUS", look_once=True, status_id=14)
    ignored(session, other, 124, "WHILE_OFF", look_once=True)
    make_order(session, connection, 125, "posted", look_once=True)
    make_order(session, connection, 126, "failed", problems=[vars_of(item_not_found(126, "mug"))])

    found = questions(session, connection.firm_id)

    assert [(one.asked, one.orders, one.dollars) for one in found] == [
        (Asked.FLOOD, 2, Decimal("16.50")),
        (Asked.WHILE_OFF, 1, Decimal("11.00")),
        (Asked.STATUS, 1, Decimal("11.00")),
    ]
    assert (found[0].first, found[0].last, found[0].until) == (NOON - DAY, NOON, NOON + HOUR)
    assert found[1].until is None
    assert questions(session, connection.firm_id, other.id) == []
    assert len(questions(session, connection.firm_id, connection.id)) == 3


def vars_of(problem: Any) -> dict[str, str]:
    return {"code": str(problem.code), "sentence": problem.sentence, "subject": problem.subject}


def test_ignored_orders_are_counted_by_reason_with_their_dollars(
    session: Session, connection: Connection
) -> None:
    ignored(session, connection, 121, "DELETED", total=Decimal("100.10"))
    ignored(session, connection, 122, "DELETED", total=Decimal("0.20"))
    ignored(session, connection, 123, "STATUS")

    found = left_out(session, connection.firm_id, connection.id)

    assert [(one.reason, one.orders, one.dollars) for one in found] == [
        (Ignored.STATUS, 1, Decimal("11.00")),
        (Ignored.DELETED, 2, Decimal("100.30")),
    ]
    assert left_out(session, "another firm") == []
