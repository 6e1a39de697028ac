"""The world of `prove simulate`: a virtual clock, a shop and a Saasu file that fail on purpose, and the points at which a worker may pause or die.

One seed draws everything. Workers are greenlets: at every call of a port another one may go on, and time passes only here.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from greenlet import getcurrent, greenlet

from portal.sync.bridge import predict
from portal.sync.failures import Denied, NumberTaken, OutcomeLost, Refused, Throttled, Unreachable
from portal.sync.orders import Address, CompleteOrder, OrderLine, OrderPage, ShippingAddress, ShopOrder, Taxed
from portal.sync.planning import SETTLE_WITH_NUMBER
from portal.sync.rules import Catalogue, Item, TaxCode
from portal.sync.sale_orders import Contact, InvoiceSummary, PostalAddress, PostedOrder, SaleOrder

BEGAN = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
CHAOS = 70 * 60
"""Seconds in which faults happen."""
PAGE = 2
CATALOGUE = Catalogue(
    (Item(id=1, code="tea-250", tax_code="G1"),),
    (TaxCode(code="G1", rate=Decimal("0.1")), TaxCode(code="G1,G3", rate=Decimal(0))),
)
WHO = Address(
    first_name="Robin", last_name="Example", street_1="1 High Street", city="Fremantle", state="Western Australia",
    postcode="6160", country="Australia", country_code="AU", phone="0491570156", email="robin@example.com",
)  # fmt: skip
CUSTOMER = Contact(
    id=7, last_updated_id="AAA=", given_name="Robin", family_name="Example", email="robin@example.com",
    phone="0491570156", is_customer=True,
    postal=PostalAddress(street="1 High Street", city="Fremantle", state="WA", postcode="6160", country="Australia"),
)  # fmt: skip
AMOUNT = Taxed(ex_tax=Decimal("10.0000"), inc_tax=Decimal("11.0000"), tax=Decimal("1.0000"))


class Killed(BaseException):
    """A worker died here; it writes and asks nothing more."""


@dataclass(eq=False)
class Worker:
    """One delivery of a run at work; `skew` is how far its clock is from the truth."""

    world: "World"
    skew: timedelta
    dead: bool = False

    def now(self) -> datetime:
        """The present moment by this worker's clock."""
        return self.world.now + self.skew

    def faulty(self, fault: Exception) -> None:
        """Hears of a fault of ours in one order, which the run goes on beside: it is counted, and the schedule is bad."""
        self.world.counts["fault of ours"] += 1
        self.world.trace.append(f"fault of ours: {fault!r}")

    def point(self) -> None:
        """Let time pass and others act; die here where the dice say so. Raises `Killed`."""
        if self.dead:
            raise Killed
        self.world.wait(self.world.latency())
        if self.world.happens("kill", 0.01):
            self.dead = True
        if self.dead:
            raise Killed


