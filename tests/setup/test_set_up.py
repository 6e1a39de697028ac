"""`python3 -m portal` before anything is installed: what it says, when it sets up, and how it finds a way."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal import __main__ as set_up
from portal import cli
from tests.servers import PROJECT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with two locks and no `.venv`."""
    for name in (set_up.RUN_SET, set_up.TEST_SET):
        (tmp_path / name).write_text(f"# {name}\n")
    monkeypatch.setattr(set_up, "PROJECT", tmp_path)
    monkeypatch.setattr(set_up, "VENV", tmp_path / ".venv")
    return tmp_path


@pytest.fixture
def installed(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The locks that were installed, in order; making `.venv` takes no time."""
    names: list[str] = []

    def make_venv() -> None:
        set_up.python().parent.mkdir(parents=True, exist_ok=True)
        set_up.python().touch()

    monkeypatch.setattr(set_up, "make_venv", make_venv)
    monkeypatch.setattr(set_up, "install", names.append)
    return names


def test_alone_it_prints_its_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "python3 -m portal COMMAND" in done.stdout


def test_an_unknown_command_is_refused_without_setting_up(
    installed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert set_up.main(["demmo"]) == 2
    assert "There is no command 'demmo'." in capsys.readouterr().err
    assert installed == []


def test_every_command_of_the_desk_is_in_the_help() -> None:
    named = re.search(r"\{(.+?)\}|COMMAND", cli.parser().format_help())
    assert named
    choices = cli.parser()._subparsers
    assert choices
    commands = {name for action in choices._group_actions for name in dict(action.choices or {})}
    assert commands - set(set_up.COMMANDS) == set()


def test_the_demo_installs_the_run_set_once(installed: list[str]) -> None:
    set_up.set_up(with_tests=False)
    set_up.set_up(with_tests=False)
    assert installed == ["requirements.txt"]


def test_a_venv_with_the_test_set_serves_the_demo_too(installed: list[str]) -> None:
    set_up.set_up(with_tests=True)
    set_up.set_up(with_tests=False)
    assert installed == ["requirements-test.txt"]


def test_a_venv_of_the_demo_gets_the_test_set_for_the_tests(installed: list[str]) -> None:
    set_up.set_up(with_tests=False)
    set_up.set_up(with_tests=True)
    assert installed == ["requirements.txt", "requirements-test.txt"]


def test_a_changed_lock_is_installed_again(project: Path, installed: list[str]) -> None:
    set_up.set_up(with_tests=True)
    (project / "requirements.txt").write_text("# another\n")
    set_up.set_up(with_tests=False)
    set_up.set_up(with_tests=True)
    assert installed == ["requirements-test.txt", "requirements.txt", "requirements-test.txt"]


def test_a_set_up_that_failed_is_tried_again(installed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> None:
        raise set_up.SetUpFailed("no internet")

    with monkeypatch.context() as broken:
        broken.setattr(set_up, "install", fail)
        with pytest.raises(set_up.SetUpFailed):
            set_up.set_up(with_tests=False)
    set_up.set_up(with_tests=False)
    assert installed == ["requirements.txt"]


def test_uv_that_fails_gives_way_to_pip(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = record_calls(monkeypatch, fails=lambda words: words[0].endswith("uv"))
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    set_up.install("requirements.txt")
    assert [words[0] for words in called if "install" in words] == ["/somewhere/uv", str(set_up.python())]
    assert all("--require-hashes" in words for words in called if "install" in words)


def test_without_ensurepip_the_machines_pip_is_used(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_calls(monkeypatch, fails=lambda words: words[0] == str(set_up.python()))
    found = set_up.find_pip()
    assert found[1:] == ["-m", "pip", "--python", str(set_up.python())]
    assert found[0] != str(set_up.python())


def test_without_any_pip_it_says_what_to_do(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_calls(monkeypatch, fails=lambda _words: True)
    with pytest.raises(set_up.SetUpFailed, match="apt-get install python3-pip"):
        set_up.find_pip()


def test_an_old_python_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert set_up.main(["demo"]) == 1
    assert "needs Python 3.11 or later, and this is Python 3.9." in capsys.readouterr().err


def test_the_set_up_keeps_pips_settings(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def call(_words: list[str], **named: object) -> int:
        seen.append(named.get("env"))
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    set_up.install("requirements.txt")
    assert seen
    assert set(seen) == {None}, "a given environment would drop PIP_… variables"


def record_calls(monkeypatch: pytest.MonkeyPatch, fails: object) -> list[list[str]]:
    called: list[list[str]] = []

    def quiet(words: list[str], show: bool = False) -> bool:
        called.append(words)
        assert callable(fails)
        return not fails(words)

    monkeypatch.setattr(set_up, "quiet", quiet)
    return called


def test_two_set_ups_at_once_install_once(project: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from portal import __main__ as s;"
        "s.PROJECT = Path(sys.argv[1]); s.VENV = s.PROJECT / '.venv';"
        "s.make_venv = lambda: (s.python().parent.mkdir(parents=True), s.python().touch());"
        "s.install = lambda name: (time.sleep(0.3), (s.PROJECT / 'installed').open('a').write(name + '\\n'));"
        "s.set_up(False)"
    )
    words = [sys.executable, "-c", script, str(project)]
    both = [subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.DEVNULL, env=os.environ) for _ in range(2)]
    assert [process.wait(timeout=20) for process in both] == [0, 0]
    assert (project / "installed").read_text() == "requirements.txt\n"
