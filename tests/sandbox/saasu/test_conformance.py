"""Every answer and every recorded example against the contract's `openapi.yaml`.

The other tests of this folder hold each answer they get against it too, through `Books.send`.
"""

import json
from typing import Any

import pytest

from sandbox.saasu.app import ROUTES
from tests.sandbox.saasu.books import Books
from tests.sandbox.saasu.contract import EXAMPLES, contract, departures, faults_of, needs_contract

pytestmark = needs_contract

# Recorded answer or accepted request -> schema.
RECORDED = {
    "account.json": "Account",
    "company.json": "Company",
    "contact-create-addresses.request.json": "ContactWrite",
    "contact-create-minimal.request.json": "ContactWrite",
    "contact-create.response.json": "InsertContactResult",
    "contact.json": "Contact",
    "contacts-list.response.json": "ContactList",
    "error-stale-update.response.json": "ErrorBody",
    "fileidentities-first-row.response.json": "FileIdentityList",
    "invoice-create-item-layout.request.json": "InvoiceWrite",
    "invoice-create-minimal.request.json": "InvoiceWrite",
    "invoice-create-sale-order.request.json": "InvoiceWrite",
    "invoice-delete.response.json": "StatusResult",
    "invoice-get-fragment.response.json": "InvoiceDetail",
    "item-combo-fragment.response.json": "ItemDetail",
    "item-create-combo.request.json": "ItemWrite",
    "item-create-inventory.request.json": "ItemWrite",
    "payment-fragment.json": "PaymentDetail",
    "search-fragment.response.json": "SearchResult",
    "taxcodes-list-first-row.response.json": "TaxCodeList",
    "token-2fa-required.response.json": "GrantError",
    "token-request.json": "PasswordGrantRequest",
    "token-response.json": "AccessGrant",
}
# The one call served here that the contract's document leaves to FACTS §3.10.
NOT_DESCRIBED = {"/deletedentities"}


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text())


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recorded_examples_pass_the_same_check(name: str) -> None:
    assert faults_of(RECORDED[name], example(name)) == []


def test_every_recorded_example_is_checked() -> None:
    names = {path.name for path in EXAMPLES.glob("*.json")}
    assert names - RECORDED.keys() == {"item-build.request.json"}


def test_the_check_sees_a_wrong_answer() -> None:
    assert departures("GET", "/Contacts", 200, "application/json", '{"Contacts": [{"Id": "seven"}]}') != []
    assert departures("GET", "/Contacts", 200, "text/html", "<p>") != []
    assert departures("GET", "/Contacts", 418, "application/json", "{}") != []


def test_every_route_served_is_in_the_contract() -> None:
    described = {
        (method.upper(), path.lower().replace("{id}", "<int:record_id>"))
        for path, operations in contract()["paths"].items()
        for method in operations
    }
    served = {(method, path) for method, path, _ in ROUTES if path not in NOT_DESCRIBED}
    assert served <= described


def test_every_list_and_record_of_a_filled_file_conforms(books: Books) -> None:
    contact = books.contact(**{**example("contact.json"), "CompanyId": None, "Id": None})
    order = books.post(BillingContactId=contact, ShippingContactId=contact, Tags=["BigCommerce"])
    code = next(iter(books.file.tax_codes))
    account = next(iter(books.file.tables["accounts"]))
    company = books.ask("POST", "/Company", {"Name": "Fig"}).value["InsertedCompanyId"]
    for path in (
        "/FileIdentity",
        "/Contacts",
        f"/Contact/{contact}",
        "/Companies",
        f"/Company/{company}",
        "/Items",
        f"/Item/{books.item()}",
        "/Invoices",
        f"/Invoice/{order}",
        "/TaxCodes",
        f"/TaxCode/{code}",
        "/Accounts",
        f"/Account/{account}",
    ):
        # `ask` compares each answer with the contract.
        assert books.ask("GET", path).status == 200


def test_bodies_that_the_real_system_accepted_are_accepted_here(books: Books) -> None:
    account = next(iter(books.file.tables["accounts"]))
    contact = books.contact(**example("contact-create-addresses.request.json"))
    books.contact(**example("contact-create-minimal.request.json"))
    for name in ("invoice-create-minimal.request.json", "invoice-create-sale-order.request.json"):
        body = example(name)
        for line in body["LineItems"]:
            line["AccountId"] = account
        if "BillingContactId" in body:
            body["BillingContactId"] = body["ShippingContactId"] = contact
        assert books.ask("POST", "/Invoice", body).status == 200, name
    body = example("invoice-create-item-layout.request.json")
    for line in body["LineItems"]:
        line["InventoryId"] = books.item()
    body["BillingContactId"] = body["ShippingContactId"] = contact
    number = books.ask("POST", "/Invoice", body).value["InsertedEntityId"]
    # 2 x 15 less 3 % is 29.10, 3 x 25 is 75.00.
    assert str(books.ask("GET", f"/Invoice/{number}").value["TotalAmount"]) == "104.10"


def test_accepted_item_bodies_are_accepted_here(books: Books) -> None:
    income = next(iter(books.file.tables["accounts"]))
    for name in ("item-create-inventory.request.json", "item-create-combo.request.json"):
        body = example(name) | {"Code": name, "SaleIncomeAccountId": income}
        for part in body.get("BuildItems", []):
            part["Id"] = books.item()
        assert books.ask("POST", "/Item", body).status == 200, name
