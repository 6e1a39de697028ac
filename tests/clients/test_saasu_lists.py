"""Saasu's lists: read to their end, row by row, and told apart when they fail."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from portal.clients.exact_json import dump
from portal.clients.saasu import Saasu
from portal.sync.failures import (
    Denied,
    Refused,
    RemoteFailure,
    Throttled,
    Unreachable,
)
from portal.sync.ports import Books
from portal.sync.rules import Item
from tests.clients.wire import BOOKS, Noted, asked, books, envelope, examples


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, "", Unreachable),
        (409, "", Unreachable),
        (200, "<html></html>", Unreachable),
        (200, "nonsense", Unreachable),
        (200, "[]", Unreachable),
        (200, '{"Items": null}', Unreachable),
        (400, '"No."', Refused),
        (403, '"No."', Denied),
        (429, "", Throttled),
    ],
)
def test_each_answer_to_a_read_is_classified(status: int, body: str, kind: type[RemoteFailure]) -> None:
    responses.get(f"{BOOKS}/Items", status=status, body=body)
    with pytest.raises(kind) as caught:
        books().items()
    assert type(caught.value) is kind


@responses.activate
def test_a_throttled_answer_says_how_long_and_is_not_asked_again_unasked() -> None:
    responses.get(f"{BOOKS}/Items", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(Throttled) as caught:
        books().items()
    assert (caught.value.retry_after, len(responses.calls)) == (3600, 1)


@responses.activate
def test_items_take_their_tax_code_by_its_id_and_combos_their_parts_one_by_one() -> None:
    rows: list[dict[str, Any]] = [
        {"Id": 5, "Code": "MUG-GUM", "Description": "Mug", "Type": "I", "SaleTaxCodeId": 1, "IsSold": True},
        {"Id": 6, "Code": "POST", "Type": "I", "SaleTaxCodeId": None, "IsActive": False, "IsSold": False},
        {"Id": 7, "Code": "SET", "Type": "C", "SaleTaxCodeId": 99},
        {"Id": 8, "Code": ""},
        {"Id": None, "Code": "LOST"},
        {"Id": 9, "Code": "ODD", "SaleTaxCodeId": "x"},
    ]
    responses.get(f"{BOOKS}/Items", body=envelope("Items", rows))
    responses.get(
        f"{BOOKS}/TaxCodes", body=(examples("saasu") / "taxcodes-list-first-row.response.json").read_text()
    )
    client = books()
    assert client.items() == (
        Item(id=5, code="MUG-GUM", name="Mug", tax_code="G1"),
        Item(id=6, code="POST", is_active=False, is_sold=False),
        Item(id=7, code="SET", is_combo=True),
    )
    assert [(code.code, code.rate, code.is_sale) for code in client.tax_codes()] == [
        ("G1", Decimal("0.1"), True)
    ]
    assert len(responses.calls) == 2
    responses.get(
        f"{BOOKS}/Item/3", body=(examples("saasu") / "item-combo-fragment.response.json").read_text()
    )
    assert client.item(3) == Item(id=3, code="BOOK", is_combo=True, parts=("PAGE",))
    responses.get(f"{BOOKS}/Item/4", status=400, body='"Not found."')
    assert client.item(4) is None


@responses.activate
def test_items_without_a_tax_code_cost_no_second_call_and_a_change_is_asked_with_both_ends() -> None:
    responses.get(f"{BOOKS}/Items", body=envelope("Items", [{"Id": 6, "Code": "POST"}]))
    since = datetime(2026, 8, 1, 10, tzinfo=UTC)
    assert len(books().items(modified_since=since)) == 1
    assert asked() == {
        "FileId": ["77"],
        "PageSize": ["100"],
        "Page": ["1"],
        "LastModifiedFromDate": ["2026-08-01T10:00:00Z"],
        "LastModifiedToDate": ["2026-08-03T01:00:01Z"],
    }
    assert len(responses.calls) == 1


@responses.activate
def test_a_list_ends_at_a_short_page_and_not_at_a_missing_link() -> None:
    responses.get(
        f"{BOOKS}/Items",
        body=envelope("Items", [{"Id": number, "Code": f"C{number}"} for number in range(1, 101)]),
    )
    responses.get(f"{BOOKS}/Items", body=envelope("Items", []))
    assert len(books().items()) == 100
    assert [asked(number)["Page"] for number in range(2)] == [["1"], ["2"]]


@responses.activate
def test_the_same_page_twice_is_no_list() -> None:
    rows = [{"TransactionId": number, "InvoiceNumber": f"N{number}"} for number in range(1, 101)]
    responses.get(f"{BOOKS}/Invoices", body=envelope("Invoices", rows))
    with pytest.raises(Unreachable, match="same page twice"):
        list(
            books().invoices_modified(
                since=datetime(2026, 8, 1, tzinfo=UTC), until=datetime(2026, 8, 2, tzinfo=UTC)
            )
        )


@responses.activate
def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.clients.saasu.LONGEST_LIST", 2)
    for page in (1, 2):
        rows = [{"Id": page * 1000 + number, "Code": f"C{number}"} for number in range(100)]
        responses.get(f"{BOOKS}/Items", body=envelope("Items", rows))
    with pytest.raises(Unreachable, match="end"):
        books().items()


@responses.activate
def test_invoices_of_any_type_are_listed_once_and_purchases_left_out() -> None:
    order = {
        "TransactionId": 33,
        "TransactionType": "S",
        "InvoiceType": "Sale Order",
        "InvoiceNumber": "SHO120",
        "PurchaseOrderNumber": "BC-abc123-120",
        "TotalAmount": Decimal("110.00"),
        "TotalTaxAmount": None,
        "LastModifiedDateUtc": "2026-08-01T10:00:00.1234567",
    }
    purchase = {"TransactionId": 34, "TransactionType": "P", "InvoiceNumber": "SHO120"}
    quote = {
        "TransactionId": 35,
        "TransactionType": "S",
        "InvoiceType": "Quote",
        "TotalTaxAmount": Decimal("1.5"),
    }
    responses.get(f"{BOOKS}/Invoices", body=envelope("Invoices", [order, order, purchase, quote]))
    since = datetime(2026, 8, 1, 20, tzinfo=UTC) - timedelta(hours=10)
    rows = list(books().invoices_modified(since=since, until=since))
    assert [(row.invoice_id, row.total, row.tax) for row in rows] == [
        (33, Decimal("110.00"), None),
        (35, None, Decimal("1.5")),
    ]
    assert rows[0].modified_at == datetime(2026, 8, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert rows[0].purchase_order_number == "BC-abc123-120"
    assert {"TransactionType", "InvoiceStatus", "InvoiceNumber"}.isdisjoint(asked())
    assert asked()["PaymentStatus"] == ["A"]


@responses.activate
def test_one_sale_is_read_back_by_its_id() -> None:
    sale = {"TransactionId": 33, "TransactionType": "S", "InvoiceNumber": "SHO120", "TotalAmount": 110}
    responses.get(f"{BOOKS}/Invoice/33", body=dump(sale))
    found = books().invoice(33)
    assert found is not None
    assert (found.invoice_id, found.number, found.total, found.tax) == (33, "SHO120", Decimal(110), None)


@responses.activate
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, '"No."'),
        (400, '"The requested transaction is not found."'),
        (200, "[]"),
        (200, '{"InvoiceNumber": "SHO120"}'),
    ],
)
def test_a_sale_that_is_not_there_or_does_not_say_who_it_is_is_none(status: int, body: str) -> None:
    responses.get(f"{BOOKS}/Invoice/33", status=status, body=body)
    assert books().invoice(33) is None


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(400, "<html></html>", Unreachable), (500, "", Unreachable), (429, "", Throttled), (403, "", Denied)],
)
def test_a_sale_that_cannot_be_read_back_says_why(status: int, body: str, kind: type[RemoteFailure]) -> None:
    responses.get(f"{BOOKS}/Invoice/33", status=status, body=body)
    with pytest.raises(kind):
        books().invoice(33)


@responses.activate
def test_the_file_says_who_it_is() -> None:
    row = {"Name": "Test File", "CurrencyCode": "AUD", "IsTaxRegistered": True}
    responses.get(f"{BOOKS}/FileIdentity", body=dump(row))
    found = books().file()
    assert (found.file_id, found.name, found.currency, found.tax_registered) == (77, "Test File", "AUD", True)
    responses.replace(responses.GET, f"{BOOKS}/FileIdentity", body="{}")
    with pytest.raises(Unreachable):
        books().file()


def test_the_client_is_books_and_shows_no_token() -> None:
    port: Books = books()
    assert repr(port) == "Saasu(file_id=77)"
    assert isinstance(port, Saasu)


def test_the_window_of_a_change_ends_ahead_of_the_clock_by_itself() -> None:
    client = Saasu(Noted().transport(), file_id=1, token=lambda: "", renew=lambda _old: "")
    with responses.RequestsMock() as wire:
        wire.get("https://api.saasu.com/Items", body=envelope("Items", []))
        client.items(modified_since=datetime.now(UTC))
        end = parse_qs(urlsplit(str(wire.calls[0].request.url)).query)["LastModifiedToDate"][0]
    assert end > f"{datetime.now(UTC) + timedelta(hours=23):%Y-%m-%dT%H:%M:%SZ}"
