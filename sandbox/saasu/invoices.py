"""Quotes, sale orders, invoices and purchases (FACTS §3.4)."""

from decimal import Decimal
from typing import Any, Final

from sandbox.saasu import invoice_rules
from sandbox.saasu.contacts import removed
from sandbox.saasu.fields import Call, changed, check_version
from sandbox.saasu.filters import link, paged, same, tagged, within
from sandbox.saasu.items import NO_STOCK
from sandbox.saasu.state import File
from sandbox.saasu.wire import Record, Refusal, day, number, whole

DETAIL_ONLY: Final = frozenset(
    (
        "LineItems",
        "NotesInternal",
        "NotesExternal",
        "Terms",
        "TemplateId",
        "BrandId",
        "ForEntityTypeId",
        "Attachments",
    )
)
NOTHING: Final = Decimal("0.00")


def listed(call: Call) -> Record:
    """Summaries, without lines, terms and notes, that pass every filter."""
    query = call.query
    modified, dated = query.period("LastModified"), query.period("Invoice")
    kind = query.choice("TransactionType", ["S", "P"])
    status = query.choice("InvoiceStatus", ["Q", "O", "I"])
    paid = query.choice("PaymentStatus", ["P", "U", "A"])
    contact = query.number("BillingContactId")
    rows = [
        record
        for record in call.file.invoices.values()
        if within(record["LastModifiedDateUtc"], modified)
        and within(record["TransactionDate"], dated)
        and (not kind or record["TransactionType"] == kind)
        and (not status or record["InvoiceStatus"] == status)
        and (paid in {"", "A"} or record["PaymentStatus"] == paid)
        and (contact is None or record["BillingContactId"] == contact)
        and same(record["InvoiceNumber"], query.text("InvoiceNumber"), call.state.settings.number_filter)
        and same(record["PurchaseOrderNumber"], query.text("PurchaseOrderNumber"))
        and tagged(record, query)
    ]
    page = paged(rows, "Invoices", query, f"{call.address}Invoices")
    page["Invoices"] = [_summary(call, record) for record in page["Invoices"]]
    return page


def _summary(call: Call, record: Record) -> Record:
    shown = {name: value for name, value in record.items() if name not in DETAIL_ONLY}
    if call.state.settings.order_tax == "null" and record["InvoiceStatus"] == "O":
        shown["TotalTaxAmount"] = None
    for role in ("Billing", "Shipping"):
        shown |= contact_names(call.file, role, record[f"{role}ContactId"])
    shown["_links"] = [link("detail", call.href(f"Invoice/{record['TransactionId']}"))]
    return shown


def contact_names(file: File, role: str, contact_id: int | None) -> Record:
    """Names of a contact as an invoice shows them; `role` is Billing or Shipping."""
    contact = file.contacts.get(contact_id or 0, {})
    company = file.tables["companies"].get(contact.get("CompanyId") or 0, {})
    return {
        f"{role}ContactFirstName": contact.get("GivenName"),
        f"{role}ContactLastName": contact.get("FamilyName"),
        f"{role}ContactOrganisationName": company.get("Name"),
    }


def found(call: Call, record_id: int) -> Record:
    """One transaction. Raises `Refusal` (404)."""
    record = call.file.invoices.get(record_id)
    if record is None:
        raise call.refuse("The requested transaction is not found.", 404)
    return record


def one(call: Call, record_id: int) -> Record:
    """`GET /Invoice/{id}`: with its lines."""
    record = found(call, record_id)
    detail = {name: value for name, value in record.items() if name in DETAIL_ONLY}
    detail["LineItems"] = [{**line, "_links": []} for line in record["LineItems"]]
    return {**_summary(call, record), **detail}


