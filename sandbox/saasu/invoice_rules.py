"""What the engine accepts as an invoice, and the record it makes of it (FACTS §3.4, §4, §5)."""

from collections import Counter
from decimal import Decimal
from typing import Any, Final

from sandbox.saasu import arithmetic
from sandbox.saasu.fields import INVOICE, Call, tags, text, written
from sandbox.saasu.state import File, number_key
from sandbox.saasu.wire import Record, Refusal, day, number, whole

AUTO_NUMBER: Final = "<auto number>"
ORDERS: Final = ("Sale Order", "Purchase Order")
QUOTES: Final = ("Quote", "Pre-Quote Opportunity")
INVOICES: Final = (
    "Tax Invoice",
    "Adjustment Note",
    "RCT Invoice",
    "Money In (Income)",
    "Money Out (Expense)",
    "Sale Invoice",
    "Purchase Invoice",
    "Credit Note",
    "Debit Note",
    "Payment Invoice",
    "Self-Billing",
    "Consignment",
)
CURRENCIES: Final = ("AUD", "NZD", "USD", "GBP", "EUR", "SGD", "CAD", "JPY", "HKD", "FJD", "ZAR", "CHF")


def status_of(invoice_type: str) -> str:
    """InvoiceStatus: Q quote, O order, I invoice, inferred from the type."""
    if invoice_type in QUOTES:
        return "Q"
    return "O" if invoice_type in ORDERS else "I"


def read(call: Call, before: Record | None = None) -> Record:
    """The record that a body becomes, with its totals; the number is settled apart. Raises `Refusal` (400, 403)."""
    record = written(call, INVOICE, before)
    _check_kinds(call, record)
    _check_change(call, record, before)
    _check_dates(call, record)
    _check_currency(call, record)
    for name in ("BillingContactId", "ShippingContactId"):
        if record[name] is not None and record[name] not in call.file.contacts:
            raise call.refuse("The requested contact is not found.")
    given = call.fields().get("LineItems")
    if given is None and before is not None and call.state.settings.put_mode == "merge":
        given = before["LineItems"]
    if not isinstance(given, list) or not given or not all(isinstance(line, dict) for line in given):
        raise call.refuse("Please include at least one line item.")
    one_line = _item_line if record["Layout"] == "I" else _service_line
    record["LineItems"] = [one_line(call, line) for line in given]
    fill_totals(call, record)
    return record


def _check_kinds(call: Call, record: Record) -> None:
    if record["TransactionType"] not in {"S", "P"}:
        raise call.refuse("Please include a valid transaction type.")
    if record["Layout"] not in {"I", "S"}:
        raise call.refuse("Please include a valid layout.")
    kind = record["InvoiceType"] or ""
    if kind not in {*ORDERS, *QUOTES, *INVOICES}:
        raise call.refuse("Please include a valid invoice type.")
    if kind.startswith({"S": "Purchase", "P": "Sale"}[record["TransactionType"]]):
        raise call.refuse("The invoice type does not belong to the transaction type.")
    if record["Layout"] == "I" and not call.file.item_layout:
        raise call.refuse("Your current subscription does not allow item layouts.", 403)


def _check_change(call: Call, record: Record, before: Record | None) -> None:
    """The type moves forward only: quote, order, invoice (FACTS §5.10)."""
    if before is None:
        return
    if record["TransactionType"] != before["TransactionType"]:
        raise call.refuse("The transaction type cannot be changed.")
    if status_of(before["InvoiceType"]) == "I" and status_of(record["InvoiceType"]) != "I":
        raise call.refuse(
            "Sorry, conversion from invoice to non invoice such as order or quote is not allowed."
        )


def _check_dates(call: Call, record: Record) -> None:
    for name, wanted in (("TransactionDate", True), ("DueDate", False)):
        if not record[name]:
            if wanted:
                raise call.refuse("Please include a valid transaction date.")
            continue
        try:
            record[name] = f"{day(record[name]).isoformat()}T00:00:00"
        except ValueError:
            raise call.refuse(f"Please include a valid {name}.") from None
    locked = call.file.locked_until
    if locked is not None and day(record["TransactionDate"]) <= locked:
        raise call.refuse(
            f"The period up to {locked.isoformat()} is locked; the transaction cannot be saved."
        )


def _check_currency(call: Call, record: Record) -> None:
    record["Currency"] = (record["Currency"] or call.file.currency).upper()
    if record["Currency"] not in CURRENCIES:
        raise call.refuse("Please include a valid currency.")
    if record["Currency"] != call.file.currency and not call.file.multi_currency:
        raise call.refuse("Your current subscription does not allow multiple currencies.", 403)


def _item_line(call: Call, given: Record) -> Record:
    item = call.file.items.get(whole(given.get("InventoryId")) or 0)
    if item is None:
        raise call.refuse("The requested inventory item is not found.")
    settings = call.state.settings
    if not item["IsActive"] and not settings.inactive_items:
        raise call.refuse(f"The item {item['Code']} is not active.")
    if not item["IsSold"] and not settings.unsold_items:
        raise call.refuse(f"The item {item['Code']} is not for sale.")
    line = _line(call, given, item)
    line["Quantity"] = arithmetic.kept_quantity(number(given.get("Quantity"), "Quantity"))
    line["UnitPrice"] = arithmetic.kept_price(number(given.get("UnitPrice"), "UnitPrice"))
    line["PercentageDiscount"] = arithmetic.kept_percentage(
        number(given.get("PercentageDiscount") or 0, "PercentageDiscount")
    )
    if (line["Quantity"] < 0 or line["UnitPrice"] < 0) and not settings.negative_prices:
        raise call.refuse("Quantity and unit price must not be negative.")
    if not 0 <= line["PercentageDiscount"] <= (100 if settings.full_discount else Decimal("99.99")):
        raise call.refuse("Please include a valid percentage discount.")
    return line


