"""An in-memory ledger of one connection that keeps the engine's port as the SQL ledger does: it passes the same contract tests (tests/ledger)."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from portal.models.connections import EVERY_CONTACT
from portal.sync.bridge import Figures
from portal.sync.evidence import Evidence
from portal.sync.meanwhile import PageMoved, RulesChanged
from portal.sync.planning import FINISHED, NOT_THERE, UNSETTLED
from portal.sync.ports import (
    Changes,
    Finding,
    Intent,
    OrderMoved,
    OrderRecord,
    Outcome,
    Reading,
    Recorded,
    State,
    StopAsked,
    Waiting,
)
from portal.sync.problems import Code, Problem, Turn
from portal.sync.rules import Rules
from portal.sync.shapes import Shape, Standing


def codes_of(outcome: Outcome) -> frozenset[Code]:
    return frozenset(one.code for one in outcome.problems)


def is_another(present: OrderRecord, record: OrderRecord) -> bool:
    """Whether a record is not as it was read any more; what is being sent is the run's alone, and compares by its state."""
    if record.state in UNSETTLED:
        return present.state is not record.state
    stands = [(one.state, one.ignored, one.release, one.asked) for one in (present, record)]
    return stands[0] != stands[1]


def decided(record: OrderRecord, outcome: Outcome) -> OrderRecord:
    """A record after an outcome: a bridge stands unless the order was decided anew, refusals count until it is posted."""
    bridge = None if outcome.state in (State.FAILED, State.IGNORED) else record.bridge
    refused = codes_of(outcome) & {Code.SAASU_REFUSED, Code.PERIOD_LOCKED}
    changed = replace(
        record,
        state=outcome.state,
        ignored=outcome.ignored,
        codes=codes_of(outcome),
        bridge=bridge if outcome.bridge is None else outcome.bridge,
        refusals=record.refusals + bool(refused),
        release=record.release and outcome.state not in (State.POSTED, State.EXISTS, State.IGNORED),
    )
    if outcome.posted is not None:
        sale = outcome.posted
        changed = replace(changed, invoice_id=sale.invoice_id, number=sale.number, refusals=0)
    return changed


def figures_of(finding: Finding) -> Figures | None:
    """What Saasu showed, where it showed the sale."""
    row = finding.row
    return Figures(row.total, row.tax) if row is not None and row.total is not None else None


def bare(record: OrderRecord) -> Waiting:
    """What is known of a due order before its turn comes."""
    return Waiting(**{one.name: getattr(record, one.name) for one in fields(Waiting)})


