"""The product on an SQLite file of its own: a firm, its Saasu login, files and connections, and runs carried out here.

Everything goes the way of the product: the use cases, the clients over HTTP, the engine, the ledger over SQL. Only the pacing
may be left out, as in the demo's replay, and the clock stands where the proof puts it.
"""

import base64
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.database import db, upgrade
from portal.launch import valkey
from portal.models.accounts import Membership
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services import accounts, connections, files, selection
from portal.services.connections import Draft
from portal.services.remotes import Outside
from portal.services.runs import request_run
from portal.services.syncing import carry_out
from portal.settings import Settings
from portal.sync.problems import Code
from portal.sync.rules import SYNCED_BY_DEFAULT
from proofs._servers import Servers
from proofs._valkey import valkey_running

PASSWORD = "a proof of eleven quiet wombats"
BY = "Proof"
MANY_CALLS = 100_000_000
"""The plan's calls a day, given by hand: a proof asks in minutes what a firm asks in months."""


@dataclass(slots=True)
class Standing:
    """A clock that stands where it was put, or runs where it was put nowhere."""

    moment: datetime | None = None

    def now(self) -> datetime:
        """The moment it is."""
        return self.moment or datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens one Saasu login."""

    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A connection as a person would fill its page in; items by their codes, blank for none."""

    store_hash: str
    token: str
    prefix: str
    zone: str = "Australia/Sydney"
    shipping_item: str = "SHIPPING"
    discount_item: str = ""
    fee_item: str = "FEE"
    own_discounts: bool = False
    whole_cent_prices: bool = False
    start: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What the ledger keeps of one order."""

    order_id: int
    state: str
    codes: tuple[str, ...]
    reason: str
    number: str
    words: str


def no_ring(_run: str, _attempt: int) -> None:
    """Nobody listens at the queue: the proof carries every run out by itself."""


def settings_for(folder: Path, servers: Servers, calls_per_second: str = "1", database: str = "") -> Settings:
    """Settings of a development portal whose database lies in `folder`, or is at the address `database`. At its queue's address listens a Valkey only where calls are paced."""
    return Settings.from_env(
        {
            "APP_ENV": "development",
            "DATABASE_URL": database or f"sqlite:///{folder}/portal.sqlite3",
            "REDIS_URL": valkey.address(valkey.socket_path(folder)),
            "SECRET_KEY": "a secret of forty characters for proofs .",
            "CREDENTIAL_KEYS": f"proof:{base64.b64encode(bytes(range(32))).decode()}",
            "BASE_URL": "http://127.0.0.1:8000",
            "BIGCOMMERCE_API_URL": servers.bigcommerce,
            "SAASU_API_URL": servers.saasu,
            "SAASU_CALLS_PER_SECOND": calls_per_second,
        }
    )


def migrated(folder: Path) -> Path:
    """An empty database with every table, made once to be copied."""
    folder.mkdir(parents=True, exist_ok=True)
    app = create_app(settings_for(folder, Servers("http://127.0.0.1:1", "http://127.0.0.1:1")))
    quiet(folder / "migration.log")
    upgrade(app)
    with app.app_context():
        db.engine.dispose()
    return folder / "portal.sqlite3"


def quiet(log: Path) -> None:
    """Write warnings and faults to a file, and nothing to the screen: the last line there is the proof's."""
    handler = logging.FileHandler(log)
    logging.getLogger().handlers = [handler]
    logging.getLogger().setLevel(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(log.open("a")),
    )


