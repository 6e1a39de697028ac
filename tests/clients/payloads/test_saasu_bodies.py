"""What is sent to Saasu is this text, letter by letter: nothing more than is known, nothing lost that was there (SA §3)."""

from datetime import date
from decimal import Decimal

import pytest

from portal.clients.saasu_payloads import changed_contact_body, company_body, new_contact_body, sale_body
from portal.sync.sale_orders import (
    AUTO_NUMBER,
    Contact,
    ContactChange,
    NewContact,
    PostalAddress,
    SaleLine,
    SaleOrder,
)

LANE = PostalAddress(
    street="4 Wattle Lane", city="Bendigo", state="VIC", postcode="3550", country="Australia"
)
LANE_TEXT = '{"Street": "4 Wattle Lane", "City": "Bendigo", "State": "VIC", "Postcode": "3550", "Country": "Australia"}'


def test_a_whole_sale_order_is_sent_as_this_text() -> None:
    sale = SaleOrder(
        number="SHO120",
        marker="BC-abc123-120",
        on=date(2026, 8, 1),
        summary="BigCommerce order #120",
        lines=(
            SaleLine(
                description='Mug "Gum leaf"',
                item_id=5,
                quantity=Decimal("2.500"),
                unit_price=Decimal("59.9500"),
                percentage_discount=Decimal("12.50"),
                tax_code="G1,G3",
            ),
            SaleLine(description="Discount", item_id=6, quantity=Decimal(1), unit_price=Decimal("-10.00")),
        ),
        notes="Leave it at the café’s door.",
        billing_contact_id=11,
        shipping_contact_id=12,
    )

    assert sale_body(sale) == (
        '{"TransactionType": "S", "InvoiceType": "Sale Order", "Layout": "I", "IsTaxInc": true, "Currency": "AUD",'
        ' "TransactionDate": "2026-08-01", "InvoiceNumber": "SHO120", "PurchaseOrderNumber": "BC-abc123-120",'
        ' "Summary": "BigCommerce order #120", "Tags": ["BigCommerce"], "LineItems": [{"Description":'
        ' "Mug \\"Gum leaf\\"", "InventoryId": 5, "Quantity": 2.500, "UnitPrice": 59.9500, "PercentageDiscount":'
        ' 12.50, "TaxCode": "G1,G3"}, {"Description": "Discount", "InventoryId": 6, "Quantity": 1, "UnitPrice":'
        ' -10.00, "PercentageDiscount": 0}], "NotesExternal": "Leave it at the caf\\u00e9\\u2019s door.",'
        ' "BillingContactId": 11, "ShippingContactId": 12}'
    )


def test_a_sale_order_without_notes_and_contacts_says_nothing_of_them() -> None:
    sale = SaleOrder(
        number=AUTO_NUMBER,
        marker="BC-abc123-1",
        on=date(2026, 1, 26),
        summary="BigCommerce order #1",
        lines=(),
    )

    assert sale_body(sale) == (
        '{"TransactionType": "S", "InvoiceType": "Sale Order", "Layout": "I", "IsTaxInc": true, "Currency": "AUD",'
        ' "TransactionDate": "2026-01-26", "InvoiceNumber": "<Auto Number>", "PurchaseOrderNumber": "BC-abc123-1",'
        ' "Summary": "BigCommerce order #1", "Tags": ["BigCommerce"], "LineItems": []}'
    )


def test_a_company_is_created_by_its_name_alone() -> None:
    assert company_body('Wattle "&" Söhne') == '{"Name": "Wattle \\"&\\" S\\u00f6hne"}'


def test_a_new_contact_is_sent_with_everything_that_is_known() -> None:
    contact = NewContact(
        given_name="Mia",
        family_name="O'Brien-Smith",
        email="mia@example.com",
        phone="0491570156",
        company="Wattle Pty Ltd",
        company_id=40,
        postal=LANE,
        other=PostalAddress(street="9 Gum Court"),
    )

    assert new_contact_body(contact) == (
        '{"GivenName": "Mia", "FamilyName": "O\'Brien-Smith", "IsCustomer": true, "EmailAddress": "mia@example.com",'
        f' "PrimaryPhone": "0491570156", "CompanyId": 40, "PostalAddress": {LANE_TEXT}, "OtherAddress":'
        ' {"Street": "9 Gum Court", "City": "", "State": "", "Postcode": "", "Country": ""}}'
    )


def test_a_new_contact_says_nothing_of_what_is_not_known() -> None:
    contact = NewContact(given_name="", family_name="Wattle Pty Ltd", company="Wattle Pty Ltd")

    assert (
        new_contact_body(contact) == '{"GivenName": "", "FamilyName": "Wattle Pty Ltd", "IsCustomer": true}'
    )


RECORD = (
    '{"Id": 1, "LastUpdatedId": "OLD=", "GivenName": "Mia", "FamilyName": "Kowalczyk", "PrimaryPhone": "1",'
    ' "IsActive": false, "PostalAddress": {"Street": "1 Old Road", "City": "Dubbo", "State": "NSW", "Postcode": "2830",'
    ' "Country": "Australia", "Unit": "B"}, "OtherAddress": null, "CustomField1": 5.10'
)


def known(record: str = RECORD + ', "_links": [{"rel": "self"}]}') -> Contact:
    return Contact(id=7, last_updated_id="NEW=", record=record)


def test_a_changed_contact_is_its_whole_record_with_the_changes_written_in() -> None:
    change = ContactChange(
        given_name="Maria", family_name="Nowak", phone="0491570156", postal=LANE, other=LANE, is_active=True
    )

    assert changed_contact_body(known(), change) == (
        '{"Id": 7, "LastUpdatedId": "NEW=", "GivenName": "Maria", "FamilyName": "Nowak", "PrimaryPhone": "0491570156",'
        f' "IsActive": true, "PostalAddress": {LANE_TEXT[:-1]}, "Unit": "B"}}, "OtherAddress": {LANE_TEXT},'
        ' "CustomField1": 5.10}'
    )


def test_what_a_change_does_not_name_stays_to_the_letter() -> None:
    before = RECORD.replace('"Id": 1', '"Id": 7').replace("OLD=", "NEW=")

    assert changed_contact_body(known(), ContactChange()) == before + "}"
    assert changed_contact_body(known(), ContactChange(phone="")) == (
        before.replace('"PrimaryPhone": "1"', '"PrimaryPhone": ""') + "}"
    )
    assert changed_contact_body(known(), ContactChange(is_active=True)) == (
        before.replace('"IsActive": false', '"IsActive": true') + "}"
    )


@pytest.mark.parametrize("record", ["", "{", "[1]", '"text"', "null"])
def test_a_contact_whose_record_is_not_known_is_written_from_the_change_alone(record: str) -> None:
    change = ContactChange(given_name="Maria", other=LANE)

    assert changed_contact_body(known(record), change) == (
        f'{{"Id": 7, "LastUpdatedId": "NEW=", "GivenName": "Maria", "OtherAddress": {LANE_TEXT}}}'
    )
