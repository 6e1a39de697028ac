"""What the tests of previews share: asking for one, and looking at what it kept and at what Saasu saw."""

from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.models.connections import Connection
from portal.models.previews import Preview, PreviewedOrder
from portal.models.runs import Run
from portal.services.previews import preview_now, request_preview
from portal.services.runs import SystemClock
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


def everything(connection: Connection) -> dict[str, object]:
    return {column.name: getattr(connection, column.key) for column in Connection.__table__.columns}
