"""Recording the orders of a page in their rows, in the transaction that moves the reading (SYNC §2, §7.2)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.ledger.after_posting import write_changes
from portal.ledger.counting import COUNTED, UNCHANGED, moved
from portal.ledger.fenced import FencedRows
from portal.ledger.names import NOTES, WHAT, keep_in_full, known_in_full
from portal.ledger.rows import copy_order, keeps_notes, mark_row, stands_otherwise, write_outcome
from portal.models.orders import Order
from portal.sync.meanwhile import PageMoved
from portal.sync.ports import Changes, Outcome, Reading, Recorded, State


class PageRows(FencedRows):
    """The rows of one connection as a page of the shop's orders is written into them."""

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

    def _record_entries(self, orders: Sequence[Recorded]) -> list[tuple[Recorded, Order]]:
        """Write every order of a page, and count them as read; each with its row.

        The run changes once, after all of them: a statement between two rows would write each by itself.
        """
        self._hold_rules()
        rows_by_id = self._unmoved_rows(orders)
        rows_by_id |= self._new_rows([one for one in orders if one.order_id not in rows_by_id])
        changes = Counter(read=len(orders))
        written = []
        for entry in orders:
            row = rows_by_id[entry.order_id]
            changes.update(moved(row, self._run_id, self._record_entry(entry, row)))
            written.append((entry, row))
        self._add_to_run(changes)
        return written

    def _unmoved_rows(self, orders: Sequence[Recorded]) -> dict[int, Order]:
        """The rows of a page's orders, locked. Raises `PageMoved` where a person decided about any since it was judged."""
        ids = [entry.order_id for entry in orders]
        found = self._session.scalars(
            select(Order)
            .where(*self._mine(), Order.order_id.in_(ids))
            .order_by(Order.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        rows = {row.order_id: row for row in found}
        moved = [one.order_id for one in orders if stands_otherwise(rows.get(one.order_id), one.known)]
        if moved:
            self._session.rollback()
            raise PageMoved(moved)
        return rows

    def _new_rows(self, orders: Sequence[Recorded]) -> dict[int, Order]:
        """Rows for orders that have none."""
        now = self._clock.now()
        rows = {entry.order_id: self._new_row(entry, now) for entry in orders}
        self._session.add_all(rows.values())
        self._session.flush()
        return rows

    def _record_entry(self, entry: Recorded, row: Order) -> str:
        """Write one order of a page into its row; the word under which the run counts it."""
        now = self._clock.now()
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
            return UNCHANGED
        row.document = self._seal.seal(row.id, "document", entry.document) if entry.document else None
        self._write_outcome(row, entry.outcome)
        if entry.order is not None and entry.outcome.state is not State.FAILED:
            # A checkout that was finished, or an order that can be read at last, has the date it has now.
            row.order_created_at = entry.order.created_at
        row.asked = row.asked or self._asked
        row.run_id = self._run_id
        self._attempt(row.id, entry.outcome)
        return COUNTED[entry.outcome.state]

    def _write_outcome(self, row: Order, outcome: Outcome) -> None:
        kept = keeps_notes(row, outcome)
        write_outcome(row, outcome, self._clock.now())
        if not kept:
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
