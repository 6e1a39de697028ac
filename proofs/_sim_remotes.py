"""The two remotes of the simulation: a shop whose orders change while they are read, and books that lose, delay and refuse answers.

Both implement what the engine asks of its ports in an hourly run of orders by one known customer, and decide nothing for it: no backfill, no
sweep, no contact that must be written. What the books have is what really happened.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from portal.sync.failures import NumberTaken, OutcomeLost, Refused, Throttled, Unreachable
from portal.sync.orders import Address, CompleteOrder, OrderLine, OrderPage, ShopOrder, Taxed
from portal.sync.rules import Catalogue, Item, TaxCode
from portal.sync.sale_orders import (
    AUTO_NUMBER,
    Contact,
    InvoiceSummary,
    PostalAddress,
    PostedOrder,
    SaleOrder,
)
from proofs._sim_stage import BEGAN, Stage

ELEVEN = Taxed(ex_tax=Decimal("10.0000"), inc_tax=Decimal("11.0000"), tax=Decimal("1.0000"))
NONE = Taxed()
BUYER = Address(
    first_name="Robin", last_name="Example", street_1="1 High Street", city="Fremantle", state="WA",
    postcode="6160", country="Australia", phone="0491570156", email="robin@example.com",
)  # fmt: skip
KNOWN = Contact(
    id=7, last_updated_id="AAA=", given_name="Robin", family_name="Example", email="robin@example.com",
    phone="0491570156", is_customer=True,
    postal=PostalAddress(
        street="1 High Street", city="Fremantle", state="WA", postcode="6160", country="Australia"
    ),
)  # fmt: skip
LINE = OrderLine(id=1, sku="tea-250", name="Tea", quantity=Decimal(1), price=ELEVEN, total=ELEVEN)
ORDER = ShopOrder(
    id=0, created_at=BEGAN, modified_at=BEGAN, status_id=11, status="Awaiting Fulfillment", currency="AUD",
    subtotal=ELEVEN, shipping=NONE, handling=NONE, wrapping=NONE, total=ELEVEN, billing=BUYER,
    is_tax_inclusive=True,
)  # fmt: skip
CATALOGUE = Catalogue(
    items=(Item(id=1, code="tea-250", name="Tea", tax_code="G1"),),
    tax_codes=tuple(
        TaxCode(code=code, rate=Decimal(rate))
        for code, rate in (("G1", "0.1"), ("G1,G3", "0"), ("G1,G2", "0"))
    ),
)
PAGE = 2
INCOMPLETE, AWAITING, CANCELLED = (0, "Incomplete"), (11, "Awaiting Fulfillment"), (5, "Cancelled")


@dataclass(slots=True)
class SimShop:
    """Orders by id, in pages of two. `fails` is how many calls in a thousand find nobody."""

    stage: Stage
    orders: dict[int, ShopOrder] = field(default_factory=dict)
    versions: dict[str, CompleteOrder] = field(default_factory=dict)
    fails: int = 0
    clock_off: timedelta = timedelta()

    def place(self, status: tuple[int, str] = AWAITING) -> int:
        """An order more; its id."""
        number = 100 + len(self.orders)
        now = self.stage.now + self.clock_off
        self.orders[number] = replace(
            ORDER, id=number, created_at=now, modified_at=now, status_id=status[0], status=status[1]
        )
        self.stage.say(f"order {number} is placed: {status[1]}")
        return number

    def change(self, number: int, status: tuple[int, str]) -> None:
        """An order becomes another status."""
        now = self.stage.now + self.clock_off
        self.orders[number] = replace(
            self.orders[number], modified_at=now, status_id=status[0], status=status[1]
        )
        self.stage.say(f"order {number} becomes {status[1]}")

    def _call(self, what: str) -> None:
        self.stage.pause()
        self.stage.say(f"asks the shop: {what}")
        if self.stage.random.randrange(1000) < self.fails:
            self.stage.happened["shop away"] += 1
            raise Unreachable("the shop does not answer")

    def changed(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        """The next page of orders modified within the window."""
        self._call(f"changed {since:%H:%M:%S} to {until:%H:%M:%S} after {after_id}")
        found = [
            one
            for number, one in sorted(self.orders.items())
            if number > after_id and since <= one.modified_at <= until
        ]
        return OrderPage(
            orders=tuple(found[:PAGE]),
            last=len(found) <= PAGE,
            shop_time=self.stage.now + self.clock_off,
            complete={one.id: self._whole(one) for one in found[:PAGE]},
        )

    def complete(self, order: ShopOrder) -> CompleteOrder:
        """The order with its line."""
        self._call(f"order {order.id} whole")
        return self._whole(self.orders[order.id])

    def one(self, order_id: int) -> CompleteOrder | None:
        """One order read afresh."""
        self._call(f"order {order_id}")
        found = self.orders.get(order_id)
        return self._whole(found) if found is not None else None

    def reopen(self, document: str) -> CompleteOrder:
        """An order from its kept text."""
        return self.versions[document]

    def _whole(self, order: ShopOrder) -> CompleteOrder:
        document = f"{order.id} at {order.modified_at.isoformat()}"
        whole = CompleteOrder(order=order, lines=(LINE,), document=document)
        return self.versions.setdefault(document, whole)


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often what goes wrong with a call to the books, in a thousand; `late` is the longest delay of a commit in seconds."""

    lost_before: int = 0
    lost_after: int = 0
    late: int = 0
    latest: int = 100
    throttled: int = 0
    refused: int = 0
    never_left: int = 0
    read_fails: int = 0


