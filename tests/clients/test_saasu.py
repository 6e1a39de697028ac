"""Saasu's client: what is sent, what is read, and what each answer means for the act that was tried."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from portal.clients.exact_json import dump, load
from portal.clients.saasu import Saasu
from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    RemoteFailure,
    StaleRecord,
    Throttled,
    Unreachable,
)
from portal.sync.ports import Books
from portal.sync.rules import Item
from portal.sync.sale_orders import (
    AUTO_NUMBER,
    Contact,
    ContactChange,
    NewContact,
    PostalAddress,
    PostedOrder,
    SaleLine,
    SaleOrder,
)
from tests.clients.wire import BOOKS, Noted, books, example, examples

SALE = SaleOrder(
    number="SHO120",
    marker="BC-abc123-120",
    on=date(2026, 8, 1),
    summary="BigCommerce order #120",
    lines=(
        SaleLine(
            description='Mug "Gum leaf"',
            item_id=5,
            quantity=Decimal(2),
            unit_price=Decimal("59.95"),
            percentage_discount=Decimal("12.50"),
            tax_code="G1",
        ),
        SaleLine(description="Post", item_id=6, quantity=Decimal(1), unit_price=Decimal("-10.0000")),
    ),
    notes="Leave it at the door.",
    billing_contact_id=11,
    shipping_contact_id=12,
)
POSTED = '{"InsertedEntityId": 901, "GeneratedInvoiceNumber": null, "Id": 901, "LastUpdatedId": "AAA="}'


def body_of(number: int = 0) -> Any:
    sent = responses.calls[number].request.body
    assert isinstance(sent, bytes)
    return load(sent.decode())


def asked(number: int = 0) -> dict[str, list[str]]:
    return parse_qs(urlsplit(str(responses.calls[number].request.url)).query)


def envelope(name: str, rows: list[dict[str, Any]]) -> str:
    """A page as Saasu gives it: a `next` link always (SA §3)."""
    links = [{"rel": "next", "href": f"{BOOKS}/{name}?Page=2", "method": "GET", "title": None}]
    return dump({name: rows, "_links": links})


@responses.activate
def test_a_sale_order_is_sent_as_the_contract_has_it() -> None:
    responses.post(f"{BOOKS}/Invoice", body=POSTED)
    assert books().post(SALE) == PostedOrder(invoice_id=901, number="SHO120")
    assert body_of() == {
        "TransactionType": "S",
        "InvoiceType": "Sale Order",
        "Layout": "I",
        "IsTaxInc": True,
        "Currency": "AUD",
        "TransactionDate": "2026-08-01",
        "InvoiceNumber": "SHO120",
        "PurchaseOrderNumber": "BC-abc123-120",
        "Summary": "BigCommerce order #120",
        "NotesExternal": "Leave it at the door.",
        "Tags": ["BigCommerce"],
        "BillingContactId": 11,
        "ShippingContactId": 12,
        "LineItems": [
            {
                "Description": 'Mug "Gum leaf"',
                "InventoryId": 5,
                "Quantity": 2,
                "UnitPrice": Decimal("59.95"),
                "PercentageDiscount": Decimal("12.50"),
                "TaxCode": "G1",
            },
            {
                "Description": "Post",
                "InventoryId": 6,
                "Quantity": 1,
                "UnitPrice": Decimal("-10.0000"),
                "PercentageDiscount": 0,
            },
        ],
    }
    request = responses.calls[0].request
    assert '"UnitPrice": 59.95,' in str(request.body)
    assert asked() == {"FileId": ["77"]}
    assert request.headers["Authorization"] == "Bearer first-token"
    assert (request.headers["X-Api-Version"], request.headers["Content-Type"]) == ("1.0", "application/json")


@responses.activate
def test_an_automatic_number_is_the_one_saasu_gave() -> None:
    responses.post(f"{BOOKS}/Invoice", body='{"InsertedEntityId": 7, "GeneratedInvoiceNumber": "I-55"}')
    sale = replace(SALE, number=AUTO_NUMBER, notes="", billing_contact_id=None, shipping_contact_id=None)
    assert books().post(sale) == PostedOrder(invoice_id=7, number="I-55")
    assert {"NotesExternal", "BillingContactId", "ShippingContactId"}.isdisjoint(body_of())
    responses.replace(responses.POST, f"{BOOKS}/Invoice", body='{"Id": 8}')
    assert books().post(sale) == PostedOrder(invoice_id=8, number="")


@responses.activate
def test_a_reserved_slot_serves_the_next_post_once() -> None:
    responses.post(f"{BOOKS}/Invoice", body=POSTED)
    noted = Noted()
    client = books(noted)
    client.reserve()
    client.post(SALE)
    assert noted.purposes == ["post"]
    client.post(SALE)
    assert noted.purposes == ["post", "post"]


POSTS: list[tuple[int, str, type[RemoteFailure]]] = [
    (400, '"Please include a valid currency."', Refused),
    (
        400,
        "Unable to complete the requested operation\r\nas it will cause negative stock-on-hand\r\n",
        Refused,
    ),
    (404, "", Refused),
    (422, '{"Message": "No."}', Refused),
    (413, "", Refused),
    (400, '"Duplicate invoice number is not allowed."', NumberTaken),
    (409, '{"Message": "Invoice number SHO120 already exists."}', NumberTaken),
    (400, "DuplicateInvoiceNumberException", NumberTaken),
    (400, '"The invoice number must be unique."', NumberTaken),
    (422, '"This number is already in use."', NumberTaken),
    (400, '"Record to be updated has changed since last read."', StaleRecord),
    (409, '"Record to be updated has changed since last read."', StaleRecord),
    (400, '"The period up to 2026-06-30 is locked."', PeriodLocked),
    (400, '"Transactions before 1 July 2026 are locked."', PeriodLocked),
    (409, '"This date is in a closed period."', PeriodLocked),
    (409, '"Conflict."', OutcomeLost),
    (408, "", OutcomeLost),
    (423, "", OutcomeLost),
    (425, "", OutcomeLost),
    (499, "", OutcomeLost),
    (500, '"Something broke."', OutcomeLost),
    (502, "", OutcomeLost),
    (503, "<html><title>Maintenance</title></html>", OutcomeLost),
    (504, "", OutcomeLost),
    (302, "", OutcomeLost),
    (400, "<!DOCTYPE html><html></html>", OutcomeLost),
    (200, "<!DOCTYPE html><html></html>", OutcomeLost),
    (200, "", OutcomeLost),
    (200, '"ok"', OutcomeLost),
    (200, "{}", OutcomeLost),
    (200, '{"InsertedEntityId": 0}', OutcomeLost),
    (200, '{"InsertedEntityId": 9', OutcomeLost),
    (204, "", OutcomeLost),
    (403, '"Your current subscription does not allow item layouts."', Denied),
    (402, "", Denied),
    (403, '"You do not have permission."', Denied),
    (429, "", Throttled),
]


@responses.activate
@pytest.mark.parametrize(("status", "body", "kind"), POSTS)
def test_each_answer_to_a_post_is_classified(status: int, body: str, kind: type[RemoteFailure]) -> None:
    responses.post(f"{BOOKS}/Invoice", status=status, body=body)
    with pytest.raises(kind) as caught:
        books().post(SALE)
    assert type(caught.value) is kind
    assert len(responses.calls) == 1
    if isinstance(caught.value, Denied):
        assert caught.value.plan == ("subscription" in body or status == 402)


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
def test_a_broken_post_is_lost_and_a_refused_connection_is_not() -> None:
    responses.post(f"{BOOKS}/Invoice", body=requests.ReadTimeout())
    with pytest.raises(OutcomeLost):
        books().post(SALE)
    responses.replace(responses.POST, f"{BOOKS}/Invoice", body=requests.ConnectTimeout())
    with pytest.raises(Unreachable):
        books().post(SALE)


@responses.activate
def test_a_refused_token_is_renewed_once_and_the_post_sent_once_more() -> None:
    given: list[str] = []
    responses.post(f"{BOOKS}/Invoice", status=401)
    responses.post(f"{BOOKS}/Invoice", body=POSTED)
    noted = Noted()
    client = books(noted, renew=lambda old: given.append(old) or "second-token")  # type: ignore[func-returns-value]
    client.reserve()
    assert client.post(SALE).invoice_id == 901
    assert given == ["first-token"]
    assert responses.calls[1].request.headers["Authorization"] == "Bearer second-token"
    assert noted.purposes == ["post", "post"]


@responses.activate
@pytest.mark.parametrize(
    ("ping", "kind"), [(200, Denied), (401, CredentialsRefused), (403, CredentialsRefused)]
)
def test_a_second_401_is_the_files_or_the_logins(ping: int, kind: type[RemoteFailure]) -> None:
    responses.post(f"{BOOKS}/Invoice", status=401)
    responses.get(f"{BOOKS}/authorisation/ping", status=ping)
    with pytest.raises(kind) as caught:
        books().post(SALE)
    assert type(caught.value) is kind
    assert len(responses.calls) == 3


@responses.activate
def test_what_the_renewal_raises_is_passed_on() -> None:
    def refuse(_old: str) -> str:
        raise CredentialsRefused("the refresh token is dead")

    responses.get(f"{BOOKS}/Items", status=401)
    with pytest.raises(CredentialsRefused, match="dead"):
        books(renew=refuse).items()
    assert len(responses.calls) == 1


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
        (35, 0, Decimal("1.5")),
    ]
    assert rows[0].modified_at == datetime(2026, 8, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert rows[0].purchase_order_number == "BC-abc123-120"
    assert {"TransactionType", "InvoiceStatus", "InvoiceNumber"}.isdisjoint(asked())
    assert asked()["PaymentStatus"] == ["A"]


@responses.activate
def test_contacts_are_compared_here() -> None:
    rows: list[dict[str, Any]] = [
        {"Id": 1, "EmailAddress": " Joe+Shop@Example.com", "IsSupplier": True},
        {"Id": 2, "EmailAddress": "joe+shop@example.com.au"},
    ]
    responses.get(f"{BOOKS}/Contacts", body=envelope("Contacts", rows))
    found = books().contacts_by_email("joe+shop@example.com ")
    assert [(contact.id, contact.is_supplier, contact.is_active) for contact in found] == [(1, True, True)]
    assert asked()["Email"] == ["joe+shop@example.com"]
    assert "Email=joe%2Bshop%40example.com" in str(responses.calls[0].request.url)


@responses.activate
def test_a_blank_search_is_never_sent() -> None:
    assert books().contacts_by_email("  ") == ()
    assert books().contacts_by_name(" ", "") == ()
    assert len(responses.calls) == 0


@responses.activate
def test_contacts_are_found_by_both_names() -> None:
    rows = [
        {"Id": 1, "GivenName": "carl", "FamilyName": "O'Neil"},
        {"Id": 2, "GivenName": "Carla", "FamilyName": "O'Neil"},
    ]
    responses.get(f"{BOOKS}/Contacts", body=envelope("Contacts", rows))
    assert [contact.id for contact in books().contacts_by_name("Carl", "o'neil ")] == [1]
    responses.get(f"{BOOKS}/Contacts", body=envelope("Contacts", [{"Id": 3, "FamilyName": "Wattle Pty Ltd"}]))
    assert [contact.id for contact in books().contacts_by_name("", "Wattle Pty Ltd")] == [3]
    assert "GivenName" not in asked(1)


@responses.activate
def test_a_contact_is_created_with_what_there_is() -> None:
    responses.post(f"{BOOKS}/Contact", body=(examples("saasu") / "contact-create.response.json").read_text())
    place = PostalAddress(
        street="4 Wattle Lane", city="Bendigo", state="VIC", postcode="3550", country="Australia"
    )
    contact = NewContact(
        given_name="Mia", family_name="Kowalczyk", email="mia@example.com", phone="03", postal=place
    )
    assert books().create_contact(contact) == 123
    assert body_of() == {
        "GivenName": "Mia",
        "FamilyName": "Kowalczyk",
        "IsCustomer": True,
        "EmailAddress": "mia@example.com",
        "PrimaryPhone": "03",
        "PostalAddress": {
            "Street": "4 Wattle Lane",
            "City": "Bendigo",
            "State": "VIC",
            "Postcode": "3550",
            "Country": "Australia",
        },
    }
    books().create_contact(NewContact(given_name="", family_name="Gum Pty Ltd", other=place))
    assert set(body_of(1)) == {"GivenName", "FamilyName", "IsCustomer", "OtherAddress"}
    responses.replace(responses.POST, f"{BOOKS}/Contact", body="{}")
    with pytest.raises(OutcomeLost):
        books().create_contact(contact)


def known_contact(**changes: Any) -> Contact:
    """The contract's contact with an amount in it and a field nobody knows."""
    row = example("saasu", "contact.json") | {
        "DefaultSaleDiscount": Decimal("7.50"),
        "Novel": {"_links": [], "A": 1},
    }
    with responses.RequestsMock() as wire:
        row |= {"EmailAddress": "joe@example.com"} | changes
        wire.get(f"{BOOKS}/Contacts", body=envelope("Contacts", [row]))
        return books().contacts_by_email("joe@example.com")[0]


