"""The fields of each record that a caller may write, and how a body becomes a record (FACTS §3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.saasu.filters import Query
from sandbox.saasu.state import File, Login, State
from sandbox.saasu.wire import STALE, Record, Refusal, number, whole

Reader = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call: who asks, for which file, with what. `address` is this server's own, ending in a slash."""

    state: State
    login: Login
    file: File
    query: Query
    address: str
    body: Any = None

    def href(self, path: str) -> str:
        """Address of a record or list of the same file."""
        return f"{self.address}{path}?FileId={self.file.id}"

    def refuse(self, sentence: str, status: int = 400) -> Refusal:
        """A refusal in the shape that the switches ask for."""
        return Refusal(status, sentence, self.state.settings.refusal_shape)

    def fields(self) -> Record:
        """The body, which must be an object. Raises `Refusal` (400)."""
        if not isinstance(self.body, dict):
            raise self.refuse("The body must be an object.")
        return self.body


def text(value: Any, name: str) -> str | None:
    """A text or null. Raises `Refusal` (400)."""
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"{name} must be text.")
    return value


def flag(value: Any, name: str) -> bool:
    """True or false; null is false. Raises `Refusal` (400)."""
    if value is not None and not isinstance(value, bool):
        raise Refusal(400, f"{name} must be true or false.")
    return bool(value)


def amount(value: Any, name: str) -> Any:
    """A number or null. Raises `Refusal` (400)."""
    return None if value is None else number(value, name)


def key(value: Any, name: str) -> int | None:  # noqa: ARG001 - one signature for every reader
    """A record id or null. Raises `Refusal` (400)."""
    return whole(value)


def tags(value: Any, name: str) -> list[str]:
    """A list of texts; null is none. Raises `Refusal` (400)."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise Refusal(400, f"{name} must be a list of texts.")
    return list(value)


def group(**readers: Reader) -> Reader:
    """A reader of an object with these fields, or null."""

    def read(value: Any, name: str) -> Record | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise Refusal(400, f"{name} must be an object.")
        return {part: reader(value.get(part), f"{name}.{part}") for part, reader in readers.items()}

    return read


_address = group(Street=text, City=text, State=text, Postcode=text, Country=text)
_terms = group(TradingTermsType=key, TradingTermsInterval=key, TradingTermsIntervalType=key)

CONTACT: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(("Salutation", "GivenName", "MiddleInitials", "FamilyName"), text),
    "IsActive": flag,
    "IsOcrSender": flag,
    "OcrRecipientAlias": text,
    "CompanyId": key,
    **dict.fromkeys(
        ("PositionTitle", "WebsiteUrl", "PrimaryPhone", "HomePhone", "OtherPhone", "MobilePhone"), text
    ),
    **dict.fromkeys(("Fax", "EmailAddress", "AdditionalEmails", "ContactId"), text),
    "ContactManagerId": key,
    "DirectDepositDetails": group(
        AcceptDirectDeposit=flag, AccountName=text, AccountBSB=text, AccountNumber=text
    ),
    "ChequeDetails": group(AcceptCheque=flag, ChequePayableTo=text),
    "BpayDetails": group(BillerCode=text, CRN=text),
    **dict.fromkeys(("CustomField1", "CustomField2", "TwitterId", "SkypeId", "LinkedInProfile"), text),
    **dict.fromkeys(("AutoSendStatement", "IsPartner", "IsCustomer", "IsSupplier", "IsContractor"), flag),
    "Tags": tags,
    "DefaultSaleDiscount": amount,
    "DefaultPurchaseDiscount": amount,
    "PostalAddress": _address,
    "OtherAddress": _address,
    "SaleTradingTerms": _terms,
    "PurchaseTradingTerms": _terms,
}

COMPANY: Final[Mapping[str, Reader]] = dict.fromkeys(
    ("Name", "Abn", "Website", "LongDescription", "TradingName", "CompanyEmail"), text
)

ITEM: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(("Code", "Description", "Type"), text),
    **dict.fromkeys(
        ("IsActive", "IsInventoried", "IsSold", "IsBought", "IsVisible", "IsVirtual", "IsVoucher"), flag
    ),
    **dict.fromkeys(("AssetAccountId", "SaleIncomeAccountId", "SaleTaxCodeId", "SaleCoSAccountId"), key),
    **dict.fromkeys(("PurchaseExpenseAccountId", "PurchaseTaxCodeId", "PrimarySupplierContactId"), key),
    **dict.fromkeys(("MinimumStockLevel", "DefaultReOrderQuantity", "SellingPrice", "BuyingPrice"), amount),
    **dict.fromkeys(("PrimarySupplierItemCode", "VType", "ValidFrom", "ValidTo", "Notes"), text),
    **dict.fromkeys(("IsSellingPriceIncTax", "IsBuyingPriceIncTax"), flag),
}

INVOICE: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(
        ("Currency", "InvoiceNumber", "PurchaseOrderNumber", "InvoiceType", "TransactionType"), text
    ),
    **dict.fromkeys(
        ("Layout", "Summary", "TransactionDate", "DueDate", "NotesInternal", "NotesExternal"), text
    ),
    **dict.fromkeys(("IsTaxInc", "AutoPopulateFxRate", "RequiresFollowUp"), flag),
    "FxRate": amount,
    **dict.fromkeys(
        ("BillingContactId", "ShippingContactId", "TemplateId", "BrandId", "ForEntityTypeId"), key
    ),
    "Tags": tags,
    "Terms": group(Type=key, Interval=key, IntervalType=key),
}

# What a field is when the body says nothing; everything else is null, false or empty.
DEFAULTS: Final[Record] = {"IsActive": True, "IsVisible": True, "Type": "I"}


def written(call: Call, readers: Mapping[str, Reader], before: Record | None = None) -> Record:
    """The written fields of a body as a record. Fields left out are blank, or kept when `put_mode` is merge."""
    body = call.fields()
    keeps = before is not None and call.state.settings.put_mode == "merge"
    record: Record = {}
    for name, reader in readers.items():
        if name in body:
            record[name] = reader(body[name], name)
        elif keeps and before is not None:
            record[name] = before.get(name)
        else:
            record[name] = reader(DEFAULTS.get(name), name)
    return record


def check_version(call: Call, record: Record) -> None:
    """A PUT must carry the record's LastUpdatedId (FACTS §3, §4). Raises `Refusal`."""
    given = call.fields().get("LastUpdatedId")
    if not given:
        raise call.refuse("Please include the LastUpdatedId of the record.")
    if given != record["LastUpdatedId"]:
        raise Refusal(call.state.settings.stale_status, STALE)


def changed(record: Record, before: Record) -> Record:
    """The new version of a record: read-only fields as they were, written fields as they are now."""
    return {**before, **record}
