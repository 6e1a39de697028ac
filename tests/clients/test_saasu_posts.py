"""What a sale order looks like on the wire, and what each answer to it means."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import requests
import responses

from portal.clients.answers import Answer
from portal.clients.saasu_refusals import names_a_day
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
from portal.sync.sale_orders import (
    AUTO_NUMBER,
    PostedOrder,
    SaleLine,
    SaleOrder,
)
from tests.clients.wire import BOOKS, Noted, asked, body_of, books

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
    (403, '"The daily limit of calls is used up; access is blocked for 24 hours."', Throttled),
    (402, '"Upgrade: 4,000 calls a day are allowed."', Throttled),
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


@pytest.mark.parametrize(
    ("said", "a_day"),
    [
        ("The daily limit of calls is used up; access is blocked for 24 hours.", True),
        ("Blocked for 24h", True),
        ("Daily API limit exceeded", True),
        ("You made more than 4,000 requests per day", True),
        ("Too many requests.", False),
        ("Slow down: 1 call per second", False),
        ("The daily sheet is closed", False),
        ("", False),
    ],
)
def test_words_of_a_day_are_told_from_a_call_too_soon(said: str, a_day: bool) -> None:
    assert names_a_day(Answer(429, {}, said)) is a_day


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
