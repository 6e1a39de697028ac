"""How the orders of a schedule stand at its end, to be compared between the ledgers of `prove simulate`."""

from dataclasses import dataclass
from datetime import datetime

from portal.sync.bridge import Figures
from portal.sync.ports import OrderRecord


@dataclass(frozen=True, slots=True)
class End:
    """How one order stands at a schedule's end, as its record tells: alike on every ledger, but for the row's own id."""

    order_id: int
    state: str
    number: str
    invoice_id: int | None
    ignored: str
    codes: tuple[str, ...]
    refusals: int
    first_sent_at: datetime | None
    sent_at: datetime | None
    modified_at: datetime
    status_id: int
    books: Figures | None
    run_id: str


def end_of(record: OrderRecord) -> End:
    """How a record says that its order stands."""
    return End(
        order_id=record.order_id,
        state=str(record.state),
        number=record.number,
        invoice_id=record.invoice_id,
        ignored=str(record.ignored or ""),
        codes=tuple(sorted(map(str, record.codes))),
        refusals=record.refusals,
        first_sent_at=record.first_sent_at,
        sent_at=record.sent_at,
        modified_at=record.modified_at,
        status_id=record.status_id,
        books=record.books,
        run_id=record.run_id,
    )
