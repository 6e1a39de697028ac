"""`up` for real: it answers, mends itself, lends its folder to the commands, and leaves nothing running."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from portal.launch.folder import DataFolder
from tests.servers import PROJECT

PATIENCE = 120


class Up:
    """A portal that was started with `up`."""

    def __init__(self, data: Path) -> None:
        self.data = data
        words = [sys.executable, "-m", "portal.launch", "up", "--port", "0", "--data", str(data)]
        self.process = subprocess.Popen(
            words, cwd=PROJECT, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._limit = Timer(PATIENCE, self.process.kill)
        self._limit.start()
        found = self.line(r"Cartledger is ready: http://127\.0\.0\.1:(\d+)")
        self.port = int(found[1])

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a line that it prints."""
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it ended without saying {pattern}")

    def status(self) -> int:
        """What /healthz answers."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        line.request("GET", "/healthz")
        status = line.getresponse().status
        line.close()
        return status

    def stop(self) -> int:
        """Ctrl-C; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        self._limit.cancel()
        return self.process.returncode


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path / "data")
    yield made
    made.stop()


def processes_of(data: Path) -> dict[int, str]:
    """The processes that were given this data folder, by number: their command lines. Linux tells; elsewhere `ps` does."""
    if not Path("/proc/self/environ").exists():
        listed = subprocess.run(
            ["ps", "-A", "-E", "-o", "pid=,command="], capture_output=True, text=True, check=True
        )
        lines = (line.split(maxsplit=1) for line in listed.stdout.splitlines() if str(data) in line)
        return {int(pid): words for pid, words in lines}
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(data) in (entry / "environ").read_text(errors="replace"):
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def test_up_answers_mends_itself_and_leaves_nothing_running(up: Up) -> None:
    assert up.status() == 200
    clock = next(
        pid for pid, words in processes_of(up.data).items() if words.rstrip().endswith("worker.py clock")
    )
    os.kill(clock, signal.SIGKILL)
    up.line("The clock ended; starting it again")
    backup = up.data.parent / "backup"
    words = [sys.executable, "-m", "portal.launch", "backup", str(backup), "--data", str(up.data)]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert backup.stat().st_size > 0
    assert up.stop() == 0
    assert processes_of(up.data) == {}


def test_a_second_portal_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with DataFolder(tmp_path).held():
        words = [sys.executable, "-m", "portal.launch", "up", "--port", "0", "--data", str(tmp_path)]
        done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "A portal already runs on" in done.stderr


def test_wrong_settings_are_all_told_before_anything_starts(tmp_path: Path) -> None:
    wrong = {
        **os.environ,
        "DATABASE_URL": "mysql://x",
        "SAASU_CALLS_PER_SECOND": "2",
        "APP_ENV": "production",
    }
    words = [sys.executable, "-m", "portal.launch", "up", "--port", "0", "--data", str(tmp_path)]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False, env=wrong)
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "SAASU_CALLS_PER_SECOND" in done.stderr
