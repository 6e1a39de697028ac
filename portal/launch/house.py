"""The processes of one portal: queue, web, worker and clock, each a child of the supervisor."""

import http.client
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from portal.launch import valkey
from portal.launch.folder import DataFolder
from portal.launch.supervisor import Child, Supervisor
from portal.settings import VARIABLES, Settings, SettingsError

SECRET_VARIABLES = ("SECRET_KEY", "CREDENTIAL_KEYS")
START_SECONDS = 60
WEB_WORKERS, WEB_THREADS = 2, 8
STEP_SECONDS = 600


class StartFailed(Exception):
    """Something did not start; the text is a sentence with the end of its log."""


class ToldToStop(Exception):
    """Ctrl-C came while things were starting."""


class House:
    """One portal on this machine. `environ` is what every process of it is given."""

    def __init__(
        self, folder: DataFolder, supervisor: Supervisor, environ: dict[str, str], host: str, port: int
    ) -> None:
        self.folder = folder
        self.supervisor = supervisor
        self.environ = environ
        self.host = host
        self.port = port

    def start_queue(self) -> None:
        """Use REDIS_URL where it is set; else start a server of our own on this folder. Raises `NoServer`, `StartFailed`."""
        if not self.environ.get("REDIS_URL"):
            self.environ["REDIS_URL"] = start_valkey(self.folder, self.supervisor)

    def start_portal(self) -> None:
        """Start web, worker and clock, and wait until the web answers. Raises `StartFailed`, `ToldToStop`."""
        web = self._start("web", self._gunicorn())
        for name in ("worker", "clock"):
            self._start(name, [sys.executable, "worker.py", *(["clock"] if name == "clock" else [])])
        self.wait_for(web, self.answers)

    def _start(self, name: str, words: list[str]) -> Child:
        return self.supervisor.start(Child(name, words, self.environ, self.folder.logs / f"{name}.log"))

    def _gunicorn(self) -> list[str]:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        settings = {
            "bind": f"{shown}:{self.port}",
            "worker-class": "gthread",
            "workers": str(WEB_WORKERS),
            "threads": str(WEB_THREADS),
            "graceful-timeout": "5",
            "max-requests": "20000",
            "max-requests-jitter": "2000",
        }
        named = [word for name, value in settings.items() for word in (f"--{name}", value)]
        # The control socket would lie in the home folder, where two portals would share it.
        flags = ["--reuse-port", "--no-control-socket"]
        return [sys.executable, "-m", "gunicorn", *flags, *named, "portal.app:create_app()"]

    def answers(self) -> bool:
        """Whether the portal says that it is ready."""
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        line = http.client.HTTPConnection(near, self.port, timeout=5)
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def wait_for(self, child: Child, ready: Callable[[], bool]) -> None:
        """Wait until `ready()`; what a child said last is shown when it never is. Raises `StartFailed`, `ToldToStop`."""
        if self.supervisor.wait_until(ready, START_SECONDS, on=child):
            return
        if self.supervisor.stopping.is_set():
            raise ToldToStop
        raise StartFailed(
            f"The {child.name} did not start. The end of its log, {child.log}:\n{child.last_lines()}"
        )

    def run_step(self, command: str, what: str, *words: str) -> None:
        """Run one command of the portal to its end; its sentences are shown. Raises `StartFailed`, `ToldToStop`."""
        step = subprocess.Popen(
            [sys.executable, "-m", "portal.launch", command, *words],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        log = self.folder.logs / f"{command}.log"
        pump = threading.Thread(target=_pump, args=(step.stdout, log, self.supervisor.say))
        pump.start()
        try:
            ended = self.supervisor.wait_until(lambda: step.poll() is not None, STEP_SECONDS)
        finally:
            if step.poll() is None:
                step.terminate()
            step.wait()
            pump.join()
        if self.supervisor.stopping.is_set():
            raise ToldToStop
        if not ended or step.returncode:
            raise StartFailed(f"It stopped at {what}. Its log: {log}")

    def addresses(self) -> dict[str, str]:
        """The variables of this start that are no secret keys, for the folder to remember."""
        names = [variable.name for variable in VARIABLES if variable.name not in SECRET_VARIABLES]
        return {name: self.environ[name] for name in names if self.environ.get(name)}


def _pump(lines: Iterable[str], log: Path, say: Callable[[str], None]) -> None:
    """Write what a step says to its log; show a person the sentences, not the records, which are JSON."""
    with log.open("w") as file:
        for line in lines:
            file.write(line)
            if not line.startswith("{"):
                say(line.rstrip())


def start_valkey(folder: DataFolder, supervisor: Supervisor) -> str:
    """Start a Redis-protocol server on a data folder that the caller holds. Returns its address. Raises `NoServer`, `StartFailed`."""
    rows = folder.path / "redis"
    path = valkey.socket_path(rows)
    valkey.end_left_over(path)
    words = valkey.command(rows, path)
    child = supervisor.start(Child("queue", words, {"PATH": os.defpath}, folder.logs / "queue.log"))
    if not supervisor.wait_until(lambda: valkey.answers(path), START_SECONDS, on=child):
        if supervisor.stopping.is_set():
            raise ToldToStop
        raise StartFailed(f"The queue did not start. The end of its log, {child.log}:\n{child.last_lines()}")
    return valkey.address(path)


def check_settings(environ: Mapping[str, str]) -> None:
    """Refuse settings that the portal would refuse, before anything is started with them. Raises `StartFailed`."""
    try:
        Settings.from_env(environ)
    except SettingsError as error:
        raise StartFailed(str(error)) from error
