"""Rows for tests: plain functions with keyword defaults; each commits."""

from datetime import UTC, datetime
from itertools import count

from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.connections import Connection, SaasuFile, SaasuLogin
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
