"""Previews: asking for one, and what its page tells (issue 3: preview). Nothing here writes to Saasu or to the ledger."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer, joinedload

from portal.models.connections import Connection
from portal.models.previews import Preview, PreviewedOrder
from portal.models.runs import OPEN, Run, RunKind
from portal.services import backfills
from portal.services.preview_rows import kept_problems, opened_sale
from portal.services.preview_runs import carry_out_preview
from portal.services.remotes import Outside, firm_vault
from portal.services.runs import Ring
from portal.services.selection import left_while_off
from portal.sync.checklist import (
    has_problem,
)
from portal.sync.ports import Clock
from portal.sync.previewing import Verdict
from portal.sync.problems import Code

PAGE = 100
LAST_PAGE = 10_000
SECOND = timedelta(seconds=1)


class NotPreviewed(Exception):
    """The preview cannot be made; the message is a sentence for a person."""


def request_preview(
    session: Session,
    connection: Connection,
    day_from: date,
    day_to: date,
    actor: str,
    now: datetime,
    ring: Ring,
) -> Run:
    """Ask for a preview of the orders placed on these days, by the file's calendar; the one already open where there is one.

    Commits, then rings. Raises `NotPreviewed` for days that cannot be.
    """
    zone = ZoneInfo(connection.file.time_zone)
    since, until = moments(day_from, day_to, zone, now)
    run = Run(
        firm_id=connection.firm_id,
        connection_id=connection.id,
        kind=RunKind.PREVIEW,
        actor=actor,
        queued_at=now,
    )
    session.add(run)
    try:
        session.flush()
        session.add(
            Preview(
                run_id=run.id,
                firm_id=connection.firm_id,
                connection_id=connection.id,
                day_from=day_from,
                day_to=day_to,
                since=since,
                until=until,
            )
        )
        session.commit()
    except IntegrityError:
        session.rollback()
        return session.scalars(
            select(Run).where(
                Run.connection_id == connection.id, Run.state.in_(OPEN), Run.kind == RunKind.PREVIEW
            )
        ).one()
    ring(run.id, run.attempt)
    return run


def moments(day_from: date, day_to: date, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """When the first of these days begins and the last one ends, but not later than now, in UTC. Raises `NotPreviewed`."""
    if day_from > now.astimezone(zone).date():
        raise NotPreviewed("Choose a first day that is not in the future.")
    if day_to < day_from:
        raise NotPreviewed("The last day lies before the first one.")
    if day_to > now.astimezone(zone).date():
        raise NotPreviewed("Choose a last day that is not in the future.")
    if day_from.year < 2000:
        raise NotPreviewed("Choose a first day that is not before the year 2000.")
    begins = datetime.combine(day_from, time.min, zone).astimezone(UTC)
    ends = datetime.combine(day_to + timedelta(days=1), time.min, zone).astimezone(UTC) - SECOND
    return begins, min(ends, now)


def day_of(moment: datetime, connection: Connection) -> date:
    """The day of a moment by the file's calendar."""
    return moment.astimezone(ZoneInfo(connection.file.time_zone)).date()


def preview_now(
    session: Session,
    outside: Outside,
    connection: Connection,
    day_from: date,
    day_to: date,
    actor: str,
    clock: Clock,
) -> Run:
    """Ask for a preview and carry it out here, to its end; where another worker has one under way, that one is returned as it is."""
    run = request_preview(session, connection, day_from, day_to, actor, clock.now(), lambda *_: None)
    carry_out_preview(session, outside, run.id, run.attempt, clock)
    session.refresh(run)
    return run


def preview_of(session: Session, firm_id: str, run_id: str) -> Preview | None:
    """A firm's preview, or `None`."""
    return session.scalar(
        select(Preview)
        .where(Preview.firm_id == firm_id, Preview.run_id == run_id)
        .options(joinedload(Preview.run).joinedload(Run.connection).joinedload(Connection.file))
    )


def is_read_already(session: Session, preview: Preview) -> bool:
    """Whether *Start Processing* from its first day has nothing to do: the runs have read every order since then (SYNC §3.3)."""
    connection = preview.run.connection
    covered = backfills.covered_from(session, connection)
    return (
        covered is not None
        and preview.since >= covered
        and not left_while_off(session, connection, preview.since)
    )


def previews_of(session: Session, firm_id: str, connection_id: str) -> list[Preview]:
    """The previews of a connection, newest first: those whose orders are kept, and one more that is open."""
    return list(
        session.scalars(
            select(Preview)
            .join(Run, Run.id == Preview.run_id)
            .where(Preview.firm_id == firm_id, Preview.connection_id == connection_id, Preview.kept)
            .order_by(Run.queued_at.desc(), Run.id)
            .options(joinedload(Preview.run))
        )
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How many days of the period are looked at, of how many; orders come in the order in which they were placed."""

    done: int
    days: int


def progress_of(preview: Preview) -> Progress:
    """How far a preview has read."""
    days = max((preview.until - preview.since).days, 1)
    done = (preview.reached - preview.since).days if preview.reached else 0
    return Progress(done=min(max(done, 0), days), days=days)


def counts_of(session: Session, preview: Preview) -> dict[Verdict, int]:
    """How many orders of a preview there are of each verdict, in their standing order; a verdict nobody has is left out."""
    found = session.execute(
        select(PreviewedOrder.verdict, func.count())
        .where(PreviewedOrder.run_id == preview.run_id)
        .group_by(PreviewedOrder.verdict)
    )
    counts = {Verdict(verdict): count for verdict, count in found}
    return {verdict: counts[verdict] for verdict in Verdict if verdict in counts}


def previewed_orders(
    session: Session, preview: Preview, *, verdict: Verdict | None = None, page: int = 1
) -> list[PreviewedOrder]:
    """The orders of a preview, newest first, 100 a page; of one verdict, or all."""
    query = select(PreviewedOrder).where(PreviewedOrder.run_id == preview.run_id)
    if verdict is not None:
        query = query.where(PreviewedOrder.verdict == verdict)
    place = (min(max(page, 1), LAST_PAGE) - 1) * PAGE
    query = query.order_by(PreviewedOrder.order_id.desc()).limit(PAGE).offset(place)
    return list(session.scalars(query.options(defer(PreviewedOrder.sale))))


def orders_with(
    session: Session, preview: Preview, code: Code, subject: str, page: int = 1
) -> list[PreviewedOrder]:
    """The orders under one line of the check-list, newest first, 100 a page."""
    query = select(PreviewedOrder).where(
        PreviewedOrder.run_id == preview.run_id, PreviewedOrder.verdict == Verdict.PROBLEM
    )
    rows = session.scalars(query.order_by(PreviewedOrder.order_id.desc()).options(defer(PreviewedOrder.sale)))
    found = [row for row in rows if has_problem(kept_problems(row.problems), code, subject)]
    place = (max(page, 1) - 1) * PAGE
    return found[place : place + PAGE]


def previewed_of(session: Session, firm_id: str, previewed_pk: str) -> PreviewedOrder | None:
    """One previewed order of a firm, or `None`."""
    return session.scalar(
        select(PreviewedOrder).where(PreviewedOrder.firm_id == firm_id, PreviewedOrder.id == previewed_pk)
    )


def sale_of(session: Session, outside: Outside, row: PreviewedOrder) -> dict[str, Any]:
    """The sale order of a previewed order, amounts as text; empty where it has none."""
    return opened_sale(row, firm_vault(session, outside.vault, row.firm_id))