def _service_line(call: Call, given: Record) -> Record:
    line = _line(call, given, None)
    if line["AccountId"] not in call.file.tables["accounts"]:
        raise call.refuse("Please include a valid account.")
    line["TotalAmount"] = arithmetic.kept_amount(number(given.get("TotalAmount"), "TotalAmount"))
    return line


def _line(call: Call, given: Record, item: Record | None) -> Record:
    code = text(given.get("TaxCode"), "TaxCode") or None
    if code is None and item is not None and call.state.settings.missing_tax == "item":
        code = call.file.tax_codes.get(item["SaleTaxCodeId"] or 0, {}).get("Code")
    elif code is not None and not any(
        t["Code"] == code and t["IsActive"] for t in call.file.tax_codes.values()
    ):
        raise call.refuse("Please include a valid tax code.")
    return {
        "Id": whole(given.get("Id")) or call.state.new_id(),
        "Description": text(given.get("Description"), "Description"),
        "AccountId": whole(given.get("AccountId")) if item is None else None,
        "TaxCode": code,
        "TotalAmount": None,
        "Quantity": None,
        "UnitPrice": None,
        "PercentageDiscount": None,
        "InventoryId": item["Id"] if item else None,
        "ItemCode": item["Code"] if item else None,
        "Tags": tags(given.get("Tags"), "Tags"),
        "Attributes": [],
    }


def fill_totals(call: Call, record: Record) -> None:
    """Totals and tax from the lines, under the rounding rules in force; what the caller sent as totals is ignored."""
    total_up(record, rates_of(call.file), call.state.settings.rules)


def rates_of(file: File) -> dict[str, Decimal]:
    """The rate of each tax code as a fraction; none in a file that is not registered."""
    return {code["Code"]: code["Rate"] for code in file.tax_codes.values()} if file.tax_registered else {}


def total_up(record: Record, rates: dict[str, Decimal], rules: arithmetic.Rules) -> None:
    """Write the totals of the lines into an invoice."""
    lines = [_amounts(line, rates) for line in record["LineItems"]]
    totals = arithmetic.total_up(lines, record["IsTaxInc"], rules)
    for line, shown in zip(record["LineItems"], totals.lines, strict=True):
        line["TotalAmount"] = shown
    record["TotalAmount"], record["TotalTaxAmount"] = totals.total, totals.tax


def _amounts(line: Record, rates: dict[str, Decimal]) -> arithmetic.Line:
    rate = Decimal(rates.get(line["TaxCode"], 0))
    if line["InventoryId"] is None:
        return arithmetic.Line(rate=rate, amount=line["TotalAmount"])
    return arithmetic.Line(line["Quantity"], line["UnitPrice"], line["PercentageDiscount"], rate)


def settle_number(call: Call, record: Record, before: Record | None = None) -> str | None:
    """Give the record its number; answers the number that was generated, None when the caller gave one.

    `<Auto Number>` in any case takes the next free number, stepping over taken ones (FACTS §5.2). Raises `Refusal`
    for a number that is taken while numbers are unique.
    """
    name = "InvoiceNumber" if record["TransactionType"] == "S" else "PurchaseOrderNumber"
    given = (record[name] or "").strip()
    settings = call.state.settings
    if not given and settings.empty_number == "refuse":
        raise call.refuse("Please include an invoice number.")
    if given.lower() == AUTO_NUMBER or (not given and settings.empty_number == "auto"):
        if before is not None:
            record[name] = before[name]
            return None
        record[name] = _next_number(call, record, name)
        return str(record[name])
    unchanged = before is not None and number_key(before) == number_key(record)
    if given and settings.unique_numbers and not unchanged and call.file.numbers[number_key(record)] > 0:
        raise Refusal(settings.duplicate_status, settings.duplicate_sentence, settings.duplicate_shape)
    return None


def _next_number(call: Call, record: Record, name: str) -> str:
    file = call.file
    while file.numbers[number_key({**record, name: str(file.next_number)})] > 0:
        file.next_number += 1
    generated = str(file.next_number)
    file.next_number += 1
    call.state.save_file(file)
    return generated


def stock_needed(call: Call, record: Record, before: Record | None) -> Counter[int]:
    """Stock that turning a sale into an invoice takes, by item; refused when there is not enough (FACTS §5.9)."""
    needed: Counter[Any] = Counter()
    was_invoice = before is not None and status_of(before["InvoiceType"]) == "I"
    if record["TransactionType"] != "S" or status_of(record["InvoiceType"]) != "I" or was_invoice:
        return needed
    for line in record["LineItems"]:
        if line["InventoryId"] and call.file.items[line["InventoryId"]]["IsInventoried"]:
            needed[line["InventoryId"]] += line["Quantity"]
    return needed
