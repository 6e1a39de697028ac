"""Reading back what a run posted: in batches, and at once for the first order of each shape (SYNC §7.8).

What cannot be read back stays unread and is tried in the next run that posts; it never undoes or stops a post.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.sync.failures import CredentialsRefused, RemoteFailure, Throttled, Unreachable, books_problem
from portal.sync.ports import Books, Clock, Finding, Ledger, OrderRecord
from portal.sync.problems import Code, RunStopped
from portal.sync.read_back import compare
from portal.sync.sale_orders import InvoiceSummary, SaleOrder
from portal.sync.settling import AHEAD, MARGIN
from portal.sync.shapes import Shape, shapes_of

BATCH = 80
"""Posts after which a run reads back what it posted: with those of the last seconds before them they fit on one page of 100 (SA §3)."""
CLOSE = timedelta(seconds=10)
"""The margin once Saasu's own clock is known from an order of this run."""
LONGEST_AGO = timedelta(days=7)
"""What was posted earlier and never read back is left alone: a listing reaching further would cost more than it tells."""
UNANSWERED_LIMIT = 3
"""First orders of a shape that may stay unread in one run before the end of the batch has to do."""

BOOKS_AWAY = frozenset(
    {
        Code.SAASU_CREDENTIALS,
        Code.SAASU_TWO_FACTOR,
        Code.SAASU_FILE,
        Code.SAASU_PLAN,
        Code.SAASU_QUOTA,
        Code.SAASU_UNREACHABLE,
    }
)
"""Problems after which Saasu is asked nothing more in a run; but an allowance of ours that is used up leaves room for one listing."""


@dataclass(slots=True, kw_only=True)
class ReadBack:
    """What one run posted and has not read back yet, and which shapes those orders have."""

    books: Books
    ledger: Ledger
    clock: Clock
    waiting: int = 0
    posted_any: bool = False
    shapes: dict[str, frozenset[Shape]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    newest: datetime | None = None
    unanswered: int = 0

    def stopped(self, sale: SaleOrder) -> frozenset[Shape]:
        """The shapes of a sale that came to another total in this file before; such a sale must not be posted."""
        shapes = shapes_of(sale)
        return shapes & self.ledger.standing().failed if shapes else shapes

    def posted(self, record: OrderRecord, sale: SaleOrder, invoice_id: int) -> None:
        """Take note of an order just posted; read it back at once if it is the first of a shape, and the batch if it is full.

        Raises `RunStopped` where Saasu takes no more calls at all.
        """
        self.posted_any = True
        shapes = shapes_of(sale)
        fresh = shapes - self.ledger.standing().proved if shapes else shapes
        if fresh and self.unanswered < UNANSWERED_LIMIT:
            row = self._one(invoice_id)
            if row is not None:
                self._record([finding(record, row)], {record.id: fresh})
                return
        self.shapes[record.id] = fresh
        self.waiting += 1
        if self.waiting >= BATCH:
            self._batch(last=False)

    def finish(self) -> None:
        """Read back whatever is unread, if this run posted anything. Raises `RunStopped` when Saasu is away."""
        if self.posted_any:
            self._batch(last=True)

    def finish_early(self, stopped: Exception) -> None:
        """The same where the run was stopped, unless Saasu itself was what stopped it; never raises `RunStopped`."""
        away = isinstance(stopped, RunStopped) and stopped.problem.code in BOOKS_AWAY
        if away and isinstance(stopped.__cause__, RemoteFailure):
            return
        with suppress(RunStopped):
            self.finish()

    def _one(self, invoice_id: int) -> InvoiceSummary | None:
        try:
            row = self.books.invoice(invoice_id)
        except RemoteFailure as failure:
            raise_if_shut(failure)
            row = None
        self.unanswered += row is None
        return row

    def _batch(self, *, last: bool) -> None:
        since = self.clock.now() - LONGEST_AGO
        records = [record for record in self.ledger.unread(since) if record.id not in self.asked]
        self.waiting = 0
        if not records:
            return
        try:
            rows = self._listing(records)
        except RemoteFailure as failure:
            raise_if_shut(failure)
            if last and isinstance(failure, Unreachable):
                raise RunStopped(books_problem(failure)) from failure
            return
        findings = [finding(record, rows.get(record.invoice_id)) for record in records]
        self.asked |= {record.id for record in records}
        seen = [one.row.modified_at for one in findings if one.row is not None and one.row.modified_at]
        self.newest = max(seen, default=self.newest)
        self._record(findings, self.shapes)

    def _listing(self, records: Iterable[OrderRecord]) -> dict[int | None, InvoiceSummary]:
        """Saasu's rows by id, from the first of these orders on, or from the newest that an earlier listing of this run showed."""
        sent = min(record.sent_at or record.created_at for record in records)
        since = sent - MARGIN if self.newest is None else self.newest - CLOSE
        listing = self.books.invoices_modified(since=since, until=self.clock.now() + AHEAD)
        return {row.invoice_id: row for row in listing}

    def _record(self, findings: list[Finding], shapes: Mapping[str, frozenset[Shape]]) -> None:
        """Keep what was found, and what it says of the shapes."""
        self.ledger.read_back(findings)
        for one in findings:
            bridge, wanted = one.record.bridge, shapes.get(one.record.id)
            total = one.row.total if one.row is not None else None
            if total is not None and bridge is not None and wanted:
                self.ledger.shapes_read(one.record, wanted, good=total == bridge.books.total)


def finding(record: OrderRecord, row: InvoiceSummary | None) -> Finding:
    """What Saasu's row says of a posted order; nothing is wrong with one that is not there or of which nothing is known."""
    expected = record.bridge.books if record.bridge is not None else None
    problems = compare(record.order_id, expected, row) if row is not None else ()
    return Finding(record=record, row=row, problems=problems)


def raise_if_shut(failure: RemoteFailure) -> None:
    """End the run where any further call would be refused as well, or would harm (SYNC §9)."""
    if isinstance(failure, Throttled | CredentialsRefused):
        raise RunStopped(books_problem(failure)) from failure
