"""Whose turn it is: slices on the queue beside every other run, and what the end of one means; by the rows alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.backfills import Backfill, BackfillState
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind, RunState
from portal.services import backfills, runs, slices
from portal.sync.ports import State
from portal.sync.problems import Code, Problem
from tests.factories import NOON, make_backfill, make_connection, make_file, make_firm, make_order, make_run

MIDNIGHT = datetime(2026, 1, 31, 13, 0, tzinfo=UTC)  # the beginning of February in Sydney
HOUR = timedelta(hours=1)
QUOTA = Problem(Code.SAASU_QUOTA, "The older orders wait for Saasu calls. It goes on tomorrow at 9:05 am.")


class Bell:
    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []

    def __call__(self, run_id: str, attempt: int) -> None:
        self.rung.append((run_id, attempt))


@pytest.fixture
def connection(session: Session) -> Connection:
    made = make_connection(session, make_file(session, make_firm(session)))
    made.next_run_at = NOON + HOUR
    session.commit()
    return made


def waiting(session: Session, backfill: Backfill, number: int = 120, **more: Any) -> Order:
    """An order the backfill recorded and holds."""
    values: dict[str, Any] = {"backfill_id": backfill.id, "held": True, "order_created_at": MIDNIGHT + HOUR}
    return make_order(session, backfill.connection, number, **(values | more))


# --- slices on the queue ------------------------------------------------------------------------------------------------


def test_the_tick_queues_one_slice_for_what_may_go_on(session: Session, connection: Connection) -> None:
    backfill = make_backfill(session, connection)
    bell = Bell()

    assert slices.queue_slices(session, NOON, bell) == 1
    assert slices.queue_slices(session, NOON, bell) == 0
    run = session.scalars(select(Run)).one()
    assert (run.kind, run.backfill_id, bell.rung) == (RunKind.BACKFILL, backfill.id, [(run.id, 1)])


@pytest.mark.parametrize(
    "hindrance",
    [
        lambda backfill: setattr(backfill, "state", "paused"),
        lambda backfill: setattr(backfill, "resume_at", NOON + timedelta(seconds=1)),
        lambda backfill: setattr(backfill.connection, "enabled", False),
        lambda backfill: setattr(backfill.connection, "next_run_at", NOON),
    ],
    ids=["paused", "waits for calls", "off", "the hourly run is due"],
)
def test_no_slice_is_queued_where(session: Session, connection: Connection, hindrance: Any) -> None:
    backfill = make_backfill(session, connection)
    hindrance(backfill)
    session.commit()

    assert slices.queue_slices(session, NOON, Bell()) == 0


def test_no_slice_is_queued_while_other_runs_have_waited_long_for_a_worker(
    session: Session, connection: Connection
) -> None:
    make_backfill(session, connection)
    elsewhere = make_connection(session, make_file(session, make_firm(session, "Banksia Books")), "other")
    make_run(session, elsewhere, at=NOON - timedelta(seconds=59))
    assert slices.queue_slices(session, NOON - timedelta(seconds=1), Bell()) == 1
    session.delete(session.scalars(select(Run).where(Run.connection_id == connection.id)).one())
    session.commit()

    assert slices.queue_slices(session, NOON + timedelta(seconds=1), Bell()) == 0


def test_a_backfill_with_nothing_left_is_finished_without_a_slice(
    session: Session, connection: Connection
) -> None:
    backfill = make_backfill(session, connection, read_to_end=True)
    set_aside = waiting(session, backfill, 120, state="ignored")

    assert slices.queue_slices(session, NOON, Bell()) == 0

    session.refresh(backfill)
    assert (backfill.state, backfill.finished_at, set_aside.held) == ("finished", NOON, True)


def test_a_lost_answer_keeps_a_backfill_open_and_is_the_hourly_runs_to_look_up(
    session: Session, connection: Connection
) -> None:
    backfill = make_backfill(session, connection, read_to_end=True)
    waiting(session, backfill, 120, state="unknown")

    assert slices.queue_slices(session, NOON, Bell()) == 0
    session.refresh(backfill)
    assert backfill.state == BackfillState.RUNNING


def test_a_due_hourly_run_takes_the_place_of_a_slice_that_waits(
    session: Session, connection: Connection
) -> None:
    make_backfill(session, connection)
    slices.queue_slices(session, NOON, Bell())
    connection.next_run_at = NOON
    session.commit()

    runs.claim_due(session, NOON, Bell())

    run = session.scalars(select(Run)).one()
    session.refresh(run)
    assert (run.kind, run.backfill_id) == (RunKind.HOURLY, None)
    assert connection.next_run_at == NOON + timedelta(minutes=7)


def test_a_due_hourly_run_stays_due_until_the_slice_at_work_has_given_way(
    session: Session, connection: Connection
) -> None:
    make_backfill(session, connection)
    slices.queue_slices(session, NOON, Bell())
    slice_at_work = session.scalars(select(Run)).one()
    runs.begin(session, slice_at_work.id, 1, NOON)
    connection.next_run_at = NOON
    session.commit()

    runs.claim_due(session, NOON + timedelta(seconds=5), Bell())
    assert (connection.next_run_at, session.scalars(select(Run.kind)).all()) == (NOON, [RunKind.BACKFILL])
    runs.finish(session, slice_at_work, 1, RunState.FINISHED, None, NOON + timedelta(seconds=8))
    assert slices.queue_slices(session, NOON + timedelta(seconds=10), Bell()) == 0
    runs.claim_due(session, NOON + timedelta(seconds=10), Bell())

    assert sorted(session.scalars(select(Run.kind))) == [RunKind.BACKFILL, RunKind.HOURLY]


def test_somebodys_run_takes_the_place_of_a_slice_that_waits(
    session: Session, connection: Connection
) -> None:
    make_backfill(session, connection)
    slices.queue_slices(session, NOON, Bell())

    run = runs.request_run(session, connection, RunKind.RETRY, "Pat", NOON, Bell())

    assert (run.kind, run.actor, run.backfill_id) == (RunKind.RETRY, "Pat", None)


def test_somebodys_run_lets_the_slice_at_work_give_way(session: Session, connection: Connection) -> None:
    make_backfill(session, connection)
    slices.queue_slices(session, NOON, Bell())
    slice_at_work = session.scalars(select(Run)).one()
    runs.begin(session, slice_at_work.id, 1, NOON)

    run = runs.request_run(session, connection, RunKind.MANUAL, "Pat", NOON, Bell())

    assert run.id == slice_at_work.id
    assert connection.next_run_at == NOON


# --- how a slice ends ---------------------------------------------------------------------------------------------------


def ended(
    session: Session,
    connection: Connection,
    state: RunState,
    problem: Problem | None,
    again: datetime | None = None,
) -> Backfill:
    backfill = make_backfill(session, connection)
    slices.queue_slices(session, NOON, Bell())
    run = session.scalars(select(Run)).one()
    runs.begin(session, run.id, 1, NOON)
    assert runs.finish(session, run, 1, state, problem, NOON + timedelta(minutes=2), again_at=again)
    session.refresh(backfill)
    return backfill


def test_a_slice_without_calls_left_says_when_it_goes_on_and_the_tick_waits_for_that(
    session: Session, connection: Connection
) -> None:
    again = NOON + timedelta(minutes=40)
    backfill = ended(session, connection, RunState.INCOMPLETE, QUOTA, again)

    assert (backfill.resume_at, backfill.problem_sentence) == (again, QUOTA.sentence)
    assert slices.queue_slices(session, again - timedelta(seconds=1), Bell()) == 0
    assert slices.queue_slices(session, again, Bell()) == 1


@pytest.mark.parametrize(
    ("code", "later"),
    [
        (Code.STORE_UNREACHABLE, timedelta(minutes=10)),
        (Code.SAASU_CREDENTIALS, HOUR),
        (Code.SAASU_QUOTA, HOUR),
    ],
)
def test_after_a_problem_the_next_slice_waits_a_while(
    session: Session, connection: Connection, code: Code, later: timedelta
) -> None:
    backfill = ended(session, connection, RunState.FAILED, Problem(code, "No."))

    assert backfill.resume_at == NOON + timedelta(minutes=2) + later


def test_what_stops_a_slice_is_no_problem_of_the_connection(session: Session, connection: Connection) -> None:
    ended(session, connection, RunState.INCOMPLETE, QUOTA, NOON + HOUR)

    assert (connection.problem_code, connection.last_good_run_at) == (None, None)


def test_a_slice_that_went_well_does_not_clear_what_an_hourly_run_met(
    session: Session, connection: Connection
) -> None:
    connection.problem_code = "FLOOD"
    session.commit()

    ended(session, connection, RunState.FINISHED, None)

    assert (connection.problem_code, connection.last_good_run_at) == ("FLOOD", None)


def test_the_last_slice_finishes_the_backfill_even_where_it_was_paused_meanwhile(
    session: Session, connection: Connection
) -> None:
    backfill = make_backfill(session, connection)
    slices.queue_slices(session, NOON, Bell())
    run = session.scalars(select(Run)).one()
    runs.begin(session, run.id, 1, NOON)
    backfills.pause(session, backfill, "Pat", NOON)
    backfill.read_to_end = True
    session.commit()

    told: list[str] = []
    runs.finish(
        session, run, 1, RunState.STOPPED, None, NOON + HOUR,
        tell=lambda _run: told.append(session.get_one(Backfill, backfill.id).state),
    )  # fmt: skip

    assert told == ["finished"]
    session.refresh(backfill)
    assert (backfill.state, backfill.finished_at) == ("finished", NOON + HOUR)


def test_an_order_that_waits_is_taken_out_of_the_row_by_a_retry(
    session: Session, connection: Connection
) -> None:
    from portal.services import orders

    order = waiting(session, make_backfill(session, connection))

    orders.retry(session, order, "Pat", NOON, Bell())

    session.refresh(order)
    assert (order.held, order.state) == (False, State.SEEN)
