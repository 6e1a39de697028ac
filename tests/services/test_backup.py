"""A backup holds every row, and fills an empty database of either kind."""

import errno
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import cli
from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.models.runs import Run
from portal.services import backup
from portal.vault import Vault
from tests import databases
from tests.factories import NOON, RING, make_connection, make_file, make_firm, make_run

OURS = Vault(RING)


def here() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


def said(words: list[str]) -> str:
    """What a command that fails says why."""
    told = StringIO()
    with redirect_stderr(told):
        assert cli.main(words, here) == 1
    return told.getvalue()


def test_a_restored_database_holds_what_was_backed_up(app: Flask, session: Session, tmp_path: Path) -> None:
    connection = make_connection(session, make_file(session, make_firm(session)))
    run = make_run(session, connection)
    kept = (connection.id, connection.watermark, run.id)
    written = backup.write_backup(session, tmp_path / "portal.zip", NOON)
    session.close()
    databases.empty(app.config["SQLALCHEMY_DATABASE_URI"])

    restored = backup.restore_backup(session, tmp_path / "portal.zip", OURS)

    found = session.scalars(select(Connection)).one()
    assert restored == written == 5
    assert (found.id, found.watermark) == kept[:2]


def test_a_database_with_rows_is_never_restored_over(session: Session, tmp_path: Path) -> None:
    make_firm(session)
    backup.write_backup(session, tmp_path / "portal.zip", NOON)

    with pytest.raises(backup.RestoreRefused, match="not empty"):
        backup.restore_backup(session, tmp_path / "portal.zip", OURS)
    assert session.scalars(select(Firm)).one().name == "Acacia Accounting"


def test_something_else_is_no_backup(session: Session, tmp_path: Path) -> None:
    (tmp_path / "photo.zip").write_bytes(b"not a zip")

    with pytest.raises(backup.RestoreRefused, match="not a backup"):
        backup.restore_backup(session, tmp_path / "photo.zip", OURS)


@pytest.mark.parametrize("ring", [{"test": bytes(32)}, {"other": RING["test"]}])
def test_with_a_key_ring_of_another_portal_nothing_is_restored_and_its_place_is_named(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ring: dict[str, bytes]
) -> None:
    make_file(session, make_firm(session))
    backup.write_backup(session, tmp_path / "portal.zip", NOON)
    session.close()
    databases.empty(app.config["SQLALCHEMY_DATABASE_URI"])
    monkeypatch.setitem(app.extensions, "vault", Vault(ring))

    told = said(["restore", str(tmp_path / "portal.zip")])

    assert told.startswith("Nothing was restored. The key ring at hand does not open what is sealed")
    assert "must stand in CREDENTIAL_KEYS of the environment; put it there" in told
    assert session.scalars(select(Firm)).all() == []


@pytest.mark.parametrize(
    "words", [["migrate"], ["sync", "all"], ["preview", "jamtin"], ["preview", "jamtin", "--order", "5"]]
)
def test_a_key_ring_of_another_portal_is_told_before_anything_begins(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    make_connection(session, make_file(session, make_firm(session)))
    settings = replace(app.extensions["settings"], data_dir=tmp_path)
    (tmp_path / "keys.env").touch()
    monkeypatch.setitem(app.extensions, "settings", settings)
    monkeypatch.setitem(app.extensions, "vault", Vault({"test": bytes(32)}))
    session.close()

    told = said(words)

    assert told.startswith("The key ring at hand does not open what is sealed in this database")
    assert f"must stand in {tmp_path}/keys.env, as CREDENTIAL_KEYS; put it there" in told
    assert session.scalars(select(Run)).all() == []


def test_a_backup_goes_nowhere_but_to_a_new_file(session: Session, tmp_path: Path) -> None:
    make_firm(session)
    there, kept = tmp_path / "here", tmp_path / "kept.zip"
    there.mkdir()
    kept.write_bytes(b"of yesterday")
    told = {
        there: f"{there} is a folder. Name a file in it.\n",
        tmp_path / "none" / "portal.zip": f"There is no folder {tmp_path}/none. Make it first.\n",
        kept: f"{kept} is there already. Name another file, or add --force to overwrite it.\n",
    }
    for path, sentence in told.items():
        session.close()
        assert said(["backup", str(path)]) == sentence
    assert sorted(tmp_path.iterdir()) == [there, kept]
    assert kept.read_bytes() == b"of yesterday"

    session.close()
    assert cli.main(["backup", str(kept), "--force"], here) == 0
    assert kept.read_bytes()[:2] == b"PK"


def test_a_backup_that_cannot_be_finished_leaves_nothing_behind(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    make_firm(session)
    session.close()
    monkeypatch.setattr(backup, "written", full)
    assert said(["backup", str(tmp_path / "portal.zip")]) == (
        f"The backup could not be written to {tmp_path}/portal.zip: No space left on device.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_not_taken_for_a_spoilt_backup(session: Session, tmp_path: Path) -> None:
    session.close()
    assert said(["restore", str(tmp_path / "none")]) == f"There is no file {tmp_path}/none.\n"
    assert said(["restore", str(tmp_path)]) == f"{tmp_path} is a folder. Name the backup in it.\n"
