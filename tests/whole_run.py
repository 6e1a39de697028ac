"""A whole run over fakes of the ports: a shop, books, a ledger, a clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.sync.engine import run_sync
from portal.sync.orders import CompleteOrder
from portal.sync.outfit import Sync
from portal.sync.ports import Reading
from tests import builders
from tests.fake_ledger import FakeLedger
from tests.fake_sales import FakeSales
from tests.fakes import FakeBooks, FakeClock, FakeShop

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@dataclass
class World:
    clock: FakeClock
    shop: FakeShop
    books: FakeBooks
    ledger: FakeLedger
    rules: Any
    sales: FakeSales = field(default_factory=FakeSales)

    def sync(self, **more: Any) -> Sync:
        values: dict[str, Any] = {
            "catalogue": lambda: builders.catalogue(*self.books.catalogue),
            "parts": lambda combo: self.books.item(combo.id) or combo,
        }
        return Sync(
            rules=self.rules,
            rules_now=lambda: self.rules,
            shop=self.shop,
            books=self.books,
            ledger=self.ledger,
            sales=self.sales,
            clock=self.clock,
            **(values | more),
        )

    def run(self, **more: Any) -> None:
        run_sync(self.sync(**more))

    def later(self, **more: int) -> None:
        self.clock.forward(**more)
        self.books.asked.clear()
        self.shop.asked.clear()


def world(*orders: CompleteOrder, **more: Any) -> World:
    clock = FakeClock(NOW)
    shop = FakeShop(clock)
    for one in orders:
        shop.add(one)
    books = FakeBooks(clock, catalogue=(builders.item("tea-250"),))
    ledger = FakeLedger(Reading(watermark=NOW - timedelta(days=1)))
    here = World(clock, shop, books, ledger, builders.rules(**more))
    ledger.rules_now, ledger.now = lambda: here.rules, clock.now
    return here


def order(number: int, **more: Any) -> CompleteOrder:
    return builders.order(id=number, **more)
