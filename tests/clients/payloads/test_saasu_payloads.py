"""Saasu's JSON becomes plain values; a row that makes no sense is passed over or refused by name (SA §3)."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from portal.clients.exact_json import load
from portal.clients.rows import Nonsense, Row
from portal.clients.saasu_payloads import (
    count_rows,
    inserted_id,
    positive,
    read_company,
    read_contact,
    read_file,
    read_invoice,
    read_item,
    read_rows,
    read_tax_code,
    saasu_time,
    seconds_of,
    told,
    without_links,
)
from portal.sync.rules import Item, TaxCode
from portal.sync.sale_orders import (
    Contact,
    FileIdentity,
    InvoiceSummary,
    PostalAddress,
)

CODES = {3: "G1", 4: "G1,G3"}
LANE = PostalAddress(
    street="4 Wattle Lane", city="Bendigo", state="VIC", postcode="3550", country="Australia"
)
LANE_TEXT = '{"Street": "4 Wattle Lane", "City": "Bendigo", "State": "VIC", "Postcode": "3550", "Country": "Australia"}'


def row(**fields: object) -> Row:
    return Row(fields)


# --- lists ------------------------------------------------------------------------------------------------------------


def test_the_rows_that_make_sense_are_read_and_the_others_passed_over() -> None:
    answer = load(
        '{"Contacts": [{"Id": 1, "Name": "Wattle Pty Ltd"}, {"Name": "no id"}, "no row", {"Id": "0"},'
        ' {"Id": "2", "Name": " Gum \\u0000Ltd "}], "_links": []}'
    )

    assert read_rows(answer, "Contacts", read_company) == [(1, "Wattle Pty Ltd"), (2, "Gum  Ltd")]
    assert count_rows(answer, "Contacts") == 5


def test_a_row_that_its_reader_leaves_out_is_left_out() -> None:
    answer = {"Items": [{"Id": 1}, {"Id": 2, "Code": "MUG"}]}

    assert read_rows(answer, "Items", lambda one: read_item(one, {})) == [Item(id=2, code="MUG")]


@pytest.mark.parametrize(
    "answer", [{}, {"Items": None}, {"Items": {"Id": 1}}, {"Contacts": []}, [], "", None]
)
def test_an_answer_without_its_list_is_refused_by_name(answer: object) -> None:
    with pytest.raises(Nonsense, match=r"^there is no list of Items$"):
        read_rows(answer, "Items", read_company)
    assert count_rows(answer, "Items") == 0


def test_an_empty_list_is_no_rows() -> None:
    assert read_rows({"Items": []}, "Items", read_company) == []
    assert count_rows({"Items": []}, "Items") == 0


# --- items and tax codes ------------------------------------------------------------------------------------------------


def test_an_item_is_read_field_by_field() -> None:
    combo = row(
        Id=12,
        Code=" HAMPER ",
        Description="A hamper",
        SaleTaxCodeId=4,
        PurchaseTaxCodeId=3,
        IsActive=False,
        IsSold=False,
        Type="c",
        BuildItems=[{"Code": "TEA", "Id": 1}, {"Id": 2}, "?", {"Code": "JAM"}],
    )

    assert read_item(combo, CODES) == Item(
        id=12,
        code="HAMPER",
        name="A hamper",
        tax_code="G1,G3",
        is_active=False,
        is_sold=False,
        is_combo=True,
        parts=("TEA", "JAM"),
    )


def test_an_item_that_says_little_is_active_sold_no_combo_and_without_a_tax_code() -> None:
    plain = Item(
        id=12, code="MUG", name="", tax_code=None, is_active=True, is_sold=True, is_combo=False, parts=()
    )

    assert read_item(row(Id=12, Code="MUG"), CODES) == plain
    blank = row(
        Id=12,
        Code="MUG",
        SaleTaxCodeId=None,
        IsActive=None,
        IsSold="",
        Type="I",
        BuildItems=None,
        Description=None,
    )
    assert read_item(blank, CODES) == plain
    assert read_item(row(Id=12, Code="MUG", SaleTaxCodeId=99), CODES) == plain
    assert read_item(row(Id=12, Code="MUG", SaleTaxCodeId=""), {0: "G1"}).tax_code == "G1"  # type: ignore[union-attr]


def test_an_item_without_a_code_is_none_that_an_order_could_name() -> None:
    assert read_item(row(Id=12, Code="  "), CODES) is None
    assert read_item(row(Id=12), CODES) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Code": "MUG"}, "Id is missing"),
        ({"Code": "MUG", "Id": 0}, "Id is 0"),
        ({"Code": "MUG", "Id": -1}, "Id '-1' is not a sensible whole number"),
        ({"Code": "MUG", "Id": 1, "SaleTaxCodeId": "three"}, "SaleTaxCodeId 'three' is not an amount"),
    ],
)
def test_an_item_whose_numbers_make_no_sense_is_refused_by_name(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Nonsense) as refused:
        read_item(Row(fields), CODES)

    assert str(refused.value) == words


def test_a_tax_code_is_read_with_its_id_and_its_rate_as_a_fraction() -> None:
    taxable = row(Id=3, Code="G1", Rate=Decimal("0.100000"), IsActive=True, IsSale=True)
    bought = row(Id="5", Code="G11", Rate="0.1", IsActive=False, IsSale="false")

    assert read_tax_code(taxable) == (
        3,
        TaxCode(code="G1", rate=Decimal("0.1"), is_active=True, is_sale=True),
    )
    assert read_tax_code(bought) == (
        5,
        TaxCode(code="G11", rate=Decimal("0.1"), is_active=False, is_sale=False),
    )
    assert read_tax_code(row(Id=4, Code="G1,G3")) == (
        4,
        TaxCode(code="G1,G3", rate=Decimal(0), is_active=True, is_sale=True),
    )


def test_a_tax_code_without_its_code_is_none_and_without_its_id_refused() -> None:
    assert read_tax_code(row(Id=3, Rate=Decimal("0.1"))) is None
    with pytest.raises(Nonsense, match=r"^Id is missing$"):
        read_tax_code(row(Code="G1"))


# --- contacts and companies -------------------------------------------------------------------------------------------


def test_a_contact_is_read_field_by_field_with_its_whole_record_but_the_links() -> None:
    text = (
        '{"Id": 7, "LastUpdatedId": "AAA=", "GivenName": "Mia", "FamilyName": "Kowalczyk",'
        ' "EmailAddress": "mia@example.com", "PrimaryPhone": "0491570156", "IsActive": true, "IsCustomer": true,'
        f' "IsSupplier": true, "IsContractor": true, "PostalAddress": {LANE_TEXT}, "OtherAddress":'
        ' {"Street": "9 Gum Court", "City": "Dubbo", "State": "NSW", "Postcode": "2830", "Country": "AU"},'
        ' "TwitterID": "@mia", "CustomField1": 5.10'
    )

    assert read_contact(Row.of(load(text + ', "_links": [{"rel": "self"}]}'))) == Contact(
        id=7,
        last_updated_id="AAA=",
        given_name="Mia",
        family_name="Kowalczyk",
        email="mia@example.com",
        phone="0491570156",
        postal=LANE,
        other=PostalAddress(street="9 Gum Court", city="Dubbo", state="NSW", postcode="2830", country="AU"),
        is_active=True,
        is_customer=True,
        is_supplier=True,
        is_contractor=True,
        record=text + "}",
    )


def test_a_contact_that_says_little_is_active_and_neither_customer_nor_supplier() -> None:
    assert read_contact(row(Id=7)) == Contact(
        id=7,
        last_updated_id="",
        is_active=True,
        is_customer=False,
        is_supplier=False,
        is_contractor=False,
        record='{"Id": 7}',
    )
    marked = read_contact(row(Id=7, IsActive=False, IsCustomer=False, IsSupplier=None, IsContractor=""))
    assert (marked.is_active, marked.is_customer, marked.is_supplier, marked.is_contractor) == (
        False,
        False,
        False,
        False,
    )


def test_a_contact_without_its_id_is_refused() -> None:
    with pytest.raises(Nonsense, match=r"^Id is missing$"):
        read_contact(row(GivenName="Mia"))


def test_links_are_left_out_however_deep_and_nothing_else() -> None:
    held = {
        "_links": [1],
        "a": [{"_links": {}, "b": 1, "links": 2}, [{"_links": 3}], "_links"],
        "c": {"_links": 4},
    }

    assert without_links(held) == {"a": [{"b": 1, "links": 2}, [{}], "_links"], "c": {}}
    assert without_links("_links") == "_links"


def test_a_company_is_its_id_and_its_name() -> None:
    assert read_company(row(Id=40, Name=" Wattle Pty Ltd ")) == (40, "Wattle Pty Ltd")
    with pytest.raises(Nonsense, match=r"^Id is 0$"):
        read_company(row(Id=0, Name="Wattle Pty Ltd"))


# --- invoices and files -----------------------------------------------------------------------------------------------


def test_an_invoice_is_read_field_by_field() -> None:
    sale = row(
        TransactionId=901,
        Id=5,
        TransactionType="S",
        InvoiceNumber=" SHO120 ",
        PurchaseOrderNumber="BC-abc123-120",
        InvoiceType="Sale Order",
        TotalAmount=Decimal("121.10"),
        TotalTaxAmount=Decimal("11.01"),
        LastModifiedDateUtc="2026-08-01T02:03:04.567",
    )

    assert read_invoice(sale) == InvoiceSummary(
        invoice_id=901,
        number="SHO120",
        purchase_order_number="BC-abc123-120",
        invoice_type="Sale Order",
        total=Decimal("121.10"),
        tax=Decimal("11.01"),
        modified_at=datetime(2026, 8, 1, 2, 3, 4, 567000, tzinfo=UTC),
    )


def test_an_invoice_that_says_little_has_no_total_no_tax_and_no_time() -> None:
    assert read_invoice(row(TransactionId=901)) == InvoiceSummary(
        invoice_id=901,
        number="",
        purchase_order_number="",
        invoice_type="",
        total=None,
        tax=None,
        modified_at=None,
    )


@pytest.mark.parametrize("kind", ["P", "p", " P "])
def test_a_purchase_is_none_of_our_invoices(kind: str) -> None:
    assert read_invoice(row(TransactionId=901, TransactionType=kind, InvoiceNumber="SHO120")) is None


def test_an_invoice_without_its_id_is_refused() -> None:
    with pytest.raises(Nonsense, match=r"^TransactionId is missing$"):
        read_invoice(row(Id=901, TransactionType="S"))


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        (None, None),
        ("", None),
        (0, Decimal(0)),
        ("5.10", Decimal("5.10")),
        (Decimal("-1.5"), Decimal("-1.5")),
    ],
)
def test_an_amount_that_saasu_does_not_fill_is_none_and_not_nothing(
    given: object, amount: Decimal | None
) -> None:
    assert told(row(TotalAmount=given), "TotalAmount") == amount


def test_an_amount_that_is_none_is_refused() -> None:
    with pytest.raises(Nonsense, match=r"^TotalAmount 'a lot' is not an amount$"):
        told(row(TotalAmount="a lot"), "TotalAmount")


def test_a_file_is_read_field_by_field() -> None:
    found = row(
        Id=77,
        Name="Wattle Pty Ltd",
        CurrencyCode="AUD",
        SubscriptionName="Large",
        IsTaxRegistered=True,
        Zone="Australia",
    )

    assert read_file(found) == FileIdentity(
        file_id=77, name="Wattle Pty Ltd", currency="AUD", subscription="Large", tax_registered=True
    )
    assert read_file(row(Id="78")) == FileIdentity(
        file_id=78, name="", currency="", subscription="", tax_registered=False
    )
    with pytest.raises(Nonsense, match=r"^Id is 0$"):
        read_file(row(Id=0))


# --- ids, times and lives ---------------------------------------------------------------------------------------------


def test_an_id_is_a_whole_number_above_nothing() -> None:
    assert positive(row(Id=1), "Id") == 1
    with pytest.raises(Nonsense, match=r"^Number is 0$"):
        positive(row(Number=0), "Number")


def test_the_id_of_what_was_inserted_is_the_first_that_the_answer_names() -> None:
    answer = row(InsertedContactId=0, InsertedEntityId="901", Id=5)

    assert inserted_id(answer, "InsertedContactId", "InsertedEntityId", "Id") == 901
    assert inserted_id(answer, "Id", "InsertedEntityId") == 5
    assert inserted_id(answer, "InsertedContactId", "TransactionId") == 0
    assert inserted_id(row(), "Id") == 0


def test_a_moment_is_asked_for_in_whole_seconds_of_utc() -> None:
    perth = timezone(timedelta(hours=8))

    assert saasu_time(datetime(2026, 8, 1, 6, 5, 4, 999999, tzinfo=perth)) == "2026-07-31T22:05:04Z"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (10800, 10800),
        ("3600", 3600),
        (60, 60),
        (Decimal("60.9"), 60),
        (10**9, 10**9),
        (59, 7),
        (Decimal("59.99"), 7),
        (10**9 + 1, 7),
        (None, 7),
        ("soon", 7),
        (-60, 7),
    ],
)
def test_a_life_is_a_minute_at_least_and_otherwise_what_is_usual(given: object, seconds: int) -> None:
    assert seconds_of(row(expires_in=given), "expires_in", 7) == seconds
