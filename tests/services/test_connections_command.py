"""`python3 -m portal connections`: every connection on one line, without a secret; and how commands end."""

from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy.orm import Session

from portal import cli
from portal.launch import desk
from portal.models.runs import RunKind, RunState
from portal.services import operations
from portal.settings import SettingsError
from tests.factories import NOON, make_connection, make_file, make_firm, make_run


def here() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


def listed(session: Session, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that the command prints."""
    session.rollback()
    capsys.readouterr()
    assert cli.main(["connections"], here) == 0
    return capsys.readouterr().out.splitlines()


def test_every_connection_of_every_firm_has_its_line_in_the_zone_of_its_file(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    jam = make_connection(session, make_file(session, make_firm(session)))
    jam.store_name, jam.next_run_at = "Jam\x1b[2J Tin", NOON + timedelta(hours=1, minutes=7)
    jam.access_token, jam.client_id = b"sealed-token", "client-of-jam"
    run = make_run(session, jam, at=NOON)
    run.state, run.finished_at = RunState.INCOMPLETE, NOON + timedelta(minutes=2)
    later = make_run(session, jam, RunKind.PREVIEW, NOON + timedelta(minutes=9))
    later.state = RunState.FINISHED
    far = make_file(session, make_firm(session, "Banksia Books"), name="Perth Bikes")
    far.time_zone = "Australia/Perth"
    bikes = make_connection(session, far, "bikes1", enabled=False)
    pots = make_connection(session, far, "pots22")
    pots.next_run_at = None
    going = make_run(session, pots, at=NOON)
    going.state = RunState.RUNNING
    session.commit()
    ids = [one.id for one in (jam, bikes, pots)]

    lines = listed(session, capsys)

    assert [line.split()[0] for line in lines] == ["id", *ids]
    told = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines[1:]]
    assert told == [
        [ids[0], "Jam Tin Pty Ltd", "jamtin (Jam [2J Tin)", "on", "22/05/2026 12:02 pm AEST, incomplete", "22/05/2026 1:07 pm AEST"],
        [ids[1], "Perth Bikes", "bikes1", "off", "–", "–"],
        [ids[2], "Perth Bikes", "pots22", "on", "22/05/2026 10:00 am AWST, running", "–"],
    ]  # fmt: skip
    assert not any(secret in "\n".join(lines) for secret in ("token", "client-of-jam"))


def test_a_portal_without_connections_says_so(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(session, capsys) == [
        "There is no connection yet. Add a Saasu file on a page of the portal, and connect a shop."
    ]


def test_every_command_that_finds_no_connection_ends_alike_and_names_the_list(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    off = make_connection(session, make_file(session, make_firm(session)), enabled=False)
    session.commit()
    wanted = off.id
    lists = "`python3 -m portal connections` lists those there are, with their ids."
    told = {
        ("sync", "nowhere"): f"There is no connection nowhere. {lists}",
        ("preview", "nowhere", "--from", "2026-01-01"): f"There is no connection nowhere. {lists}",
        ("preview", "nowhere", "--order", "5"): f"There is no connection nowhere. {lists}",
        ("life", "nowhere", "5"): f"There is no connection nowhere. {lists}",
        ("sync", "all"): f"No connection is enabled. {lists}",
        (
            "sync",
            wanted,
        ): f"The connection {wanted} of Jam Tin Pty Ltd is off: tick Enable BigCommerce on its page, and save.",
    }
    for words, sentence in told.items():
        session.rollback()
        capsys.readouterr()
        assert cli.main([*words], here) == 1, words
        assert capsys.readouterr().err == f"{sentence}\n", words


def test_ctrl_c_ends_a_command_without_a_traceback(
    session: Session, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed() -> list[str]:
        raise KeyboardInterrupt

    session.rollback()
    monkeypatch.setattr(operations, "connections", pressed)
    assert cli.main(["connections"], here) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_missing_settings_name_the_folders_that_may_be_given(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    project = tmp_path_factory.mktemp("project")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(desk, "project_folder", lambda: project)

    def without_settings() -> Flask:
        raise SettingsError(["SECRET_KEY is missing."])

    monkeypatch.setattr(desk, "create_app", without_settings)
    assert desk.main(["connections"]) == 1
    told = capsys.readouterr().err
    assert "SECRET_KEY is missing." in told
    assert f"`demo` keeps everything in {project}/data/demo and `up` in {project}/data/up" in told
    assert "--data DIR" in told

    assert desk.main(["connections", "--data", str(project / "none")]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"No portal was ever started on {project / 'none'}. `demo` keeps everything in ")


def test_a_command_without_its_arguments_is_refused_with_status_two(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["sync"], here)
    assert ended.value.code == 2
    assert "required: connection" in capsys.readouterr().err


def test_days_in_the_wrong_order_are_refused_before_anything_is_looked_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["preview", "nowhere", "--from", "2026-07-02", "--to", "1/7/2026"], here)
    assert ended.value.code == 2
    assert "The day of --to lies before the one of --from." in capsys.readouterr().err


def test_a_fault_in_data_is_told_under_the_name_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        desk.main(["connections", "--data"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "python3 -m portal connections: error: argument --data" in told
    assert "__main__" not in told


def test_the_help_of_every_command_tells_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["connections", "--help"], ["preview", "--help"], ["backup", "--help"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(words, here)
        assert ended.value.code == 0
        told = " ".join(capsys.readouterr().out.split())
        assert "Exit status: 0 done; 1 it could not be done" in told, words
        assert (
            "without it, DATABASE_URL of the environment is used, else data/up or else data/demo" in told
        ), words


def test_the_time_of_a_run_is_the_one_at_which_it_ended(session: Session) -> None:
    connection = make_connection(session, make_file(session, make_firm(session)))
    for hours, state in ((0, RunState.FINISHED), (1, RunState.FAILED)):
        run = make_run(session, connection, at=NOON + timedelta(hours=hours))
        run.state, run.finished_at = state, NOON + timedelta(hours=hours, minutes=3)
    session.commit()
    assert "22/05/2026 1:03 pm AEST, failed" in operations.connections()[1]
