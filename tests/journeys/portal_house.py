"""A whole portal for one journey: sandbox, web server, worker and clock, each a real process, on a real database and queue."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from portal.launch.folder import DataFolder
from portal.launch.house import House
from portal.launch.ports import held_port
from portal.launch.supervisor import Child, Supervisor, end_session
from sandbox.serve import running
from tests.factories import RING
from tests.journeys.sandbox_control import Sandbox

HOST = "127.0.0.1"
Found = TypeVar("Found")


@dataclass(slots=True)
class Portal:
    """A portal that answers. `url` is where."""

    url: str
    sandbox: Sandbox
    supervisor: Supervisor
    engine: Engine
    environ: dict[str, str]

    def ask(self, question: Callable[[Session], Found]) -> Found:
        """Look into the database."""
        with Session(self.engine) as session:
            return question(session)

    def change(self, act: Callable[[Session], None]) -> None:
        """Change the database and commit."""
        with Session(self.engine) as session:
            act(session)
            session.commit()

    def child(self, name: str) -> Child:
        """The process of that name: web, worker or clock."""
        return next(child for child in self.supervisor.children if child.name == name)

    def kill_worker(self) -> None:
        """Kill the worker and whatever it forked, without a word of warning."""
        worker = self.child("worker")
        end_session(worker)
        assert worker.process is not None
        worker.process.wait(timeout=10)

    def start_worker(self) -> None:
        """Start the worker again."""
        self.child("worker").start()


@contextmanager
def portal_on(database_url: str, redis_url: str, folder: Path) -> Iterator[Portal]:
    """A portal beside a sandbox of its own for as long as the block lasts. Nothing of it is left afterwards."""
    supervisor = Supervisor(say=lambda _line: None)
    engine = create_engine(database_url)
    with running("journey") as servers, held_port(HOST, 0) as port:
        sandbox = Sandbox(servers)
        sandbox.lift_limits()
        environ = _environment(database_url, redis_url, folder, sandbox, port)
        data = DataFolder(folder)
        data.logs.mkdir(parents=True, exist_ok=True)
        house = House(data, supervisor, environ, HOST, port)
        try:
            house.start_portal()
            yield Portal(environ["BASE_URL"], sandbox, supervisor, engine, environ)
        finally:
            supervisor.stop()
            engine.dispose()


def _environment(
    database_url: str, redis_url: str, folder: Path, sandbox: Sandbox, port: int
) -> dict[str, str]:
    return {
        **os.environ,
        "APP_ENV": "development",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a secret of forty characters for journeys",
        "CREDENTIAL_KEYS": ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in RING.items()),
        "BASE_URL": f"http://{HOST}:{port}",
        "BIGCOMMERCE_API_URL": sandbox.bigcommerce_url,
        "SAASU_API_URL": sandbox.saasu_url,
        "SAASU_CALLS_PER_SECOND": "200",
        "MAIL_URL": sandbox.mail_url,
        "MAIL_FROM": "Cartledger <cartledger@example.com>",
        "DATA_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
