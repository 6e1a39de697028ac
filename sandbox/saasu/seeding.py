"""What a new file holds: tax codes, accounts, and the items that every shop needs beside its goods."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.saasu import contacts, invoices, items
from sandbox.saasu.fields import Call
from sandbox.saasu.filters import Query
from sandbox.saasu.state import File, Login, State
from sandbox.saasu.wire import Record

OPERATOR: Final = Login("control", "", [])
BEGINNING: Final = datetime(2024, 7, 1, tzinfo=UTC)

# Code, name, rate, sale, purchase (FACTS §3.5; the commas are part of the code).
TAX_CODES: Final[tuple[tuple[str, str, str, bool, bool], ...]] = (
    ("G1", "Sale Inc GST", "0.1", True, False),
    ("G1,G2", "Export Sale", "0", True, False),
    ("G1,G3", "GST Free Sale", "0", True, False),
    ("G1,G4", "Input Taxed Sale", "0", True, False),
    ("G7", "Sale Adjustment", "0.1", True, False),
    ("G10", "Capital Purchase Inc GST", "0.1", False, True),
    ("G10,G14", "Capital Purchase GST Free", "0", False, True),
    ("G11", "Purchase Inc GST", "0.1", False, True),
    ("G11,G14", "Purchase GST Free", "0", False, True),
    ("G18", "Purchase Adjustment", "0.1", False, True),
)

# Name, type, bank account.
ACCOUNTS: Final[tuple[tuple[str, str, bool], ...]] = (
    ("Sales", "Income", False),
    ("Freight Recovered", "Income", False),
    ("Cost of Goods Sold", "Cost of Sales", False),
    ("Inventory on Hand", "Asset", False),
    ("Purchases", "Expense", False),
    ("GST Collected", "Liability", False),
    ("Everyday Account", "Asset", True),
)

# Code, description, tax: what a shop charges beside its goods. Sold only, never bought, no stock (FACTS §5.12).
CHARGES: Final[tuple[tuple[str, str, str], ...]] = (
    ("SHIPPING", "Shipping", "G1"),
    ("DISCOUNT", "Discount", "G1"),
    ("GIFT-WRAP", "Gift wrapping", "G1"),
    ("FEE", "Surcharge", "G1"),
)


def furnish(state: State, file: File) -> File:
    """Add a file with its tax codes, accounts and charge items."""
    state.add_file(file)
    for code, name, rate, sale, purchase in TAX_CODES:
        _add_tax_code(state, file, code, name, Decimal(rate), sale, purchase)
    for number, (name, kind, bank) in enumerate(ACCOUNTS, start=1):
        _add_account(state, file, number, name, kind, bank)
    for code, description, tax in CHARGES:
        add_item(state, file, {"Code": code, "Description": description, "TaxCode": tax})
    return file


def _add_tax_code(
    state: State, file: File, code: str, name: str, rate: Decimal, sale: bool, purchase: bool
) -> None:
    # These rows carry seven decimals and a zone letter, as the recorded one does.
    moment = f"{BEGINNING:%Y-%m-%dT%H:%M:%S}.3786055Z"
    record: Record = {"Id": state.new_id(), "Code": code, "Name": name, "Rate": rate}
    record |= {"PostingAccountId": None, "IsSale": sale, "IsPurchase": purchase, "IsPayroll": False}
    record |= {
        "IsInbuilt": True,
        "IsShared": True,
        "IsActive": True,
        "LastModifiedByUserId": None,
        "Notes": None,
    }
    record |= {"CreatedDateUtc": moment, "LastModifiedDateUtc": moment, "LastUpdatedId": state.new_version()}
    state.put(file, "tax_codes", record)


def _add_account(state: State, file: File, number: int, name: str, kind: str, bank: bool) -> None:
    blank = (
        "HeaderAccountId",
        "ExchangeAccountId",
        "BSB",
        "Number",
        "BankAccountName",
        "BankCode",
        "UserNumber",
    )
    record: Record = {"Id": state.new_id(), "Name": name, "AccountLevel": "Detail", "AccountType": kind}
    record |= {"IsActive": True, "IsBuiltIn": False, "DefaultTaxCode": "G1" if kind == "Income" else None}
    record |= {"LedgerCode": f"{number:05}", "Currency": file.currency, "IsBankAccount": bank}
    record |= {"IncludeInForecaster": bank, "BankFileCreationEnabled": False, "MerchantFeeAccountId": None}
    state.save(file, "accounts", record | dict.fromkeys(blank))


def operator_call(state: State, file: File, body: Any) -> Call:
    """A call as the control address makes it: past tokens and counts, under the same rules as anybody's."""
    return Call(state, OPERATOR, file, Query([]), "/", body)


def add_item(state: State, file: File, given: Record) -> Record:
    """A new item from API fields; left out: sold, taxed `TaxCode` (G1), the first income account.

    `StockOnHand` may be given too. Raises `Refusal` (400).
    """
    income = next(a["Id"] for a in file.tables["accounts"].values() if a["AccountType"] == "Income")
    wanted = given.get("TaxCode", "G1")
    tax = next((code["Id"] for code in file.tax_codes.values() if code["Code"] == wanted), None)
    standard = {
        "IsSold": True,
        "SaleIncomeAccountId": income,
        "SaleTaxCodeId": tax,
        "IsSellingPriceIncTax": True,
    }
    record = items.new_item(operator_call(state, file, {**standard, **given}))
    if given.get("StockOnHand") is not None:
        record["StockOnHand"] = Decimal(str(given["StockOnHand"]))
        state.save(file, "items", record)
    return record


def change_item(state: State, file: File, item: Record, changes: Record) -> Record:
    """An item with some fields changed, as a person in Saasu would do it. Raises `Refusal` (400)."""
    call = operator_call(state, file, {**item, **changes, "LastUpdatedId": item["LastUpdatedId"]})
    items.update(call, item["Id"])
    record = file.items[item["Id"]]
    if "StockOnHand" in changes:
        record["StockOnHand"] = Decimal(str(changes["StockOnHand"]))
        state.save(file, "items", record)
    return record


def add_contact(state: State, file: File, given: Record) -> Record:
    """A new contact from API fields. Raises `Refusal` (400)."""
    answer = contacts.create(operator_call(state, file, given))
    return file.contacts[answer["InsertedContactId"]]


def add_invoice(state: State, file: File, given: Record) -> Record:
    """A new invoice from API fields, as a person in Saasu would make it. Raises `Refusal` (400, 403)."""
    answer = invoices.create(operator_call(state, file, given))
    return file.invoices[answer["InsertedEntityId"]]
