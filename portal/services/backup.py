"""Backup and restore of the whole database as one archive that either kind of database reads; the key ring is kept apart."""

import base64
import json
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from portal import ledger as ledgers
from portal.database import Base, begin_reading
from portal.models.connections import Connection
from portal.services.keys import try_ring
from portal.vault import Vault

FORMAT = 1


class BackupRefused(Exception):
    """The archive cannot be written there; the message says why."""


class RestoreRefused(Exception):
    """The archive cannot be restored here; the message says why."""


def revision(session: Session) -> str:
    """The migration the database is at."""
    return str(session.scalar(text("SELECT version_num FROM alembic_version")))


def write_backup(session: Session, path: Path, now: datetime, *, force: bool = False) -> int:
    """Write every row to an archive beside which the key ring must be kept by other means. Returns how many rows.

    Raises `BackupRefused`, and leaves nothing behind, where it cannot be written there, or a file is there and it is not to be forced.
    """
    if path.is_dir():
        raise BackupRefused(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise BackupRefused(f"There is no folder {path.parent}. Make it first.")
    if path.exists() and not force:
        raise BackupRefused(f"{path} is there already. Name another file, or add --force to overwrite it.")
    partial = path.with_name(f"{path.name}.part")
    try:
        count = write_archive(one_moment(session), partial, now)
        partial.replace(path)
    except OSError as error:
        raise BackupRefused(
            f"The backup could not be written to {path}: {error.strerror or error}."
        ) from error
    finally:
        leave_nothing(partial)
    return count


def leave_nothing(partial: Path) -> None:
    """Take away an archive that did not become whole."""
    with suppress(OSError):
        partial.unlink(missing_ok=True)


def write_archive(session: Session, partial: Path, now: datetime) -> int:
    """Write every row to a new archive. Returns how many. Raises `OSError`."""
    count = 0
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        head = {
            "format": FORMAT,
            "revision": revision(session),
            "written_at": now.astimezone(UTC).isoformat(),
        }
        archive.writestr("backup.json", json.dumps(head))
        for table in Base.metadata.sorted_tables:
            with archive.open(f"{table.name}.jsonl", "w") as out:
                for row in session.execute(select(table)).mappings():
                    out.write(
                        json.dumps({name: written(value) for name, value in row.items()}).encode() + b"\n"
                    )
                    count += 1
    session.rollback()
    return count


def one_moment(session: Session) -> Session:
    """A transaction in which every table is read at the same moment, and for which no writer waits."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return session
    return begin_reading()


def restore_backup(session: Session, path: Path, vault: Vault) -> int:
    """Fill an empty database from an archive. Commits. Returns how many rows.

    Raises `RestoreRefused`, and `VaultError` where the key ring does not open what is sealed in it; then the database stays empty.
    """
    if not path.exists():
        raise RestoreRefused(f"There is no file {path}.")
    if path.is_dir():
        raise RestoreRefused(f"{path} is a folder. Name the backup in it.")
    try:
        archive = zipfile.ZipFile(path)
        head = json.loads(archive.read("backup.json"), parse_float=Decimal)
    except PermissionError as error:
        raise RestoreRefused(f"{path} may not be read by this user.") from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise RestoreRefused(f"{path} is not a backup of Cartledger.") from error
    if head.get("format") != FORMAT or head.get("revision") != revision(session):
        raise RestoreRefused(
            "The backup was written by another version; install that version, restore, then upgrade."
        )
    if any(session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables):
        raise RestoreRefused("The database is not empty; restore into a new one.")
    count = 0
    with archive:
        for table in Base.metadata.sorted_tables:
            rows = list(read_rows(archive, table))
            if rows:
                session.execute(insert(table), rows)
            count += len(rows)
    reset_sequences(session)
    for connection_id in session.scalars(select(Connection.id)).all():
        # What was posted after the backup was written is in Saasu, but not in this ledger (SYNC §7.7, §7.10).
        ledgers.doubt(session, connection_id, datetime.fromisoformat(head["written_at"]))
    try_ring(session, vault)
    session.commit()
    return count


def read_rows(archive: zipfile.ZipFile, table: Table) -> Iterator[dict[str, Any]]:
    """The rows of one table."""
    with archive.open(f"{table.name}.jsonl") as lines:
        for line in lines:
            row = json.loads(line, parse_float=Decimal)
            yield {name: read(value) for name, value in row.items()}


def reset_sequences(session: Session) -> None:
    """Let PostgreSQL's counters go on after the highest restored id."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        key = table.autoincrement_column
        if key is not None:
            session.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), "  # noqa: S608
                    f"COALESCE((SELECT MAX({key.name}) FROM {table.name}), 0) + 1, false)"
                )
            )


def written(value: object) -> object:
    """A value as JSON can hold it."""
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return {"json": value} if isinstance(value, dict | list) else value


def read(value: object) -> object:
    """A value back from JSON."""
    if not isinstance(value, dict):
        return value
    kind, content = next(iter(value.items()))
    readers: dict[str, Any] = {
        "bytes": base64.b64decode,
        "moment": datetime.fromisoformat,
        "date": date.fromisoformat,
        "decimal": Decimal,
        "json": lambda whole: whole,
    }
    return readers[kind](content)
