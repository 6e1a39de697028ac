"""What the tests of previews share: asking for one, and looking at what it kept and at what Saasu saw."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.budget import count_call
from portal.models.connections import Connection
from portal.models.mirrors import CallCount
from portal.models.previews import Preview, PreviewedOrder
from portal.models.runs import OPEN, Run, RunKind, RunState
from portal.services.preview_rows import previewed_row
from portal.services.previews import preview_now, request_preview
from portal.services.remotes import firm_vault
from portal.services.runs import SystemClock
from portal.sync.previewing import Previewed
from portal.vault import Vault
from tests.factories import RING, make_run
from tests.sandbox_desk import LONG_AGO, Desk

WRITES = ("POST", "PUT", "PATCH", "DELETE")
SYDNEY = ZoneInfo("Australia/Sydney")


def today() -> date:
    return datetime.now(SYDNEY).date()


def previewed(desk: Desk, connection: Connection) -> Preview:
    """A preview of the last 60 days, carried out."""
    run = preview_now(
        desk.session,
        desk.outside,
        connection,
        today() - LONG_AGO,
        today(),
        "Alice",
        SystemClock(),
    )
    return desk.session.get_one(Preview, run.id)


def asked(desk: Desk, connection: Connection) -> Run:
    return request_preview(
        desk.session, connection, today() - LONG_AGO, today(), "Alice", datetime.now(UTC), lambda *_: None
    )


def rows_of(desk: Desk, preview: Preview) -> dict[int, PreviewedOrder]:
    found = desk.session.scalars(select(PreviewedOrder).where(PreviewedOrder.run_id == preview.run_id))
    return {row.order_id: row for row in found}


def writes_to_saasu(desk: Desk) -> Counter[str]:
    """Calls that change something, by endpoint; signing in changes nothing in the books."""
    calls = desk.calls("saasu")
    return Counter(
        {
            name: count
            for name, count in calls.items()
            if name.startswith(WRITES) and "authorisation" not in name.lower()
        }
    )


def spend(desk: Desk, calls: int) -> None:
    """Calls that somebody made to the same Saasu file just now."""
    desk.file.daily_calls = 200  # 100 of them ours, 20 of those kept for the hourly runs
    now = datetime.now(UTC)
    count_call(desk.session, f"saasu:{desk.file.file_id}", "post", now)
    desk.session.execute(update(CallCount).where(CallCount.purpose == "post").values(calls=calls))
    desk.session.commit()


def everything(connection: Connection) -> dict[str, object]:
    return {column.name: getattr(connection, column.key) for column in Connection.__table__.columns}


def keep_preview(
    session: Session,
    connection: Connection,
    *tallied: Previewed,
    state: RunState = RunState.FINISHED,
    day_to: date | None = None,
    kept: bool = True,
) -> Preview:
    """A preview of the last weeks with these orders, as a run would have kept it."""
    now = datetime.now(UTC).replace(microsecond=0)
    run = make_run(session, connection, RunKind.PREVIEW, at=now)
    run.state, run.actor, run.read = state, "Alice Acacia", len(tallied)
    if state not in OPEN:
        run.finished_at = now
    preview = Preview(
        run_id=run.id,
        firm_id=connection.firm_id,
        connection_id=connection.id,
        day_from=today() - timedelta(days=30),
        day_to=day_to or today(),
        since=now - timedelta(days=30),
        until=now,
        reached=now - timedelta(days=10),
        kept=kept,
    )
    session.add(preview)
    keys = firm_vault(session, Vault(RING), connection.firm_id)
    codes = {1: "TEA-250"}
    session.add_all(previewed_row(one, connection.firm_id, run.id, keys, codes) for one in tallied)
    session.commit()
    return preview
