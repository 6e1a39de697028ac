"""Rows for tests: plain functions with keyword defaults; each commits."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.backfills import Backfill
from portal.models.connections import Connection, SaasuFile, SaasuLogin
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.vault import Vault

NOON = datetime(2026, 5, 22, 2, 0, tzinfo=UTC)
RING = {"test": bytes(range(32))}
_numbers = count(1)


def make_firm(session: Session, name: str = "Acacia Accounting") -> Firm:
    from portal.database import new_id

    firm_id = new_id()
    wrapped, key_id = Vault(RING).new_data_key(firm_id)
    firm = Firm(id=firm_id, name=name, created_at=NOON, wrapped_data_key=wrapped, key_id=key_id)
    session.add(firm)
    session.commit()
    return firm


def make_file(
    session: Session, firm: Firm, file_id: int | None = None, name: str = "Jam Tin Pty Ltd"
) -> SaasuFile:
    login = SaasuLogin(
        firm_id=firm.id,
        username=f"books{next(_numbers)}@example.com",
        refresh_token=b"",
        access_token=b"",
        access_expires_at=NOON,
        signed_in_at=NOON,
    )
    file = SaasuFile(
        firm_id=firm.id,
        login=login,
        file_id=file_id or 7000 + next(_numbers),
        name=name,
        currency="AUD",
        created_at=NOON,
    )
    session.add(file)
    session.commit()
    return file


def make_connection(
    session: Session,
    file: SaasuFile,
    store_hash: str = "jamtin",
    *,
    enabled: bool = True,
    start: datetime = NOON,
) -> Connection:
    connection = Connection(
        firm_id=file.firm_id,
        file=file,
        store_hash=store_hash,
        enabled=enabled,
        prefix="JT",
        created_at=NOON,
        start_at=start,
        watermark=start,
        minute=7,
        next_run_at=NOON,
    )
    session.add(connection)
    session.commit()
    return connection


def make_run(
    session: Session, connection: Connection, kind: RunKind = RunKind.HOURLY, at: datetime = NOON
) -> Run:
    run = Run(firm_id=connection.firm_id, connection_id=connection.id, kind=kind, queued_at=at)
    session.add(run)
    session.commit()
    return run


def make_order(
    session: Session, connection: Connection, order_id: int, state: str = "seen", **more: Any
) -> Order:
    values: dict[str, Any] = {
        "order_created_at": NOON,
        "order_modified_at": NOON,
        "status_id": 11,
        "status": "Awaiting Fulfillment",
        "currency": "AUD",
        "total": Decimal("11.00"),
        "first_seen_at": NOON,
        "decided_at": NOON,
    }
    order = Order(
        firm_id=connection.firm_id,
        connection_id=connection.id,
        saasu_file_id=connection.file.file_id,
        store_hash=connection.store_hash,
        order_id=order_id,
        state=state,
        **(values | more),
    )
    session.add(order)
    session.commit()
    return order


def make_backfill(session: Session, connection: Connection, days: int = 100, **more: Any) -> Backfill:
    """A backfill under way that reaches back so many days before the connection's start, which it lowers."""
    until = connection.start_at or NOON
    since = until - timedelta(days=days)
    values: dict[str, Any] = {
        "orders_from": since.date(), "since": since, "until": until, "asked_by": "Alice", "asked_at": NOON,
    }  # fmt: skip
    backfill = Backfill(firm_id=connection.firm_id, connection_id=connection.id, **(values | more))
    connection.start_at = since
    session.add(backfill)
    session.commit()
    return backfill