@dataclass
class World:
    """Time, dice, and what both remotes have. `counts` says how often each fault really happened; `trace` tells what happened."""

    seed: int
    now: datetime = BEGAN
    calm: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    orders: dict[int, CompleteOrder] = field(default_factory=dict)
    texts: dict[str, CompleteOrder] = field(default_factory=dict)
    sales: list[InvoiceSummary] = field(default_factory=list)
    posts: int = 0
    turns: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    taken: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.unique = self.dice.random() < 0.25
        self.prefix = "SHO" if self.dice.random() < 0.75 else ""
        far = 240 if self.unique and self.prefix else 20
        self.skews = [timedelta(seconds=self.dice.randint(-far, far)) for _ in range(2)]
        self.books_skew = timedelta(seconds=self.dice.randint(-300, 300))
        apart = abs(self.skews[0] - self.skews[1]).total_seconds()
        self.latest = SETTLE_WITH_NUMBER.total_seconds() - 10 - apart
        if not self.prefix:
            self.latest = 50 * 60.0
        elif self.unique:
            self.latest = 3 * 3600.0
        self.main = getcurrent()

    def say(self, words: str) -> None:
        """Add a line to the trace."""
        self.trace.append(f"{(self.now - BEGAN).total_seconds():9.1f} s  {words}")

    def happens(self, what: str, chance: float) -> bool:
        """Whether a fault happens now; never once the world is calm."""
        if self.calm or self.dice.random() >= chance:
            return False
        self.counts[what] += 1
        self.say(what)
        return True

    def latency(self) -> float:
        """Seconds that pass at one call of a port; now and then a worker stands still for long."""
        if self.happens("pause", 0.012):
            return self.dice.choice((7.0, 30.0, 100.0, 200.0))
        return self.dice.uniform(0.02, 0.6)

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Let something happen after so many seconds."""
        self.taken += 1
        heapq.heappush(self.turns, (self.now + timedelta(seconds=seconds), self.taken, act))

    def wait(self, seconds: float) -> None:
        """Let the worker that asks wait."""
        self.later(seconds, getcurrent().switch)
        self.main.switch()

    def start(self, act: Callable[[], object]) -> None:
        """Begin a worker now."""
        greenlet(act).switch()

    def run_until(self, moment: datetime) -> None:
        """Let everything happen up to a moment."""
        while self.turns and self.turns[0][0] <= moment:
            self.now, _, act = heapq.heappop(self.turns)
            act()
        self.now = max(self.now, moment)

    def place(self, number: int, status: int) -> None:
        """A customer places an order, or it changes in the shop."""
        before = self.orders.get(number)
        created = before.order.created_at if before else self.now
        order = ShopOrder(
            id=number, created_at=created, modified_at=self.now, status_id=status, status=str(status),
            currency="AUD", subtotal=AMOUNT, shipping=Taxed(), handling=Taxed(), wrapping=Taxed(), total=AMOUNT,
            billing=WHO, is_tax_inclusive=True, items_total=Decimal(1), shipping_address_count=1,
        )  # fmt: skip
        line = OrderLine(id=1, sku="tea-250", name="Tea", quantity=Decimal(1), price=AMOUNT, total=AMOUNT)
        text = f"{number} {self.now.isoformat()}"
        whole = CompleteOrder(
            order=order, lines=(line,), shipping_addresses=(ShippingAddress(id=1, address=WHO),),
            complete=True, document=text,
        )  # fmt: skip
        self.texts[text] = self.orders[number] = whole
        self.say(f"the shop shows order {number} with status {status}")

    def commit(self, sale: SaleOrder) -> PostedOrder | None:
        """Saasu keeps a sale; `None` where it checks numbers and has this one."""
        number = sale.number if not sale.number.startswith("<") else f"AUTO{len(self.sales)}"
        if self.unique and any(one.number == number for one in self.sales):
            return None
        total, tax = predict(sale.lines, {code.code: code.rate for code in CATALOGUE.tax_codes})
        made = InvoiceSummary(
            invoice_id=9000 + len(self.sales), number=number, purchase_order_number=sale.marker,
            invoice_type="Sale Order", total=total, tax=tax, modified_at=self.now + self.books_skew,
        )  # fmt: skip
        self.sales.append(made)
        self.say(f"Saasu keeps {sale.marker} as {made.invoice_id}")
        return PostedOrder(invoice_id=made.invoice_id, number=number)


@dataclass
class PretendShop:
    """The shop as one worker reaches it."""

    worker: Worker

    def changed(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        world = self.worker.world
        self.worker.point()
        if world.happens("shop away", 0.02):
            raise Unreachable("The shop did not answer.")
        found = [
            one
            for number, one in sorted(world.orders.items())
            if number > after_id and since <= one.order.modified_at <= until
        ]
        page = OrderPage(
            orders=tuple(one.order for one in found[:PAGE]),
            last=len(found) <= PAGE,
            shop_time=world.now,
            complete={one.order.id: one for one in found[:PAGE]},
        )
        self.worker.point()
        return page

    def complete(self, order: ShopOrder) -> CompleteOrder:
        self.worker.point()
        return self.worker.world.orders[order.id]

    def one(self, order_id: int) -> CompleteOrder | None:
        self.worker.point()
        return self.worker.world.orders.get(order_id)

    def reopen(self, document: str) -> CompleteOrder:
        return self.worker.world.texts[document]


@dataclass
class PretendBooks:
    """A Saasu file as one worker reaches it."""

    worker: Worker

    def contacts_by_email(self, email: str) -> tuple[Contact, ...]:
        self.worker.point()
        return (CUSTOMER,) if email == CUSTOMER.email else ()

    def reserve(self) -> None:
        self.worker.point()

    def invoices_modified(self, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        self.worker.point()
        if self.worker.world.happens("listing cut off", 0.03):
            raise Unreachable("Saasu did not answer.")
        found = [
            one for one in self.worker.world.sales if one.modified_at and since <= one.modified_at <= until
        ]
        self.worker.point()
        return iter(found)

    def invoice(self, invoice_id: int) -> InvoiceSummary | None:
        self.worker.point()
        return next((one for one in self.worker.world.sales if one.invoice_id == invoice_id), None)

    def post(self, sale: SaleOrder) -> PostedOrder:
        """The sale reaches Saasu at once; what is drawn is what becomes of it and of the answer."""
        world = self.worker.world
        world.posts += 1
        world.say(f"post of {sale.marker} as {sale.number}")
        for what, chance, fault in (
            ("429", 0.03, Throttled("Too many calls.")),
            ("contact refused", 0.03, Unreachable("Nobody listens.")),
            ("403", 0.01, Denied("Not allowed.")),
            ("400", 0.02, Refused("Saasu says no.")),
            ("lost before it was kept", 0.05, OutcomeLost("A reset.")),
        ):
            if world.happens(what, chance):
                self.worker.point()
                raise fault
        if world.happens("kept late", 0.12):
            world.later(world.dice.uniform(1, world.latest), lambda: world.commit(sale))
            self.worker.point()
            raise OutcomeLost("A time-out.")
        made = world.commit(sale)
        if world.happens("slow answer", 0.04):
            world.wait(world.dice.choice((20.0, 95.0, 150.0)))
        self.worker.point()
        if world.happens("answer lost", 0.10):
            raise OutcomeLost("HTML in place of an answer.")
        if made is None:
            raise NumberTaken("That number is taken.")
        return made


class Stepped:
    """A ledger, or what is known of sales, with a point before and after each of its operations: never inside one."""

    split_pages = False
    """Planted: the cursor moves before the page is recorded, in a transaction of its own."""

    def __init__(self, inner: Any, worker: Worker) -> None:
        self._inner, self._worker = inner, worker

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._inner, name)
        if name == "judge_by":
            return act

        def stepped(*given: Any, **named: Any) -> Any:
            self._worker.point()
            if name == "record_page" and self.split_pages:
                act([], **named)
                self._worker.point()
            found = act(*given, **named)
            self._worker.point()
            return found

        return stepped
