"""Before orders are posted: what Saasu has of them already, put there by a ledger that was lost, or by somebody else (SYNC §7.7).

Saasu's sales are listed once, from the earliest order concerned on: before a connection's first post, for a backfill of older orders, and
after the connection or its ledger was away. A run after that lists nothing. Where a listing is cut off, nothing is posted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.money import cents
from portal.sync.bridge import Figures
from portal.sync.evidence import Evidence, Why
from portal.sync.failures import RemoteFailure, Unreachable, books_problem
from portal.sync.known_sales import Complete, Found, KnownSales, Looked, found_there, orders_named
from portal.sync.ports import Books, Clock, Ledger, OrderMoved, OrderRecord, Outcome, SalesToRead, State
from portal.sync.problems import Code, RunStopped
from portal.sync.rules import Rules
from portal.sync.sale_orders import InvoiceSummary, marker, number_for
from portal.sync.settling import AHEAD, MARGIN, PAGE, exists_outcome, posted_as, read_listing

WINDOW = timedelta(days=30)
"""How much is listed at once: what was listed is kept, so that a look that is broken off goes on there."""
LONGEST_WINDOW = timedelta(days=180)
NOT_SENT = frozenset({State.SEEN, State.FAILED})
AT_ONCE = 500
Reader = Callable[[SalesToRead, datetime, datetime, Callable[[], None]], tuple[InvoiceSummary, ...]]
"""Lists the sales changed between two moments; asks before each page."""
MOST_TRIES = 5
"""Listings of one window until two agree."""
HAD_ALREADY = "Saasu had it already: found by its marker before it was sent."


@dataclass(frozen=True, slots=True)
class Listing:
    """One complete listing; `end` is the moment up to which it reached, `None` where it reached to the present."""

    rows: tuple[InvoiceSummary, ...]
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Looks for the orders of one connection in what Saasu has. `afford` is asked before each call of a listing."""

    rules: Rules
    books: Books
    ledger: Ledger
    sales: KnownSales
    complete: Complete
    clock: Clock
    afford: Callable[[], None]

    def look(self, earliest: datetime) -> bool:
        """List what is not known yet, for orders created from `earliest` on, and settle those that are there; whether anything was listed.

        Raises `RunStopped` where the listing is not complete; what was listed until then is kept.
        """
        now = self.clock.now()
        begin = look_from(self.sales.looked(), earliest, self.rules.start, now)
        if begin is None or begin.doubt is None:
            return False
        try:
            for listing in listings(self.books, begin.doubt, now, self.afford, agreed_listing):
                self._settle(listing.rows)
                self.sales.keep(listing.rows, Looked(since=begin.since, doubt=listing.end), now)
                self.ledger.heartbeat()
        except RemoteFailure as failure:
            raise RunStopped(books_problem(failure)) from failure
        self.complete.listed(begin.doubt, now)
        return True

    def there(self, record: OrderRecord) -> Outcome | None:
        """What Saasu has of one order by what was listed earlier, as it stands now; `None` where it has nothing.

        That it is gone is concluded from a later complete listing only (SYNC §7.5), which serves all later orders of the run. Raises
        `Unreachable` where Saasu does not answer for that very sale, `RunStopped` for everything else.
        """
        if Code.ORDER_ID_REUSED in record.codes:
            return None
        mark, number = self._names(record)
        known = found_there(mark, number, self._listed(record, mark, number))
        if known is None:
            return None
        row = self._shown(known.row.invoice_id)
        found = found_there(mark, number, (row,)) if row is not None else None
        found = found or self._listed_anew(record, mark, number)
        return there_outcome(record, number, found) if found is not None else None

    def _shown(self, invoice_id: int) -> InvoiceSummary | None:
        """A sale as it stands now. Raises `Unreachable`, or `RunStopped` for what concerns every sale."""
        try:
            return self.books.invoice(invoice_id)
        except Unreachable:
            raise
        except RemoteFailure as failure:
            raise RunStopped(books_problem(failure)) from failure

    def _names(self, record: OrderRecord) -> tuple[str, str]:
        """The marker and the number by which an order is looked for."""
        number = record.number or number_for(self.rules.prefix, record.order_id)
        return marker(self.rules.store_hash, record.order_id), number

    def _listed(self, record: OrderRecord, mark: str, number: str) -> list[InvoiceSummary]:
        """What was listed of one order, but for the sales that were gone when the run listed its like."""
        rows, made = self.sales.listed(mark, number), self.complete.moment(record.created_at)
        if not rows or made is None:
            return rows
        self.sales.forget(mark, number, made)
        return self.sales.listed(mark, number)

    def _listed_anew(self, record: OrderRecord, mark: str, number: str) -> Found | None:
        """The sale in a complete listing from the order's creation on; what was listed earlier is forgotten."""
        looked, now, rows = self.sales.looked(), self.clock.now(), list[InvoiceSummary]()
        try:
            for listing in listings(self.books, record.created_at, now, self.afford, agreed_listing):
                rows += listing.rows
        except RemoteFailure as failure:
            raise RunStopped(books_problem(failure)) from failure
        self.sales.keep(rows, looked, now)
        self.sales.forget(mark, number, now)
        self.complete.listed(record.created_at, now)
        return found_there(mark, number, rows)

    def _settle(self, rows: Sequence[InvoiceSummary]) -> None:
        """Settle every order that was not sent and that one of these sales is of."""
        by_order: dict[int, list[InvoiceSummary]] = {}
        for row in rows:
            for order_id in orders_named(row, self.rules):
                by_order.setdefault(order_id, []).append(row)
        ids = sorted(by_order)
        for start in range(0, len(ids), AT_ONCE):
            for order_id, record in self.ledger.known(ids[start : start + AT_ONCE]).items():
                self._settle_one(record, by_order[order_id])

    def _settle_one(self, record: OrderRecord, rows: Sequence[InvoiceSummary]) -> None:
        if record.state not in NOT_SENT or Code.ORDER_ID_REUSED in record.codes:
            return
        mark, number = self._names(record)
        found = found_there(mark, number, rows)
        if found is None:
            return
        try:
            self.ledger.settle(record, there_outcome(record, number, found))
        except OrderMoved:
            # A person moved it meanwhile; the look goes on.
            return


