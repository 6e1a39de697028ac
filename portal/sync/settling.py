"""Orders whose outcome is not known are looked up in Saasu before anything is sent again (SYNC §7.5)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from portal.money import cents
from portal.sync.bridge import Figures
from portal.sync.evidence import Evidence, Why
from portal.sync.known_sales import found_there, is_ours_to_give
from portal.sync.planning import SURE_AFTER, settle_time
from portal.sync.ports import OrderRecord, Outcome, SalesToRead, State
from portal.sync.problems import Code, invoice_exists
from portal.sync.read_back import compare
from portal.sync.sale_orders import InvoiceSummary, PostedOrder, marker

FOUND = {
    Why.LOST: "The answer was lost; found in Saasu by its marker.",
    Why.DIED: "The run ended before the answer was written down; found in Saasu by its marker.",
    Why.TAKEN: "Its number was taken by its own sale; found in Saasu by its marker.",
    Why.LATE: "It turned up in Saasu later than it should have; found by its marker.",
}
MARGIN = timedelta(minutes=10)
PAGE = 100
"""Rows that Saasu gives with one call (SA §3)."""
AHEAD = timedelta(days=1)
"""The listing's upper bound lies ahead of our clock, so that Saasu's clock may differ from it."""
LATE_NOTES = {
    State.IGNORED: "It was sent before it was ignored, and Saasu took it late: if it does not belong in the books, or is in them under another number too, cancel or delete {sale} in Saasu by hand.",
    State.FAILED: "It was sent before it failed, and Saasu took it late: compare {sale} with the order as it is now.",
    State.SEEN: "It was sent before, and Saasu took it late: compare {sale} with the order as it is now.",
}
"""What somebody is told of a sale that turned up late, by what the order was then."""
NOT_OURS = "Saasu has a sale with this number that we did not write."


def look_up(
    books: SalesToRead, records: Sequence[OrderRecord], now: datetime, afford: Callable[[], None]
) -> tuple[InvoiceSummary, ...]:
    """A complete listing of what Saasu wrote since the first of these orders was first sent; `afford` is asked before each page."""
    first = min((record.first_sent_at or record.created_at) for record in records)
    return read_listing(books, first - MARGIN, now + AHEAD, afford)


def read_listing(
    books: SalesToRead, since: datetime, until: datetime, afford: Callable[[], None]
) -> tuple[InvoiceSummary, ...]:
    """One complete listing; `afford` is asked before each page."""
    afford()
    rows: list[InvoiceSummary] = []
    for row in books.invoices_modified(since=since, until=until):
        rows.append(row)
        if len(rows) % PAGE == 0:
            afford()
    return tuple(rows)


def verdict(
    record: OrderRecord,
    store_hash: str,
    listing: Iterable[InvoiceSummary],
    now: datetime,
    why: Why | None = None,
) -> Outcome:
    """What a complete listing says of one unsettled order: posted, exists, to be sent again, or still unknown; with what proves it.

    `why` it was looked up; else its state tells: what is `sending` was left behind by a run that ended.
    """
    rows = tuple(listing)
    reason = why or (Why.DIED if record.state is State.SENDING else Why.LOST)
    proof = Evidence(why=reason, sales=len(rows), settled_at=settled_at(record))
    return replace(found_or_absent(record, store_hash, rows, now, FOUND[reason]), evidence=proof)


def settled_at(record: OrderRecord) -> datetime | None:
    """From when on an order's absence in Saasu means that it is not there; `None` where it was never sent (SYNC §7.5)."""
    return (
        record.sent_at + settle_time(is_ours_to_give(record.number)) if record.sent_at is not None else None
    )


def found_or_absent(
    record: OrderRecord, store_hash: str, listing: Iterable[InvoiceSummary], now: datetime, note: str
) -> Outcome:
    """The verdict alone; `note` for an order that is there."""
    found = found_there(marker(store_hash, record.order_id), record.number, listing)
    if found is not None and found.ours:
        expected = record.bridge.books if record.bridge is not None else None
        return posted_as(record, found.row, expected, note)
    if found is not None:
        return exists_outcome(record, record.number, found.row)
    settled = settled_at(record)
    if settled is not None and now < settled:
        return Outcome(state=State.UNKNOWN, note="Not in Saasu yet; looked up again later.")
    again = "" if settled is None else " again"
    return Outcome(
        state=State.SEEN,
        note=f"Not in Saasu: it will be sent{again}.",
        doubted_until=doubted_until(record, now),
    )


def doubted_until(record: OrderRecord, now: datetime) -> datetime | None:
    """Until when a sale of an order that is not there may still turn up; `None` where that is over, or it was never sent.

    A number of ours makes sending it again safe sooner, since Saasu refuses the second one. An order that is not sent again, because it was
    cancelled meanwhile or fails, has nothing to protect it, and is looked up once more then.
    """
    until = record.sent_at + SURE_AFTER if record.sent_at is not None else None
    return until if until is not None and until > now else None


def late_verdict(
    record: OrderRecord, store_hash: str, listing: Sequence[InvoiceSummary]
) -> Outcome | Evidence:
    """What a complete listing made after `doubted_until` says of an order: posted after all, or, for certain, not there.

    Nobody counted on such a sale any more, so somebody looks at it once, whatever it comes to; it is compared with the shop's total as it
    is now, since what was sent then is not known any more.
    """
    proof = Evidence(why=Why.LATE, sales=len(listing))
    found = found_there(marker(store_hash, record.order_id), record.number, listing)
    if found is None or not found.ours:
        return proof
    unreadable = Code.ORDER_UNREADABLE in record.codes
    expected = None if unreadable else Figures(cents(record.total), found.row.tax)
    posted = posted_as(record, found.row, expected, FOUND[Why.LATE])
    note = LATE_NOTES[record.state].format(sale=f"Sale Order {found.row.number}".strip())
    return replace(posted, evidence=proof, look_once=True, notes=(note,))


def posted_as(record: OrderRecord, row: InvoiceSummary, expected: Figures | None, note: str) -> Outcome:
    """The outcome of an order that Saasu turns out to have: posted, named by that very sale and compared with what it has to come to."""
    return Outcome(
        state=State.POSTED,
        note=note,
        problems=compare(record.order_id, expected, row),
        posted=PostedOrder(invoice_id=row.invoice_id, number=row.number),
        found=row,
    )


def exists_outcome(record: OrderRecord, number: str, row: InvoiceSummary | None = None) -> Outcome:
    """The outcome of an order whose number stands on a sale without our marker; `row` is that sale, where Saasu showed it.

    Somebody looks once at it, unless the sale comes to what this order has to come to.
    """
    problem = invoice_exists(record.order_id, number)
    return Outcome(
        state=State.EXISTS,
        problems=(problem,),
        note=NOT_OURS,
        look_once=row is None or not comes_to_the_same(record, row),
        found=row,
    )


def comes_to_the_same(record: OrderRecord, row: InvoiceSummary) -> bool:
    """Whether a sale comes to what the shop says of an order: its total, and its GST where both are known."""
    if row.total is None or Code.ORDER_UNREADABLE in record.codes:
        return False
    told = {"Total": row.total, "GST": row.tax}
    shop = {span.name: span.shop for span in record.bridge.spans} if record.bridge is not None else {}
    shop.setdefault("Total", cents(record.total))
    return all(shop[name] == figure for name, figure in told.items() if name in shop and figure is not None)
