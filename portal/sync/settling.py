"""Orders whose outcome is not known are looked up in Saasu before anything is sent again (SYNC §7.5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from portal.sync.bridge import Figures
from portal.sync.known_sales import found_there, is_ours_to_give
from portal.sync.planning import settle_time
from portal.sync.ports import Books, OrderRecord, Outcome, State
from portal.sync.problems import invoice_exists
from portal.sync.read_back import compare
from portal.sync.sale_orders import InvoiceSummary, PostedOrder, marker

MARGIN = timedelta(minutes=10)
AHEAD = timedelta(days=1)
"""The listing's upper bound lies ahead of our clock, so that Saasu's clock may differ from it."""


def look_up(books: Books, records: Sequence[OrderRecord], now: datetime) -> list[InvoiceSummary]:
    """A complete listing of what Saasu wrote since the first of these orders was first sent."""
    first = min((record.first_sent_at or record.created_at) for record in records)
    return list(books.invoices_modified(since=first - MARGIN, until=now + AHEAD))


def verdict(
    record: OrderRecord, store_hash: str, listing: Iterable[InvoiceSummary], now: datetime
) -> Outcome:
    """What a complete listing says of one unsettled order: posted, exists, to be sent again, or still unknown."""
    has_number = is_ours_to_give(record.number)
    found = found_there(marker(store_hash, record.order_id), record.number, listing)
    if found is not None and found.ours:
        expected = record.bridge.books if record.bridge is not None else None
        return posted_as(record, found.row, expected, "The answer was lost; found in Saasu by its marker.")
    if found is not None:
        return exists_outcome(record, record.number)
    if record.sent_at is not None and now < record.sent_at + settle_time(has_number):
        return Outcome(state=State.UNKNOWN, note="Not in Saasu yet; looked up again later.")
    return Outcome(state=State.SEEN, note="Not in Saasu: it will be sent again.")


def posted_as(record: OrderRecord, row: InvoiceSummary, expected: Figures | None, note: str) -> Outcome:
    """The outcome of an order that Saasu turns out to have: posted, named by that very sale and compared with what it has to come to."""
    return Outcome(
        state=State.POSTED,
        note=note,
        problems=compare(record.order_id, expected, row),
        posted=PostedOrder(invoice_id=row.invoice_id, number=row.number),
        found=row,
    )


def exists_outcome(record: OrderRecord, number: str) -> Outcome:
    """The outcome of an order whose number stands on somebody else's sale."""
    problem = invoice_exists(record.order_id, number)
    return Outcome(state=State.EXISTS, problems=(problem,), note="Saasu has this number on another sale.")