@responses.activate
def test_an_update_sends_the_whole_record_back_with_the_changes() -> None:
    responses.put(f"{BOOKS}/Contact/1", body='{"UpdatedContactId": 1, "LastUpdatedId": "AAB="}')
    contact = known_contact()
    place = PostalAddress(
        street="1 New Street", city="Perth", state="WA", postcode="6000", country="Australia"
    )
    books().update_contact(contact, ContactChange(given_name="Jo", other=place, is_active=True))
    before = example("saasu", "contact.json")
    before.pop("_links")
    expected = before | {
        "EmailAddress": "joe@example.com",
        "DefaultSaleDiscount": Decimal("7.50"),
        "Novel": {"A": 1},
        "GivenName": "Jo",
        "OtherAddress": {
            "Street": "1 New Street",
            "City": "Perth",
            "State": "WA",
            "Postcode": "6000",
            "Country": "Australia",
        },
    }
    assert body_of() == expected
    assert '"DefaultSaleDiscount": 7.50' in str(responses.calls[0].request.body)
    assert "_links" not in str(responses.calls[0].request.body)


@responses.activate
def test_an_update_of_a_contact_without_a_record_sends_the_changes_alone() -> None:
    responses.put(f"{BOOKS}/Contact/1", body="{}")
    for record in ("{}", "spoilt", "[]"):
        contact = Contact(id=1, last_updated_id="AAA=", record=record)
        books().update_contact(
            contact, ContactChange(family_name="Gum", phone="0400", postal=PostalAddress(city="Perth"))
        )
    assert {str(body_of(number)) for number in range(3)} == {str(body_of(0))}
    assert body_of()["LastUpdatedId"] == "AAA="
    assert body_of()["PostalAddress"]["City"] == "Perth"


@responses.activate
def test_a_stale_record_is_told_by_its_sentence() -> None:
    said = (examples("saasu") / "error-stale-update.response.json").read_text()
    responses.put(f"{BOOKS}/Contact/1", status=400, body=said)
    with pytest.raises(StaleRecord):
        books().update_contact(known_contact(), ContactChange(given_name="Jo"))


@responses.activate
def test_a_taken_number_is_only_a_sale_orders() -> None:
    responses.post(f"{BOOKS}/Contact", status=400, body='"That account number already exists."')
    with pytest.raises(Refused) as caught:
        books().create_contact(NewContact(given_name="A", family_name="B"))
    assert type(caught.value) is Refused


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
