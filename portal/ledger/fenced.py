"""The rows of one connection under a run's fence: reading them, locking them, and what every write has in common (SYNC §7.1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.ledger.counting import moved
from portal.ledger.leases import LEASE
from portal.ledger.names import Seal
from portal.ledger.rows import attempt_details, has_moved, record_of
from portal.models.connections import Connection, OffSpan
from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunKind
from portal.sync.meanwhile import RulesChanged
from portal.sync.ports import Clock, LeaseLost, OrderMoved, OrderRecord, Outcome
from portal.sync.rules import Rules, Span, Which


class FencedRows:
    """The rows of one connection as one run may touch them; every write asks first whether the fence is still its own."""

    def __init__(
        self, session: Session, connection: Connection, run: Run, fence: int, clock: Clock, seal: Seal
    ) -> None:
        self._session = session
        self._connection_id = connection.id
        self._firm_id = connection.firm_id
        self._file_pk = connection.file_pk
        self._file_id = connection.file.file_id
        self._store_hash = connection.store_hash
        self._run_id = run.id
        self._only_order = run.only_order
        self._actor = f"{run.kind} run"
        self._asked = run.kind == RunKind.BACKFILL
        self._settles_only = not connection.enabled
        self._fence = fence
        self._clock = clock
        self._seal = seal
        self._which: Which | None = None

    def judge_by(self, rules: Rules) -> None:
        """Say by which rules orders are judged from now on."""
        self._which = rules.which

    def _connection(self) -> Connection:
        return self._session.get_one(Connection, self._connection_id, populate_existing=True)

    def _mine(self) -> tuple[Any, ...]:
        return (
            Order.firm_id == self._firm_id,
            Order.saasu_file_id == self._file_id,
            Order.store_hash == self._store_hash,
        )

    def _until(self) -> datetime:
        return self._clock.now() + LEASE

    def _hold_fence(self, **values: Any) -> None:
        """Check and write in one conditional UPDATE; raises `LeaseLost` when the fence moved."""
        changed = self._session.execute(
            update(Connection)
            .where(Connection.id == self._connection_id, Connection.fence == self._fence)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if changed_rows(changed) != 1:
            self._session.rollback()
            raise LeaseLost("another run holds this connection")

    def _locked(self, order_pk: str) -> Order:
        """A row as it is now, which nobody else can change before the commit."""
        return self._session.get_one(Order, order_pk, with_for_update=True, populate_existing=True)

    def _unmoved(self, record: OrderRecord) -> Order:
        """The row of a record, locked. Raises `OrderMoved` where a person decided about it since it was read."""
        row = self._locked(record.id)
        if has_moved(row, record):
            self._session.rollback()
            raise OrderMoved(f"order {record.order_id} is not as it was read")
        return row

    def _hold_rules(self) -> None:
        """Check, under the lock of the fence, that the rules are those by which was judged. Raises `RulesChanged`."""
        row = self._connection()
        spans = self._session.execute(
            select(OffSpan.began_at, OffSpan.ended_at).where(OffSpan.connection_id == row.id)
        )
        off = frozenset(Span(began=began, ended=ended) for began, ended in spans)
        start = row.start_at or (self._which.start if self._which else self._clock.now())
        if self._which != Which(statuses=frozenset(row.statuses), start=start, off=off):
            self._session.rollback()
            raise RulesChanged("which orders are taken was changed")

    def _select(self, *conditions: Any) -> list[OrderRecord]:
        found = self._session.scalars(
            select(Order).where(*self._mine(), *conditions).order_by(Order.order_id)
        )
        records = [self._record(row) for row in found]
        self._session.rollback()
        return records

    def _record(self, row: Order) -> OrderRecord:
        return record_of(row, self._seal.open(row.id, "document", row.document) if row.document else "")

    def _attempt(self, order_pk: str, outcome: Outcome, details: dict[str, Any] | None = None) -> None:
        """Add a line to an order's history; `details` where they are not the outcome's."""
        self._session.add(
            Attempt(
                firm_id=self._firm_id,
                order_pk=order_pk,
                run_id=self._run_id,
                at=self._clock.now(),
                actor=self._actor,
                state=outcome.state,
                note=outcome.note[:1000],
                details=attempt_details(outcome) if details is None else details,
            )
        )

    def _count(self, row: Order, word: str, *, decided: bool = False) -> None:
        """Count an order on the run under the last word for it; `decided` where it is one of those that were to be decided."""
        self._add_to_run(moved(row, self._run_id, word, decided=decided))

    def _add_to_run(self, changes: Mapping[str, int]) -> None:
        """Change columns of the run by so much each."""
        values = {name: getattr(Run, name) + by for name, by in changes.items() if by}
        if values:
            self._session.execute(update(Run).where(Run.id == self._run_id).values(**values))
