"""Items, inventory and combo (FACTS §3.3, §5.9, §5.11)."""

from decimal import Decimal
from typing import Any, Final

from sandbox.saasu.contacts import removed
from sandbox.saasu.fields import ITEM, Call, changed, check_version, written
from sandbox.saasu.filters import link, paged, within
from sandbox.saasu.wire import Record, Refusal, number, whole

SEARCH_LENGTH: Final = 128
NO_STOCK: Final = "Unable to complete the requested operation as it will cause negative stock-on-hand for one or more items."


def listed(call: Call) -> Record:
    """Summaries, without Notes and BuildItems, that pass every filter."""
    query = call.query
    period, active = query.period("LastModified"), query.flag("IsActive")
    kind = query.choice("ItemType", ["I", "C"])
    method, wanted = (
        query.choice("SearchMethod", ["Contains", "StartsWith"]),
        query.text("SearchText").casefold(),
    )
    if bool(method) != bool(wanted):
        raise call.refuse("SearchMethod and SearchText must both be given.")
    if len(wanted) > SEARCH_LENGTH:
        raise call.refuse(f"SearchText holds at most {SEARCH_LENGTH} characters.")
    rows = [
        record
        for record in call.file.items.values()
        if within(record["LastModifiedDateUtc"], period)
        and (active is None or record["IsActive"] is active)
        and (not kind or record["Type"] == kind)
        and _searched(record, method, wanted)
    ]
    page = paged(rows, "Items", query, f"{call.address}Items")
    committed = call.file.committed()
    page["Items"] = [_summary(call, record, committed) for record in page["Items"]]
    return page


def _searched(record: Record, method: str, wanted: str) -> bool:
    texts = [str(record[name] or "").casefold() for name in ("Code", "Description")]
    if method == "StartsWith":
        return any(text.startswith(wanted) for text in texts)
    return not method or any(wanted in text for text in texts)


def _summary(call: Call, record: Record, committed: dict[int, Decimal]) -> Record:
    shown = {name: value for name, value in record.items() if name not in {"Notes", "BuildItems"}}
    shown["Committed"] = committed.get(record["Id"], Decimal(0))
    shown["_links"] = [link("detail", call.href(f"Item/{record['Id']}"))]
    return shown


def found(call: Call, record_id: int) -> Record:
    """One item. Raises `Refusal` with 400, not 404 (FACTS §4)."""
    record = call.file.items.get(record_id)
    if record is None:
        raise call.refuse("The requested item is not found.")
    return record


def one(call: Call, record_id: int) -> Record:
    """`GET /Item/{id}`: with Notes and BuildItems."""
    record = found(call, record_id)
    parts = [{**part, **_named(call, part["Id"]), "_links": []} for part in record["BuildItems"]]
    detail = _summary(call, record, call.file.committed())
    return {**detail, "Notes": record["Notes"], "BuildItems": parts}


def _named(call: Call, item_id: int) -> Record:
    item = call.file.items.get(item_id, {})
    return {"Code": item.get("Code"), "Description": item.get("Description")}


def _read(call: Call, before: Record | None = None) -> Record:
    record = written(call, ITEM, before)
    code = (record["Code"] or "").strip()
    own = before["Id"] if before else None
    if not code:
        raise call.refuse("Please include a code for the item.")
    if any(
        item["Id"] != own and item["Code"].casefold() == code.casefold() for item in call.file.items.values()
    ):
        raise call.refuse(f"You already have an item with code {code}.")
    record["Code"] = code
    if record["Type"] not in {"I", "C"}:
        raise call.refuse("Please include a valid item type.")
    if record["IsSold"] and record["SaleIncomeAccountId"] not in call.file.tables["accounts"]:
        # This one comes as plain text with real line ends, as the official tests have it.
        raise Refusal(
            400, "Please include an income account.\r\nParameter name: SaleIncomeAccountUid\r\n", "text"
        )
    for name in ("SaleTaxCodeId", "PurchaseTaxCodeId"):
        if record[name] and record[name] not in call.file.tax_codes:
            raise call.refuse("Please include a valid tax code.")
    given = call.fields().get("BuildItems", before["BuildItems"] if before else None)
    record["BuildItems"] = _parts(call, given) if record["Type"] == "C" else []
    return record


def _parts(call: Call, given: Any) -> list[Record]:
    if not isinstance(given, list) or not given:
        raise call.refuse("Please select at least one item for the combo item.")
    parts = []
    for part in given:
        item_id = whole(part.get("Id")) if isinstance(part, dict) else None
        if item_id not in call.file.items:
            raise call.refuse("The requested item is not found.")
        parts.append({"Id": item_id, "Quantity": number(part.get("Quantity"), "Quantity")})
    return parts


def new_item(call: Call) -> Record:
    """A new item from the body, kept. Raises `Refusal` (400)."""
    record = {"Id": call.state.new_id(), **_read(call), "LastModifiedBy": 1}
    record |= {"StockOnHand": Decimal(0), "CurrentValue": Decimal(0), "OnOrder": Decimal(0)}
    return call.state.save(call.file, "items", record)


def create(call: Call) -> Record:
    """`POST /Item`."""
    record = new_item(call)
    return {"InsertedItemId": record["Id"], **_outcome(record)}


def update(call: Call, record_id: int) -> Record:
    """`PUT /Item/{id}` with the current LastUpdatedId."""
    before = found(call, record_id)
    check_version(call, before)
    record = changed(_read(call, before), before)
    call.state.save(call.file, "items", record)
    return {"UpdatedItemId": record_id, **_outcome(record)}


def delete(call: Call, record_id: int) -> Record:
    """`DELETE /Item/{id}`."""
    found(call, record_id)
    call.state.remove(call.file, "items", record_id, call.login.username)
    return removed(call, "Item", "Items")


def build(call: Call, record_id: int) -> Record:
    """`POST /Item/{id}/build`: stock moves from the parts into the combo (FACTS §5.11)."""
    combo = found(call, record_id)
    quantity = number(call.fields().get("Quantity"), "Quantity")
    parts = [(found(call, part["Id"]), part["Quantity"] * quantity) for part in combo["BuildItems"]]
    if any(item["StockOnHand"] < needed for item, needed in parts):
        raise Refusal(400, NO_STOCK, "text")
    for item, needed in parts:
        call.state.save(call.file, "items", {**item, "StockOnHand": item["StockOnHand"] - needed})
    call.state.save(call.file, "items", {**combo, "StockOnHand": combo["StockOnHand"] + quantity})
    return {"ItemId": record_id, "StatusMessage": f"{quantity} combo item(s) have been built.", "_links": []}


def _outcome(record: Record) -> Record:
    return {
        "LastUpdatedId": record["LastUpdatedId"],
        "UtcLastModified": record["LastModifiedDateUtc"],
        "_links": [],
    }
