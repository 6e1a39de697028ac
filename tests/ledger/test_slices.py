"""A slice writes the rows of its backfill, ends when another's turn has come, and holds its orders against the hourly runs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.ledger import SqlLedger, SqlSliceLedger, take_lease
from portal.models.backfills import Backfill, BackfillState
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services.syncing import rules_of
from portal.sync.ports import (
    Intent,
    LeaseLost,
    OrderMoved,
    Outcome,
    Place,
    Reading,
    Recorded,
    SliceOver,
    State,
    StopAsked,
)
from portal.sync.problems import Ignored, item_not_found
from portal.sync.sale_orders import PostedOrder
from tests.factories import NOON, make_backfill, make_connection, make_file, make_firm, make_run
from tests.fakes import FakeClock
from tests.posted_orders import SEAL, judged, seen, shop_order

INTENT = Intent(number="JT100", marker="BC-jamtin-100", fingerprint="f", sent_at=NOON)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def backfill(session: Session) -> Backfill:
    connection = make_connection(session, make_file(session, make_firm(session)))
    connection.next_run_at = NOON + timedelta(minutes=30)
    return make_backfill(session, connection)


@pytest.fixture
def ledger(session: Session, backfill: Backfill, clock: FakeClock) -> SqlSliceLedger:
    run = make_run(session, backfill.connection, RunKind.BACKFILL)
    run.backfill_id = backfill.id
    session.commit()
    fence = take_lease(session, run.id, backfill.connection_id, clock)
    assert fence is not None
    ledger = SqlSliceLedger(session, backfill.connection, run, fence, clock, SEAL, backfill)
    ledger.judge_by(rules_of(backfill.connection, NOON))
    return ledger


def hourly_ledger(session: Session, connection: Connection, clock: FakeClock) -> SqlLedger:
    """The ledger of an hourly run that follows on the slice."""
    session.execute(update(Run).values(state="finished"))
    connection.lease_until = None
    session.commit()
    run = make_run(session, connection)
    fence = take_lease(session, run.id, connection.id, clock)
    assert fence is not None
    ledger = SqlLedger(session, connection, run, fence, clock, SEAL)
    ledger.judge_by(rules_of(connection, NOON))
    return ledger


def record(ledger: SqlSliceLedger, *numbers: int, last: bool = True) -> Place:
    before = ledger.place()
    after = replace(before, cursor=max(numbers), read_to_end=last)
    ledger.record_created([seen(number) for number in numbers], before, after)
    return after


def test_a_page_its_cursor_and_its_counts_are_recorded_together(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger
) -> None:
    ignored = Recorded(
        order=shop_order(101, status=5),
        order_id=101,
        outcome=Outcome(state=State.IGNORED, ignored=Ignored.STATUS),
    )
    before = ledger.place()
    ledger.record_created([seen(100), ignored], before, replace(before, cursor=101, read_to_end=True))

    assert ledger.place() == replace(before, cursor=101, read_to_end=True)
    session.refresh(backfill)
    assert (backfill.read, backfill.known) == (2, 0)
    rows = session.execute(
        select(Order.order_id, Order.held, Order.backfill_id).order_by(Order.order_id)
    ).all()
    assert [tuple(row) for row in rows] == [(100, True, backfill.id), (101, False, backfill.id)]
    assert session.scalars(select(Run.read)).one() == 2


def test_what_the_ledger_knew_is_left_and_counted_as_known(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger
) -> None:
    record(ledger, 100, last=False)
    session.execute(update(Order).values(backfill_id=None, held=False, state="posted"))
    session.commit()
    before = ledger.place()

    known = judged(ledger, Recorded(order=None, order_id=100, outcome=None))
    ledger.record_created([known, seen(101)], before, replace(before, cursor=101, read_to_end=True))

    session.refresh(backfill)
    assert (backfill.read, backfill.known) == (3, 1)
    assert session.scalars(select(Order.backfill_id).where(Order.order_id == 100)).one() is None


def test_a_slice_that_is_taken_up_again_expects_what_is_held_beside_what_it_has_done(
    session: Session, ledger: SqlSliceLedger
) -> None:
    record(ledger, 100, 101, 102)
    ledger.expect(ledger.count_held())
    ledger.settle(
        ledger.held(0, 1)[0], Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),))
    )

    ledger.expect(ledger.count_held())

    run = session.scalars(select(Run)).one()
    assert (run.done, run.expected) == (1, 3)


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"state": BackfillState.PAUSED},
        {"since": NOON - timedelta(days=900), "cursor": 0},
        {"cursor": 7},
    ],
    ids=["paused", "another date", "another place"],
)
def test_a_page_read_for_another_place_is_not_recorded(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger, meanwhile: dict[str, object]
) -> None:
    before = ledger.place()
    session.execute(update(Backfill).values(**meanwhile))
    session.commit()

    with pytest.raises(StopAsked):
        ledger.record_created([seen(100)], before, replace(before, cursor=100))

    assert session.scalars(select(Order)).all() == []


def test_an_hourly_run_leaves_what_an_open_backfill_holds(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger, clock: FakeClock
) -> None:
    record(ledger, 100, 101)
    hourly = hourly_ledger(session, backfill.connection, clock)
    hourly.record_page([seen(200)], Reading(watermark=NOON))

    assert [one.order_id for one in hourly.due(NOON)] == [200]
    session.execute(update(Backfill).values(state=BackfillState.PAUSED))
    session.commit()
    assert [one.order_id for one in hourly.due(NOON)] == [200]


def test_no_order_is_held_for_ever_by_a_backfill_that_is_over(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger, clock: FakeClock
) -> None:
    record(ledger, 100)
    session.execute(update(Backfill).values(state=BackfillState.FINISHED))
    session.commit()

    assert [one.order_id for one in hourly_ledger(session, backfill.connection, clock).due(NOON)] == [100]


def test_an_order_that_changes_while_it_is_held_stays_held(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger, clock: FakeClock
) -> None:
    record(ledger, 100)
    hourly = hourly_ledger(session, backfill.connection, clock)

    newer = replace(seen(100), order=shop_order(100, minutes=5), document="newer")
    hourly.record_page([judged(hourly, newer)], Reading(watermark=NOON))

    assert hourly.due(NOON) == []
    (held,) = ledger.held(0, 10)
    assert (held.document, held.modified_at) == ("newer", NOON + timedelta(minutes=5))


def test_held_orders_come_in_batches_above_an_id(ledger: SqlSliceLedger) -> None:
    record(ledger, 100, 101, 102)

    assert ledger.count_held() == 3
    assert [one.order_id for one in ledger.held(0, 2)] == [100, 101]
    assert [one.order_id for one in ledger.held(101, 2)] == [102]


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(state=State.POSTED, posted=PostedOrder(invoice_id=9, number="JT100")),
        Outcome(state=State.EXISTS),
        Outcome(state=State.IGNORED, ignored=Ignored.STATUS),
        Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),)),
    ],
    ids=lambda outcome: str(outcome.state),
)
def test_an_order_that_is_decided_is_held_no_more(
    session: Session, ledger: SqlSliceLedger, outcome: Outcome
) -> None:
    record(ledger, 100)

    ledger.settle(ledger.held(0, 1)[0], outcome)

    assert session.scalars(select(Order.held)).one() is False


@pytest.mark.parametrize("state", [State.UNKNOWN, State.SEEN])
def test_an_order_that_is_not_decided_yet_stays_held(
    session: Session, ledger: SqlSliceLedger, state: State
) -> None:
    record(ledger, 100)
    sent = ledger.sending(ledger.held(0, 1)[0], INTENT)

    ledger.settle(sent, Outcome(state=state))

    assert session.scalars(select(Order.held)).one() is True
    assert ledger.count_held() == (1 if state is State.SEEN else 0)


def test_an_order_that_a_person_moved_is_told_apart_from_a_lost_lease(
    session: Session, ledger: SqlSliceLedger
) -> None:
    record(ledger, 100)
    held = ledger.held(0, 1)[0]
    session.execute(update(Order).values(state="ignored", ignored_reason="BY_PERSON"))
    session.commit()

    with pytest.raises(OrderMoved):
        ledger.sending(held, INTENT)
    with pytest.raises(OrderMoved):
        ledger.settle(held, Outcome(state=State.POSTED))


def test_a_slice_that_lost_its_lease_records_no_page(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger, clock: FakeClock
) -> None:
    before = ledger.place()
    hourly_ledger(session, backfill.connection, clock)

    with pytest.raises(LeaseLost):
        ledger.record_created([seen(100)], before, replace(before, cursor=100))

    assert session.scalars(select(Order)).all() == []


# --- when it is over ----------------------------------------------------------------------------------------------------


def test_a_slice_lasts_ten_minutes_at_most(ledger: SqlSliceLedger, clock: FakeClock) -> None:
    clock.forward(minutes=9, seconds=59)
    ledger.heartbeat()
    clock.forward(seconds=1)

    with pytest.raises(SliceOver):
        ledger.heartbeat()


def test_a_slice_gives_way_to_its_connections_hourly_run_at_once(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger, clock: FakeClock
) -> None:
    clock.forward(seconds=5)
    ledger.heartbeat()
    backfill.connection.next_run_at = clock.now()
    session.commit()

    with pytest.raises(SliceOver):
        ledger.heartbeat()


def test_a_slice_gives_way_to_runs_that_wait_for_a_worker_but_not_every_moment(
    session: Session, ledger: SqlSliceLedger, clock: FakeClock
) -> None:
    elsewhere = make_connection(session, make_file(session, make_firm(session, "Banksia Books")), "other")
    make_run(session, elsewhere, at=NOON - timedelta(minutes=5))
    clock.forward(seconds=59)
    ledger.heartbeat()
    clock.forward(seconds=1)

    with pytest.raises(SliceOver):
        ledger.heartbeat()


def test_slices_of_others_that_wait_are_nothing_to_give_way_to(
    session: Session, ledger: SqlSliceLedger, clock: FakeClock
) -> None:
    elsewhere = make_connection(session, make_file(session, make_firm(session, "Banksia Books")), "other")
    make_run(session, elsewhere, RunKind.BACKFILL, at=NOON - timedelta(minutes=5))
    clock.forward(minutes=5)
    ledger.heartbeat()

    assert ledger.place().cursor == 0


@pytest.mark.parametrize("state", [BackfillState.PAUSED, BackfillState.STOPPED])
def test_a_slice_ends_when_its_backfill_is_paused_or_stopped(
    session: Session, ledger: SqlSliceLedger, state: BackfillState
) -> None:
    session.execute(update(Backfill).values(state=state))
    session.commit()

    with pytest.raises(StopAsked):
        ledger.heartbeat()


def test_a_slice_ends_when_its_connection_is_switched_off(
    session: Session, backfill: Backfill, ledger: SqlSliceLedger
) -> None:
    backfill.connection.enabled = False
    session.commit()

    with pytest.raises(StopAsked):
        ledger.heartbeat()
