"""A file's allowance of Saasu calls is kept to by every kind of run, and told on a backfill's page (SYNC §9)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from portal.budget import count_call
from portal.models.backfills import BackfillState
from portal.models.mirrors import CallCount
from portal.models.runs import Run, RunState
from portal.services import allowances, progress
from tests.backfill_clerk import Clerk

# --- the allowance ------------------------------------------------------------------------------------------------------


def spend(clerk: Clerk, calls: int, ago: timedelta) -> None:
    """Calls that somebody made to the same Saasu file."""
    session, at = clerk.desk.session, clerk.clock.now() - ago
    count_call(session, f"saasu:{clerk.desk.file.file_id}", "post", at)
    session.execute(
        update(CallCount).where(CallCount.purpose == "post", CallCount.hour <= at).values(calls=calls)
    )
    session.commit()


def used(clerk: Clerk) -> int:
    session, file = clerk.desk.session, clerk.desk.file
    found = allowances.allowance_of(session, file, clerk.clock.now()).used
    session.rollback()
    return found


def test_a_backfill_stops_at_the_reserve_says_when_it_goes_on_and_goes_on_by_itself(clerk: Clerk) -> None:
    clerk.desk.file.daily_calls = 200  # 100 of them ours, 20 kept
    clerk.desk.session.commit()
    spend(clerk, 40, timedelta(hours=5))
    already = used(clerk)
    clerk.ask()

    run = clerk.slice()
    backfill = clerk.backfill
    clerk.desk.session.refresh(backfill)

    assert (run.state, run.problem_code) == (RunState.INCOMPLETE, "SAASU_QUOTA")
    assert already < used(clerk) <= 80
    assert 0 < run.posted < len(clerk.everything())
    assert backfill.resume_at is not None
    local = backfill.resume_at.astimezone(ZoneInfo("Australia/Sydney"))
    assert f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}." in (
        backfill.problem_sentence or ""
    )
    assert "20 of the 100 allowed are kept for the hourly runs" in (backfill.problem_sentence or "")
    assert clerk.connection.problem_code is None

    for _ in range(30):
        clerk.clock.moment = max(clerk.clock.now() + timedelta(hours=1), clerk.clock.now())
        clerk.turns()
        assert used(clerk) <= 100
    assert clerk.sent() == clerk.everything()
    assert backfill.state == BackfillState.FINISHED


def test_an_hourly_run_stops_at_the_allowance_and_the_calls_of_another_firm_count(clerk: Clerk) -> None:
    clerk.desk.file.daily_calls = 200
    clerk.connection.start_at = clerk.connection.watermark = clerk.clock.now() - timedelta(days=100)
    clerk.desk.session.commit()
    spend(clerk, 80, timedelta(hours=20))

    run = clerk.hourly()

    assert (run.state, run.problem_code, run.posted) == (
        RunState.INCOMPLETE,
        "SAASU_QUOTA",
        0,
    ) or run.posted > 0
    assert run.state == RunState.INCOMPLETE
    assert used(clerk) <= 100
    assert "calls of the day are used up" in (run.problem_sentence or "")
    assert clerk.connection.problem_code == "SAASU_QUOTA"
    clerk.clock.forward(hours=26)
    clerk.connection.next_run_at = clerk.clock.now()
    clerk.desk.session.commit()
    clerk.turns()
    assert clerk.sent() == clerk.everything()
    assert clerk.connection.problem_code is None


def test_the_busiest_day_of_the_hourly_runs_is_kept_one_and_a_half_times(clerk: Clerk) -> None:
    clerk.desk.file.daily_calls = 1000
    for hours, kind, calls in (
        (1, "hourly", 40),
        (20, "hourly", 60),
        (30, "hourly", 90),
        (200, "hourly", 400),
        (2, "backfill", 900),
    ):
        clerk.desk.session.add(
            Run(
                firm_id=clerk.connection.firm_id,
                connection_id=clerk.connection.id,
                kind=kind,
                state="finished",
                queued_at=clerk.clock.now() - timedelta(hours=hours),
                saasu_calls=calls,
            )
        )
    clerk.desk.session.commit()

    given = allowances.allowance_of(clerk.desk.session, clerk.desk.file, clerk.clock.now())

    assert (given.allowed, given.busiest_day, given.reserve) == (500, 100, 150)


def test_nothing_else_uses_the_files_api_gives_four_fifths(clerk: Clerk) -> None:
    allowances.keep_allowance(clerk.desk.session, clerk.desk.file, 1000, sole_user=True)

    assert allowances.allowance_of(clerk.desk.session, clerk.desk.file, clerk.clock.now()).allowed == 800


# --- what its page says -------------------------------------------------------------------------------------------------


def test_progress_counts_orders_and_dollars_and_says_when_it_ends(
    clerk: Clerk, over_after: Callable[[int], None]
) -> None:
    outside = replace(clerk.desk.outside, now=clerk.clock.now)
    over_after(5)
    backfill = clerk.ask()
    clerk.slice()
    clerk.desk.session.refresh(backfill)

    found = progress.progress_of(clerk.desk.session, outside, backfill)

    total = sum(clerk.desk.shop_totals().values(), Decimal(0))
    assert found.total.orders == clerk.listed()
    assert found.total.dollars == total
    assert (found.done, found.left) == (clerk.listed() - found.left, found.counts["waiting"].orders)
    assert found.effort.decided == found.counts["posted"].orders > 0
    assert found.effort.saasu_calls == clerk.desk.session.scalars(select(func.sum(Run.saasu_calls))).one()
    assert found.ends is not None
    assert found.ends >= clerk.clock.now()
    short = progress.underway(clerk.desk.session, clerk.connection.firm_id)[clerk.connection.id]
    assert (short.done, short.orders) == (found.done, found.total.orders)
    over_after(1000)
    clerk.turns()
    over = progress.progress_of(clerk.desk.session, outside, backfill)
    assert (over.left, over.ends, over.is_open) == (0, None, False)
    assert progress.underway(clerk.desk.session, clerk.connection.firm_id) == {}
