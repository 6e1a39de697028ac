"""The sales of a file as Saasu last listed them, and how far a connection's orders were compared with them (SYNC §7.7)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.ledger.leases import renew_lease
from portal.models.connections import Connection
from portal.models.mirrors import ListedSale
from portal.sync.known_sales import Looked, folded_number, is_ours_to_give
from portal.sync.ports import Clock
from portal.sync.sale_orders import InvoiceSummary

LONGEST = 100
OUR_MARKS = "BC-"
"""What all our markers begin with; the purchase order numbers of other sales are nobody's business here."""


class SqlKnownSales:
    """The port `KnownSales` over SQL, for one run under its fence."""

    def __init__(self, session: Session, connection: Connection, fence: int, clock: Clock) -> None:
        self._session = session
        self._connection_id = connection.id
        self._file_pk = connection.file_pk
        self._fence = fence
        self._clock = clock

    def looked(self) -> Looked:
        """How far the connection looked."""
        row = self._session.get_one(Connection, self._connection_id, populate_existing=True)
        looked = Looked(since=row.looked_since, doubt=row.doubt_from)
        self._session.rollback()
        return looked

    def keep(self, rows: Sequence[InvoiceSummary], looked: Looked, made: datetime) -> None:
        """Commit the sales of a complete listing begun at `made`, together with how far was looked."""
        renew_lease(self._session, self._connection_id, self._fence, self._clock.now())
        write_listed(self._session, self._file_pk, rows, made)
        self._session.execute(
            update(Connection)
            .where(Connection.id == self._connection_id)
            .values(looked_since=looked.since, doubt_from=looked.doubt)
            .execution_options(synchronize_session=False)
        )
        self._session.commit()

    def listed(self, mark: str, number: str) -> list[InvoiceSummary]:
        """The sales last listed with that marker or that number."""
        found = listed_sales(self._session, self._file_pk, mark, number)
        self._session.rollback()
        return found

    def forget(self, mark: str, number: str, before: datetime) -> None:
        """Commit that Saasu does not have the sales with that marker or that number any more that were last listed before a moment."""
        renew_lease(self._session, self._connection_id, self._fence, self._clock.now())
        gone = named_so(self._file_pk, mark, number) & (ListedSale.listed_at < before)
        self._session.execute(delete(ListedSale).where(gone).execution_options(synchronize_session=False))
        self._session.commit()


def write_listed(session: Session, file_pk: str, rows: Sequence[InvoiceSummary], made: datetime) -> None:
    """Keep the sales of a listing made at a moment: their numbers, and the markers that are ours. The caller commits.

    When a sale was last listed never goes back, whatever another worker's clock says.
    They are written by ascending id, so that two listings of one file wait for each other instead of locking each other out.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    added = insert(ListedSale)
    listed_at = added.excluded["listed_at"]
    later = case((listed_at > ListedSale.listed_at, listed_at), else_=ListedSale.listed_at)
    kept = added.on_conflict_do_update(
        index_elements=["file_pk", "invoice_id"],
        set_={"number": added.excluded["number"], "marker": added.excluded["marker"], "listed_at": later},
    )
    values = [
        {
            "file_pk": file_pk,
            "invoice_id": row.invoice_id,
            "number": folded_number(row.number)[:LONGEST],
            "marker": mark_of(row),
            "listed_at": made,
        }
        for row in sorted(rows, key=lambda row: row.invoice_id)
    ]
    if values:
        session.execute(kept, values)


def mark_of(row: InvoiceSummary) -> str:
    """A sale's marker where it is one of ours; else blank."""
    mark = row.purchase_order_number.strip()
    return mark[:LONGEST] if mark.startswith(OUR_MARKS) else ""


def listed_sales(
    session: Session, file_pk: str, mark: str, number: str, since: datetime | None = None
) -> list[InvoiceSummary]:
    """The sales of a file last listed with that marker or that number, or of those only the ones listed since a moment."""
    query = select(ListedSale).where(named_so(file_pk, mark, number))
    if since is not None:
        query = query.where(ListedSale.listed_at >= since)
    return [
        InvoiceSummary(
            invoice_id=row.invoice_id,
            number=row.number,
            purchase_order_number=row.marker,
            invoice_type="",
            total=None,
            tax=None,
        )
        for row in session.scalars(query.order_by(ListedSale.invoice_id))
    ]


def named_so(file_pk: str, mark: str, number: str) -> ColumnElement[bool]:
    """The condition for the listed sales of a file with that marker or that number."""
    names = [ListedSale.marker == mark]
    if is_ours_to_give(number):
        names.append(ListedSale.number == folded_number(number))
    return and_(ListedSale.file_pk == file_pk, or_(*names))


def doubt(session: Session, connection_id: str, since: datetime) -> None:
    """Let a connection's next run that posts list what Saasu wrote since a moment. The caller commits."""
    session.execute(
        update(Connection)
        .where(
            Connection.id == connection_id,
            or_(Connection.doubt_from.is_(None), Connection.doubt_from > since),
        )
        .values(doubt_from=since)
        .execution_options(synchronize_session=False)
    )
