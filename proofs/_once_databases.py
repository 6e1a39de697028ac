"""Where an arena of `prove exactly-once` keeps its rows: in a file of SQLite, or on a PostgreSQL of the proof's own. Each can be put back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, text

from tests.databases import create_on, migrate
from tests.servers import Server


class Rows(Protocol):
    """A migrated database. Nobody may be connected to it while it is kept or put back."""

    @property
    def url(self) -> str:
        """Its address."""
        ...

    def keep(self, name: str) -> None:
        """Keep it as it is now under a name."""
        ...

    def put_back(self, name: str) -> None:
        """Make it what was kept under a name."""
        ...


class FileRows:
    """An SQLite file in `folder`, copied from an empty one with every table."""

    def __init__(self, folder: Path, template: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.url = f"sqlite:///{folder}/portal.sqlite3"
        shutil.copy(template, folder / "portal.sqlite3")

    def keep(self, name: str) -> None:
        """Keep it as it is now under a name."""
        shutil.copy(self._folder / "portal.sqlite3", self._folder / f"{name}.sqlite3")

    def put_back(self, name: str) -> None:
        """Make it what was kept under a name."""
        for rest in ("-wal", "-shm"):
            (self._folder / f"portal.sqlite3{rest}").unlink(missing_ok=True)
        shutil.copy(self._folder / f"{name}.sqlite3", self._folder / "portal.sqlite3")


class ServerRows:
    """A database called `name` on a PostgreSQL server; what is kept are databases beside it. Whoever is connected still is sent away."""

    def __init__(self, server: str, name: str) -> None:
        self._server, self._name = server, name
        self.url = create_on(server, name)
        migrate(self.url)

    def keep(self, name: str) -> None:
        """Keep it as it is now under a name."""
        self._copy(self._name, f"{self._name}_{name}")

    def put_back(self, name: str) -> None:
        """Make it what was kept under a name."""
        self._copy(f"{self._name}_{name}", self._name)

    def _copy(self, source: str, target: str) -> None:
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{target}" TEMPLATE "{source}"'))
        engine.dispose()


@contextmanager
def postgresql(*, wanted: bool) -> Iterator[str]:
    """The address of a PostgreSQL for as long as the block lasts, as the test command starts one; blank where none is wanted."""
    if not wanted:
        yield ""
        return
    server = Server("postgresql")
    try:
        yield server.address
    finally:
        server.stop()
