"""One connection's ledger kept in memory: its rows are the ledger's own rows, its conditions the same, its transactions atomic.

What a row becomes is written by the functions of `portal.ledger.rows`, so no decision is made a second time here. That it behaves as
the ledger over SQL is shown by the contract tests that both pass (tests/ledger/test_contract.py, test_contract_leases.py).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal

from portal.ledger.after_posting import MOST_TRIES, finding_words, write_finding
from portal.ledger.leases import LEASE
from portal.ledger.rows import (
    CERTAINLY_NOT_THERE,
    about_to_send,
    copy_order,
    has_moved,
    line_of,
    mark_row,
    record_of,
    stands_otherwise,
    write_intent,
    write_outcome,
)
from portal.ledger.sales import LONGEST, mark_of
from portal.models.connections import EVERY_CONTACT
from portal.models.orders import Order
from portal.sync.evidence import Evidence
from portal.sync.known_sales import Looked, folded_number, is_ours_to_give
from portal.sync.meanwhile import PageMoved, RulesChanged
from portal.sync.planning import NOT_THERE
from portal.sync.ports import (
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
    Waiting,
)
from portal.sync.problems import Turn
from portal.sync.rules import Rules
from portal.sync.sale_orders import InvoiceSummary
from portal.sync.shapes import Shape, Standing


@dataclass(slots=True)
class Shelf:
    """What a database has of one connection: its lease, where reading stands, its rows, and the sales last listed."""

    reading: Reading
    rules: Rules
    rows: dict[int, Order] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    lines: dict[int, list[tuple[State, str]]] = field(default_factory=dict)
    """The history of each order, oldest line first: what was decided, and in what words."""
    fence: int = 0
    holder: str | None = None
    lease_until: datetime | None = None
    asked_to_stop: set[str] = field(default_factory=set)
    """The ids of the runs that a person asked to stop."""
    enabled: bool = True
    writers: dict[int, int] = field(default_factory=dict)
    shapes: dict[Shape, bool] = field(default_factory=dict)
    looked: Looked = field(default_factory=Looked)
    sales: dict[int, tuple[InvoiceSummary, datetime]] = field(default_factory=dict)
    between: Callable[[], None] = lambda: None
    """What comes between two transactions where a planted fault makes two of one."""

    def take_lease(self, run_id: str, now: datetime) -> int | None:
        """Take the lease for a run; the new fence, or `None` while another run holds it."""
        free = self.lease_until is None or self.lease_until < now or self.holder == run_id
        if not free:
            return None
        self.fence += 1
        self.holder, self.lease_until = run_id, now + LEASE
        return self.fence

    def renew_lease(self, fence: int, now: datetime) -> None:
        """Hold the lease on. Raises `LeaseLost` when the fence moved."""
        if self.fence != fence:
            raise LeaseLost("another run holds this connection")
        self.lease_until = now + LEASE

    def release_lease(self, fence: int) -> None:
        """Give the lease back, if it is still ours."""
        if self.fence == fence:
            self.holder, self.lease_until = None, None


class MemoryLedger:
    """The rows of one connection, written by one run under its fence; implements `portal.sync.ports.Ledger`."""

    def __init__(self, shelf: Shelf, fence: int, run_id: str, clock: Clock) -> None:
        self._shelf = shelf
        self._fence = fence
        self._run_id = run_id
        self._clock = clock
        self._rules: Rules | None = None
        self._settles_only = not shelf.enabled
        self._lease_before = shelf.lease_until

    def judge_by(self, rules: Rules) -> None:
        """Say by which rules orders are judged from now on."""
        self._rules = rules

    def reading(self) -> Reading:
        """Where reading stands."""
        return self._shelf.reading

    def known(self, order_ids: Iterable[int]) -> dict[int, OrderRecord]:
        """The records there are for these orders."""
        return {one: self._record(self._shelf.rows[one]) for one in order_ids if one in self._shelf.rows}

    def record_page(self, orders: Sequence[Recorded], reading: Reading) -> None:
        """Record every order of a page and move the reading, at once."""
        self._hold_fence()
        self._hold_rules()
        rows = self._shelf.rows
        moved = [one.order_id for one in orders if stands_otherwise(rows.get(one.order_id), one.known)]
        if moved:
            self._roll_back()
            raise PageMoved(moved)
        for entry in orders:
            self._record_entry(entry)
        self._shelf.reading = reading

    def _record_entry(self, entry: Recorded) -> None:
        now, rows = self._clock.now(), self._shelf.rows
        row = rows.get(entry.order_id) or rows.setdefault(entry.order_id, self._new_row(entry, now))
        if entry.order is not None:
            copy_order(row, entry, now)
        elif entry.modified_at is not None:
            row.order_modified_at = entry.modified_at
        if entry.mark is not None:
            mark_row(row, entry.mark)
            self._tell(row, Outcome(state=State(row.state)))
        if entry.outcome is None:
            if entry.order is not None and row.state in (State.SENDING, State.UNKNOWN):
                self._shelf.texts[entry.order_id] = ""
            return
        self._shelf.texts[entry.order_id] = entry.document
        write_outcome(row, entry.outcome, now)
        if entry.order is not None and entry.outcome.state is not State.FAILED:
            row.order_created_at = entry.order.created_at
        row.run_id = self._run_id
        self._tell(row, entry.outcome)

    def unsettled(self) -> list[OrderRecord]:
        """Orders `sending` or `unknown`, ascending id."""
        return [one for one in self._ordered() if one.state in (State.SENDING, State.UNKNOWN)]

    def doubted(self, now: datetime) -> list[OrderRecord]:
        """Orders of which a sale might have turned up until a moment that has passed."""
        rows = self._shelf.rows
        until = {one: row.doubted_until for one, row in rows.items() if row.state in NOT_THERE}
        return [one for one in self._ordered() if (moment := until.get(one.order_id)) and moment <= now]

    def not_there(self, record: OrderRecord, evidence: Evidence) -> None:
        """Write that a doubted order is certainly not in Saasu; of the line of its history the proof is not kept here."""
        del evidence
        self._hold_fence()
        row = self._unmoved(record)
        row.doubted_until = None
        self._tell(row, Outcome(state=record.state, note=CERTAINLY_NOT_THERE))

    def due(self, now: datetime) -> list[Waiting]:
        """Orders `seen`, and failed ones whose time has come."""
        columns = [one.name for one in fields(Waiting)]
        found = [one for one in self._ordered() if self._is_due(one, now)]
        return [Waiting(**{name: getattr(one, name) for name in columns}) for one in found]

    def taken_up(self, order_ids: Collection[int], now: datetime) -> list[OrderRecord]:
        """The records of those of some orders that are due still."""
        return [one for one in self._ordered() if one.order_id in order_ids and self._is_due(one, now)]

    def _is_due(self, record: OrderRecord, now: datetime) -> bool:
        row = self._shelf.rows[record.order_id]
        if record.state is State.SEEN:
            return row.flood_at is None
        again = row.retry_at is None or row.retry_at <= now
        readable = bool(record.document) or row.turn == Turn.WAIT
        return record.state is State.FAILED and again and readable

    def keep_text(self, record: OrderRecord, document: str) -> OrderRecord:
        """Keep the text of an order that was read afresh."""
        self._hold_fence()
        self._unmoved(record)
        self._shelf.texts[record.order_id] = document
        return replace(record, document=document)

    def sending(self, record: OrderRecord, intent: Intent) -> OrderRecord:
        """Write that this order is about to be sent."""
        self._hold_fence()
        self._hold_rules()
        row = self._unmoved(record)
        write_intent(row, record, intent)
        row.run_id = self._run_id
        self._tell(row, Outcome(state=State.SENDING, note=about_to_send(intent)))
        return self._record(row)

    def settle(self, record: OrderRecord, outcome: Outcome) -> None:
        """Write what became of an order."""
        self._hold_fence()
        if outcome.state is State.IGNORED:
            self._hold_rules()
        row = self._unmoved(record)
        line = line_of(row, outcome)
        write_outcome(row, outcome, self._clock.now())
        row.run_id = self._run_id
        if line is not None:
            self._tell(row, line)

    def remark(self, words: str) -> None:
        """Nothing is kept of it."""

    def sold_since(self, moment: datetime) -> list[datetime]:
        """When each order that Saasu has was created."""
        taken = (State.POSTED, State.EXISTS)
        return [one.created_at for one in self._ordered() if one.state in taken and one.created_at >= moment]

    def first_order_since(self, moment: datetime) -> int | None:
        """The lowest id of an order created since a moment."""
        return next((one.order_id for one in self._ordered() if one.created_at >= moment), None)

    def hold_back(self, orders: Sequence[Waiting]) -> None:
        """Let these `seen` orders wait for a person's yes."""
        self._hold_fence()
        for one in orders:
            row = self._shelf.rows[one.order_id]
            if row.state == State.SEEN and not row.asked:
                row.flood_at, row.turn = self._clock.now(), str(Turn.YOU)

    def expect(self, orders: int) -> None:
        """Nothing is kept of it."""

    def heartbeat(self) -> None:
        """Keep the lease. Raises `LeaseLost`, or `StopAsked` where the run should end."""
        self._hold_fence()
        asked = self._run_id in self._shelf.asked_to_stop
        if asked or not (self._shelf.enabled or self._settles_only):
            raise StopAsked("The run was asked to stop.")

    def newest_writer(self, contact_id: int) -> int:
        """The id of the newest order whose details a contact holds."""
        writers = self._shelf.writers
        return writers.get(contact_id, writers.get(EVERY_CONTACT, 0))

    def contact_written(self, contact_id: int, order_id: int) -> None:
        """Remember whose details a contact holds now."""
        self._hold_fence()
        self._shelf.writers[contact_id] = max(order_id, self._shelf.writers.get(contact_id, 0))

    def unread(self, since: datetime) -> list[OrderRecord]:
        """Orders posted since a moment and not read back yet."""
        found = []
        for record in self._ordered():
            row = self._shelf.rows[record.order_id]
            waits = row.read_back_at is None and row.read_tries < MOST_TRIES
            if row.state == State.POSTED and waits and row.posted_at is not None and row.posted_at >= since:
                found.append(record)
        return found

    def read_back(self, findings: Sequence[Finding]) -> None:
        """Write what reading back said of posted orders."""
        self._hold_fence()
        for one in findings:
            row = self._shelf.rows[one.record.order_id]
            if write_finding(row, one, self._clock.now()):
                self._tell(row, Outcome(state=State.POSTED, note=finding_words(one)))

    def standing(self) -> Standing:
        """What is known of the shapes of lines."""
        shapes = self._shelf.shapes.items()
        return Standing(
            proved=frozenset(one for one, good in shapes if good),
            failed=frozenset(one for one, good in shapes if not good),
        )

    def shapes_read(self, record: OrderRecord, shapes: Collection[Shape], *, good: bool) -> None:
        """Write what the first order with these shapes came to."""
        self._hold_fence()
        assert record.order_id in self._shelf.rows
        for one in shapes:
            self._shelf.shapes.setdefault(one, good)

    def _tell(self, row: Order, outcome: Outcome) -> None:
        self._shelf.lines.setdefault(row.order_id, []).append((outcome.state, outcome.note))

    def _ordered(self) -> list[OrderRecord]:
        return [self._record(self._shelf.rows[one]) for one in sorted(self._shelf.rows)]

    def _record(self, row: Order) -> OrderRecord:
        return record_of(row, self._shelf.texts.get(row.order_id, ""))

    def hold(self, now: datetime) -> None:
        """Hold the lease on, as before every call. Raises `LeaseLost` when the fence moved."""
        self._shelf.renew_lease(self._fence, now)

    def _hold_fence(self) -> None:
        # The clock is looked at first: no look may come between the comparison and what is written under it.
        self._lease_before = self._shelf.lease_until
        self.hold(self._clock.now())

    def _roll_back(self) -> None:
        """What is refused holds the lease on no longer either."""
        self._shelf.lease_until = self._lease_before

    def _hold_rules(self) -> None:
        if self._rules is None or self._rules.which != self._shelf.rules.which:
            self._roll_back()
            raise RulesChanged("which orders are taken was changed")

    def _unmoved(self, record: OrderRecord) -> Order:
        row = self._shelf.rows[record.order_id]
        if has_moved(row, record):
            self._roll_back()
            raise OrderMoved(f"order {record.order_id} is not as it was read")
        return row

    @staticmethod
    def _new_row(entry: Recorded, now: datetime) -> Order:
        """A row with the columns' defaults, which a database would fill in."""
        moment = entry.order.created_at if entry.order else (entry.modified_at or now)
        return Order(
            id=f"row {entry.order_id}", order_id=entry.order_id, state=State.SEEN, problems=[], notes=[], bridge=[],
            order_created_at=moment, order_modified_at=moment, status_id=0, status="", currency="",
            total=Decimal(0), is_deleted=False, number="", marker="", fingerprint="", refusals=0, release=False,
            asked=False, read_tries=0, look_once=False, dealt_with_by="", held=False, first_seen_at=now,
            decided_at=now,
        )  # fmt: skip


