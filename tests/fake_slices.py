"""A backfill over fakes: an in-memory ledger that holds orders for it, and a world in which slices and hourly runs take turns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from portal.sync.backfilling import run_slice
from portal.sync.engine import run_sync
from portal.sync.orders import CompleteOrder
from portal.sync.outfit import Sync
from portal.sync.ports import OrderRecord, Outcome, Place, Reading, Recorded, SliceOver, State, StopAsked
from tests import builders
from tests.fake_ledger import FakeLedger
from tests.fake_sales import FakeSales
from tests.fakes import FakeBooks, FakeClock, FakeShop

ENABLED = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
ASKED_FROM = datetime(2026, 2, 1, tzinfo=UTC)
WAITING = (State.SEEN, State.SENDING, State.UNKNOWN)


@dataclass
class FakeSliceLedger(FakeLedger):
    """`holding` are the orders recorded for the backfill; `over_after` counts heartbeats until the slice is over."""

    stands: Place = field(default_factory=lambda: Place(since=ASKED_FROM, until=ENABLED))
    holding: set[int] = field(default_factory=set)
    over_after: int | None = None
    paused: bool = False

    def heartbeat(self) -> None:
        super().heartbeat()
        if self.paused:
            raise StopAsked("paused")
        if self.over_after is not None:
            self.over_after -= 1
            if self.over_after < 0:
                raise SliceOver("over")

    def _due(self, now: datetime) -> list[OrderRecord]:
        return [one for one in super()._due(now) if one.order_id not in self.holding]

    def place(self) -> Place:
        return self.stands

    def record_created(self, orders: Sequence[Recorded], before: Place, after: Place) -> None:
        if self.paused or before != self.stands:
            raise StopAsked("another place")
        self.refuse_moved(orders)
        for entry in orders:
            self._record(entry)
            if entry.outcome is not None and entry.outcome.state is State.SEEN:
                self.holding.add(entry.order_id)
        self.stands = after

    def held(self, after_id: int, most: int) -> list[OrderRecord]:
        found = [one for one in self._ordered() if one.order_id > after_id and one.state is State.SEEN]
        return [one for one in found if one.order_id in self.holding][:most]

    def count_held(self) -> int:
        return len(self.held(0, len(self.records)))

    def earliest_held(self) -> datetime | None:
        return min((one.created_at for one in self.held(0, len(self.records))), default=None)

    def settle(self, record: OrderRecord, outcome: Outcome) -> None:
        super().settle(record, outcome)
        self._let_go(record.order_id, outcome)

    def _record(self, entry: Recorded) -> None:
        super()._record(entry)
        if entry.outcome is not None:
            self._let_go(entry.order_id, entry.outcome)

    def _let_go(self, order_id: int, outcome: Outcome) -> None:
        if outcome.state not in WAITING:
            self.holding.discard(order_id)


@dataclass
class Backfilled:
    """A connection with a backfill under way. `slice` and `hourly` are its two kinds of run."""

    clock: FakeClock
    shop: FakeShop
    books: FakeBooks
    ledger: FakeSliceLedger
    rules: Any
    affordable: int | None = None
    refusal: Exception = field(default_factory=Exception)
    faults: list[Exception] = field(default_factory=list)
    sales: FakeSales = field(default_factory=FakeSales)

    def slice(self) -> None:
        run_slice(self._sync(), self.ledger)

    def hourly(self) -> None:
        self.ledger.over_after = None
        paused, self.ledger.paused = self.ledger.paused, False
        try:
            run_sync(self._sync())
        finally:
            self.ledger.paused = paused

    def sent(self) -> list[str]:
        return [sale.number for sale in self.books.sales]

    def _sync(self) -> Sync:
        return Sync(
            rules=self.rules,
            rules_now=lambda: self.rules,
            shop=self.shop,
            books=self.books,
            ledger=self.ledger,
            sales=self.sales,
            clock=self.clock,
            catalogue=lambda: builders.catalogue(*self.books.catalogue),
            report=self.faults.append,
            afford=self._afford,
        )

    def _afford(self) -> None:
        if self.affordable is not None:
            self.affordable -= 1
            if self.affordable < 0:
                raise self.refusal


def backfilled(*orders: CompleteOrder, **more: Any) -> Backfilled:
    """A shop with these orders, enabled an hour ago, asked to go back to the first of February."""
    clock = FakeClock(NOW)
    shop = FakeShop(clock)
    for one in orders:
        shop.add(one)
    books = FakeBooks(clock, catalogue=(builders.item("tea-250"),))
    ledger = FakeSliceLedger(Reading(watermark=ENABLED))
    here = Backfilled(clock, shop, books, ledger, builders.rules(start=ASKED_FROM, **more))
    ledger.rules_now, ledger.now = lambda: here.rules, clock.now
    return here


def older(number: int, **more: Any) -> CompleteOrder:
    """An order of February; the higher its number, the later."""
    return placed(number, datetime(2026, 2, 10, number % 24, 0, tzinfo=UTC), more)


def recent(number: int, **more: Any) -> CompleteOrder:
    """An order that came after the connection was enabled."""
    return placed(number, datetime(2026, 3, 3, 8, 30, tzinfo=UTC), more)


def placed(number: int, created: datetime, more: dict[str, Any]) -> CompleteOrder:
    """An order that did not change since it was placed, unless `more` says so."""
    values: dict[str, Any] = {"id": number, "created_at": created, "modified_at": created}
    return builders.order(**(values | more))
