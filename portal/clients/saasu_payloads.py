"""Saasu's JSON read into plain values, and the bodies that are sent; pure, no calls (SA §3).

A row without its id is passed over: nothing could be done with it. Unknown fields are passed over when read and kept when sent back.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from portal.clients.exact_json import JsonUnreadable, dump, load
from portal.clients.rows import Nonsense, Row, moment_of, rows_of
from portal.sync.rules import Item, TaxCode
from portal.sync.sale_orders import (
    Contact,
    ContactChange,
    FileIdentity,
    InvoiceSummary,
    NewContact,
    PostalAddress,
    SaleLine,
    SaleOrder,
)

Body = dict[str, object]
Read = TypeVar("Read")

PURCHASE = "P"
COMBO = "C"


def read_rows(value: object, name: str, read: Callable[[Row], Read | None]) -> list[Read]:
    """What can be read of the rows in the envelope `{name: [...], "_links": [...]}` (SA §3). Raises `Nonsense` without it."""
    listed = Row.of(value).get(name)
    if not isinstance(listed, list):
        raise Nonsense(f"there is no list of {name}")
    found = []
    for row in rows_of(listed):
        try:
            one = read(row)
        except Nonsense:
            continue
        if one is not None:
            found.append(one)
    return found


def count_rows(value: object, name: str) -> int:
    """How many rows the envelope holds, readable or not."""
    listed = Row.of(value).get(name)
    return len(listed) if isinstance(listed, list) else 0


def read_item(row: Row, codes: Mapping[int, str]) -> Item | None:
    """An item; `codes` are the file's tax codes by id, since an item names its tax by id and a line by code (SA §3.5)."""
    code = row.text("Code")
    if not code:
        return None
    return Item(
        id=positive(row, "Id"),
        code=code,
        name=row.text("Description"),
        tax_code=codes.get(tax_id(row)),
        is_active=row.flag("IsActive") is not False,
        is_sold=row.flag("IsSold") is not False,
        is_combo=row.text("Type").upper() == COMBO,
        parts=tuple(part.text("Code") for part in rows_of(row.get("BuildItems")) if part.text("Code")),
    )


def tax_id(row: Row) -> int:
    """The id of an item's sale tax code, 0 where it has none. Raises `Nonsense`."""
    return row.whole("SaleTaxCodeId", default=0)


def read_tax_code(row: Row) -> tuple[int, TaxCode] | None:
    """A tax code with its id; the rate is a fraction (SA §3.5)."""
    code = row.text("Code")
    if not code:
        return None
    tax_code = TaxCode(
        code=code,
        rate=row.amount("Rate"),
        is_active=row.flag("IsActive") is not False,
        is_sale=row.flag("IsSale") is not False,
    )
    return positive(row, "Id"), tax_code


def read_contact(row: Row) -> Contact:
    """A contact with its whole record, links left out: those are never sent back (SA §3)."""
    return Contact(
        id=positive(row, "Id"),
        last_updated_id=row.text("LastUpdatedId"),
        given_name=row.text("GivenName"),
        family_name=row.text("FamilyName"),
        email=row.text("EmailAddress"),
        phone=row.text("PrimaryPhone"),
        postal=read_address(Row.of(row.get("PostalAddress"))),
        other=read_address(Row.of(row.get("OtherAddress"))),
        is_active=row.flag("IsActive") is not False,
        is_customer=row.flag("IsCustomer") is True,
        is_supplier=row.flag("IsSupplier") is True,
        is_contractor=row.flag("IsContractor") is True,
        record=dump(without_links(row.fields)),
    )


def read_address(row: Row) -> PostalAddress:
    """An address of a contact."""
    return PostalAddress(
        street=row.text("Street"),
        city=row.text("City"),
        state=row.text("State"),
        postcode=row.text("Postcode"),
        country=row.text("Country"),
    )


def read_invoice(row: Row) -> InvoiceSummary | None:
    """A row of the invoice list; purchases are left out, their numbers are the suppliers' and may equal ours (SA §5.1)."""
    if row.text("TransactionType").upper() == PURCHASE:
        return None
    return InvoiceSummary(
        invoice_id=positive(row, "TransactionId"),
        number=row.text("InvoiceNumber"),
        purchase_order_number=row.text("PurchaseOrderNumber"),
        invoice_type=row.text("InvoiceType"),
        total=told(row, "TotalAmount"),
        tax=told(row, "TotalTaxAmount"),
        modified_at=moment_of(row.text("LastModifiedDateUtc")),
    )


def told(row: Row, name: str) -> Decimal | None:
    """An amount, `None` where Saasu does not fill it (SA §3.4). Raises `Nonsense`."""
    given = row.get(name)
    return None if given is None or given == "" else row.amount(name)


