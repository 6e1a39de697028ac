"""What is only read: file identities, tax codes, accounts, deleted entities (FACTS §3.5 to §3.7, §3.10)."""

from datetime import timedelta
from typing import Final

from sandbox.saasu.fields import Call
from sandbox.saasu.filters import Query, link, paged, within
from sandbox.saasu.state import File, Login, State
from sandbox.saasu.wire import Record

ENTITY_TYPES: Final = ("Sale", "Purchase", "SalePayment", "PurchasePayment", "Item", "Contact", "Journal")
ACCOUNT_TYPES: Final = (
    "Income",
    "Expense",
    "Asset",
    "Equity",
    "Liability",
    "OtherIncome",
    "OtherExpense",
    "CostOfSales",
)


def file_identities(state: State, login: Login, query: Query, address: str) -> Record:
    """`GET /FileIdentities`: every file the login reaches; the only list without a FileId."""
    rows = [
        {
            "Id": file.id,
            **_identity(file),
            "SubscriptionName": file.plan,
            "_links": [link("detail", f"{address}FileIdentity?FileId={file.id}")],
        }
        for file_id in login.files
        if (file := state.files.get(file_id))
    ]
    return paged(rows, "FileIdentities", query, f"{address}FileIdentities")


def _identity(file: File) -> Record:
    terms = {"TradingTermsType": 1, "TradingTermsInterval": 14, "TradingTermsIntervalType": 1}
    return {
        "Name": file.name,
        "Country": file.country,
        "Zone": file.zone,
        "CurrencyCode": file.currency,
        "IsTaxRegistered": file.tax_registered,
        "FileSettings": {
            "SaleAmountsIncludeTax": True,
            "PurchaseAmountsIncludeTax": True,
            "SaleTradingTerms": terms,
            "PurchaseTradingTerms": terms,
            "_links": [],
        },
    }


def file_identity(call: Call) -> Record:
    """`GET /FileIdentity`: the file of the call."""
    blank = dict.fromkeys(
        (
            "CompanyIdentifier",
            "IndustryTypeId",
            "PrimaryPhone",
            "Fax",
            "Website",
            "Email",
            "Street",
            "City",
            "State",
        )
    )
    return {
        **_identity(call.file),
        **blank,
        "PostCode": None,
        "FullLegalName": call.file.name,
        "TradingNameOrAlternativeBrandName": call.file.name,
        "BusinessIdentifier": None,
        "TaxRegistrationDate": "2015-07-01T00:00:00" if call.file.tax_registered else None,
        "FinancialYearEndMonth": 6,
        "FinancialYearEndDate": 30,
        "LastUpdatedId": None,
        "_links": [],
    }


def tax_codes(call: Call) -> Record:
    """`GET /TaxCodes`."""
    active = call.query.flag("IsActive")
    rows = [
        {**_without_notes(record), "_links": [link("detail", call.href(f"TaxCode/{record['Id']}"))]}
        for record in call.file.tax_codes.values()
        if active is None or record["IsActive"] is active
    ]
    return paged(rows, "TaxCodes", call.query, f"{call.address}TaxCodes")


def _without_notes(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "Notes"}


def tax_code(call: Call, record_id: int) -> Record:
    """`GET /TaxCode/{id}`. Raises `Refusal` (404)."""
    record = call.file.tax_codes.get(record_id)
    if record is None:
        raise call.refuse("The requested tax code is not found.", 404)
    return {**record, "_links": []}


def accounts(call: Call) -> Record:
    """`GET /Accounts`."""
    query = call.query
    active, bank, built_in = query.flag("IsActive"), query.flag("IsBankAccount"), query.flag("IncludeBuiltIn")
    kind = query.choice("AccountType", ACCOUNT_TYPES)
    level, header = query.choice("AccountLevel", ["header", "detail"]), query.number("HeaderAccountId")
    rows = [
        {**record, "_links": []}
        for record in call.file.tables["accounts"].values()
        if (active is None or record["IsActive"] is active)
        and (bank is None or record["IsBankAccount"] is bank)
        and (built_in is not False or not record["IsBuiltIn"])
        and (not kind or record["AccountType"].lower().replace(" ", "") == kind.lower())
        and (not level or record["AccountLevel"].lower() == level)
        and (header is None or record["HeaderAccountId"] == header)
    ]
    return paged(rows, "Accounts", query, f"{call.address}Accounts")


def account(call: Call, record_id: int) -> Record:
    """`GET /Account/{id}`. Raises `Refusal` (404)."""
    record = call.file.tables["accounts"].get(record_id)
    if record is None:
        raise call.refuse("The requested account is not found.", 404)
    return {**record, "_links": []}


def deleted_entities(call: Call) -> Record:
    """`GET /DeletedEntities`: the last 24 hours unless both bounds are given (FACTS §3)."""
    kind = call.query.choice("EntityType", ENTITY_TYPES)
    period = call.query.period("UtcDeleted")
    if period is None:
        period = (call.state.now() - timedelta(hours=24), call.state.now())
    shown = ("EntityType", "EntityId", "DeletedByUser", "Timestamp")
    rows = [
        {name: record[name] for name in shown}
        for record in call.file.tables["deleted"].values()
        if within(record["Timestamp"], period) and (not kind or record["EntityType"] == kind)
    ]
    return paged(rows, "Entities", call.query, f"{call.address}DeletedEntities")
