"""The three that keep one connection's ledger, over SQL, in memory and for the engine's tests, as the contract tests reach them: under one name each act."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from portal.database import db
from portal.ledger import SqlKnownSales, SqlLedger, release_lease, renew_lease, take_lease
from portal.models.connections import EVERY_CONTACT, Connection, ContactWriter
from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunKind, RunState
from portal.services.syncing import rules_of
from portal.sync.known_sales import KnownSales
from portal.sync.ports import Ledger, OrderRecord
from portal.sync.rules import Rules
from proofs._memory_ledger import MemoryLedger, MemorySales, Shelf
from tests.factories import NOON
from tests.fake_ledger import FakeLedger
from tests.fake_sales import FakeSales
from tests.fakes import FakeClock
from tests.posted_orders import SEAL

TICKED = 7
"""The status that a person ticks when the rules change."""


class Keeper(Protocol):
    """Where one connection's ledger is kept. Each run that asks has a ledger of its own, which sees what was committed alone."""

    clock: FakeClock

    def take_lease(self, run_id: str) -> int | None: ...

    def renew_lease(self, fence: int) -> None: ...

    def release_lease(self, fence: int) -> None: ...

    def ledger(self, fence: int, run_id: str) -> Ledger:
        """A run's ledger, which judges by the rules as they are now."""
        ...

    def sales(self, fence: int) -> KnownSales: ...

    def tick_a_status(self) -> None:
        """A person changes which orders are taken."""
        ...

    def decide(self, order_id: int, **values: Any) -> None:
        """A person decides about an order: what of its row becomes what."""
        ...

    def ask_to_stop(self, run_id: str) -> None: ...

    def switch(self, *, on: bool) -> None: ...

    def every_contact_holds(self, order_id: int) -> None:
        """The mark that an older version left for every contact."""
        ...

    def lines(self, order_id: int) -> list[tuple[str, str]]:
        """An order's history, oldest line first: the state that was decided, and the words."""
        ...

    def picture(self) -> object:
        """Everything that is kept, to be compared with what is kept later."""
        ...


@dataclass
class MemoryKeeper:
    """The ledger in memory of `prove simulate`."""

    shelf: Shelf
    clock: FakeClock

    def take_lease(self, run_id: str) -> int | None:
        return self.shelf.take_lease(run_id, self.clock.now())

    def renew_lease(self, fence: int) -> None:
        self.shelf.renew_lease(fence, self.clock.now())

    def release_lease(self, fence: int) -> None:
        self.shelf.release_lease(fence)

    def ledger(self, fence: int, run_id: str) -> Ledger:
        made = MemoryLedger(self.shelf, fence, run_id, self.clock)
        made.judge_by(self.shelf.rules)
        return made

    def sales(self, fence: int) -> KnownSales:
        return MemorySales(self.shelf, fence, self.clock)

    def tick_a_status(self) -> None:
        self.shelf.rules = replace(self.shelf.rules, statuses=self.shelf.rules.statuses | {TICKED})

    def decide(self, order_id: int, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.shelf.rows[order_id], name, value)

    def ask_to_stop(self, run_id: str) -> None:
        self.shelf.asked_to_stop.add(run_id)

    def switch(self, *, on: bool) -> None:
        self.shelf.enabled = on

    def every_contact_holds(self, order_id: int) -> None:
        self.shelf.writers[EVERY_CONTACT] = order_id

    def lines(self, order_id: int) -> list[tuple[str, str]]:
        return [(str(state), note) for state, note in self.shelf.lines.get(order_id, [])]

    def picture(self) -> object:
        columns = [one.key for one in inspect(Order).column_attrs]
        rows = {one: {name: getattr(row, name) for name in columns} for one, row in self.shelf.rows.items()}
        plain = ("reading", "fence", "holder", "lease_until", "looked")
        kept = [
            dict(one) for one in (self.shelf.texts, self.shelf.writers, self.shelf.shapes, self.shelf.sales)
        ]
        lines = {one: list(told) for one, told in self.shelf.lines.items()}
        return (rows, kept, lines, [getattr(self.shelf, name) for name in plain])


