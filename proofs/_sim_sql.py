"""The ledger over SQL for the simulation: a database in memory for each schedule, copied from one that was migrated and furnished once."""

import sqlite3
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from portal.database import listen_sqlite
from portal.ledger import Seal, SqlKnownSales, SqlLedger, release_lease, renew_lease, take_lease
from portal.ledger.rows import record_of
from portal.models.accounts import Firm
from portal.models.connections import Connection, SaasuFile, SaasuLogin
from portal.models.orders import Order
from portal.models.runs import OPEN, Run, RunKind, RunState
from portal.sync.known_sales import KnownSales
from portal.sync.ports import Clock, Ledger, OrderRecord
from portal.sync.rules import Rules

PLAIN = Seal(
    seal=lambda _record, _field, text: text.encode(), open=lambda _record, _field, sealed: sealed.decode()
)
CONNECTION, FILE = "simulated connection!!", "simulated file########"


class Template:
    """A copy of a migrated database with one connection, to be copied for every schedule."""

    def __init__(self, database: Path, start: datetime, store_hash: str, statuses: frozenset[int]) -> None:
        self._rows = sqlite3.connect(":memory:", check_same_thread=False)
        source = sqlite3.connect(database)
        source.backup(self._rows)
        source.close()
        self._furnish(start, store_hash, statuses)

    def _furnish(self, start: datetime, store_hash: str, statuses: frozenset[int]) -> None:
        engine = create_engine("sqlite://", poolclass=StaticPool, creator=lambda: self._rows)
        with Session(engine) as session:
            firm = Firm(id="f" * 22, name="Proof", created_at=start, wrapped_data_key=b"", key_id="")
            login = SaasuLogin(
                id="l" * 22, firm_id=firm.id, username="proof@example.com", refresh_token=b"",
                access_token=b"", access_expires_at=start, signed_in_at=start,
            )  # fmt: skip
            file = SaasuFile(
                id=FILE,
                firm_id=firm.id,
                login_id=login.id,
                file_id=7,
                name="Proof",
                currency="AUD",
                created_at=start,
            )
            connection = Connection(
                id=CONNECTION, firm_id=firm.id, file_pk=file.id, store_hash=store_hash, enabled=True,
                statuses=sorted(statuses), created_at=start, start_at=start, watermark=start, minute=0,
                next_run_at=start,
            )  # fmt: skip
            for row in (firm, login, file, connection):
                session.add(row)
                session.flush()
            session.commit()
        engine.dispose(close=False)

    def copy(self) -> sqlite3.Connection:
        """A database of its own."""
        made = sqlite3.connect(":memory:", check_same_thread=False)
        self._rows.backup(made)
        return made


class SqlStore:
    """One schedule's ledger over SQL. Each run has a session of its own."""

    def __init__(self, rules: Rules, template: Template) -> None:
        made = template.copy()
        self._engine = create_engine("sqlite://", poolclass=StaticPool, creator=lambda: made)
        listen_sqlite(self._engine)
        self._first = self.session()
        self._first.execute(update(Connection).values(prefix=rules.prefix))
        self._first.commit()

    def session(self) -> Session:
        """A session as a worker has one."""
        return Session(self._engine)

    def close(self) -> None:
        """Let the database go."""
        self._first.close()
        self._engine.dispose()

    def take_lease(self, run_id: str, clock: Clock) -> int | None:
        """Take the lease for a run, whose row is made with its first delivery."""
        if self._first.get(Run, run_id) is None:
            given_up = update(Run).where(Run.state.in_(OPEN)).values(state=RunState.FAILED)
            self._first.execute(given_up)
            self._first.add(
                Run(
                    id=run_id, firm_id="f" * 22, connection_id=CONNECTION, kind=RunKind.HOURLY, state=RunState.RUNNING,
                    queued_at=clock.now(),
                )
            )  # fmt: skip
        self._first.commit()
        return take_lease(self._first, run_id, CONNECTION, clock)

    def renew_lease(self, fence: int, clock: Clock) -> None:
        """Hold it on. Raises `LeaseLost`."""
        renew_lease(self._first, CONNECTION, fence, clock.now())
        self._first.commit()

    def release_lease(self, fence: int) -> None:
        """Give it back."""
        release_lease(self._first, CONNECTION, fence)

    def ledger(self, fence: int, run_id: str, clock: Clock) -> Ledger:
        """The ledger of one run."""
        session = self.session()
        connection, run = session.get_one(Connection, CONNECTION), session.get_one(Run, run_id)
        made = SqlLedger(session, connection, run, fence, clock, PLAIN)
        session.rollback()
        return made

    def sales(self, fence: int, clock: Clock) -> KnownSales:
        """The known sales of one run."""
        session = self.session()
        made = SqlKnownSales(session, session.get_one(Connection, CONNECTION), fence, clock)
        session.rollback()
        return made

    def records(self) -> list[OrderRecord]:
        """Every order's record as it is now."""
        found = [record_of(row, "") for row in self._first.scalars(select(Order).order_by(Order.order_id))]
        self._first.rollback()
        return found
