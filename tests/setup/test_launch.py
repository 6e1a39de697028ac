"""The launcher's parts: the data folder, the port, the supervisor, the embedded queue, the programs, the list of checks."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.launch import checks, programs, serving, valkey
from portal.launch.checks import Check
from portal.launch.folder import DataFolder, FolderBusy
from portal.launch.house import start_valkey
from portal.launch.ports import held_port
from portal.launch.supervisor import Child, Supervisor
from portal.settings import Settings


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor(say=lambda _line: None)
    yield made
    made.stop()


def test_the_keys_are_made_once_and_are_for_this_user_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.held():
        keys = folder.keys()
        assert folder.keys() == keys
    assert stat.S_IMODE(folder.keys_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert "apart from the backups" in folder.keys_file.read_text()


def test_the_keys_are_what_the_portal_accepts(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    places = {"DATABASE_URL": "sqlite:////x", "REDIS_URL": "unix:///x", "BASE_URL": "http://127.0.0.1:8000"}
    assert len(Settings.from_env({**places, **folder.keys()}).credential_keys) == 1


def test_a_folder_holds_one_portal(tmp_path: Path) -> None:
    with (
        DataFolder(tmp_path).held(),
        pytest.raises(FolderBusy, match="already runs"),
        DataFolder(tmp_path).held(),
    ):
        pass
    with DataFolder(tmp_path).held():
        assert (tmp_path / "logs").is_dir()


@pytest.mark.parametrize("command", ["demo", "up"])
def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(Supervisor, "listen", lambda _: None)
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        assert serving.main([command, "--data", str(folder)]) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"{folder} cannot be used as a folder: ")
        assert told.endswith("Name another one with --data.\n")


def test_the_folder_remembers_its_addresses(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.remember({"DATABASE_URL": "sqlite:///here?a=b"})
    assert folder.environment() == {"DATABASE_URL": "sqlite:///here?a=b"}
    assert stat.S_IMODE(folder.now_file.stat().st_mode) == 0o600


def test_a_taken_port_gives_way_to_the_next() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with held_port("127.0.0.1", taken.getsockname()[1]) as port:
            assert port > taken.getsockname()[1]


def test_a_held_port_is_free_for_the_web_server_and_for_nobody_else() -> None:
    with held_port("127.0.0.1", 0) as port, held_port("127.0.0.1", port) as other, socket.socket() as web:
        assert other != port
        web.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        web.bind(("127.0.0.1", port))
        web.listen()
        with socket.create_connection(("127.0.0.1", port), timeout=2), web.accept()[0] as heard:
            assert heard.getsockname()[1] == port


def test_a_port_whose_last_connections_linger_is_free_again_and_ours_alone() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn's has it
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as reader:
            heard, _ = server.accept()
            heard.close()  # whoever closes first has the connection linger
            assert reader.recv(1) == b""
    with socket.socket() as plain, pytest.raises(OSError, match="in use"):
        plain.bind(("127.0.0.1", port))
    with held_port("127.0.0.1", port) as again, socket.socket() as stranger:
        assert again == port
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):  # older kernels refuse it only here
            stranger.bind(("127.0.0.1", port))
            stranger.listen()


def child(tmp_path: Path, script: str) -> Child:
    return Child("sleeper", [sys.executable, "-c", script], dict(os.environ), tmp_path / "sleeper.log")


def wait_for_line(made: Child) -> str:
    until = time.monotonic() + 20
    while not made.last_lines() and time.monotonic() < until:
        time.sleep(0.02)
    return made.last_lines()


def gone(pid: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text():
            return True  # it ended; nobody has asked how yet
        time.sleep(0.05)
    return False


def test_a_dead_child_is_started_again(tmp_path: Path, supervisor: Supervisor) -> None:
    made = supervisor.start(child(tmp_path, "import time; time.sleep(60)"))
    made.wait = 0
    assert made.process
    first = made.process.pid
    made.process.kill()
    made.process.wait()

    def mended() -> bool:
        supervisor.mend()
        return made.alive

    assert supervisor.wait_until(mended, 10)
    assert made.process.pid != first


def test_a_child_that_keeps_dying_is_started_after_longer_and_longer_waits(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    made = supervisor.start(child(tmp_path, "raise SystemExit(1)"))
    assert made.process
    for expected in (2, 4, 8):
        made.process.wait()
        supervisor.mend()
        assert made.wait == expected
        made.due_at = 0
        supervisor.mend()


def test_stopping_ends_what_a_child_started_in_a_group_of_its_own(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    grandchild = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], process_group=0)"
    made = supervisor.start(child(tmp_path, f"{grandchild}; print(p.pid, flush=True); time.sleep(60)"))
    pid = int(wait_for_line(made))
    supervisor.stop()
    assert not made.alive
    assert gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from portal.launch.supervisor import Child, Supervisor;"
        "words = [sys.executable, '-c', 'import time; time.sleep(60)'];"
        "made = Supervisor().start(Child('sleeper', words, {}, Path(sys.argv[1])));"
        "print(made.process.pid, flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "log")]
    launcher = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert launcher.stdout
    pid = int(launcher.stdout.readline())
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    launcher.stdout.close()
    assert gone(pid)


def test_the_embedded_queue_keeps_its_rows(tmp_path: Path, supervisor: Supervisor) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.held():
        address = start_valkey(folder, supervisor)
        path = Path(address.removeprefix("unix://"))
        assert valkey.ask(path, "SET word kept").startswith(b"+OK")
        supervisor.stop()
        assert not valkey.answers(path)
        start_valkey(folder, supervisor)
        assert b"kept" in valkey.ask(path, "GET word")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_queue_that_outlived_its_launcher_is_replaced(tmp_path: Path, supervisor: Supervisor) -> None:
    path = valkey.socket_path(tmp_path)
    left = subprocess.Popen(valkey.command(tmp_path, path), stdout=subprocess.DEVNULL)
    assert supervisor.wait_until(lambda: valkey.answers(path), 20)
    valkey.end_left_over(path)
    assert left.wait(timeout=10) == 0


def test_a_long_folder_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    assert len(str(valkey.socket_path(folder))) < valkey.LONGEST_SOCKET_PATH
    assert valkey.socket_path(folder) == valkey.socket_path(folder)
    assert valkey.socket_path(folder) != valkey.socket_path(folder / "other")
    assert valkey.socket_path(Path("/short")) == Path("/short/redis.sock")


def test_a_machine_without_a_server_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(valkey.NoServer, match="Install Valkey or Redis"):
        valkey.find_server()


def test_an_unknown_program_is_told_which_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert programs.main(["prove", "nothing-of-the-kind"]) == 2
    assert "There is no prove 'nothing-of-the-kind'." in capsys.readouterr().err


def test_a_program_runs_with_its_words_and_its_status_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proofs").mkdir()
    text = "import os, sys\ndef main(): pass\nprint(sys.argv[1:], os.environ['APP_ENV'], 'DATABASE_URL' in os.environ)\nsys.exit(3)\n"
    (tmp_path / "proofs/to_the_cent.py").write_text(text)
    (tmp_path / "proofs/figures.py").write_text("SIZE = 1\n")
    monkeypatch.setattr(programs, "project_folder", lambda: tmp_path)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///real")
    assert list(programs.programs("prove")) == ["to-the-cent"]
    assert programs.main(["prove", "to-the-cent", "--small"]) == 3
    assert capfd.readouterr().out == "['--small'] development False\n"


def test_a_program_may_be_given_other_servers_and_the_test_command_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proofs").mkdir()
    text = "import os\ndef main(): pass\nprint(os.environ.get('BIGCOMMERCE_API_URL'), os.environ.get('SAASU_API_URL'))\n"
    (tmp_path / "proofs/cents.py").write_text(text)
    monkeypatch.setattr(programs, "project_folder", lambda: tmp_path)
    monkeypatch.setenv("BIGCOMMERCE_API_URL", "http://127.0.0.1:5001")
    monkeypatch.delenv("SAASU_API_URL", raising=False)
    assert programs.main(["prove", "cents"]) == 0
    assert capfd.readouterr().out == "http://127.0.0.1:5001 None\n"
    assert "BIGCOMMERCE_API_URL" not in checks.environment(str(tmp_path))


def test_a_program_may_stay_out_of_the_test_command(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def main(): pass\n")
    (tmp_path / "b.py").write_text("SMALL = False\ndef main(): pass\n")
    assert programs.takes_part_in_test(tmp_path / "a.py")
    assert not programs.takes_part_in_test(tmp_path / "b.py")


def test_all_checks_run_and_one_failure_fails_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[Check] = []
    named = [Check(name, ()) for name in ("first", "second", "third")]

    def run(check: Check) -> int:
        ran.append(check)
        return int(check.name == "second")

    assert checks.run_all(named, run) == 1
    assert ran == named
    assert "FAILED  second" in capsys.readouterr().out


def test_a_test_command_that_is_told_to_end_goes_no_further(tmp_path: Path) -> None:
    script = (
        "import os, sys; from portal.launch import checks; from portal.launch.checks import Check;"
        "waiting = Check('waiting', ('-c', 'import time; print(1, flush=True); time.sleep(60)'));"
        "checks.every_check = lambda: [waiting, waiting]; sys.exit(checks.main(['test']))"
    )
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    command = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environ)
    assert command.stdout
    while command.stdout.readline() != "1\n":
        assert command.poll() is None
    command.terminate()
    assert command.communicate(timeout=20)[0] == "Stopped.\n"
    assert command.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_the_test_command_covers_both_databases() -> None:
    names = [check.name for check in checks.every_check()]
    assert names[:4] == ["format", "lint", "types", "imports"]
    assert names[4:6] == ["tests to the cent", "every branch to the cent"]
    assert names[6:8] == ["tests on SQLite", "tests on PostgreSQL"]
    assert "tests/ledger" in checks.database_folders()
