"""One worker of `bench quota`, in a process of its own: asks one file or one shop as fast as it is let, through the product's clients."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from portal.app import create_app
from portal.database import db
from portal.models.connections import Connection, SaasuFile
from portal.services.remotes import Outside, books_for, shop_for
from portal.sync.failures import Blocked, RemoteFailure
from proofs._product import quiet, settings_for
from proofs._servers import Servers


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does: `remote` is `saasu` with a file's key or `bigcommerce` with a connection's; for so many `seconds` after the file `go` appears beside the database."""

    name: str
    remote: str
    key: str
    seconds: int
    go: str
    rate: str = "1"


@dataclass(frozen=True, slots=True)
class Worked:
    """How a worker fared: the calls it sent, and how often none was sent since the pacer's server was away."""

    name: str
    remote: str
    key: str
    calls: int
    not_sent: int
    blocked: bool


def work(folder: Path, servers: Servers, task: Task) -> Worked:
    """Ask until the time is over or the file's day is used up."""
    app = create_app(settings_for(folder, servers, task.rate))
    quiet(folder / f"{task.name}.log")
    calls: list[str] = []
    with app.app_context():
        outside = replace(Outside.of(app), on_call=lambda remote, _purpose: calls.append(remote))
        ask = asker(outside, task)
        db.session.commit()  # whoever waits must hold no lock
        (folder / f"{task.go}-{task.name}").touch()
        while not (folder / task.go).exists():
            time.sleep(0.01)
        not_sent, blocked = asked(ask, time.monotonic() + task.seconds)
        db.session.remove()
        db.engine.dispose()
    return Worked(task.name, task.remote, task.key, len(calls), not_sent, blocked)


def asker(outside: Outside, task: Task) -> Callable[[], object]:
    """What sends one call of a task."""
    session = db.session()
    if task.remote == "saasu":
        books = books_for(session, outside, session.get_one(SaasuFile, task.key))
        return lambda: books.contacts_by_email("nobody@example.com")
    shop = shop_for(session, outside, session.get_one(Connection, task.key))
    return lambda: shop.listed(below_id=10**9)


def asked(ask: Callable[[], object], until: float) -> tuple[int, bool]:
    """Ask again and again; how often it failed without a block, and whether a block ended it."""
    failed = 0
    while time.monotonic() < until:
        try:
            ask()
        except Blocked:
            return failed, True
        except RemoteFailure:
            failed += 1
    return failed, False