@dataclass
class FakeKeeper:
    """The ledger that the engine's tests stand on; it has no lease, and one run at a time."""

    shelf: FakeLedger
    rules: Rules
    clock: FakeClock
    fence: int = 0
    enabled: bool = True

    def take_lease(self, run_id: str) -> int | None:
        del run_id
        self.fence += 1
        return self.fence

    def renew_lease(self, fence: int) -> None:
        assert fence == self.fence

    def release_lease(self, fence: int) -> None:
        assert fence == self.fence

    def ledger(self, fence: int, run_id: str) -> Ledger:
        assert fence == self.fence
        if run_id != self.shelf.run_id:
            self.shelf.run_id, self.shelf.stop_after = run_id, None
        self.shelf.rules_now = lambda: self.rules
        self.shelf.judge_by(self.rules)
        return self.shelf

    def sales(self, fence: int) -> KnownSales:
        assert fence == self.fence
        return FakeSales()

    def tick_a_status(self) -> None:
        self.rules = replace(self.rules, statuses=self.rules.statuses | {TICKED})

    def decide(self, order_id: int, **values: Any) -> None:
        told = {one.name for one in fields(OrderRecord)}
        seen = {name: value for name, value in values.items() if name in told}
        self.shelf.records[order_id] = replace(self.shelf.records[order_id], **seen)

    def ask_to_stop(self, run_id: str) -> None:
        assert run_id == self.shelf.run_id
        self.shelf.stop_after = 0

    def switch(self, *, on: bool) -> None:
        self.shelf.stop_after = None if on else 0

    def every_contact_holds(self, order_id: int) -> None:
        self.shelf.writers[EVERY_CONTACT] = order_id

    def lines(self, order_id: int) -> list[tuple[str, str]]:
        raise AssertionError(f"no history is kept of order {order_id} here")

    def picture(self) -> object:
        kept = {one.name: getattr(self.shelf, one.name) for one in fields(self.shelf)}
        return copy.deepcopy({name: value for name, value in kept.items() if name not in UNKEPT})


UNKEPT = ("rules_now", "judged_by", "batches", "now")
"""What the fake notes for the tests' own sake, or is given."""


@dataclass
class SqlKeeper:
    """The ledger over SQL; every run has a session of its own, as a worker has one."""

    connection_id: str
    clock: FakeClock
    new_session: Callable[[], Session]
    opened: list[Session] = field(default_factory=list)

    def _session(self) -> Session:
        self.opened.append(self.new_session())
        return self.opened[-1]

    def _write(self, *statements: Any) -> None:
        with self.new_session() as session:
            for one in statements:
                session.execute(one.execution_options(synchronize_session=False))
            session.commit()

    def close(self) -> None:
        for one in self.opened:
            one.close()

    def take_lease(self, run_id: str) -> int | None:
        with self.new_session() as session:
            if session.get(Run, run_id) is None:
                firm = session.get_one(Connection, self.connection_id).firm_id
                session.add(
                    Run(
                        id=run_id, firm_id=firm, connection_id=self.connection_id, kind=RunKind.HOURLY,
                        state=RunState.FINISHED, queued_at=NOON,
                    )
                )  # fmt: skip
            session.commit()
            return take_lease(session, run_id, self.connection_id, self.clock)

    def renew_lease(self, fence: int) -> None:
        with self.new_session() as session:
            renew_lease(session, self.connection_id, fence, self.clock.now())
            session.commit()

    def release_lease(self, fence: int) -> None:
        with self.new_session() as session:
            release_lease(session, self.connection_id, fence)

    def ledger(self, fence: int, run_id: str) -> Ledger:
        session = self._session()
        connection, run = session.get_one(Connection, self.connection_id), session.get_one(Run, run_id)
        made = SqlLedger(session, connection, run, fence, self.clock, SEAL)
        made.judge_by(rules_of(connection, NOON))
        session.rollback()
        return made

    def sales(self, fence: int) -> KnownSales:
        session = self._session()
        made = SqlKnownSales(session, session.get_one(Connection, self.connection_id), fence, self.clock)
        session.rollback()
        return made

    def tick_a_status(self) -> None:
        with self.new_session() as session:
            connection = session.get_one(Connection, self.connection_id)
            connection.statuses = [*connection.statuses, TICKED]
            session.commit()

    def decide(self, order_id: int, **values: Any) -> None:
        self._write(update(Order).where(Order.order_id == order_id).values(**values))

    def ask_to_stop(self, run_id: str) -> None:
        self._write(update(Run).where(Run.id == run_id).values(stop_asked=True))

    def switch(self, *, on: bool) -> None:
        self._write(update(Connection).values(enabled=on))

    def every_contact_holds(self, order_id: int) -> None:
        mark = ContactWriter(connection_id=self.connection_id, contact_id=EVERY_CONTACT, order_id=order_id)
        with self.new_session() as session:
            session.add(mark)
            session.commit()

    def lines(self, order_id: int) -> list[tuple[str, str]]:
        query = select(Attempt.state, Attempt.note).join(Order).where(Order.order_id == order_id)
        with self.new_session() as session:
            return [(state, note) for state, note in session.execute(query.order_by(Attempt.id))]

    def picture(self) -> object:
        with self.new_session() as session:
            tables = db.metadata.sorted_tables
            return {table.name: [tuple(row) for row in session.execute(select(table))] for table in tables}


def ledger_under(session: Session, connection: Connection, run: Run, clock: FakeClock) -> SqlLedger:
    """The ledger of a run that takes the lease."""
    connection.lease_until = None
    session.commit()
    fence = take_lease(session, run.id, connection.id, clock)
    assert fence is not None
    ledger = SqlLedger(session, connection, run, fence, clock, SEAL)
    ledger.judge_by(rules_of(connection, NOON))
    return ledger
