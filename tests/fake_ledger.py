"""An in-memory ledger of one connection that keeps the engine's port as the SQL ledger does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.sync.ports import (
    Intent,
    OrderRecord,
    Outcome,
    Reading,
    Recorded,
    State,
    StopAsked,
)


@dataclass
class FakeLedger:
    """`outcomes` holds, by order id, every outcome in its order; `stop_after` counts heartbeats."""

    at: Reading
    records: dict[int, OrderRecord] = field(default_factory=dict)
    outcomes: dict[int, list[Outcome]] = field(default_factory=dict)
    intents: dict[int, list[Intent]] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    expected: int = 0
    writers: dict[int, int] = field(default_factory=dict)
    stop_after: int | None = None

    def state(self, order_id: int) -> State:
        return self.records[order_id].state

    def last(self, order_id: int) -> Outcome:
        return self.outcomes[order_id][-1]

    def reading(self) -> Reading:
        return self.at

    def known(self, order_ids: Iterable[int]) -> dict[int, OrderRecord]:
        return {one: self.records[one] for one in order_ids if one in self.records}

    def record_page(self, orders: Sequence[Recorded], reading: Reading) -> None:
        for entry in orders:
            self._record(entry)
        self.at = reading
        self.readings.append(reading)

    def _record(self, entry: Recorded) -> None:
        old = self.records.get(entry.order_id)
        order = entry.order
        if old is None:
            moment = order.created_at if order else entry.modified_at or self.at.watermark
            old = OrderRecord(
                id=f"record {entry.order_id}",
                order_id=entry.order_id,
                state=State.SEEN,
                created_at=moment,
                modified_at=moment,
            )
        if order is not None:
            old = replace(old, modified_at=order.modified_at)
        if entry.outcome is not None:
            document = entry.document or old.document
            old = replace(old, state=entry.outcome.state, ignored=entry.outcome.ignored, document=document)
            self.outcomes.setdefault(entry.order_id, []).append(entry.outcome)
        self.records[entry.order_id] = old

    def unsettled(self) -> list[OrderRecord]:
        return [one for one in self._ordered() if one.state in (State.SENDING, State.UNKNOWN)]

    def due(self, now: datetime) -> list[OrderRecord]:
        return [one for one in self._ordered() if one.state is State.SEEN or self._again(one, now)]

    def _again(self, record: OrderRecord, now: datetime) -> bool:
        outcome = self.outcomes[record.order_id][-1] if self.outcomes.get(record.order_id) else None
        if record.state is not State.FAILED or outcome is None or not record.document:
            return False
        return outcome.retry_at is None or outcome.retry_at <= now

    def _ordered(self) -> list[OrderRecord]:
        return [self.records[one] for one in sorted(self.records)]

    def expect(self, orders: int) -> None:
        self.expected = orders

    def sending(self, record: OrderRecord, intent: Intent) -> OrderRecord:
        assert self.records[record.order_id].state is record.state
        self.intents.setdefault(record.order_id, []).append(intent)
        sent = replace(
            record,
            state=State.SENDING,
            number=intent.number,
            first_sent_at=record.first_sent_at or intent.sent_at,
            sent_at=intent.sent_at,
        )
        self.records[record.order_id] = sent
        return sent

    def settle(self, record: OrderRecord, outcome: Outcome) -> None:
        assert self.records[record.order_id].state is record.state
        self.outcomes.setdefault(record.order_id, []).append(outcome)
        self.records[record.order_id] = replace(record, state=outcome.state, ignored=outcome.ignored)

    def heartbeat(self) -> None:
        if self.stop_after is not None:
            self.stop_after -= 1
            if self.stop_after < 0:
                raise StopAsked("asked to stop")

    def newest_writer(self, contact_id: int) -> int:
        return self.writers.get(contact_id, 0)

    def contact_written(self, contact_id: int, order_id: int) -> None:
        self.writers[contact_id] = max(order_id, self.newest_writer(contact_id))
