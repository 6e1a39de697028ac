"""Fakes of our own ports: a shop, the books of a file, a clock. They remember what was asked of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from portal.sync.bridge import predict
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from portal.sync.rules import Item, TaxCode
from portal.sync.sale_orders import Contact, ContactChange, InvoiceSummary, NewContact, PostedOrder, SaleOrder


@dataclass
class FakeClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def forward(self, **more: int) -> None:
        self.moment += timedelta(**more)


@dataclass
class FakeShop:
    """Orders by id; pages of `page_size`. `before_page` runs before each page and may raise."""

    clock: FakeClock
    orders: dict[int, CompleteOrder] = field(default_factory=dict)
    page_size: int = 250
    asked: list[str] = field(default_factory=list)
    before_page: Callable[[], None] = lambda: None
    versions: dict[str, CompleteOrder] = field(default_factory=dict)

    def add(self, complete: CompleteOrder) -> None:
        self.orders[complete.order.id] = complete

    def changed(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        self.asked.append("changed")
        return self._page(lambda order: since <= order.modified_at <= until, after_id)

    def created(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        self.asked.append("created")
        return self._page(lambda order: since <= order.created_at <= until, after_id)

    def _page(self, within: Callable[[ShopOrder], bool], after_id: int) -> OrderPage:
        self.before_page()
        found = [
            one for number, one in sorted(self.orders.items()) if number > after_id and within(one.order)
        ]
        page = found[: self.page_size]
        return OrderPage(
            orders=tuple(one.order for one in page),
            last=len(found) <= self.page_size,
            shop_time=self.clock.now(),
            complete={one.order.id: self._with_document(one) for one in page},
        )

    def listed(self, *, below_id: int) -> OrderPage:
        self.asked.append("listed")
        self.before_page()
        found = [one for number, one in sorted(self.orders.items()) if below_id == 0 or number < below_id]
        page = found[-self.page_size :]
        return OrderPage(
            orders=tuple(one.order for one in page),
            last=len(found) <= self.page_size,
            shop_time=self.clock.now(),
        )

    def complete(self, order: ShopOrder) -> CompleteOrder:
        self.asked.append("complete")
        return self._with_document(self.orders[order.id])

    def one(self, order_id: int) -> CompleteOrder | None:
        self.asked.append("one")
        found = self.orders.get(order_id)
        return self._with_document(found) if found is not None else None

    def reopen(self, document: str) -> CompleteOrder:
        return self.versions.get(document) or self.orders[int(document)]

    def _with_document(self, one: CompleteOrder) -> CompleteOrder:
        """The order as it is now under a document of its own: `120`, and once it changed `120 again`."""
        document = str(one.order.id)
        while self.versions.setdefault(document, one) != one:
            document += " again"
        return replace(one, document=document)


@dataclass
class FakeBooks:
    """A Saasu file. `answers` are raised in turn by `post` before it keeps the sale; `None` is a plain success.

    `computes` gives total and tax of a sale as Saasu works them out; `hides` names sales the list does not show; `silent` is
    raised in turn by every read-back, `None` is an answer.
    """

    clock: FakeClock
    catalogue: tuple[Item, ...] = ()
    codes: tuple[TaxCode, ...] = (
        TaxCode(code="G1", rate=Decimal("0.1")),
        TaxCode(code="G1,G3", rate=Decimal(0)),
        TaxCode(code="G1,G2", rate=Decimal(0)),
    )
    contacts: list[Contact] = field(default_factory=list)
    sales: list[SaleOrder] = field(default_factory=list)
    listing: list[InvoiceSummary] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    keeps_lost_sales: bool = True
    companies: dict[int, str] = field(default_factory=dict)
    combos: dict[int, Item] = field(default_factory=dict)
    new_contacts: list[NewContact] = field(default_factory=list)
    computes: Callable[[SaleOrder], tuple[Decimal | None, Decimal | None]] | None = None
    hides: set[str] = field(default_factory=set)
    silent: list[Exception | None] = field(default_factory=list)
    windows: list[tuple[datetime, datetime]] = field(default_factory=list)

    def items(self, *, modified_since: datetime | None = None) -> tuple[Item, ...]:
        self.asked.append("items")
        return self.catalogue if modified_since is None else ()

    def item(self, item_id: int) -> Item | None:
        self.asked.append("item")
        return self.combos.get(item_id)

    def tax_codes(self) -> tuple[TaxCode, ...]:
        self.asked.append("tax_codes")
        return self.codes

    def contacts_by_email(self, email: str) -> tuple[Contact, ...]:
        self.asked.append("contacts_by_email")
        return tuple(one for one in self.contacts if one.email.strip().casefold() == email.strip().casefold())

    def contacts_by_name(self, given_name: str, family_name: str) -> tuple[Contact, ...]:
        self.asked.append("contacts_by_name")
        wanted = (given_name.strip().casefold(), family_name.strip().casefold())
        return tuple(
            one
            for one in self.contacts
            if (one.given_name.strip().casefold(), one.family_name.strip().casefold()) == wanted
        )

    def companies_by_name(self, name: str) -> tuple[int, ...]:
        self.asked.append("companies_by_name")
        return tuple(key for key, called in self.companies.items() if called.casefold() == name.casefold())

    def create_company(self, name: str) -> int:
        self.asked.append("create_company")
        self.companies[40 + len(self.companies)] = name
        return max(self.companies)

    def create_contact(self, contact: NewContact) -> int:
        self.asked.append("create_contact")
        self.new_contacts.append(contact)
        made = Contact(
            id=500 + len(self.contacts),
            last_updated_id="AAA=",
            given_name=contact.given_name,
            family_name=contact.family_name,
            email=contact.email,
            phone=contact.phone,
            postal=contact.postal,
            other=contact.other,
            is_customer=True,
        )
        self.contacts.append(made)
        return made.id

    def update_contact(self, contact: Contact, change: ContactChange) -> None:
        self.asked.append("update_contact")
        del contact, change

    def reserve(self) -> None:
        self.asked.append("reserve")

    def post(self, sale: SaleOrder) -> PostedOrder:
        self.asked.append("post")
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or (self.keeps_lost_sales and type(answer).__name__ == "OutcomeLost"):
            self.sales.append(sale)
            number = sale.number if not sale.number.startswith("<") else f"AUTO{len(self.sales)}"
            total, tax = (self.computes or self._computed)(sale)
            self.listing.append(
                InvoiceSummary(
                    invoice_id=9000 + len(self.sales),
                    number=number,
                    purchase_order_number=sale.marker,
                    invoice_type="Sale Order",
                    total=total,
                    tax=tax,
                    modified_at=self.clock.now(),
                )
            )
        if answer is not None:
            raise answer
        return PostedOrder(invoice_id=self.listing[-1].invoice_id, number=self.listing[-1].number)

    def invoices_modified(self, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        self.asked.append("invoices_modified")
        self.windows.append((since, until))
        self._answer()
        for row in self.listing:
            if row.number not in self.hides and (
                row.modified_at is None or since <= row.modified_at <= until
            ):
                yield row

    def invoice(self, invoice_id: int) -> InvoiceSummary | None:
        self.asked.append("invoice")
        self._answer()
        found = [row for row in self.listing if row.invoice_id == invoice_id]
        return next((row for row in found if row.number not in self.hides), None)

    def _answer(self) -> None:
        failure = self.silent.pop(0) if self.silent else None
        if failure is not None:
            raise failure

    def _computed(self, sale: SaleOrder) -> tuple[Decimal | None, Decimal | None]:
        return predict(sale.lines, {code.code: code.rate for code in self.codes})
