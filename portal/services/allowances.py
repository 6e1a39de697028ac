"""What a file may use of its day's Saasu calls, told and kept to: an hourly run stops at the allowance, a backfill at the reserve (SYNC §9)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import budget
from portal.models.backfills import Backfill
from portal.models.connections import Connection, SaasuFile
from portal.services.gates import used_up
from portal.sync.allowance import (
    WORST_ORDER,
    Allowance,
    again_at,
    allowance,
    plan_limit,
)
from portal.sync.blocking import block_words
from portal.sync.forecast import day_and_time
from portal.sync.ports import Clock
from portal.sync.problems import Code, Problem, RunStopped

SOONEST = timedelta(minutes=10)
"""Work that waits for calls is looked at again after so long at the earliest."""
SPARE_SHARE = 4
FEWEST_CALLS, MOST_CALLS = 200, 1_000_000
"""What a person may give as a plan's calls a day."""


class Work(StrEnum):
    """What calls of Saasu are wanted for; all but the hourly runs leave those their reserve."""

    HOURLY = "hourly"
    BACKFILL = "backfill"
    PREVIEW = "preview"


def allowance_of(session: Session, file: SaasuFile, now: datetime) -> Allowance:
    """The file's allowance at a moment, with what all firms that share the file used of it."""
    return budget.allowance_of(session, file, now)


def allowances_by_file(session: Session, firm_id: str, now: datetime) -> dict[str, Allowance]:
    """The allowance of each of a firm's files by its id, with what all firms used of it; without the reserve."""
    files = session.scalars(select(SaasuFile).where(SaasuFile.firm_id == firm_id)).all()
    used = budget.used_by_account(session, (f"saasu:{file.file_id}" for file in files), now)
    return {
        file.id: allowance(
            plan_limit(file.subscription, file.daily_calls),
            sole_user=file.sole_user,
            used=used.get(f"saasu:{file.file_id}", 0),
        )
        for file in files
    }


def spare_calls(session: Session, file: SaasuFile, now: datetime) -> int:
    """How many of the day's calls may go now into what only saves calls later: a quarter of what the hourly runs do not need. Rolls back."""
    found = budget.allowance_of(session, file, now).left_for_backfill // SPARE_SHARE
    session.rollback()
    return found


def affording(session: Session, file: SaasuFile, clock: Clock, work: Work) -> Callable[[], None]:
    """What is asked before each order, and each page of a listing: raises `RunStopped` where its calls might go beyond what this work may use, or Saasu blocks the file."""
    file_pk = file.id
    busiest = budget.busiest_day(session, file, clock.now())

    def afford() -> None:
        now = clock.now()
        present = session.get_one(SaasuFile, file_pk)
        block = budget.block_of(session, f"saasu:{present.file_id}")
        given = budget.allowance_of(session, present, now, busiest)
        keep = WORST_ORDER + (0 if work is Work.HOURLY else given.reserve)
        again = again_at(given, keep, now)
        zone = ZoneInfo(present.time_zone)
        session.rollback()
        if block is not None and block.holds(now):
            raise RunStopped(Problem(Code.SAASU_QUOTA, block_words(block, now, zone)), block.until)
        if given.allowed - given.used < keep:
            again = max(again, now + SOONEST)
            raise RunStopped(Problem(Code.SAASU_QUOTA, sentence(given, again, now, zone, work)), again)

    return afford


def sentence(given: Allowance, again: datetime, now: datetime, zone: ZoneInfo, work: Work) -> str:
    """What is used up and when it goes on, in the file's zone; a preview has to be asked for again."""
    when = day_and_time(again, now, zone)
    if work is Work.HOURLY:
        return used_up(given, again, now, zone)
    kept = f"{given.reserve:,} of the {given.allowed:,} allowed are kept for the hourly runs"
    if work is Work.PREVIEW:
        return f"The preview was stopped: of this file’s Saasu calls of the day {given.used:,} are used, and {kept}. Start it again {when}."
    return f"The older orders wait for Saasu calls: {given.used:,} are used of the day, and {kept}. It goes on {when}."


def keep_allowance(session: Session, file: SaasuFile, daily_calls: int | None, *, sole_user: bool) -> None:
    """Save the plan's calls a day, `None` to follow the subscription's name, and whether nothing else uses the file's API.

    Backfills that wait for calls try again at once; with other calls a day also in a block by Saasu, which another plan lifts (SA §2). Commits.
    """
    if daily_calls != file.daily_calls:
        budget.lift_block(session, f"saasu:{file.file_id}")
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
