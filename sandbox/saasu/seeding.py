"""What a new file holds: tax codes, accounts, and the items that every shop needs beside its goods."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.catalogue import Sellable
from sandbox.saasu import contacts, invoices, items
from sandbox.saasu.fields import Call
from sandbox.saasu.filters import Query
from sandbox.saasu.state import File, Login, State
from sandbox.saasu.wire import Record, Refusal
from sandbox.world import World

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

# People a file knows before its first order.
CONTACTS: Final[tuple[Record, ...]] = (
    {
        "GivenName": "Marlowe",
        "FamilyName": "Quill",
        "EmailAddress": "marlowe.quill@example.com",
        "PrimaryPhone": "02 5550 0101",
        "IsCustomer": True,
        "PostalAddress": {
            "Street": "4 Banksia Lane",
            "City": "Orange",
            "State": "NSW",
            "Postcode": "2800",
            "Country": "Australia",
        },
    },
    {
        "GivenName": "Thea",
        "FamilyName": "O'Brannock",
        "EmailAddress": "thea+orders@example.com",
        "IsCustomer": True,
        "PostalAddress": {
            "Street": "19 Jetty Road",
            "City": "Fremantle",
            "State": "WA",
            "Postcode": "6160",
            "Country": "Australia",
        },
    },
    {
        "GivenName": "Percival",
        "FamilyName": "Stooke",
        "EmailAddress": "supplies@example.com",
        "IsSupplier": True,
    },
)


def seed(state: State, world: World) -> None:
    """Fill an empty state with a world's files, their items and contacts, and its logins."""
    for wanted in world.files:
        names = ("id", "name", "plan", "currency", "country", "zone", "tax_registered")
        file = File(**{name: getattr(wanted, name) for name in names})
        furnish(state, file)
        add_goods(state, file, wanted.sellables)
        for contact in CONTACTS:
            add_contact(state, file, contact)
        for number in wanted.typed_sales:
            add_typed_sale(state, file, number, wanted.sellables[0])
    for login in world.logins:
        state.add_login(Login(login.username, login.password, list(login.file_ids), login.two_factor_code))


def add_goods(state: State, file: File, goods: Sequence[Sellable]) -> None:
    """An item for each SKU; a combo whose parts the file does not know is an ordinary item."""
    for one in sorted(goods, key=lambda one: one.is_combo):
        codes = {item["Code"]: item["Id"] for item in file.items.values()}
        parts = [{"Id": codes[sku], "Quantity": number} for sku, number in one.product.parts if sku in codes]
        given: Record = {"Code": one.sku, "Description": one.name, "TaxCode": "G1" if one.taxed else "G1,G3"}
        given |= {"SellingPrice": one.price, "StockOnHand": 100, "Type": "C" if parts else "I"}
        add_item(state, file, given | {"IsInventoried": True, "IsVisible": True, "BuildItems": parts})


def add_typed_sale(state: State, file: File, number: str, sold: Sellable) -> None:
    """A sale of one piece that somebody typed in under a number of the shop."""
    line = {"ItemCode": sold.sku, "Description": sold.name, "Quantity": 1, "UnitPrice": sold.price}
    line["TaxCode"] = "G1" if sold.taxed else "G1,G3"
    add_invoice(state, file, {"InvoiceNumber": number, "LineItems": [line], "Summary": "Typed in by hand"})


def furnish(state: State, file: File, charges: Iterable[str] | None = None) -> File:
    """Add a file with its tax codes, accounts and charge items, all of them unless `charges` names some."""
    state.add_file(file)
    for code, name, rate, sale, purchase in TAX_CODES:
        _add_tax_code(state, file, code, name, Decimal(rate), sale, purchase)
    for number, (name, kind, bank) in enumerate(ACCOUNTS, start=1):
        _add_account(state, file, number, name, kind, bank)
    wanted = [code for code, _, _ in CHARGES] if charges is None else list(charges)
    known = {code: (description, tax) for code, description, tax in CHARGES}
    for code in dict.fromkeys(wanted):
        description, tax = known.get(code, (code.capitalize(), "G1"))
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


def change_contact(state: State, file: File, contact: Record, changes: Record) -> Record:
    """A contact with some fields changed, as a person in Saasu would do it. Raises `Refusal` (400)."""
    body = {**contact, **changes, "LastUpdatedId": contact["LastUpdatedId"]}
    contacts.update(operator_call(state, file, body), contact["Id"])
    return file.contacts[contact["Id"]]


def add_invoice(state: State, file: File, given: Record) -> Record:
    """A new invoice from API fields, as a person in Saasu would make it. Raises `Refusal` (400, 403).

    Left out: a sale order of today, item layout, tax included. A line may name its item by `ItemCode`.
    """
    codes = {item["Code"].casefold(): item["Id"] for item in file.items.values()}
    lines = given.get("LineItems")
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise Refusal(400, "LineItems must be a list of objects.")
    named = [{"InventoryId": codes.get(str(line.get("ItemCode")).casefold()), **line} for line in lines]
    standard = {"TransactionType": "S", "InvoiceType": "Sale Order", "Layout": "I", "IsTaxInc": True}
    standard["TransactionDate"] = state.now().date().isoformat()
    call = operator_call(state, file, {**standard, **given, "LineItems": named})
    return file.invoices[invoices.create(call)["InsertedEntityId"]]


def change_invoice(state: State, file: File, invoice: Record, changes: Record) -> Record:
    """An invoice with some fields changed, as a person in Saasu would do it. Raises `Refusal` (400, 403)."""
    body = {**invoice, **changes, "LastUpdatedId": invoice["LastUpdatedId"]}
    invoices.update(operator_call(state, file, body), invoice["TransactionId"])
    return file.invoices[invoice["TransactionId"]]