@dataclass
class FakeLedger:
    """`outcomes` holds, by order id, every outcome in its order; `stop_after` counts heartbeats.

    `findings` holds what reading back said; `shapes` whether each shape was good. `now` tells when an order is posted; a record that a
    test put here was posted when it was sent.
    """

    at: Reading
    records: dict[int, OrderRecord] = field(default_factory=dict)
    outcomes: dict[int, list[Outcome]] = field(default_factory=dict)
    intents: dict[int, list[Intent]] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    expected: int = 0
    writers: dict[int, int] = field(default_factory=dict)
    stop_after: int | None = None
    findings: dict[int, list[Finding]] = field(default_factory=dict)
    shapes: dict[Shape, bool] = field(default_factory=dict)
    run_id: str = "run 1"
    flooded: set[int] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    marks: dict[int, list[Problem]] = field(default_factory=dict)
    changes: dict[int, list[Changes]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    rules_now: Callable[[], Rules] | None = None
    doubts: dict[int, datetime] = field(default_factory=dict)
    certain: dict[int, list[Evidence]] = field(default_factory=dict)
    """What proved of a doubted order that it is not there."""
    judged_by: list[Rules] = field(default_factory=list)
    now: Callable[[], datetime] | None = None
    posted_at: dict[int, datetime] = field(default_factory=dict)

    def state(self, order_id: int) -> State:
        return self.records[order_id].state

    def last(self, order_id: int) -> Outcome:
        return self.outcomes[order_id][-1]

    def reading(self) -> Reading:
        return self.at

    def known(self, order_ids: Iterable[int]) -> dict[int, OrderRecord]:
        return {one: self.records[one] for one in order_ids if one in self.records}

    def judge_by(self, rules: Rules) -> None:
        self.judged_by.append(rules)

    def _refuse_old_rules(self) -> None:
        if self.rules_now is not None and self.rules_now().which != self.judged_by[-1].which:
            raise RulesChanged("a person changed them")

    def refuse_moved(self, orders: Sequence[Recorded]) -> None:
        """Refuse a page of which an order is no longer as its record said when it was judged."""
        self._refuse_old_rules()
        moved = [one.order_id for one in orders if self.records.get(one.order_id) != one.known]
        if moved:
            raise PageMoved(moved)

    def record_page(self, orders: Sequence[Recorded], reading: Reading) -> None:
        self.refuse_moved(orders)
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
            old = replace(
                old,
                modified_at=order.modified_at,
                status_id=order.status_id,
                status=order.status,
                total=order.total.inc_tax,
                is_deleted=order.is_deleted,
            )
        elif entry.modified_at is not None:
            old = replace(old, modified_at=entry.modified_at)
        if entry.mark is not None:
            self.marks.setdefault(entry.order_id, []).append(entry.mark)
            old = replace(old, codes=old.codes | {entry.mark.code})
        if entry.changes is not None:
            self.changes.setdefault(entry.order_id, []).append(entry.changes)
        if entry.outcome is None and order is not None and old.state in (State.SENDING, State.UNKNOWN):
            old = replace(old, document="")
        if entry.outcome is not None:
            document = entry.document or old.document
            old = replace(decided(old, entry.outcome), document=document, run_id=self.run_id)
            self._note_beside(entry.order_id, entry.outcome)
            if order is not None and entry.outcome.state is not State.FAILED:
                old = replace(old, created_at=order.created_at)
            self.outcomes.setdefault(entry.order_id, []).append(entry.outcome)
        self.records[entry.order_id] = old

    def unsettled(self) -> list[OrderRecord]:
        return [one for one in self._ordered() if one.state in (State.SENDING, State.UNKNOWN)]

    def doubted(self, now: datetime) -> list[OrderRecord]:
        return [
            one
            for one in self._ordered()
            if one.state in NOT_THERE and self.doubts.get(one.order_id, now + timedelta(1)) <= now
        ]

    def not_there(self, record: OrderRecord, evidence: Evidence) -> None:
        self._refuse_other(record)
        del self.doubts[record.order_id]
        self.certain.setdefault(record.order_id, []).append(evidence)

    def due(self, now: datetime) -> list[Waiting]:
        return [bare(one) for one in self._due(now)]

    def taken_up(self, order_ids: Collection[int], now: datetime) -> list[OrderRecord]:
        self.batches.append(len(order_ids))
        return [one for one in self._due(now) if one.order_id in order_ids]

    def _due(self, now: datetime) -> list[OrderRecord]:
        return [
            one
            for one in self._ordered()
            if (one.state is State.SEEN and one.order_id not in self.flooded) or self._again(one, now)
        ]

    def _again(self, record: OrderRecord, now: datetime) -> bool:
        outcome = self.outcomes[record.order_id][-1] if self.outcomes.get(record.order_id) else None
        if record.state is not State.FAILED or outcome is None:
            return False
        waits = bool(outcome.problems) and outcome.problems[0].turn is Turn.WAIT
        if not (record.document or waits):
            return False
        return outcome.retry_at is None or outcome.retry_at <= now

    def _ordered(self) -> list[OrderRecord]:
        return [self.records[one] for one in sorted(self.records)]

    def expect(self, orders: int) -> None:
        self.expected = orders

    def _refuse_other(self, record: OrderRecord) -> None:
        present = self.records[record.order_id]
        if is_another(present, record):
            raise OrderMoved(f"order {record.order_id} is {present.state}")

    def keep_text(self, record: OrderRecord, document: str) -> OrderRecord:
        self._refuse_other(record)
        kept = replace(record, document=document)
        self.records[record.order_id] = kept
        return kept

    def sending(self, record: OrderRecord, intent: Intent) -> OrderRecord:
        self._refuse_old_rules()
        self._refuse_other(record)
        self.intents.setdefault(record.order_id, []).append(intent)
        sent = replace(
            record,
            state=State.SENDING,
            number=intent.number,
            first_sent_at=record.first_sent_at or intent.sent_at,
            sent_at=intent.sent_at,
            bridge=intent.bridge,
            books=None,
        )
        self.records[record.order_id] = sent
        return sent

    def settle(self, record: OrderRecord, outcome: Outcome) -> None:
        if outcome.state is State.IGNORED:
            self._refuse_old_rules()
        self._refuse_other(record)
        self.outcomes.setdefault(record.order_id, []).append(outcome)
        settled = decided(record, outcome)
        self._note_beside(record.order_id, outcome)
        if outcome.posted is not None and self.now is not None:
            self.posted_at[record.order_id] = self.now()
        if outcome.changes is not None:
            self.changes.setdefault(record.order_id, []).append(outcome.changes)
        if outcome.found is not None:
            found = Finding(record=settled, row=outcome.found, problems=outcome.problems)
            self.findings.setdefault(record.order_id, []).append(found)
            settled = replace(settled, books=figures_of(found))
        elif outcome.state is State.EXISTS:
            settled = replace(settled, books=None)
        self.records[record.order_id] = settled

    def _note_beside(self, order_id: int, outcome: Outcome) -> None:
        """What an outcome means for what keeps an order back, and for a sale of it that may still turn up."""
        if outcome.state is not State.SEEN:
            self.flooded.discard(order_id)
        if outcome.doubted_until is not None:
            self.doubts[order_id] = outcome.doubted_until
        if outcome.state in FINISHED:
            self.doubts.pop(order_id, None)

    def remark(self, words: str) -> None:
        self.remarks.append(words)

    def sold_since(self, moment: datetime) -> list[datetime]:
        taken = (one for one in self._ordered() if one.state in (State.POSTED, State.EXISTS))
        return [one.created_at for one in taken if one.created_at >= moment]

    def first_order_since(self, moment: datetime) -> int | None:
        return next((one.order_id for one in self._ordered() if one.created_at >= moment), None)

    def hold_back(self, orders: Sequence[Waiting]) -> None:
        present = [self.records.get(one.order_id, one) for one in orders]
        self.flooded |= {one.order_id for one in present if one.state is State.SEEN and not one.asked}

    def heartbeat(self) -> None:
        if self.stop_after is not None:
            self.stop_after -= 1
            if self.stop_after < 0:
                raise StopAsked("asked to stop")

    def newest_writer(self, contact_id: int) -> int:
        return self.writers.get(contact_id, self.writers.get(EVERY_CONTACT, 0))

    def contact_written(self, contact_id: int, order_id: int) -> None:
        self.writers[contact_id] = max(order_id, self.writers.get(contact_id, 0))

    def unread(self, since: datetime) -> list[OrderRecord]:
        return [
            one
            for one in self._ordered()
            if one.state is State.POSTED
            and self._posted_since(one, since)
            and not self._is_done(one.order_id)
        ]

    def _posted_since(self, record: OrderRecord, since: datetime) -> bool:
        posted = self.posted_at.get(record.order_id, record.sent_at)
        return posted is not None and posted >= since

    def _is_done(self, order_id: int) -> bool:
        return len(self.findings.get(order_id, [])) >= 3 or self._has_figures(order_id)

    def _has_figures(self, order_id: int) -> bool:
        return any(one.row is not None for one in self.findings.get(order_id, []))

    def read_back(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            order_id = finding.record.order_id
            present = self.records[order_id]
            if present.state is not State.POSTED or self._has_figures(order_id):
                continue
            self.findings.setdefault(order_id, []).append(finding)
            found = (
                frozenset(one.code for one in finding.problems) if finding.row is not None else frozenset()
            )
            self.records[order_id] = replace(present, books=figures_of(finding), codes=present.codes | found)

    def standing(self) -> Standing:
        return Standing(
            proved=frozenset(shape for shape, good in self.shapes.items() if good),
            failed=frozenset(shape for shape, good in self.shapes.items() if not good),
        )

    def shapes_read(self, record: OrderRecord, shapes: Collection[Shape], *, good: bool) -> None:
        assert record.order_id in self.records
        for shape in shapes:
            self.shapes.setdefault(shape, good)
