"""Contacts: filters, whole records in the list, and the check of LastUpdatedId."""

import base64

import pytest

from tests.sandbox.saasu.books import Books

STALE = "Record to be updated has changed since last read."


def found(books: Books, **query: object) -> list[int]:
    return [row["Id"] for row in books.ask("GET", "/Contacts", **query).value["Contacts"]]


def test_the_list_has_full_records(books: Books) -> None:
    number = books.contact(
        GivenName="Ada", PostalAddress={"Street": "1 Fig St", "City": "Sydney", "State": "NSW"}
    )
    (row,) = books.ask("GET", "/Contacts").value["Contacts"]
    assert row == books.ask("GET", f"/Contact/{number}").value
    assert row["PostalAddress"] == {
        "Street": "1 Fig St",
        "City": "Sydney",
        "State": "NSW",
        "Postcode": None,
        "Country": None,
    }
    assert row["LastUpdatedId"]
    assert row["IsActive"] is True


def test_a_search_and_a_put_need_no_read_in_between(books: Books) -> None:
    books.contact(GivenName="Ada", EmailAddress="ada@example.com")
    (row,) = books.ask("GET", "/Contacts", Email="ada@example.com").value["Contacts"]
    row.pop("_links")
    answer = books.ask("PUT", f"/Contact/{row['Id']}", {**row, "GivenName": "Adah"})
    assert answer.status == 200
    assert books.ask("GET", f"/Contact/{row['Id']}").value["GivenName"] == "Adah"


def test_email_matches_the_whole_address_whatever_its_case(books: Books) -> None:
    number = books.contact(EmailAddress="Ada+orders@Example.com")
    assert found(books, Email="ada+ORDERS@example.com") == [number]
    assert found(books, Email="ada") == []


def test_a_switch_makes_email_regard_case(books: Books) -> None:
    number = books.contact(EmailAddress="Ada@example.com")
    books.set(email_case="sensitive")
    assert found(books, Email="ada@example.com") == []
    assert found(books, Email="Ada@example.com") == [number]


def test_several_contacts_may_share_an_email(books: Books) -> None:
    both = [books.contact(EmailAddress="cook@example.com"), books.contact(EmailAddress="cook@example.com")]
    assert found(books, Email="cook@example.com") == both


def test_both_names_must_match_without_regard_to_case(books: Books) -> None:
    number = books.contact(GivenName="Carl", FamilyName="O'Neil")
    books.contact(GivenName="Carl", FamilyName="Other")
    assert found(books, GivenName="carl", FamilyName="o'neil") == [number]
    assert found(books, GivenName="Car", FamilyName="O'Neil") == []
    books.set(name_filter="contains")
    assert found(books, GivenName="ar", FamilyName="neil") == [number]


def test_active_supplier_company_and_reference_are_filters(books: Books) -> None:
    company = books.ask("POST", "/Company", {"Name": "Fig & Sons"}).value["InsertedCompanyId"]
    number = books.contact(
        GivenName="Ada", IsActive=False, IsSupplier=True, CompanyId=company, ContactId="A-7"
    )
    books.contact(GivenName="Bo")
    for query in (
        {"IsActive": False},
        {"IsSupplier": "yes"},
        {"CompanyId": company},
        {"CompanyName": "fig & sons"},
        {"ContactId": "a-7"},
    ):
        assert found(books, **query) == [number], query


def test_last_updated_id_is_opaque_base64_and_changes_on_each_write(books: Books) -> None:
    made = books.ask("POST", "/Contact", {"GivenName": "Ada"}).value
    seen = [made["LastUpdatedId"]]
    for name in ("Adah", "Adele"):
        body = {"GivenName": name, "LastUpdatedId": seen[-1]}
        answer = books.ask("PUT", f"/Contact/{made['InsertedContactId']}", body).value
        assert answer["UpdatedContactId"] == made["InsertedContactId"]
        seen.append(answer["LastUpdatedId"])
    assert len(set(seen)) == 3
    assert all(len(base64.b64decode(text, validate=True)) == 8 for text in seen)


@pytest.mark.parametrize("status", [400, 409])
def test_a_stale_update_is_refused_with_the_exact_json_string(books: Books, status: int) -> None:
    books.set(stale_status=status)
    made = books.ask("POST", "/Contact", {"GivenName": "Ada"}).value
    number, stale = made["InsertedContactId"], made["LastUpdatedId"].lower()
    answer = books.ask("PUT", f"/Contact/{number}", {"GivenName": "Adah", "LastUpdatedId": stale})
    assert (answer.status, answer.text) == (status, f'"{STALE}"')
    assert books.ask("GET", f"/Contact/{number}").value["GivenName"] == "Ada"


def test_an_update_without_last_updated_id_is_refused(books: Books) -> None:
    number = books.contact(GivenName="Ada")
    assert books.ask("PUT", f"/Contact/{number}", {"GivenName": "Adah"}).status == 400


def test_a_put_replaces_the_whole_record_unless_a_switch_says_merge(books: Books) -> None:
    made = books.ask("POST", "/Contact", {"GivenName": "Ada", "PrimaryPhone": "02 5550 0199"}).value
    number = made["InsertedContactId"]
    books.set(put_mode="merge")
    body = {"GivenName": "Adah", "LastUpdatedId": made["LastUpdatedId"]}
    version = books.ask("PUT", f"/Contact/{number}", body).value["LastUpdatedId"]
    assert books.file.contacts[number]["PrimaryPhone"] == "02 5550 0199"
    books.set(put_mode="replace")
    books.ask("PUT", f"/Contact/{number}", {**body, "LastUpdatedId": version})
    assert books.file.contacts[number]["PrimaryPhone"] is None


def test_a_contact_that_is_not_there_is_404(books: Books) -> None:
    number = books.contact(GivenName="Ada")
    assert books.ask("DELETE", f"/Contact/{number}").status == 200
    for method in ("GET", "DELETE"):
        assert books.ask(method, f"/Contact/{number}").status == 404
    assert books.ask("PUT", f"/Contact/{number}", {"LastUpdatedId": "x"}).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"Salutation": "Sir"},
        {"CustomField1": "x" * 51},
        {"GivenName": 7},
        {"IsActive": "yes"},
        {"PostalAddress": "home"},
    ],
)
def test_fields_of_a_wrong_kind_are_refused(books: Books, body: dict[str, object]) -> None:
    assert books.ask("POST", "/Contact", body).status == 400
    assert books.file.contacts == {}


def test_unknown_fields_and_links_are_ignored(books: Books) -> None:
    number = books.contact(GivenName="Ada", Shoe=9, _links=[])
    assert "Shoe" not in books.file.contacts[number]
