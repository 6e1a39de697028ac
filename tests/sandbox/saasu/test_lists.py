"""Pages, date pairs and what the lists have in common; and the registers that are only read."""

from decimal import Decimal
from typing import Any

import pytest

from sandbox.saasu.wire import Record
from tests.sandbox.saasu.books import FILE_ID, Books


def ids(rows: list[Record], name: str = "Id") -> list[int]:
    return [row[name] for row in rows]


@pytest.fixture
def crowd(books: Books) -> list[int]:
    """Thirty contacts."""
    return [books.contact(GivenName=f"Guest {number}") for number in range(30)]


def test_a_page_has_25_rows_and_a_hundred_at_most(books: Books, crowd: list[int]) -> None:
    for number in range(80):
        books.contact(GivenName=f"More {number}")
    assert len(books.ask("GET", "/Contacts").value["Contacts"]) == 25
    assert len(books.ask("GET", "/Contacts", PageSize=1000).value["Contacts"]) == 100


def test_pages_follow_one_another_without_gap_or_repeat(books: Books, crowd: list[int]) -> None:
    pages = [books.ask("GET", "/Contacts", Page=page, PageSize=12).value["Contacts"] for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [12, 12, 6, 0]
    assert [number for page in pages for number in ids(page)] == crowd


def test_every_page_has_a_next_link_even_an_empty_one_and_no_total(books: Books) -> None:
    for page in (1, 7):
        answer = books.ask("GET", "/Contacts", Page=page, Email="a+b@example.com").value
        assert answer.keys() == {"Contacts", "_links"}
        (following,) = [link for link in answer["_links"] if link["rel"] == "next"]
        assert f"Page={page + 1}" in following["href"]
        assert "Email=a%2Bb%40example.com" in following["href"]
        assert following["href"].count("Page=") == 1


def test_both_dates_of_a_pair_are_required(books: Books) -> None:
    for path in ("/Contacts", "/Items", "/Invoices", "/Companies"):
        for name in ("LastModifiedFromDate", "LastModifiedToDate"):
            assert books.ask("GET", path, **{name: "2026-03-01"}).status == 400
    assert books.ask("GET", "/Invoices", InvoiceFromDate="2026-03-01").status == 400
    assert books.ask("GET", "/Invoices", InvoiceFromDate="2026-03-01", InvoiceToDate="soon").status == 400


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z", True),
        ("2026-03-02", "2026-03-03", True),
        ("2026-03-02T22:30:00+11:00", "2026-03-02T23:30:00+11:00", True),
        ("2026-03-02T12:00:01", "2026-03-03", False),
        ("2026-03-01", "2026-03-02", False),
        ("2026-03-02T11:00:00.0000000Z", "2026-03-02T13:00:00.0000000Z", True),
    ],
)
def test_last_modified_is_a_pair_in_utc_with_both_ends_included(
    books: Books, first: str, last: str, found: bool
) -> None:
    number = books.contact(GivenName="Ada")
    rows = books.ask("GET", "/Contacts", LastModifiedFromDate=first, LastModifiedToDate=last).value[
        "Contacts"
    ]
    assert ids(rows) == ([number] if found else [])


def test_yes_and_no_are_written_in_six_ways(books: Books) -> None:
    number = books.contact(GivenName="Ada", IsCustomer=True)
    for word in ("1", "true", "YES"):
        assert ids(books.ask("GET", "/Contacts", IsCustomer=word).value["Contacts"]) == [number]
    for word in ("0", "False", "no"):
        assert books.ask("GET", "/Contacts", IsCustomer=word).value["Contacts"] == []
    assert books.ask("GET", "/Contacts", IsCustomer="perhaps").status == 400


@pytest.mark.parametrize("query", [{"Page": 0}, {"PageSize": 0}, {"Page": "two"}, {"Page": -1}])
def test_a_page_that_cannot_be_is_refused(books: Books, query: dict[str, Any]) -> None:
    assert books.ask("GET", "/Contacts", **query).status == 400


@pytest.mark.parametrize(
    ("selection", "found"),
    [("requireAny", ["a", "ab"]), ("requireAll", ["ab"]), ("excludeAny", ["c"]), ("excludeAll", ["a", "c"])],
)
def test_tags_are_chosen_in_four_ways(books: Books, selection: str, found: list[str]) -> None:
    for name, tags in (("a", ["Apple"]), ("ab", ["Apple", "Pear"]), ("c", ["Quince"])):
        books.contact(GivenName=name, Tags=tags)
    rows = books.ask("GET", "/Contacts", Tags="apple,Pear", TagSelection=selection).value["Contacts"]
    assert [row["GivenName"] for row in rows] == found


def test_tax_codes_have_commas_in_them_and_rates_are_fractions(books: Books) -> None:
    rows = books.ask("GET", "/TaxCodes").value["TaxCodes"]
    rates = {row["Code"]: row["Rate"] for row in rows}
    assert rates["G1"] == Decimal("0.1")
    assert rates["G1,G3"] == rates["G1,G2"] == rates["G1,G4"] == 0
    assert {"G7", "G11"} <= rates.keys()
    one = books.ask("GET", f"/TaxCode/{rows[0]['Id']}").value
    assert one["Code"] == rows[0]["Code"]
    assert books.ask("GET", "/TaxCode/1").status == 404


def test_accounts_are_filtered_by_type_without_blanks(books: Books) -> None:
    rows = books.ask("GET", "/Accounts", AccountType="CostOfSales").value["Accounts"]
    assert [row["AccountType"] for row in rows] == ["Cost of Sales"]
    assert (
        books.ask("GET", "/Accounts", IsBankAccount=True).value["Accounts"][0]["Name"] == "Everyday Account"
    )
    assert books.ask("GET", f"/Account/{rows[0]['Id']}").value["Name"] == "Cost of Goods Sold"
    assert books.ask("GET", "/Account/1").status == 404


def test_deleted_records_are_listed_for_a_day(books: Books) -> None:
    number = books.contact(GivenName="Ada")
    order = books.post()
    books.ask("DELETE", f"/Contact/{number}")
    books.ask("DELETE", f"/Invoice/{order}")
    query = {"FileId": FILE_ID}
    rows = books.off_contract("GET", "/DeletedEntities", None, query, books.bearer()).value["Entities"]
    assert [(row["EntityType"], row["EntityId"]) for row in rows] == [("Contact", number), ("Sale", order)]
    books.clock.set({"now": "2026-03-03T12:00:01Z"})
    books.tokens = books.sign_in().value
    assert books.off_contract("GET", "/DeletedEntities", None, query, books.bearer()).value["Entities"] == []


def test_companies_are_made_read_changed_and_deleted(books: Books) -> None:
    made = books.ask("POST", "/Company", {"Name": "Gumnut & Co"}).value
    number = made["InsertedCompanyId"]
    change = {"Name": "Gumnut Pty Ltd", "LastUpdatedId": made["LastUpdatedId"]}
    assert books.ask("PUT", f"/Company/{number}", change).status == 200
    assert [
        row["Name"] for row in books.ask("GET", "/Companies", CompanyName="gumnut pty ltd").value["Companies"]
    ]
    assert books.ask("GET", f"/Company/{number}").value["Name"] == "Gumnut Pty Ltd"
    assert books.ask("DELETE", f"/Company/{number}").status == 200
    assert books.ask("GET", f"/Company/{number}").status == 404