def create(call: Call) -> Record:
    """`POST /Invoice`: 200 with the id, and the number when Saasu gave it."""
    record: Record = {"TransactionId": 0, **invoice_rules.read(call)}
    record |= _payment(call, record)
    stock = _stock_after(call, record, None)
    generated = invoice_rules.settle_number(call, record)
    _save_stock(call, stock)
    record["TransactionId"] = call.state.new_id()
    record["InvoiceStatus"] = invoice_rules.status_of(record["InvoiceType"])
    record["SentToContact"] = call.fields().get("SendEmailToContact") is True
    record["Attachments"] = []
    call.state.save(call.file, "invoices", record)
    new_id = record["TransactionId"]
    return {"InsertedEntityId": new_id, "GeneratedInvoiceNumber": generated, **_outcome(call, record)}


def _payment(call: Call, record: Record) -> Record:
    """What a QuickPayment does at insert: nothing for a quote, at most the total for the others (FACTS §4)."""
    paid, given = NOTHING, call.fields().get("QuickPayment")
    if given is not None:
        paid = _quick_payment(call, record, given)
    owed = record["TotalAmount"] - paid
    return {
        "AmountPaid": paid,
        "AmountOwed": owed,
        "PaymentStatus": "P" if paid and not owed else "U",
        "PaymentCount": int(bool(paid)),
    }


def _quick_payment(call: Call, record: Record, given: Any) -> Decimal:
    if not isinstance(given, dict):
        raise call.refuse("QuickPayment must be an object.")
    if invoice_rules.status_of(record["InvoiceType"]) == "Q":
        raise call.refuse("A quote cannot take a payment.")
    if whole(given.get("BankedToAccountId")) not in call.file.tables["accounts"]:
        raise call.refuse("Please include a valid account.")
    paid = number(given.get("Amount"), "Amount")
    if paid > record["TotalAmount"]:
        raise call.refuse("The payment is more than the amount owed.")
    return paid


def _stock_after(call: Call, record: Record, before: Record | None) -> list[Record]:
    """The items as they are once the goods have left. Raises `Refusal` (400) when there are not enough."""
    needed = invoice_rules.stock_needed(call, record, before)
    if any(call.file.items[item_id]["StockOnHand"] < quantity for item_id, quantity in needed.items()):
        raise Refusal(400, NO_STOCK, "text")
    left = ((call.file.items[item_id], quantity) for item_id, quantity in needed.items())
    return [{**item, "StockOnHand": item["StockOnHand"] - quantity} for item, quantity in left]


def _save_stock(call: Call, items: list[Record]) -> None:
    for item in items:
        call.state.save(call.file, "items", item)


def update(call: Call, record_id: int) -> Record:
    """`PUT /Invoice/{id}` with the current LastUpdatedId; QuickPayment is not accepted here."""
    before = found(call, record_id)
    check_version(call, before)
    if call.fields().get("QuickPayment") is not None:
        raise call.refuse("QuickPayment is for new transactions only.")
    record = changed(invoice_rules.read(call, before), before)
    stock = _stock_after(call, record, before)
    invoice_rules.settle_number(call, record, before)
    _save_stock(call, stock)
    record["InvoiceStatus"] = invoice_rules.status_of(record["InvoiceType"])
    record["AmountOwed"] = record["TotalAmount"] - record["AmountPaid"]
    call.state.save(call.file, "invoices", record)
    return _outcome(call, record)


def delete(call: Call, record_id: int) -> Record:
    """`DELETE /Invoice/{id}`; not in a locked period."""
    record = found(call, record_id)
    locked = call.file.locked_until
    if locked is not None and day(record["TransactionDate"]) <= locked:
        raise call.refuse(
            f"The period up to {locked.isoformat()} is locked; the transaction cannot be deleted."
        )
    call.state.remove(call.file, "invoices", record_id, call.login.username)
    return removed(call, "Invoice", "Invoices")


def _outcome(call: Call, record: Record) -> Record:
    new_id = record["TransactionId"]
    return {
        "Id": new_id,
        "SentToContact": record["SentToContact"],
        "LastUpdatedId": record["LastUpdatedId"],
        "UtcLastModified": record["LastModifiedDateUtc"],
        "_links": [link("detail", call.href(f"Invoice/{new_id}"))],
    }