def read_file(row: Row) -> FileIdentity:
    """A file that a login reaches (SA §3.7)."""
    return FileIdentity(
        file_id=positive(row, "Id"),
        name=row.text("Name"),
        currency=row.text("CurrencyCode"),
        subscription=row.text("SubscriptionName"),
        tax_registered=row.flag("IsTaxRegistered") is True,
    )


def positive(row: Row, name: str) -> int:
    """An id, above 0. Raises `Nonsense`."""
    found = row.whole(name)
    if found == 0:
        raise Nonsense(f"{name} is 0")
    return found


def inserted_id(row: Row, *names: str) -> int:
    """The id in the answer to an insert, 0 where there is none."""
    for name in names:
        try:
            return positive(row, name)
        except Nonsense:
            continue
    return 0


def without_links(value: object) -> object:
    """The same JSON without any `_links`, however deep."""
    if isinstance(value, Mapping):
        return {name: without_links(held) for name, held in value.items() if name != "_links"}
    return [without_links(held) for held in value] if isinstance(value, list) else value


def sale_body(sale: SaleOrder) -> str:
    """The JSON text of a Sale Order: unpaid, item layout, tax inclusive, AUD (SYNC §5, SA §3.4)."""
    body: Body = {
        "TransactionType": "S",
        "InvoiceType": "Sale Order",
        "Layout": "I",
        "IsTaxInc": True,
        "Currency": "AUD",
        "TransactionDate": sale.on.isoformat(),
        "InvoiceNumber": sale.number,
        "PurchaseOrderNumber": sale.marker,
        "Summary": sale.summary,
        "Tags": ["BigCommerce"],
        "LineItems": [line_body(line) for line in sale.lines],
    }
    if sale.notes:
        body["NotesExternal"] = sale.notes
    if sale.billing_contact_id is not None:
        body["BillingContactId"] = sale.billing_contact_id
    if sale.shipping_contact_id is not None:
        body["ShippingContactId"] = sale.shipping_contact_id
    return dump(body)


def line_body(line: SaleLine) -> Body:
    """One line of the item layout: no account, no total (SA §3.4)."""
    body: Body = {
        "Description": line.description,
        "InventoryId": line.item_id,
        "Quantity": line.quantity,
        "UnitPrice": line.unit_price,
        "PercentageDiscount": line.percentage_discount,
    }
    if line.tax_code is not None:
        body["TaxCode"] = line.tax_code
    return body


def read_company(row: Row) -> tuple[int, str]:
    """A company's id and name (SA §3.2)."""
    return positive(row, "Id"), row.text("Name")


def company_body(name: str) -> str:
    """The JSON text of a company to be created."""
    return dump({"Name": name})


def new_contact_body(contact: NewContact) -> str:
    """The JSON text of a contact to be created; blank fields are left out."""
    body: Body = {"GivenName": contact.given_name, "FamilyName": contact.family_name, "IsCustomer": True}
    if contact.email:
        body["EmailAddress"] = contact.email
    if contact.phone:
        body["PrimaryPhone"] = contact.phone
    if contact.company_id is not None:
        body["CompanyId"] = contact.company_id
    if contact.postal != PostalAddress():
        body["PostalAddress"] = address_body(contact.postal)
    if contact.other != PostalAddress():
        body["OtherAddress"] = address_body(contact.other)
    return dump(body)


def changed_contact_body(contact: Contact, change: ContactChange) -> str:
    """The whole record of a contact with the changes written in (SA §3): what the change does not name stays to the letter."""
    try:
        kept = load(contact.record)
    except JsonUnreadable:
        kept = {}
    body: Body = {str(name): held for name, held in kept.items()} if isinstance(kept, dict) else {}
    body["Id"] = contact.id
    body["LastUpdatedId"] = contact.last_updated_id
    plain = {
        "GivenName": change.given_name,
        "FamilyName": change.family_name,
        "PrimaryPhone": change.phone,
        "IsActive": change.is_active,
    }
    body |= {name: held for name, held in plain.items() if held is not None}
    for name, address in (("PostalAddress", change.postal), ("OtherAddress", change.other)):
        if address is not None:
            before = body.get(name)
            body[name] = (before if isinstance(before, dict) else {}) | address_body(address)
    return dump(without_links(body))


def address_body(address: PostalAddress) -> Body:
    """An address as Saasu keeps it."""
    return {
        "Street": address.street,
        "City": address.city,
        "State": address.state,
        "Postcode": address.postcode,
        "Country": address.country,
    }


def saasu_time(moment: datetime) -> str:
    """A moment for the LastModified filters: UTC, whole seconds (SA §3)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def seconds_of(row: Row, name: str, otherwise: int) -> int:
    """A life in seconds, at least one minute; what is no number is `otherwise`."""
    try:
        given = row.amount(name)
    except Nonsense:
        return otherwise
    return int(given) if Decimal(60) <= given <= Decimal(10) ** 9 else otherwise
