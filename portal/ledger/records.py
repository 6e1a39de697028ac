"""The rows of one connection, written by one run under its fence: one commit an order (SYNC §2, §7)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.ledger import arrivals
from portal.ledger.after_posting import (
    MOST_TRIES,
    NOT_FOUND,
    standing_of,
    write_changes,
    write_finding,
    write_shapes,
)
from portal.ledger.leases import LEASE
from portal.ledger.names import NOTES, WHAT, Seal, keep_in_full, known_in_full
from portal.ledger.rows import (
    attempt_details,
    bridge_rows,
    copy_order,
    mark_row,
    problem_rows,
    record_of,
    write_outcome,
)
from portal.models.backfills import UNFINISHED, Backfill
from portal.models.connections import EVERY_CONTACT, Connection, ContactWriter
from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunKind
from portal.sync.ports import (
    Changes,
    Clock,
    Finding,
    Intent,
    LeaseLost,
    OrderMoved,
    OrderRecord,
    Outcome,
    Reading,
    Recorded,
    State,
    StopAsked,
)
from portal.sync.problems import Turn
from portal.sync.shapes import Shape, Standing

COUNTED = {
    State.POSTED: "posted",
    State.EXISTS: "exists",
    State.IGNORED: "ignored",
    State.FAILED: "failed",
    State.UNKNOWN: "unknown",
}


class SqlLedger:
    """The rows of one connection, written by one run under its fence."""

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
        self._actor = run.actor or f"{run.kind} run"
        self._asked = run.kind == RunKind.BACKFILL
        self._settles_only = not connection.enabled
        self._fence = fence
        self._clock = clock
        self._seal = seal

    def reading(self) -> Reading:
        """Where reading stands; it begins at the connection's start."""
        row = self._connection()
        start = row.watermark or row.start_at or self._clock.now()
        return Reading(watermark=start, until=row.reading_until, cursor=row.cursor)

    def known(self, order_ids: Iterable[int]) -> dict[int, OrderRecord]:
        """The records there are for these orders."""
        self._session.rollback()
        ids = list(order_ids)
        if not ids:
            return {}
        found = self._session.scalars(select(Order).where(*self._mine(), Order.order_id.in_(ids)))
        records = {row.order_id: self._record(row) for row in found}
        self._session.rollback()
        return records

    def record_page(self, orders: Sequence[Recorded], reading: Reading) -> None:
        """Record a page and move the reading in one transaction (SYNC §7.2)."""
        self._hold_fence(
            watermark=reading.watermark,
            reading_until=reading.until,
            cursor=reading.cursor,
            lease_until=self._until(),
        )
        self._record_entries(orders)
        self._session.commit()

    def unsettled(self) -> list[OrderRecord]:
        """Orders `sending` or `unknown`, ascending id."""
        return self._select(Order.state.in_((State.SENDING, State.UNKNOWN)))

    def due(self, now: datetime) -> list[OrderRecord]:
        """Orders `seen`, and failed ones whose time has come, but none that an open backfill holds; ascending id."""
        waiting = and_(Order.state == State.FAILED, or_(Order.retry_at.is_(None), Order.retry_at <= now))
        readable = ~and_(Order.state == State.FAILED, Order.document.is_(None), Order.turn != Turn.WAIT)
        unfinished = select(Backfill.id).where(
            Backfill.connection_id == self._connection_id, Backfill.state.in_(UNFINISHED)
        )
        held = and_(Order.held, Order.backfill_id.is_not(None), Order.backfill_id.in_(unfinished))
        new = and_(Order.state == State.SEEN, Order.flood_at.is_(None))
        return self._select(or_(new, waiting), readable, ~held)

    def sold_since(self, moment: datetime) -> list[datetime]:
        """When each order that Saasu has was created in the shop, of those created since a moment."""
        found = arrivals.sold_since(self._session, self._mine(), moment)
        self._session.rollback()
        return found

    def first_order_since(self, moment: datetime) -> int | None:
        """The lowest id of an order created since a moment."""
        found = arrivals.first_order_since(self._session, self._mine(), moment)
        self._session.rollback()
        return found

    def hold_back(self, records: Sequence[OrderRecord]) -> None:
        """Commit that these orders wait for a person's yes (SYNC §3.7)."""
        self._hold_fence(lease_until=self._until())
        arrivals.hold_back(self._session, records, self._clock.now())
        self._session.commit()

    def remark(self, words: str) -> None:
        """Note on the run what a person should know of it."""
        self._session.execute(update(Run).where(Run.id == self._run_id).values(remark=words[:500]))
        self._session.commit()

    def expect(self, orders: int) -> None:
        """Say how many orders this run will decide."""
        self._session.execute(update(Run).where(Run.id == self._run_id).values(expected=orders))
        self._session.commit()

    def sending(self, record: OrderRecord, intent: Intent) -> OrderRecord:
        """Commit that this order is about to be sent; the row must still be in the state it was read in."""
        self._hold_fence(lease_until=self._until())
        changed = self._session.execute(
            update(Order)
            .where(Order.id == record.id, Order.state == record.state)
            .values(
                state=State.SENDING,
                number=intent.number,
                marker=intent.marker,
                fingerprint=intent.fingerprint,
                first_sent_at=record.first_sent_at or intent.sent_at,
                sent_at=intent.sent_at,
                bridge=bridge_rows(intent.bridge) if intent.bridge is not None else [],
                order_created_at=record.created_at,
                run_id=self._run_id,
                decided_at=intent.sent_at,
            )
        )
        if changed_rows(changed) != 1:
            self._session.rollback()
            raise OrderMoved(f"order {record.order_id} is no longer {record.state}")
        self._attempt(record.id, Outcome(state=State.SENDING, note=f"About to send as {intent.number}."))
        self._session.commit()
        row = self._session.get_one(Order, record.id)
        sent = self._record(row)
        self._session.rollback()
        return sent

    def settle(self, record: OrderRecord, outcome: Outcome) -> None:
        """Commit what became of an order, with an attempt line where anything changed."""
        self._hold_fence(lease_until=self._until())
        row = self._session.get_one(Order, record.id)
        if row.state != record.state:
            self._session.rollback()
            raise OrderMoved(f"order {record.order_id} is no longer {record.state}")
        same = row.state == outcome.state and row.problems == problem_rows(outcome.problems)
        self._write_outcome(row, outcome)
        row.run_id = self._run_id
        if not same:
            self._attempt(row.id, outcome)
        if outcome.changes is not None:
            self._write_changes(row, outcome.changes)
        self._count(outcome.state, fresh=not same)
        self._session.commit()

    def heartbeat(self) -> None:
        """Renew the lease; raises `StopAsked` where the run should end after the order it is on."""
        self._hold_fence(lease_until=self._until())
        stop = self._session.execute(
            select(Run.stop_asked, Connection.enabled)
            .join(Connection, Connection.id == Run.connection_id)
            .where(Run.id == self._run_id)
        ).one()
        self._session.commit()
        if stop.stop_asked or not (stop.enabled or self._settles_only):
            raise StopAsked("The run was asked to stop.")

    def newest_writer(self, contact_id: int) -> int:
        """The id of the newest order whose details a contact holds."""
        marks = (
            self._session.get(ContactWriter, (self._connection_id, one))
            for one in (contact_id, EVERY_CONTACT)
        )
        newest = next((mark.order_id for mark in marks if mark is not None), 0)
        self._session.rollback()
        return newest

    def contact_written(self, contact_id: int, order_id: int) -> None:
        """Remember whose details a contact holds now; an older order never takes a newer one's place."""
        self._hold_fence(lease_until=self._until())
        row = self._session.get(ContactWriter, (self._connection_id, contact_id))
        if row is None:
            row = ContactWriter(connection_id=self._connection_id, contact_id=contact_id, order_id=order_id)
            self._session.add(row)
        row.order_id = max(row.order_id, order_id)
        self._session.commit()

    def unread(self, since: datetime) -> list[OrderRecord]:
        """Orders posted since a moment and not read back yet, ascending id."""
        return self._select(
            Order.state == State.POSTED,
            Order.read_back_at.is_(None),
            Order.read_tries < MOST_TRIES,
            Order.posted_at >= since,
        )

    def read_back(self, findings: Sequence[Finding]) -> None:
        """Commit what reading back said of posted orders, with an attempt line for each that somebody should look at."""
        self._hold_fence(lease_until=self._until())
        for finding in findings:
            row = self._session.get_one(Order, finding.record.id)
            if write_finding(row, finding, self._clock.now()):
                note = "Read back from Saasu: not as it should be." if finding.row else NOT_FOUND
                told = Outcome(
                    state=State.POSTED, note=note, problems=finding.problems, look_once=row.look_once
                )
                self._attempt(row.id, told)
        self._session.commit()

    def standing(self) -> Standing:
        """What is known of the shapes of lines in this file."""
        found = standing_of(self._session, self._file_pk)
        self._session.rollback()
        return found

    def shapes_read(self, record: OrderRecord, shapes: Collection[Shape], *, good: bool) -> None:
        """Commit that the first order with these shapes came to the cent in Saasu, or did not."""
        self._hold_fence(lease_until=self._until())
        row = self._session.get_one(Order, record.id)
        write_shapes(self._session, row, self._file_pk, shapes, good=good, now=self._clock.now())
        self._session.commit()

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

    def _select(self, *conditions: Any) -> list[OrderRecord]:
        found = self._session.scalars(
            select(Order).where(*self._mine(), *conditions).order_by(Order.order_id)
        )
        records = [self._record(row) for row in found]
        self._session.rollback()
        return records

    def _record(self, row: Order) -> OrderRecord:
        return record_of(row, self._seal.open(row.id, "document", row.document) if row.document else "")

    def _record_entries(self, orders: Sequence[Recorded]) -> list[tuple[Recorded, Order]]:
        """Write every order of a page, and count them as read; each with its row."""
        ids = [entry.order_id for entry in orders]
        rows_by_id = {
            row.order_id: row
            for row in self._session.scalars(select(Order).where(*self._mine(), Order.order_id.in_(ids)))
        }
        self._session.execute(update(Run).where(Run.id == self._run_id).values(read=Run.read + len(orders)))
        return [(entry, self._record_entry(entry, rows_by_id.get(entry.order_id))) for entry in orders]

    def _record_entry(self, entry: Recorded, row: Order | None) -> Order:
        now = self._clock.now()
        if row is None:
            row = self._new_row(entry, now)
            self._session.add(row)
            self._session.flush()
        if entry.order is not None:
            copy_order(row, entry, now)
        elif entry.modified_at is not None:
            row.order_modified_at = entry.modified_at
        if entry.mark is not None:
            mark_row(row, entry.mark)
            self._attempt(row.id, Outcome(state=State(row.state), problems=(entry.mark,)))
        if entry.changes is not None:
            self._write_changes(row, entry.changes)
        if entry.outcome is None:
            if entry.order is not None and row.state in (State.SENDING, State.UNKNOWN):
                row.document = None
            return row
        row.document = self._seal.seal(row.id, "document", entry.document) if entry.document else None
        self._write_outcome(row, entry.outcome)
        if entry.order is not None and entry.outcome.state is not State.FAILED:
            # A checkout that was finished, or an order that can be read at last, has the date it has now.
            row.order_created_at = entry.order.created_at
        row.asked = row.asked or self._asked
        row.run_id = self._run_id
        self._attempt(row.id, entry.outcome)
        if entry.outcome.state is not State.SEEN:
            self._count(entry.outcome.state, decided=False)
        return row

    def _write_outcome(self, row: Order, outcome: Outcome) -> None:
        write_outcome(row, outcome, self._clock.now())
        keep_in_full(row, self._seal, NOTES, outcome.notes)

    def _write_changes(self, row: Order, changes: Changes) -> None:
        known = known_in_full(row, self._seal)[WHAT]
        note = write_changes(row, changes, known, self._clock.now())
        keep_in_full(row, self._seal, WHAT, changes.what)
        if note:
            self._attempt(row.id, Outcome(state=State(row.state), note=note, look_once=row.look_once))

    def _new_row(self, entry: Recorded, now: datetime) -> Order:
        moment = entry.order.created_at if entry.order else (entry.modified_at or now)
        return Order(
            firm_id=self._firm_id,
            connection_id=self._connection_id,
            saasu_file_id=self._file_id,
            store_hash=self._store_hash,
            order_id=entry.order_id,
            state=State.SEEN,
            order_created_at=moment,
            order_modified_at=moment,
            first_seen_at=now,
            decided_at=now,
        )

    def _attempt(self, order_pk: str, outcome: Outcome) -> None:
        self._session.add(
            Attempt(
                firm_id=self._firm_id,
                order_pk=order_pk,
                run_id=self._run_id,
                at=self._clock.now(),
                actor=self._actor,
                state=outcome.state,
                note=outcome.note[:1000],
                details=attempt_details(outcome),
            )
        )

    def _count(self, state: State, *, decided: bool = True, fresh: bool = True) -> None:
        """Count an outcome on the run; what was decided the same before is done again, but not failed anew."""
        values: dict[str, Any] = {"done": Run.done + 1} if decided else {}
        column = COUNTED.get(state) if fresh else None
        if column:
            values[column] = getattr(Run, column) + 1
        if values:
            self._session.execute(update(Run).where(Run.id == self._run_id).values(**values))
