"""The rows of one connection, written by one run under its fence: one commit an order (SYNC §2, §7)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from portal.ledger import arrivals
from portal.ledger.after_posting import (
    MOST_TRIES,
    finding_words,
    standing_of,
    write_finding,
    write_shapes,
)
from portal.ledger.counting import AGAIN, COUNTED, DONE, UNCHANGED
from portal.ledger.names import NOTES, keep_in_full
from portal.ledger.pages import PageRows
from portal.ledger.rows import (
    CERTAINLY_NOT_THERE,
    about_to_send,
    intent_details,
    line_of,
    problem_rows,
    write_intent,
)
from portal.models.connections import EVERY_CONTACT, Connection, ContactWriter
from portal.models.orders import Order
from portal.models.runs import Run
from portal.sync.evidence import Evidence
from portal.sync.planning import NOT_THERE
from portal.sync.ports import (
    Finding,
    Intent,
    OrderRecord,
    Outcome,
    Reading,
    State,
    StopAsked,
    Waiting,
)
from portal.sync.shapes import Shape, Standing


class SqlLedger(PageRows):
    """The rows of one connection, written by one run under its fence."""

    def reading(self) -> Reading:
        """Where reading stands; it begins at the connection's start."""
        row = self._connection()
        start = row.watermark or row.start_at or self._clock.now()
        reading = Reading(watermark=start, until=row.reading_until, cursor=row.cursor)
        self._session.rollback()
        return reading

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

    def unsettled(self) -> list[OrderRecord]:
        """Orders `sending` or `unknown`, ascending id."""
        return self._select(Order.state.in_((State.SENDING, State.UNKNOWN)))

    def doubted(self, now: datetime) -> list[OrderRecord]:
        """Orders neither posted nor being sent, of which a sale might have turned up until a moment that has passed; ascending id."""
        return self._select(Order.state.in_(NOT_THERE), Order.doubted_until <= now)

    def not_there(self, record: OrderRecord, evidence: Evidence) -> None:
        """Commit that a doubted order is certainly not in Saasu, with an attempt line."""
        self._hold_fence(lease_until=self._until())
        row = self._unmoved(record)
        row.doubted_until = None
        about = Outcome(state=record.state, note=CERTAINLY_NOT_THERE, evidence=evidence)
        self._attempt(row.id, about)
        self._count(row, UNCHANGED)
        self._session.commit()

    def due(self, now: datetime) -> list[Waiting]:
        """Orders `seen`, and failed ones whose time has come, but none that an open backfill holds; ascending id."""
        found = arrivals.waiting(self._session, self._mine(), self._connection_id, now)
        self._session.rollback()
        return found

    def taken_up(self, order_ids: Collection[int], now: datetime) -> list[OrderRecord]:
        """The records of those of some orders that are due still; ascending id."""
        return self._select(Order.order_id.in_(order_ids), *arrivals.are_due(self._connection_id, now))

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

    def hold_back(self, orders: Sequence[Waiting]) -> None:
        """Commit that these orders wait for a person's yes (SYNC §3.7)."""
        self._hold_fence(lease_until=self._until())
        self._add_to_run(arrivals.hold_back(self._session, orders, self._run_id, self._clock.now()))
        self._session.commit()

    def remark(self, words: str) -> None:
        """Note on the run what a person should know of it."""
        self._session.execute(update(Run).where(Run.id == self._run_id).values(remark=words[:500]))
        self._session.commit()

    def expect(self, orders: int) -> None:
        """Say how many orders this run will decide; those that it decided before are among its number, each once."""
        kept = (Order.counted_in == self._run_id, Order.counted_as.endswith(DONE))
        counted = select(func.count()).select_from(Order).where(*self._mine(), *kept, *self._to_decide())
        twice = self._session.scalar(counted) or 0
        more = Run.done + orders - twice
        self._session.execute(update(Run).where(Run.id == self._run_id).values(expected=more))
        self._session.commit()

    def _to_decide(self) -> tuple[Any, ...]:
        """The SQL for the orders that the run means by what it expects."""
        if self._only_order is not None:
            return (Order.order_id == self._only_order,)
        return arrivals.are_due(self._connection_id, self._clock.now())

    def keep_text(self, record: OrderRecord, document: str) -> OrderRecord:
        """Commit the text of an order that was read afresh, sealed; the record with it. Raises `OrderMoved`."""
        self._hold_fence(lease_until=self._until())
        row = self._unmoved(record)
        row.document = self._seal.seal(row.id, "document", document)
        self._session.commit()
        return replace(record, document=document)

    def sending(self, record: OrderRecord, intent: Intent) -> OrderRecord:
        """Commit that this order is about to be sent; its row must still be as it was read."""
        self._hold_fence(lease_until=self._until())
        self._hold_rules()
        row = self._unmoved(record)
        write_intent(row, record, intent)
        keep_in_full(row, self._seal, NOTES, intent.notes)
        row.run_id = self._run_id
        about = Outcome(state=State.SENDING, note=about_to_send(intent))
        self._attempt(row.id, about, intent_details(intent))
        self._session.commit()
        sent = self._record(row)
        self._session.rollback()
        return sent

    def settle(self, record: OrderRecord, outcome: Outcome) -> None:
        """Commit what became of an order, with an attempt line where anything changed or a person asked."""
        self._hold_fence(lease_until=self._until())
        if outcome.state is State.IGNORED:
            self._hold_rules()
        row = self._unmoved(record)
        same = row.state == outcome.state and row.problems == problem_rows(outcome.problems)
        line = line_of(row, outcome)
        self._write_outcome(row, outcome)
        row.run_id = self._run_id
        if line is not None:
            self._attempt(row.id, line)
        if outcome.changes is not None:
            self._write_changes(row, outcome.changes)
        still = same and outcome.state is State.FAILED
        self._count(row, AGAIN if still else COUNTED[outcome.state], decided=True)
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
            row = self._locked(finding.record.id)
            if write_finding(row, finding, self._clock.now()):
                told = Outcome(
                    state=State.POSTED,
                    note=finding_words(finding),
                    problems=finding.problems,
                    look_once=row.look_once,
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
        row = self._locked(record.id)
        write_shapes(self._session, row, self._file_pk, shapes, good=good, now=self._clock.now())
        self._session.commit()