def look_from(looked: Looked, earliest: datetime, start: datetime, now: datetime) -> Looked | None:
    """Where a look begins (`doubt`) and for orders created since when it holds then (`since`); `None` where nothing is to be listed.

    Orders older than ever looked for need a look from their beginning: a sale that is changed in Saasu moves to the present. It reaches
    a little further than it must, so that an order of the last days that is paid later needs no look of its own, and from the second
    look on a whole window further, so that older orders that are taken newest first share one.
    """
    if looked.since is None or earliest < looked.since:
        further = earliest if looked.since is None else earliest - WINDOW
        since = min(further, max(start, now - WINDOW))
        return Looked(since=since, doubt=since)
    return looked if looked.doubt is not None else None


def listings(
    books: SalesToRead,
    begin: datetime,
    now: datetime,
    afford: Callable[[], None],
    read: Reader = read_listing,
) -> Iterator[Listing]:
    """Everything that Saasu wrote or changed since a moment, in complete listings from the oldest to the present.

    What changes meanwhile moves into a later listing. A window that has ended is read by `read`. `afford` is asked before
    each call. Raises a `RemoteFailure` when a listing is not whole.
    """
    length = WINDOW
    while begin + length < now:
        rows = read(books, begin - MARGIN, begin + length, afford)
        begin += length
        yield Listing(rows, begin)
        length = min(length * 2, LONGEST_WINDOW) if len(rows) < PAGE else WINDOW
    yield Listing(read_listing(books, begin - MARGIN, now + AHEAD, afford), None)


def agreed_listing(
    books: SalesToRead, since: datetime, until: datetime, afford: Callable[[], None]
) -> tuple[InvoiceSummary, ...]:
    """The listing of a window that has ended, made again until two show the same sales.

    A sale that is changed or deleted while its window is listed leaves it, and all behind it move up one place: the first one of the
    next page is then on none. Raises `Unreachable` where no two agree, and every other `RemoteFailure`.
    """
    before: set[int] | None = None
    for _ in range(MOST_TRIES):
        rows = read_listing(books, since, until, afford)
        ids = {row.invoice_id for row in rows}
        if ids == before:
            return rows
        before = ids
    raise Unreachable("Saasu's sales kept changing while they were listed.")


def there_outcome(record: OrderRecord, number: str, found: Found) -> Outcome:
    """The outcome of an order that Saasu has already: posted, named by that very sale, where it bears our marker; else exists."""
    if found.ours:
        outcome = posted_as(record, found.row, expected_of(record, found.row), HAD_ALREADY)
    else:
        outcome = exists_outcome(record, number, found.row)
    return replace(outcome, evidence=Evidence(why=Why.FIRST))


def expected_of(record: OrderRecord, row: InvoiceSummary) -> Figures | None:
    """What the sale of an order that never left here has to come to: the shop's total; its GST is not known."""
    if record.bridge is not None and record.first_sent_at is not None:
        return record.bridge.books
    return None if Code.ORDER_UNREADABLE in record.codes else Figures(cents(record.total), row.tax)
