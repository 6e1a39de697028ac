"""A golden order played through the real code: payload modules, engine, mapping, contacts; only the wire is not there."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from portal.clients.bigcommerce_payloads import (
    evidently_short,
    read_coupon,
    read_fee,
    read_order,
    read_shipping_address,
    reopened,
    sealed,
    unique_lines,
)
from portal.clients.exact_json import dump, load
from portal.clients.rows import Row
from portal.clients.saasu_payloads import (
    changed_contact_body,
    company_body,
    new_contact_body,
    read_contact,
    read_invoice,
    read_item,
    read_tax_code,
    sale_body,
)
from portal.sync.engine import run_sync
from portal.sync.failures import NumberTaken, StaleRecord
from portal.sync.orders import CompleteOrder, ShopOrder
from portal.sync.outfit import Sync
from portal.sync.ports import OrderRecord, Outcome, Reading, State
from portal.sync.rules import Catalogue, Existing, Rules
from portal.sync.sale_orders import Contact, ContactChange, NewContact, PostedOrder, SaleOrder
from tests.fake_ledger import FakeLedger
from tests.fake_sales import FakeSales
from tests.fakes import FakeBooks, FakeClock, FakeShop
from tests.golden.case_files import Case, Documents

FIRST_NEW_CONTACT = 6001
FIRST_NEW_COMPANY = 7001
Request = dict[str, Any]


@dataclass
class GoldenShop(FakeShop):
    """The shop: it gives orders with the documents they were read from, and makes them again from those."""

    def reopen(self, document: str) -> CompleteOrder:
        return reopened(document)

    @staticmethod
    def _with_document(one: CompleteOrder) -> CompleteOrder:
        return one


@dataclass
class GoldenBooks(FakeBooks):
    """The Saasu file: every write is kept as the request that would be sent. `stale` records are what a PUT finds instead."""

    requests: list[Request] = field(default_factory=list)
    stale: list[Contact] = field(default_factory=list)
    created: int = 0
    new_companies: list[str] = field(default_factory=list)

    def _asks(self, request: str, body: str) -> Request:
        asked = {"request": request, "body": load(body)}
        self.requests.append(asked)
        return asked

    def create_contact(self, contact: NewContact) -> int:
        body = new_contact_body(contact)
        asked = self._asks("POST /Contact", body)
        asked["answer"] = FIRST_NEW_CONTACT + self.created
        self.created += 1
        self.contacts.append(contact_of(asked["body"] | {"Id": asked["answer"], "LastUpdatedId": "new"}))
        return int(asked["answer"])

    def create_company(self, name: str) -> int:
        asked = self._asks("POST /Company", company_body(name))
        asked["answer"] = FIRST_NEW_COMPANY + len(self.new_companies)
        self.new_companies.append(name)
        self.companies[asked["answer"]] = name
        return int(asked["answer"])

    def update_contact(self, contact: Contact, change: ContactChange) -> None:
        asked = self._asks(f"PUT /Contact/{contact.id}", changed_contact_body(contact, change))
        now = next((one for one in self.stale if one.id == contact.id), None)
        if now is not None:
            self.stale.remove(now)
            self.contacts = [now if one.id == now.id else one for one in self.contacts]
            asked["answer"] = "stale"
            raise StaleRecord("Record to be updated has changed since last read.")

    def post(self, sale: SaleOrder) -> PostedOrder:
        asked = self._asks("POST /Invoice", sale_body(sale))
        if any(row.number == sale.number for row in self.listing):
            asked["answer"] = "number taken"
            raise NumberTaken("Duplicate invoice number is not allowed.")
        return super().post(sale)


@dataclass(frozen=True)
class Played:
    """What came of a case: every request to Saasu in its order, and the last outcome of each order."""

    requests: list[Request]
    outcomes: dict[int, Outcome]


def contact_of(body: dict[str, Any]) -> Contact:
    return read_contact(Row.of(load(dump(body))))


def read_documents(documents: Documents) -> CompleteOrder:
    """The order as the client reads it from the answers of the order list and of its sub-resources."""
    order = read_order(load(documents.order))
    assert isinstance(order, ShopOrder), order
    lines = unique_lines(rows(documents.products))
    return sealed(
        order,
        lines,
        tuple(map(read_shipping_address, rows(documents.shipping_addresses))),
        coupons=tuple(map(read_coupon, rows(documents.coupons))),
        fees=tuple(map(read_fee, rows(documents.fees))),
        complete=not evidently_short(order, lines),
    )


def rows(text: str) -> list[object]:
    found = load(text)
    assert isinstance(found, list)
    return found


def catalogue_of(saasu: dict[str, Any]) -> Catalogue:
    """The file's items and tax codes, read from Saasu's rows; an item's tax code goes by its id, as Saasu's does."""
    ids = {row["Code"]: number for number, row in enumerate(saasu["tax_codes"], 1)}
    codes = [read_tax_code(Row.of({"Id": ids[row["Code"]]} | row)) for row in saasu["tax_codes"]]
    names = {number: code for code, number in ids.items()}
    items = [
        read_item(Row.of(row | {"SaleTaxCodeId": ids.get(row.get("SaleTaxCode"), 0)}), names)
        for row in saasu["items"]
    ]
    return Catalogue(
        tuple(item for item in items if item is not None), tuple(code[1] for code in codes if code)
    )


def rules_of(connection: dict[str, Any], catalogue: Catalogue) -> Rules:
    """The connector's choices; items are named by their code."""
    chosen = dict(connection)
    ids = {item.code: item.id for item in catalogue.items} | {"none": None}
    prefix = chosen.pop("Order prefix")
    found = Rules(
        store_hash=chosen.pop("Shop Code"),
        zone=ZoneInfo(chosen.pop("Time zone")),
        start=datetime.fromisoformat(chosen.pop("Orders from")),
        prefix="" if prefix == "none" else prefix,
        statuses=frozenset(chosen.pop("Order statuses")),
        shipping_item=ids[chosen.pop("Shipping Item")],
        discount_item=ids[chosen.pop("Discount Item")],
        fee_item=ids[chosen.pop("Fee Item")],
        tax_registered=chosen.pop("Registered for GST"),
        aliases=chosen.pop("Other names of items", {}),
        taxable_code=chosen.pop("Code for what was taxed", "G1"),
        free_code=chosen.pop("Code for what was not taxed", "G1,G3"),
        export_code=chosen.pop("Code for exports", "G1,G2"),
        own_discounts=chosen.pop("The shop's own discounts", False),
        whole_cent_prices=chosen.pop("Prices of whole cents", False),
        existing_contacts=Existing(chosen.pop("Existing contacts", "as documented")),
        nobodys_emails=tuple(chosen.pop("E-mails of nobody", ())),
    )
    assert not chosen, f"choices that no connector has: {chosen}"
    return found


