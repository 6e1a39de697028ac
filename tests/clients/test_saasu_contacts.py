"""Contacts in Saasu: found, compared here, created, and written back whole."""

from decimal import Decimal
from typing import Any

import pytest
import responses

from portal.sync.failures import (
    OutcomeLost,
    Refused,
    StaleRecord,
)
from portal.sync.sale_orders import (
    Contact,
    ContactChange,
    NewContact,
    PostalAddress,
)
from tests.clients.wire import BOOKS, asked, body_of, books, envelope, example, examples


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
def test_a_contact_names_its_company_by_id() -> None:
    responses.post(f"{BOOKS}/Contact", body='{"InsertedContactId": 8}')
    linked = NewContact(given_name="Kim", family_name="Gum", company="Gum Pty Ltd", company_id=3)
    assert books().create_contact(linked) == 8
    assert body_of() == {"GivenName": "Kim", "FamilyName": "Gum", "IsCustomer": True, "CompanyId": 3}


@responses.activate
def test_companies_are_compared_here_and_the_lowest_id_comes_first() -> None:
    rows = [
        {"Id": 9, "Name": "gum pty ltd "},
        {"Id": 4, "Name": "Gum Pty Ltd"},
        {"Id": 5, "Name": "Gum Pty Ltd (Perth)"},
    ]
    responses.get(f"{BOOKS}/Companies", body=envelope("Companies", rows))
    assert books().companies_by_name(" Gum Pty Ltd") == (4, 9)
    assert asked()["CompanyName"] == ["Gum Pty Ltd"]
    assert books().companies_by_name(" ") == ()
    assert len(responses.calls) == 1


@responses.activate
def test_a_company_is_created_by_its_name() -> None:
    responses.post(f"{BOOKS}/Company", body='{"InsertedCompanyId": 12}')
    assert books().create_company("Gum Pty Ltd") == 12
    assert body_of() == {"Name": "Gum Pty Ltd"}
    responses.replace(responses.POST, f"{BOOKS}/Company", body="{}")
    with pytest.raises(OutcomeLost):
        books().create_company("Gum Pty Ltd")


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
