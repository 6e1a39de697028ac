"""Start Processing, pausing, resuming and stopping: by the rows alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.ledger import take_lease
from portal.models.backfills import Backfill, BackfillState
from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunKind
from portal.services import backfills
from portal.services.connections import NotSaved
from portal.services.remotes import Outside
from tests.factories import NOON, make_connection, make_file, make_firm, make_order, make_run
from tests.fakes import FakeClock

FEBRUARY = date(2026, 2, 1)
MIDNIGHT = datetime(2026, 1, 31, 13, 0, tzinfo=UTC)  # the beginning of February in Sydney
HOUR = timedelta(hours=1)


class Bell:
    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []

    def __call__(self, run_id: str, attempt: int) -> None:
        self.rung.append((run_id, attempt))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def outside(app: Flask, clock: FakeClock) -> Outside:
    return Outside.of(app, clock.now)


@pytest.fixture
def connection(session: Session) -> Connection:
    made = make_connection(session, make_file(session, make_firm(session)))
    made.next_run_at = NOON + HOUR
    session.commit()
    return made


@pytest.fixture
def ask(session: Session, outside: Outside, connection: Connection) -> Any:
    def start(day: date = FEBRUARY, bell: Bell | None = None) -> Backfill:
        return backfills.start_processing(session, outside, connection, day, "Alice", bell or Bell())

    return start


def fault(ask: Any, day: date) -> str:
    with pytest.raises(NotSaved) as refused:
        ask(day)
    return " ".join(refused.value.faults.values())


def waiting(session: Session, backfill: Backfill, number: int = 120, **more: Any) -> Order:
    """An order the backfill recorded and holds."""
    values: dict[str, Any] = {"backfill_id": backfill.id, "held": True, "order_created_at": MIDNIGHT + HOUR}
    return make_order(session, backfill.connection, number, **(values | more))


def states_of(session: Session) -> list[str]:
    return list(session.scalars(select(Backfill.state).order_by(Backfill.asked_at)))


# --- asking -----------------------------------------------------------------------------------------------------------


def test_the_files_time_zone_decides_where_the_day_begins(connection: Connection, ask: Any) -> None:
    backfill = ask()

    assert (backfill.since, backfill.until) == (MIDNIGHT, NOON)
    assert (backfill.state, backfill.asked_by, backfill.asked_at) == ("running", "Alice", NOON)


def test_the_connection_starts_there_at_once_and_its_reading_stays_where_it_is(
    connection: Connection, ask: Any
) -> None:
    ask()

    assert (connection.start_at, connection.watermark, connection.orders_from) == (MIDNIGHT, NOON, FEBRUARY)


def test_the_first_slice_is_queued_at_once(session: Session, ask: Any) -> None:
    bell = Bell()
    backfill = ask(bell=bell)

    run = session.scalars(select(Run)).one()
    assert (run.kind, run.backfill_id, run.actor) == (RunKind.BACKFILL, backfill.id, "Alice")
    assert bell.rung == [(run.id, 1)]


def test_a_run_under_way_keeps_its_place_and_the_slice_waits_for_it(
    session: Session, connection: Connection, clock: FakeClock, ask: Any
) -> None:
    reading = make_run(session, connection)
    fence = take_lease(session, reading.id, connection.id, clock)

    backfill = ask()

    assert connection.fence == fence
    assert connection.lease_run_id == reading.id
    assert session.scalars(select(Run.id)).all() == [reading.id]
    assert backfill.state == BackfillState.RUNNING


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 5, 23), "Choose a date that is not in the future."),
        (date(2008, 12, 31), "Choose a date from 1 January 2009 on: no BigCommerce shop is older."),
    ],
)
def test_a_date_that_is_none_is_refused_in_a_sentence(
    session: Session, connection: Connection, ask: Any, day: date, words: str
) -> None:
    assert fault(ask, day) == words
    assert connection.start_at == NOON
    assert session.scalars(select(Backfill)).all() == []


def test_today_and_the_oldest_day_are_dates_like_any_other(ask: Any) -> None:
    assert ask(date(2026, 5, 22)).since == datetime(2026, 5, 21, 14, 0, tzinfo=UTC)
    assert ask(date(2009, 1, 1)).orders_from == date(2009, 1, 1)


def test_a_connection_that_is_off_takes_no_older_orders(
    session: Session, connection: Connection, ask: Any
) -> None:
    connection.enabled = False
    session.commit()

    assert fault(ask, FEBRUARY) == "Tick Enable BigCommerce and save before you start processing."


def test_a_date_since_which_everything_was_read_leaves_nothing_to_do(
    session: Session, connection: Connection, ask: Any
) -> None:
    ask().state = BackfillState.FINISHED
    session.commit()

    assert fault(ask, FEBRUARY).startswith("Nothing to do: every order since 1 February 2026 has been read.")
    assert fault(ask, date(2026, 4, 1)).startswith("Nothing to do: every order since 1 February 2026")
    assert ask(date(2026, 1, 1)).until == MIDNIGHT


def test_the_same_date_again_changes_nothing(session: Session, ask: Any) -> None:
    first = ask()
    acts = list(first.acts)

    assert ask().id == first.id
    assert first.acts == acts
    assert states_of(session) == ["running"]


def test_an_earlier_date_extends_what_is_under_way_and_reads_anew_from_there(
    session: Session, connection: Connection, ask: Any
) -> None:
    backfill = ask()
    backfill.cursor, backfill.read_to_end, backfill.read, backfill.known = 500, True, 40, 3
    session.commit()

    assert ask(date(2026, 1, 1)).id == backfill.id
    assert (backfill.orders_from, backfill.until) == (date(2026, 1, 1), NOON)
    assert (backfill.cursor, backfill.read_to_end, backfill.read, backfill.known) == (0, False, 0, 0)
    assert connection.start_at == backfill.since == datetime(2025, 12, 31, 13, 0, tzinfo=UTC)
    assert [one["act"] for one in backfill.acts] == [
        "asked for orders from 1 February 2026 on",
        "asked for orders from 1 January 2026 on",
    ]


def test_a_later_date_than_that_under_way_is_told_to_be_in_it(ask: Any) -> None:
    ask()

    assert fault(ask, date(2026, 3, 1)) == (
        "Orders from 1 February 2026 on are being taken already, and these among them. Stop that first if you want fewer."
    )


def test_asking_again_resumes_what_was_paused(session: Session, outside: Outside, ask: Any) -> None:
    backfill = ask()
    backfills.pause(session, backfill, "Pat", NOON)

    assert ask().state == BackfillState.RUNNING


def test_what_came_while_the_connection_was_off_waits_for_the_backfill(
    session: Session, connection: Connection, ask: Any
) -> None:
    off = make_order(
        session, connection, 200, "ignored", ignored_reason="WHILE_OFF", order_created_at=NOON + HOUR
    )
    connection.start_at = NOON - 30 * 24 * HOUR
    session.commit()

    backfill = ask(date(2026, 5, 22))

    session.refresh(off)
    assert (off.state, off.held, off.backfill_id) == ("seen", True, backfill.id)
    assert (backfill.read_to_end, connection.start_at) == (True, NOON - 30 * 24 * HOUR)


# --- pausing, resuming, stopping ----------------------------------------------------------------------------------------


def test_pausing_and_resuming_say_who_did_it_when(session: Session, clock: FakeClock, ask: Any) -> None:
    backfill = ask()
    clock.forward(minutes=5)
    assert backfills.pause(session, backfill, "Pat", clock.now())
    assert backfill.state == BackfillState.PAUSED
    clock.forward(minutes=5)
    assert backfills.resume(session, backfill, "Alice", clock.now(), Bell())

    assert backfill.state == BackfillState.RUNNING
    assert [(one["actor"], one["act"]) for one in backfill.acts[1:]] == [
        ("Pat", "paused it"),
        ("Alice", "resumed it"),
    ]
    assert [datetime.fromisoformat(one["at"]) for one in backfill.acts] == [
        NOON,
        NOON + timedelta(minutes=5),
        NOON + timedelta(minutes=10),
    ]


def test_what_is_over_can_neither_be_paused_nor_resumed_nor_stopped(session: Session, ask: Any) -> None:
    backfill = ask()
    backfill.state = BackfillState.FINISHED
    session.commit()

    assert not backfills.pause(session, backfill, "Pat", NOON)
    assert not backfills.resume(session, backfill, "Pat", NOON, Bell())
    assert not backfills.stop(session, backfill, "Pat", NOON)
    assert states_of(session) == ["finished"]


def test_resuming_rings_for_a_slice_and_forgets_what_it_waited_for(
    session: Session, connection: Connection, ask: Any
) -> None:
    backfill = ask()
    session.delete(session.scalars(select(Run)).one())
    backfill.resume_at, backfill.problem_code = NOON + HOUR, "SAASU_QUOTA"
    session.commit()
    bell = Bell()

    assert backfills.resume(session, backfill, "Alice", NOON, bell)

    assert len(bell.rung) == 1
    assert (backfill.resume_at, backfill.problem_code) == (None, None)
    assert backfill.acts[-1]["act"] == "asked it to try again now"


def test_stopping_leaves_out_what_waits_and_keeps_what_is_posted(
    session: Session, connection: Connection, ask: Any
) -> None:
    backfill = ask()
    left = waiting(session, backfill, 120)
    posted = waiting(session, backfill, 119, state="posted", held=False)
    sending = waiting(session, backfill, 121, state="sending")

    assert backfills.stop(session, backfill, "Pat", NOON + HOUR)

    for order in (left, posted, sending):
        session.refresh(order)
    assert (left.state, left.ignored_reason, left.held) == ("ignored", "BEFORE_START", False)
    assert (posted.state, sending.state) == ("posted", "sending")
    assert connection.start_at == NOON
    assert (backfill.state, backfill.finished_at) == ("stopped", NOON + HOUR)
    line = session.scalars(select(Attempt).where(Attempt.order_pk == left.id)).one()
    assert (line.actor, line.note) == ("Pat", "Left out: the backfill was stopped before its turn.")


def test_after_a_stop_the_start_is_where_an_earlier_finished_backfill_put_it(
    session: Session, connection: Connection, ask: Any
) -> None:
    ask().state = BackfillState.FINISHED
    session.commit()
    again = ask(date(2026, 1, 1))

    backfills.stop(session, again, "Pat", NOON)

    assert connection.start_at == MIDNIGHT
    assert ask(date(2026, 1, 1)).until == MIDNIGHT


def test_after_a_stop_what_came_while_off_is_left_out_for_that_again(
    session: Session, connection: Connection, ask: Any
) -> None:
    backfill = ask()
    off = waiting(session, backfill, 200, order_created_at=NOON + HOUR)

    backfills.stop(session, backfill, "Pat", NOON + HOUR)

    session.refresh(off)
    assert (off.state, off.ignored_reason) == ("ignored", "WHILE_OFF")
