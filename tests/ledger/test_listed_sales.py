"""The sales of a file as Saasu last listed them, in the database (SYNC §7.7)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.ledger import SqlKnownSales, take_lease, write_listed
from portal.models.connections import Connection
from portal.models.mirrors import ListedSale
from portal.sync.known_sales import Looked
from portal.sync.sale_orders import InvoiceSummary
from tests.factories import NOON, make_file, make_firm, make_run
from tests.fakes import FakeClock


def listed(invoice_id: int, number: str = "", mark: str = "") -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=invoice_id,
        number=number,
        purchase_order_number=mark,
        invoice_type="Sale Order",
        total=None,
        tax=None,
    )


@pytest.fixture
def written(session: Session) -> list[int]:
    """The ids of the sales in the order in which they are written, and with that locked."""
    ids: list[int] = []

    def hear(_connection: Any, _clause: Any, many: Any, one: Any, _options: Any) -> None:
        ids.extend(values["invoice_id"] for values in [*many, one] if "listed_at" in values)

    event.listen(session.get_bind(), "before_execute", hear)
    return ids


def test_two_listings_of_one_file_take_its_sales_in_the_same_order(
    session: Session, connection: Connection, written: list[int]
) -> None:
    write_listed(session, connection.file_pk, [listed(9, "A-9"), listed(7, "A-7"), listed(8, "A-8")], NOON)
    write_listed(session, connection.file_pk, [listed(7, "B-7"), listed(9, "B-9")], NOON)
    session.commit()

    assert written == [7, 8, 9, 7, 9]
    kept = {sale.invoice_id: sale.number for sale in session.query(ListedSale)}
    assert kept == {7: "b-7", 8: "a-8", 9: "b-9"}


@pytest.fixture
def sales(session: Session, connection: Connection, clock: FakeClock) -> SqlKnownSales:
    fence = take_lease(session, make_run(session, connection).id, connection.id, clock)
    assert fence is not None
    return SqlKnownSales(session, connection, fence, clock)


def ids(session: Session) -> set[int]:
    session.rollback()
    return set(session.scalars(select(ListedSale.invoice_id)))


def test_a_listing_keeps_the_moment_at_which_it_began_and_how_far_was_looked(
    session: Session, sales: SqlKnownSales, clock: FakeClock
) -> None:
    clock.forward(minutes=3)

    sales.keep([listed(7, "A-7")], Looked(since=NOON), NOON)

    assert session.scalars(select(ListedSale.listed_at)).all() == [NOON]
    assert sales.looked() == Looked(since=NOON)


def test_when_a_sale_was_last_listed_never_goes_back(session: Session, connection: Connection) -> None:
    for minutes, number in ((0, "A-1"), (5, "A-2"), (3, "A-3")):
        write_listed(session, connection.file_pk, [listed(7, number)], NOON + timedelta(minutes=minutes))
        session.commit()

    (kept,) = session.scalars(select(ListedSale).execution_options(populate_existing=True))
    assert (kept.number, kept.listed_at) == ("a-3", NOON + timedelta(minutes=5))


def test_what_a_later_listing_does_not_show_of_one_order_is_forgotten(
    session: Session, connection: Connection, sales: SqlKnownSales
) -> None:
    mark, later = "BC-abc123-120", NOON + timedelta(minutes=1)
    elsewhere = make_file(session, make_firm(session, "Other Books"))
    before = [listed(1, "X-1", mark), listed(2, "sho120"), listed(3, "SHO121"), listed(4, "X-4", mark)]
    write_listed(session, connection.file_pk, before, NOON)
    write_listed(session, elsewhere.id, [listed(5, "SHO120", mark)], NOON)
    write_listed(session, connection.file_pk, [listed(4, "X-4", mark)], later)
    session.commit()

    sales.forget(mark, "SHO120", later)

    assert ids(session) == {3, 4, 5}
    assert [row.invoice_id for row in sales.listed(mark, "SHO120")] == [4]


def test_nothing_is_forgotten_by_a_number_that_is_not_ours_to_give(
    session: Session, connection: Connection, sales: SqlKnownSales
) -> None:
    write_listed(session, connection.file_pk, [listed(1, ""), listed(2, "<Auto Number>")], NOON)
    session.commit()

    for number in ("", "<Auto Number>"):
        sales.forget("BC-abc123-120", number, NOON + timedelta(minutes=1))

    assert ids(session) == {1, 2}
