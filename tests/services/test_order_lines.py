"""What the shop sold, line by line, is read from the text that is kept of an order, posted or not."""

from decimal import Decimal

import msgspec
import pytest
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import Order
from portal.services import order_lines
from portal.services.remotes import Outside, firm_vault
from portal.sync.orders import CompleteOrder, Fee
from portal.sync.problems import item_not_found
from tests.builders import including, line, order
from tests.factories import make_connection, make_file, make_firm, make_order
from tests.mailroom import Mailroom

HOODIE = line("sh-hoodie ", "60.00", 2, name="Hoodie", options=("Red", "Large"))
MUG = line("MUG", "15.00", id=2, name="", parent_id=1)


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


@pytest.fixture
def outside(mailroom: Mailroom) -> Outside:
    return mailroom.outside


def kept(
    session: Session, outside: Outside, connection: Connection, number: int, what: CompleteOrder, *skus: str
) -> Order:
    """A failed order whose text is kept, and which lacks items for some SKUs."""
    found = [item_not_found(number, sku) for sku in skus]
    problems = [{"code": str(one.code), "sentence": one.sentence, "subject": one.subject} for one in found]
    row = make_order(session, connection, number, "failed", problems=problems)
    keys = firm_vault(session, outside.vault, connection.firm_id)
    row.document = keys.seal(row.id, "document", msgspec.json.encode(what).decode())
    session.commit()
    return row


def test_each_line_has_its_name_sku_quantity_and_amounts_and_says_whether_an_item_is_missing(
    session: Session, outside: Outside, connection: Connection
) -> None:
    row = kept(session, outside, connection, 120, order(HOODIE, MUG), "SH-Hoodie")

    found = order_lines.shop_lines(session, outside, row)

    assert found is not None
    hoodie, mug = found.lines
    assert (hoodie.name, hoodie.sku, hoodie.quantity) == ("Hoodie, Red, Large", "sh-hoodie", Decimal(2))
    assert (hoodie.price, hoodie.amount) == (Decimal("60.00"), Decimal("120.00"))
    assert (hoodie.missing, hoodie.in_bundle) == (True, False)
    assert (mug.name, mug.missing, mug.in_bundle) == ("MUG", False, True)
    assert (found.name_of("sh-HOODIE"), found.name_of("cup")) == ("Hoodie, Red, Large", "")


def test_lines_and_charges_less_the_discount_make_the_total(
    session: Session, outside: Outside, connection: Connection
) -> None:
    fee = Fee(name="Card", cost=including("2.20"))
    whole = order(HOODIE, MUG, fees=(fee,), shipping="11.00", discount="20.00", total="128.2049")
    row = kept(session, outside, connection, 120, whole)

    found = order_lines.shop_lines(session, outside, row)

    assert found is not None
    assert (found.shipping, found.fees, found.total) == (Decimal("11.00"), Decimal("2.20"), Decimal("128.20"))
    assert found.discount == Decimal("20.00")


@pytest.mark.parametrize("document", [None, b"spoilt", "{}", "part"])
def test_what_is_forgotten_spoilt_or_was_not_read_whole_shows_no_lines(
    session: Session, outside: Outside, connection: Connection, document: bytes | str | None
) -> None:
    row = kept(session, outside, connection, 120, order(HOODIE, complete=document != "part"))
    if document != "part":
        keys = firm_vault(session, outside.vault, connection.firm_id)
        row.document = keys.seal(row.id, "document", document) if isinstance(document, str) else document
        session.commit()

    assert order_lines.shop_lines(session, outside, row) is None


def test_a_missing_sku_is_called_as_the_newest_order_calls_it(
    session: Session, outside: Outside, connection: Connection
) -> None:
    older = kept(session, outside, connection, 120, order(line("cup", "5.00", name="Old cup"), MUG), "cup")
    newer = kept(session, outside, connection, 121, order(line("CUP", "5.00", name="Cup")), "CUP")
    other = make_firm(session, "Banksia Books")

    def names(*skus: str) -> dict[str, str]:
        return order_lines.product_names(session, outside, connection.firm_id, [older, newer], skus)

    assert names("cup", "mug", "jug") == {"cup": "Cup", "mug": "MUG", "jug": ""}
    assert order_lines.product_names(session, outside, other.id, [older, newer], ["cup"]) == {"cup": ""}


def test_only_so_many_orders_are_opened_for_names(
    session: Session, outside: Outside, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_lines, "READ_FOR_NAMES", 1)
    older = kept(session, outside, connection, 120, order(line("cup", "5.00", name="Cup")), "cup")
    newer = kept(session, outside, connection, 121, order(line("jug", "5.00", name="Jug")), "jug")

    found = order_lines.product_names(session, outside, connection.firm_id, [older, newer], ["cup", "jug"])

    assert found == {"cup": "", "jug": "Jug"}