CALM = Trouble()


@dataclass(slots=True)
class SimBooks:
    """The books of one file. `unique`: whether Saasu refuses a number it has; `posts` are the markers of all that was sent."""

    stage: Stage
    unique: bool = False
    trouble: Trouble = CALM
    sales: list[InvoiceSummary] = field(default_factory=list)
    clock_off: timedelta = timedelta()
    posts: list[str] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None
    """What the run does before each call: it holds its lease on."""

    def for_run(self, on_call: Callable[[], None]) -> "SimBooks":
        """The same books as one run calls them."""
        return replace(self, on_call=on_call)

    def _read(self, what: str) -> None:
        self.stage.pause()
        self.on_call()
        self.stage.say(f"asks Saasu: {what}")
        if self.stage.random.randrange(1000) < self.trouble.read_fails:
            self.stage.happened["read failed"] += 1
            raise Unreachable("Saasu does not answer")

    def contacts_by_email(self, email: str) -> tuple[Contact, ...]:
        """The one customer there is."""
        self._read("contact")
        return (KNOWN,) if email == KNOWN.email else ()

    def items(self, *, modified_since: datetime | None = None) -> tuple[Item, ...]:
        """The catalogue's items."""
        del modified_since
        return CATALOGUE.items

    def item(self, item_id: int) -> Item | None:
        """No combo is asked for."""
        del item_id
        return None

    def tax_codes(self) -> tuple[TaxCode, ...]:
        """The catalogue's tax codes."""
        return CATALOGUE.tax_codes

    def catalogue(self) -> Catalogue:
        """Items and tax codes, for one call."""
        self._read("items")
        return CATALOGUE

    def reserve(self) -> None:
        """Wait for a slot."""
        self.stage.pause()
        self.on_call()

    def post(self, sale: SaleOrder) -> PostedOrder:
        """Create the sale, with whatever goes wrong on the way; the answer takes its time.

        Nothing happens between the engine's last look at the clock and the sending: that moment no protocol can close by itself.
        """
        self.posts.append(sale.marker)
        self.stage.say(f"sends {sale.number} ({sale.marker})")
        fate = self._fate()
        if fate == "throttled":
            raise Throttled("too many calls", retry_after=None)
        if fate == "refused":
            raise Refused("Saasu says no")
        if fate == "never left":
            raise Unreachable("no connection to Saasu could be made")
        if fate == "lost before":
            self.stage.pause(self.stage.random.choice((10, 30_000)))
            raise OutcomeLost("the answer was lost")
        if fate == "late":
            delay = timedelta(seconds=self.stage.random.randint(1, self.trouble.latest))
            self.stage.at(self.stage.now + delay, lambda: self._commit(sale))
            self.stage.pause(self.stage.random.choice((10, 30_000)))
            raise OutcomeLost("the answer was lost")
        # Sent: it is done whether or not anybody lives to hear of it.
        answer: list[PostedOrder | None] = []
        self.stage.at(self.stage.now + timedelta(milliseconds=150), lambda: answer.append(self._commit(sale)))
        self.stage.pause(300)
        if fate == "lost after":
            self.stage.pause(self.stage.random.choice((10, 30_000)))
            raise OutcomeLost("the answer was lost")
        made = answer[0]
        if made is None:
            raise NumberTaken("Duplicate invoice number is not allowed.")
        return made

    def _fate(self) -> str:
        trouble, dice = self.trouble, self.stage.random.randrange(1000)
        for name, share in (
            ("lost before", trouble.lost_before),
            ("lost after", trouble.lost_after),
            ("late", trouble.late),
            ("throttled", trouble.throttled),
            ("refused", trouble.refused),
            ("never left", trouble.never_left),
        ):
            if dice < share:
                self.stage.happened[name] += 1
                self.stage.say(f"… {name}")
                return name
            dice -= share
        return "well"

    def _commit(self, sale: SaleOrder) -> PostedOrder | None:
        """Write the sale into the books; `None` where they refuse its number."""
        number = sale.number
        if number == AUTO_NUMBER:
            number = f"INV-{len(self.sales) + 1}"
        elif self.unique and any(one.number == number for one in self.sales):
            self.stage.happened["number taken"] += 1
            return None
        made = 9001 + len(self.sales)
        self.sales.append(
            InvoiceSummary(
                invoice_id=made,
                number=number,
                purchase_order_number=sale.marker,
                invoice_type="Sale Order",
                total=Decimal("11.00"),
                tax=Decimal("1.00"),
                modified_at=self.stage.now + self.clock_off,
            )
        )
        self.stage.say(f"… Saasu has {number} ({sale.marker}) as {made}")
        return PostedOrder(invoice_id=made, number=number)

    def invoices_modified(self, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        """Every sale written within the window, page by page."""
        after = 0
        while True:
            self._read(f"sales from {since:%d %H:%M:%S} after {after}")
            found = [
                one
                for one in self.sales
                if one.invoice_id > after
                and one.modified_at is not None
                and since <= one.modified_at <= until
            ]
            yield from found[:PAGE]
            if len(found) < PAGE:
                return
            after = found[PAGE - 1].invoice_id

    def invoice(self, invoice_id: int) -> InvoiceSummary | None:
        """One sale."""
        self._read(f"sale {invoice_id}")
        return next((one for one in self.sales if one.invoice_id == invoice_id), None)
