"""A supervisor: starts children, starts a dead one again, and stops them all so that no process is left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from portal.settings import project_folder

FIRST_WAIT, LONGEST_WAIT = 1, 30  # seconds before a dead child is started again; doubled each time
SETTLED = 60  # seconds after which a child counts as well again
PATIENCE = 10  # seconds between asking a child to end and ending it
LARGEST_LOG = 10_000_000  # bytes; a larger one is put aside at the next start
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Child:
    """One process to keep alive, in a session of its own. `words` is the command line."""

    name: str
    words: list[str]
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    wait: float = FIRST_WAIT
    due_at: float | None = None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.words,
                cwd=project_folder(),
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - the supervisor has one thread
            )
        self.started_at, self.due_at = time.monotonic(), None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def last_lines(self, number: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-number:])


@dataclass
class Supervisor:
    """Keeps its children in the order they were added, and stops them in the reverse order."""

    say: Callable[[str], None] = print
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """Let Ctrl-C and the ordinary signals end `watch`."""
        for number in SIGNALS:
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def start(self, child: Child) -> Child:
        """Start a child and keep it alive from now on."""
        self.children.append(child)
        child.start()
        return child

    def watch(self) -> None:
        """Keep every child alive until told to stop."""
        while not self.stopping.wait(0.2):
            self.mend()

    def wait_until(self, ready: Callable[[], bool], seconds: float, on: Child | None = None) -> bool:
        """Wait for something to become true. False when told to stop, when it takes too long, or when the child it hangs on dies."""
        until = time.monotonic() + seconds
        while not ready():
            if self.stopping.wait(0.05) or time.monotonic() > until or (on is not None and not on.alive):
                return False
        return True

    def mend(self) -> None:
        """Start what died again, each time after a longer wait."""
        now = time.monotonic()
        for child in self.children:
            if child.alive:
                if now - child.started_at > SETTLED:
                    child.wait = FIRST_WAIT
            elif child.due_at is None:
                child.due_at = now + child.wait
                self.say(
                    f"The {child.name} ended; starting it again in {child.wait:.0f} s. Its log: {child.log}"
                )
                child.wait = min(child.wait * 2, LONGEST_WAIT)
            elif now >= child.due_at:
                end_session(child)
                child.start()

    def stop(self) -> None:
        """End every child, the newest first: ask, wait, then insist; also whatever a child left in its session."""
        for child in reversed(self.children):
            if child.alive and child.process:
                child.process.terminate()
                if not _ended(child.process, PATIENCE):
                    end_session(child)
                    _ended(child.process, PATIENCE)
            end_session(child)
        self.children.clear()


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def end_session(child: Child) -> None:
    """Kill every process that a child started and that is still there, whatever group it went to."""
    if child.process is None:
        return
    for pid in _all_processes():
        try:
            if pid != os.getpid() and os.getsid(pid) == child.process.pid:
                os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _all_processes() -> list[int]:
    if Path("/proc/self").exists():
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def _end_with_parent() -> None:
    """Ask Linux to end this child when the supervisor is killed; elsewhere the next start ends what is left of it."""
    if sys.platform == "linux":
        set_signal_on_parents_death = 1
        ctypes.CDLL(None).prctl(set_signal_on_parents_death, signal.SIGTERM)
