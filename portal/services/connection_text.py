"""The connections of a portal as plain text, for the command line: what to name in the other commands, and how each stands."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.connections import Connection, SaasuFile
from portal.models.runs import OPEN, SYNCING, Run

HEADING = ("id", "file", "shop", "", "last run", "next run")
NONE = "–"


def connection_lines(session: Session) -> Iterator[str]:
    """A heading and a line for every connection, by the names of their files; nothing where there is none. Times in each file's zone."""
    found = session.scalars(
        select(Connection).join(SaasuFile).order_by(SaasuFile.name, Connection.store_hash)
    ).all()
    rows = [cells(session, one) for one in found]
    widths = [max(map(len, column)) for column in zip(HEADING, *rows, strict=True)]
    for row in [HEADING, *rows] if rows else []:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def cells(session: Session, connection: Connection) -> tuple[str, ...]:
    """One connection: id, file, shop, whether it is on, its last run that was no preview, its next run."""
    zone = ZoneInfo(connection.file.time_zone)
    shop = connection.store_hash + (f" ({connection.store_name})" if connection.store_name else "")
    due = connection.next_run_at if connection.enabled else None
    return (
        connection.id,
        on_one_line(connection.file.name),
        on_one_line(shop),
        "on" if connection.enabled else "off",
        last_run(session, connection, zone),
        to_the_minute(due, zone) if due is not None else NONE,
    )


def last_run(session: Session, connection: Connection, zone: ZoneInfo) -> str:
    """When the newest run began or ended, and how it stands."""
    run = session.scalar(
        select(Run).where(Run.connection_id == connection.id, SYNCING).order_by(Run.queued_at.desc()).limit(1)
    )
    if run is None:
        return NONE
    began = run.started_at or run.queued_at
    moment = began if run.state in OPEN else run.finished_at or began
    return f"{to_the_minute(moment, zone)}, {run.state}"


def to_the_minute(moment: datetime, zone: ZoneInfo) -> str:
    """`22/05/2026 12:07 pm AEST`."""
    there = moment.astimezone(zone)
    return (
        f"{there:%d/%m/%Y} {there.hour % 12 or 12}:{there:%M} {'am' if there.hour < 12 else 'pm'} {there:%Z}"
    )


def on_one_line(name: str) -> str:
    """A name that somebody gave, without what would break a line or steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in name)
