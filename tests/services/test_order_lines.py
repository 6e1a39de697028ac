"""What the shop sold, line by line, is read from the text that is kept of an order, posted or not."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy.orm import Session

from portal.ledger.rows import bridge_rows
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.services import order_lines
from portal.services.remotes import Outside, firm_vault
from portal.sync.mapping import Mapped, map_order
from portal.sync.orders import CompleteOrder, Fee
from portal.sync.problems import item_not_found
from tests.builders import catalogue, including, item, line, order, rules
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


def sums(found: order_lines.ShopLines) -> Decimal:
    """What the rows of a page come to."""
    goods = sum((one.amount for one in found.lines), Decimal(0))
    return goods - found.discount + found.shipping + found.fees + found.rest


CENTS = [line(f"S{number}", "1.95", id=number, inclusive=False) for number in (1, 2, 3)]
"""Three lines of 2.145 with GST: 2.15 each in whole cents, 6.435 or 6.44 together."""


@pytest.mark.parametrize(
    ("discount", "total", "parts"),
    [
        ("0.00", None, ("0.00", "-0.01", True)),
        ("1.00", None, ("1.11", "0.00", True)),
        ("5.00", "6.4400", ("5.00", "4.99", False)),
    ],
)
def test_in_an_order_without_gst_a_rest_of_rounding_is_named_and_is_no_discount(
    discount: str, total: str | None, parts: tuple[str, str, bool]
) -> None:
    whole = order(*CENTS, inclusive=False, discount=discount)
    if total is not None:
        whole = replace(whole, order=replace(whole.order, total=including(total)))

    found = order_lines.lines_of(whole, ())

    assert (found.discount, found.rest, found.adds_up) == (Decimal(parts[0]), Decimal(parts[1]), parts[2])
    assert sums(found) == found.total


@pytest.mark.parametrize("discount", ["0.00", "1.00", "2.37", "5.85"])
def test_the_lines_say_of_discount_and_charges_what_the_bridge_says(discount: str) -> None:
    whole = order(*CENTS, inclusive=False, discount=discount, shipping="9.05")
    mapped = map_order(whole, rules(), catalogue(*(item(one.sku, one.id) for one in CENTS)))
    assert isinstance(mapped, Mapped)
    spans = bridge_rows(mapped.bridge)

    for found in (order_lines.lines_of(whole, (), spans), order_lines.lines_of(whole, ())):
        kept = [mapped.bridge.span(name).shop for name in ("Discount", "Shipping", "Fees", "Total")]
        assert [-found.discount, found.shipping, found.fees, found.total] == kept
        assert sums(found) == found.total and found.adds_up


def test_a_bridge_of_another_total_or_of_parts_that_do_not_meet_is_left_aside() -> None:
    names = ("Goods", "Discount", "Shipping", "Fees", "Total", "GST")
    spans = [{"name": name, "shop": "7.00", "books": "7.00", "words": ""} for name in names]
    whole = order(HOODIE, discount="20.00")

    for kept in (spans, [one | {"shop": "100.00"} for one in spans[:-1]]):
        found = order_lines.lines_of(whole, (), kept)
        assert (found.discount, found.shipping, found.rest) == (Decimal("20.00"), Decimal(0), Decimal(0))


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
