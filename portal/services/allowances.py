"""What a file may use of its day's Saasu calls, told and kept to: an hourly run stops at the allowance, a backfill at the reserve (SYNC §9)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import budget
from portal.models.backfills import Backfill
from portal.models.connections import Connection, SaasuFile
from portal.sync.allowance import (
    WORST_ORDER,
    Allowance,
    again_at,
)
from portal.sync.forecast import day_and_time
from portal.sync.ports import Clock
from portal.sync.problems import Code, Problem, RunStopped

SOONEST = timedelta(minutes=10)
"""Work that waits for calls is looked at again after so long at the earliest."""
FEWEST_CALLS, MOST_CALLS = 200, 1_000_000
"""What a person may give as a plan's calls a day."""


def allowance_of(session: Session, file: SaasuFile, now: datetime) -> Allowance:
    """The file's allowance at a moment, with what all firms that share the file used of it."""
    return budget.allowance_of(session, file, now)


def affording(session: Session, file: SaasuFile, clock: Clock, *, backfill: bool) -> Callable[[], None]:
    """What the engine asks before each order: raises `RunStopped` where its calls might go beyond what this kind of run may use."""
    file_pk = file.id
    busiest = budget.busiest_day(session, file, clock.now())

    def afford() -> None:
        now = clock.now()
        present = session.get_one(SaasuFile, file_pk)
        given = budget.allowance_of(session, present, now, busiest)
        keep = WORST_ORDER + (given.reserve if backfill else 0)
        again = again_at(given, keep, now)
        zone = ZoneInfo(present.time_zone)
        session.rollback()
        if given.allowed - given.used < keep:
            again = max(again, now + SOONEST)
            raise RunStopped(
                Problem(Code.SAASU_QUOTA, sentence(given, again, now, zone, backfill=backfill)), again
            )

    return afford


def sentence(given: Allowance, again: datetime, now: datetime, zone: ZoneInfo, *, backfill: bool) -> str:
    """What is used up and when it goes on, in the file's zone."""
    goes_on = f"It goes on {day_and_time(again, now, zone)}."
    if not backfill:
        return f"This file’s Saasu calls of the day are used up: {given.used:,} of the {given.allowed:,} allowed. {goes_on}"
    kept = f"{given.reserve:,} of the {given.allowed:,} allowed are kept for the hourly runs"
    return f"The older orders wait for Saasu calls: {given.used:,} are used of the day, and {kept}. {goes_on}"


def keep_allowance(session: Session, file: SaasuFile, daily_calls: int | None, *, sole_user: bool) -> None:
    """Save the plan's calls a day, `None` to follow the subscription's name, and whether nothing else uses the file's API.

    Backfills that wait for calls try again at once. Commits.
    """
    file.daily_calls = daily_calls
    file.sole_user = sole_user
    session.execute(
        update(Backfill)
        .where(
            Backfill.connection_id.in_(select(Connection.id).where(Connection.file_pk == file.id)),
            Backfill.problem_code == Code.SAASU_QUOTA,
        )
        .values(resume_at=None)
        .execution_options(synchronize_session=False)
    )
    session.commit()
