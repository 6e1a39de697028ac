"""A backup holds every row, and fills an empty database of either kind."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.services import backup
from tests import databases
from tests.factories import NOON, make_connection, make_file, make_firm, make_run


def test_a_restored_database_holds_what_was_backed_up(app: Flask, session: Session, tmp_path: Path) -> None:
    connection = make_connection(session, make_file(session, make_firm(session)))
    run = make_run(session, connection)
    kept = (connection.id, connection.watermark, run.id)
    written = backup.write_backup(session, tmp_path / "portal.zip", NOON)
    session.close()
    databases.empty(app.config["SQLALCHEMY_DATABASE_URI"])

    restored = backup.restore_backup(session, tmp_path / "portal.zip")

    found = session.scalars(select(Connection)).one()
    assert restored == written == 5
    assert (found.id, found.watermark) == kept[:2]


def test_a_database_with_rows_is_never_restored_over(session: Session, tmp_path: Path) -> None:
    make_firm(session)
    backup.write_backup(session, tmp_path / "portal.zip", NOON)

    with pytest.raises(backup.RestoreRefused, match="not empty"):
        backup.restore_backup(session, tmp_path / "portal.zip")
    assert session.scalars(select(Firm)).one().name == "Acacia Accounting"


def test_something_else_is_no_backup(session: Session, tmp_path: Path) -> None:
    (tmp_path / "photo.zip").write_bytes(b"not a zip")

    with pytest.raises(backup.RestoreRefused, match="not a backup"):
        backup.restore_backup(session, tmp_path / "photo.zip")