def ledger_of(case: Case, orders: list[CompleteOrder], start: datetime) -> FakeLedger:
    """The ledger as it was before: orders already known, and the newest order that wrote a contact."""
    ledger = FakeLedger(Reading(watermark=start), writers=case.before.get("newest order of each contact", {}))
    for one in orders:
        state = case.before.get("orders", {}).get(one.order.id)
        if state is not None:
            created = one.order.created_at
            ledger.records[one.order.id] = OrderRecord(
                id=f"record {one.order.id}",
                order_id=one.order.id,
                state=State(state),
                created_at=created,
                modified_at=created,
            )
    return ledger


def play(case: Case) -> Played:
    """One run of the engine over the case's orders."""
    orders = [read_documents(documents) for documents in case.documents()]
    modified = [one.order.modified_at for one in orders]
    clock = FakeClock(max(modified) + timedelta(hours=1))
    shop = GoldenShop(clock)
    for one in orders:
        shop.add(one)
    catalogue = catalogue_of(case.saasu)
    invoices = [read_invoice(Row.of(load(dump(row)))) for row in case.saasu.get("invoices", [])]
    books = GoldenBooks(
        clock,
        catalogue=catalogue.items,
        codes=catalogue.tax_codes,
        contacts=[contact_of(row) for row in case.saasu["contacts"]],
        listing=[replace(row, modified_at=clock.now()) for row in invoices if row is not None],
        companies={row["Id"]: row["Name"] for row in case.saasu["companies"]},
        stale=[contact_of(row) for row in case.saasu.get("changed meanwhile", [])],
    )
    ledger = ledger_of(case, orders, min(modified) - timedelta(hours=1))
    ledger.now = clock.now
    sync = Sync(
        rules=rules_of(case.connection, catalogue),
        rules_now=lambda: rules_of(case.connection, catalogue),
        shop=shop,
        books=books,
        ledger=ledger,
        sales=FakeSales(),
        clock=clock,
        catalogue=lambda: catalogue,
        report=fail,
    )
    run_sync(sync)
    told_last = {number: told[-1] for number, told in ledger.outcomes.items()}
    kept = {number: Outcome(state=record.state) for number, record in ledger.records.items()}
    return Played(books.requests, kept | told_last)


def fail(fault: Exception) -> None:
    """A fault of ours in one order, which a run would survive, must not hide here."""
    raise AssertionError(f"the engine stumbled: {fault!r}") from fault


def plain(value: object) -> object:
    """JSON values to compare as text: every number by its shortest digits, so that 11.00 is 11 and text stays text."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        return f"number {number.normalize() if number else Decimal(0):f}"
    if isinstance(value, dict):
        return {name: plain(held) for name, held in sorted(value.items())}
    assert isinstance(value, list), value
    return [plain(held) for held in value]
