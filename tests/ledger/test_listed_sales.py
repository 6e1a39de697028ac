"""The sales of a file as Saasu last listed them, in the database (SYNC §7.7)."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.ledger import write_listed
from portal.models.connections import Connection
from portal.models.mirrors import ListedSale
from portal.sync.sale_orders import InvoiceSummary
from tests.factories import NOON


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
