"""Runs are asked for, claimed and mended by the database alone."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.runs import Run, RunKind, RunState
from portal.services import runs
from tests.factories import NOON, make_connection, make_file, make_firm, make_run


class Bell:
    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []

    def __call__(self, run_id: str, attempt: int) -> None:
        self.rung.append((run_id, attempt))


def test_a_due_connection_gets_one_run_and_its_next_slot(session: Session) -> None:
    connection = make_connection(session, make_file(session, make_firm(session)))
    bell = Bell()

    first = runs.claim_due(session, NOON, bell)
    again = runs.claim_due(session, NOON, bell)

    assert (first, again, len(bell.rung)) == (1, 0, 1)
    assert connection.next_run_at == NOON + timedelta(minutes=7)


def test_a_disabled_connection_is_never_claimed(session: Session) -> None:
    make_connection(session, make_file(session, make_firm(session)), enabled=False)

    assert runs.claim_due(session, NOON, Bell()) == 0


def test_a_connection_with_an_open_run_gets_no_second_one(session: Session) -> None:
    connection = make_connection(session, make_file(session, make_firm(session)))
    open_run = make_run(session, connection)

    asked = runs.request_run(session, connection, RunKind.MANUAL, "Alice", NOON, Bell())
    claimed = runs.claim_due(session, NOON, Bell())

    assert asked.id == open_run.id
    assert claimed == 0
    assert len(session.scalars(select(Run)).all()) == 1


def test_a_duplicate_delivery_does_not_begin_a_run_twice(session: Session) -> None:
    run = make_run(session, make_connection(session, make_file(session, make_firm(session))))

    first = runs.begin(session, run.id, 1, NOON)
    second = runs.begin(session, run.id, 1, NOON)

    assert first is not None
    assert second is None


def test_a_queued_run_that_the_queue_forgot_is_rung_again_with_a_new_attempt(session: Session) -> None:
    run = make_run(session, make_connection(session, make_file(session, make_firm(session))))
    bell = Bell()

    too_soon = runs.sweep(session, NOON + timedelta(seconds=5), set(), bell)
    mended = runs.sweep(session, NOON + timedelta(seconds=30), set(), bell)

    assert (too_soon, mended) == (0, 1)
    assert bell.rung == [(run.id, 2)]


def test_a_queued_run_that_waits_on_the_queue_is_left_alone(session: Session) -> None:
    run = make_run(session, make_connection(session, make_file(session, make_firm(session))))

    assert runs.sweep(session, NOON + timedelta(hours=2), {(run.id, 1)}, Bell()) == 0


def test_a_running_run_is_taken_up_again_once_its_lease_has_expired(session: Session) -> None:
    connection = make_connection(session, make_file(session, make_firm(session)))
    run = make_run(session, connection)
    runs.begin(session, run.id, 1, NOON)
    connection.lease_run_id = run.id
    connection.lease_until = NOON + timedelta(seconds=90)
    session.commit()
    bell = Bell()

    alive = runs.sweep(session, NOON + timedelta(seconds=60), set(), bell)
    dead = runs.sweep(session, NOON + timedelta(seconds=91), set(), bell)

    assert (alive, dead) == (0, 1)
    assert run.state == RunState.QUEUED
    assert bell.rung == [(run.id, 2)]


def test_minutes_are_spread_over_the_hour() -> None:
    minutes = [runs.minute_for(f"connection {number}") for number in range(6_000)]

    busiest = max(minutes.count(minute) for minute in range(60))
    assert set(minutes) == set(range(60))
    assert busiest < 150
