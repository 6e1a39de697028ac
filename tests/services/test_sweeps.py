"""The daily sweep comes once a day at a quiet hour of the file's zone; a connection that is off only settles."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.runs import Run, RunKind, RunState
from portal.services import runs, sweeps
from portal.sync.problems import Code, Problem
from tests.factories import NOON, make_connection, make_file, make_firm, make_order, make_run

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Bell:
    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []

    def __call__(self, run_id: str, attempt: int) -> None:
        self.rung.append((run_id, attempt))


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


def kinds(session: Session) -> list[str]:
    return list(session.scalars(select(Run.kind).order_by(Run.queued_at, Run.id)))


@pytest.mark.parametrize(
    ("zone", "after"),
    [
        ("Australia/Sydney", datetime(2026, 4, 4, 12, tzinfo=UTC)),
        ("Australia/Sydney", datetime(2026, 10, 3, 12, tzinfo=UTC)),
        ("Australia/Perth", datetime(2026, 5, 22, 12, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 12, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 12, tzinfo=UTC)),
        ("Australia/Adelaide", datetime(2026, 10, 3, 17, tzinfo=UTC)),
    ],
)
def test_it_is_after_three_in_the_morning_of_the_file_also_when_clocks_change(
    connection: Connection, zone: str, after: datetime
) -> None:
    connection.file.time_zone = zone

    moment = sweeps.quiet_moment(connection, after)

    local = moment.astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute) == (3, 37)
    assert timedelta(0) < moment - after <= timedelta(hours=25)


def test_the_next_one_is_on_the_next_day(connection: Connection) -> None:
    first = sweeps.quiet_moment(connection, NOON)

    assert sweeps.quiet_moment(connection, first) == first + timedelta(days=1)
    assert sweeps.quiet_moment(connection, first - MINUTE) == first


def test_a_connection_that_never_had_one_waits_for_its_first_quiet_hour(
    session: Session, connection: Connection
) -> None:
    assert sweeps.claim_sweeps(session, NOON, Bell()) == 0
    assert connection.next_sweep_at == sweeps.quiet_moment(connection, NOON)


def test_it_is_queued_once_when_its_moment_has_come(session: Session, connection: Connection) -> None:
    connection.next_sweep_at = NOON
    session.commit()
    bell = Bell()

    first, again = sweeps.claim_sweeps(session, NOON, bell), sweeps.claim_sweeps(session, NOON, bell)

    assert (first, again, kinds(session), len(bell.rung)) == (1, 0, ["sweep"], 1)
    assert connection.next_sweep_at == sweeps.quiet_moment(connection, NOON)


def test_it_waits_while_another_run_is_under_way(session: Session, connection: Connection) -> None:
    connection.next_sweep_at = NOON
    under_way = make_run(session, connection)

    assert sweeps.claim_sweeps(session, NOON, Bell()) == 0
    under_way.state = RunState.FINISHED
    session.commit()
    assert sweeps.claim_sweeps(session, NOON + MINUTE, Bell()) == 1


def test_a_connection_that_is_off_is_not_swept(session: Session, connection: Connection) -> None:
    connection.enabled, connection.next_sweep_at = False, NOON
    session.commit()

    assert sweeps.claim_sweeps(session, NOON, Bell()) == 0
    assert kinds(session) == []


def ended(session: Session, connection: Connection, kind: RunKind, problem: Problem | None = None) -> Run:
    run = make_run(session, connection, kind)
    runs.begin(session, run.id, 1, NOON)
    state = RunState.FINISHED if problem is None else RunState.FAILED
    assert runs.finish(session, run, 1, state, problem, NOON)
    return run


def test_a_good_sweep_takes_no_problem_off_its_connection_and_is_no_good_run(
    session: Session, connection: Connection
) -> None:
    ended(session, connection, RunKind.HOURLY, Problem(Code.SAASU_CREDENTIALS, "Saasu refused."))

    ended(session, connection, RunKind.SWEEP)

    assert (connection.problem_code, connection.last_good_run_at) == ("SAASU_CREDENTIALS", None)


def test_a_sweep_that_fails_says_so_on_its_connection(session: Session, connection: Connection) -> None:
    ended(session, connection, RunKind.SWEEP, Problem(Code.STORE_CREDENTIALS, "Refused."))

    assert connection.problem_code == "STORE_CREDENTIALS"


# --- off ----------------------------------------------------------------------------------------------------------------


def off(session: Session, connection: Connection) -> None:
    connection.enabled, connection.next_run_at = False, None
    session.commit()


def test_a_run_that_stops_because_it_was_switched_off_leaves_a_moment_to_settle(
    session: Session, connection: Connection
) -> None:
    make_order(session, connection, 120, "unknown", sent_at=NOON, number="JT120")
    off(session, connection)

    ended(session, connection, RunKind.HOURLY)

    assert connection.next_run_at == NOON + timedelta(seconds=121)
    assert connection.last_good_run_at is None


def test_what_is_still_unknown_is_looked_up_every_hour(session: Session, connection: Connection) -> None:
    make_order(session, connection, 120, "unknown", sent_at=NOON - HOUR, number="JT120")
    off(session, connection)

    ended(session, connection, RunKind.HOURLY)

    assert connection.next_run_at == NOON + timedelta(minutes=7)


def test_a_connection_that_is_off_and_settled_has_no_next_run(
    session: Session, connection: Connection
) -> None:
    make_order(session, connection, 120, "posted", sent_at=NOON - HOUR)
    off(session, connection)

    ended(session, connection, RunKind.HOURLY)

    assert connection.next_run_at is None


def test_what_may_still_turn_up_is_looked_for_when_that_is_over(
    session: Session, connection: Connection
) -> None:
    make_order(session, connection, 120, "ignored", doubted_until=NOON + HOUR, number="JT120")
    make_order(session, connection, 121, "posted", sent_at=NOON - HOUR)
    off(session, connection)

    ended(session, connection, RunKind.HOURLY)

    assert connection.next_run_at == NOON + HOUR + timedelta(seconds=1)
    assert runs.claim_due(session, NOON + HOUR, Bell()) == 0
    assert runs.claim_due(session, NOON + HOUR + timedelta(seconds=1), Bell()) == 1


def test_once_it_is_certain_there_is_nothing_left_to_look_for_while_off(
    session: Session, connection: Connection
) -> None:
    make_order(session, connection, 120, "ignored", doubted_until=None, number="JT120")
    make_order(session, connection, 121, "posted", doubted_until=NOON + HOUR, number="JT121")
    off(session, connection)

    ended(session, connection, RunKind.HOURLY)

    assert connection.next_run_at is None
    connection.next_run_at = NOON
    session.commit()
    assert runs.claim_due(session, NOON, Bell()) == 0


def test_of_what_is_unknown_and_what_may_turn_up_the_sooner_one_is_looked_for_first(
    session: Session, connection: Connection
) -> None:
    make_order(session, connection, 120, "failed", doubted_until=NOON + HOUR, number="JT120")
    make_order(session, connection, 121, "unknown", sent_at=NOON, number="JT121")
    off(session, connection)

    ended(session, connection, RunKind.HOURLY)

    assert connection.next_run_at == NOON + timedelta(seconds=121)


def test_what_may_turn_up_brings_no_run_forward_where_there_are_hourly_ones(
    session: Session, connection: Connection
) -> None:
    make_order(session, connection, 120, "failed", doubted_until=NOON + timedelta(minutes=5), number="JT120")
    connection.next_run_at = NOON + HOUR
    session.commit()

    ended(session, connection, RunKind.HOURLY)

    assert connection.next_run_at == NOON + HOUR


def test_only_what_is_unsettled_is_claimed_while_off(session: Session, connection: Connection) -> None:
    connection.enabled = False
    session.commit()
    assert runs.claim_due(session, NOON, Bell()) == 0

    make_order(session, connection, 120, "unknown", sent_at=NOON - HOUR)
    assert runs.claim_due(session, NOON, Bell()) == 1
    assert runs.claim_due(session, NOON, Bell()) == 0