class MemorySales:
    """The port `KnownSales` in memory, for one run under its fence."""

    def __init__(self, shelf: Shelf, fence: int, clock: Clock) -> None:
        self._shelf = shelf
        self._fence = fence
        self._clock = clock

    def looked(self) -> Looked:
        """How far the connection looked."""
        return self._shelf.looked

    def keep(self, rows: Sequence[InvoiceSummary], looked: Looked, made: datetime) -> None:
        """Keep the sales of a complete listing, together with how far was looked."""
        self._shelf.renew_lease(self._fence, self._clock.now())
        for row in rows:
            _, before = self._shelf.sales.get(row.invoice_id, (row, made))
            self._shelf.sales[row.invoice_id] = (bare_of(row), max(made, before))
        self._shelf.looked = looked

    def listed(self, mark: str, number: str) -> list[InvoiceSummary]:
        """The sales last listed with that marker or that number."""
        found = [row for row, _ in self._shelf.sales.values() if is_named(row, mark, number)]
        return sorted(found, key=lambda row: row.invoice_id)

    def forget(self, mark: str, number: str, before: datetime) -> None:
        """Forget those that were last listed before a moment."""
        self._shelf.renew_lease(self._fence, self._clock.now())
        sales = self._shelf.sales.items()
        self._shelf.sales = {
            one: (row, made)
            for one, (row, made) in sales
            if made >= before or not is_named(row, mark, number)
        }


def bare_of(row: InvoiceSummary) -> InvoiceSummary:
    """What is kept of a listed sale: its number as it is compared, and its marker where that is one of ours."""
    return InvoiceSummary(
        invoice_id=row.invoice_id,
        number=folded_number(row.number)[:LONGEST],
        purchase_order_number=mark_of(row),
        invoice_type="",
        total=None,
        tax=None,
    )


def is_named(row: InvoiceSummary, mark: str, number: str) -> bool:
    """Whether a listed sale has that marker or that number."""
    if row.purchase_order_number == mark:
        return True
    return is_ours_to_give(number) and row.number == folded_number(number)