class Desk:
    """One firm's desk. `run` carries one run of a connection out to its end."""

    def __init__(self, app: Flask, clock: Standing, *, unpaced: bool) -> None:
        self.clock = clock
        self.session: Session = db.session()
        plain = Outside.of(app, clock.now)
        self.outside = Outside(
            settings=plain.settings, vault=plain.vault, redis=plain.redis, now=clock.now, unpaced=unpaced
        )

    def sign_in(
        self, credentials: Credentials, file_ids: Sequence[int] = (), *, daily_calls: int | None = MANY_CALLS
    ) -> list[SaasuFile]:
        """Sign a firm up and its login in, and add the files named, or all in AUD; in the order of `file_ids`.

        `daily_calls` is the plan's limit given by hand; `None` leaves it to the plan.
        """
        person = accounts.sign_up(
            self.session,
            self.outside.vault,
            firm_name="Proof & Sons",
            name="Pat Proof",
            email="proof@example.com",
            password=PASSWORD,
            now=self.clock.now(),
        )
        firm = self.session.scalars(select(Membership.firm_id).where(Membership.person_id == person.id)).one()
        login = files.sign_in_to_saasu(
            self.session, self.outside, firm, credentials.username, credentials.password
        )
        found = [one.identity for one in files.choices(self.session, self.outside, login) if one.usable]
        chosen = [one for one in found if not file_ids or one.file_id in file_ids]
        added = files.add_files(self.session, self.outside, login, chosen, "Australia/Sydney")
        for file in added:
            file.daily_calls, file.sole_user = daily_calls, True
        self.session.commit()
        places = {file_id: place for place, file_id in enumerate(file_ids)}
        return sorted(added, key=lambda file: places.get(file.file_id, 0))

    def connect(self, file: SaasuFile, wanted: Wanted) -> Connection:
        """Connect a shop to a file; orders are taken from `wanted.start` on."""
        items = {
            one.code: one.id for one in connections.file_items(self.session, self.outside, file) if one.code
        }
        draft = Draft(
            enabled=True,
            store_hash=wanted.store_hash,
            client_id="",
            client_secret="",
            access_token=wanted.token,
            prefix=wanted.prefix,
            shipping_item_id=items.get(wanted.shipping_item),
            discount_item_id=items.get(wanted.discount_item) if wanted.discount_item else None,
            notify=False,
            notification_email="",
            statuses=tuple(sorted(SYNCED_BY_DEFAULT)),
        )
        file.time_zone = wanted.zone
        connection = connections.save_connection(self.session, self.outside, file, None, draft)
        connection.start_at = connection.watermark = wanted.start
        connection.fee_item_id = items.get(wanted.fee_item)
        connection.own_discounts = wanted.own_discounts
        connection.whole_cent_prices = wanted.whole_cent_prices
        self.session.commit()
        return connection

    def run(self, connection: Connection) -> Run:
        """One run, asked for by hand and carried out; where orders are held back as a flood, somebody says yes to them."""
        run = request_run(self.session, connection, RunKind.MANUAL, BY, self.clock.now(), no_ring)
        self._carry_out(run)
        if run.problem_code == Code.FLOOD:
            now = self.clock.now()
            _, more = selection.post_held(self.session, connection, now, BY, now, no_ring)
            if more is not None:
                run = more
                self._carry_out(run)
        return run

    def _carry_out(self, run: Run) -> None:
        carry_out(self.session, self.outside, run.id, run.attempt, self.clock)
        self.session.refresh(run)

    def kept(self, connection: Connection) -> dict[int, Kept]:
        """Every order of a connection as the ledger keeps it, by the shop's id."""
        found = self.session.execute(
            select(Order.order_id, Order.state, Order.problems, Order.ignored_reason, Order.number).where(
                Order.connection_id == connection.id
            )
        )
        rows = {
            row.order_id: Kept(
                row.order_id,
                row.state,
                tuple(problem["code"] for problem in row.problems),
                row.ignored_reason or "",
                row.number,
                "; ".join(problem["sentence"] for problem in row.problems),
            )
            for row in found
        }
        self.session.rollback()
        return rows


@contextmanager
def desk(
    folder: Path, servers: Servers, clock: Standing, *, unpaced: bool, rate: str = "1"
) -> Iterator[Desk]:
    """A desk on the database that lies in `folder`; its log goes to `folder` too. Where calls are paced a Valkey spaces them."""
    app = create_app(settings_for(folder, servers, rate))
    quiet(folder / "portal.log")
    with nullcontext() if unpaced else valkey_running(folder), app.app_context():
        try:
            yield Desk(app, clock, unpaced=unpaced)
        finally:
            db.session.remove()
            db.engine.dispose()
