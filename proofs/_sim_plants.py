"""Faults planted in the protocol: each leaves one part of it out, in the product's own code or in the ledger it stands on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from portal.models.orders import Order
from portal.sync.outfit import Sync
from portal.sync.planning import UNSETTLED
from portal.sync.ports import Intent, OrderRecord, Outcome, Reading, Recorded, State
from portal.sync.rules import Rules
from proofs._memory_ledger import MemoryLedger
from proofs._sim_play import MemoryStore, Play

NEVER = timedelta(days=10_000)


@dataclass(frozen=True, slots=True)
class Plant:
    """One part left out: what is patched in the product, the ledger that lacks it, and whether workers go by clocks of their own."""

    name: str
    patches: tuple[tuple[str, Any], ...] = ()
    ledger: type[MemoryLedger] = MemoryLedger
    own_clocks: bool = False
    begin: int = 0
    """The first seed that is tried: some faults show in few schedules."""

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The product without that part."""
        with contextmanager(patched)(self.patches):
            yield

    def play(self, seed: int, *, verbose: bool = False) -> Play:
        """A schedule over the ledger that lacks it."""
        stores: list[MemoryStore] = []

        def made(rules: Rules) -> MemoryStore:
            stores.append(MemoryStore(rules, self.ledger))
            return stores[0]

        play = Play(seed, made, own_clocks=self.own_clocks, verbose=verbose)
        stores[0].shelf.between = play.stage.pause
        return play


def patched(patches: tuple[tuple[str, Any], ...]) -> Iterator[None]:
    """The product with these names replaced."""
    if not patches:
        yield
        return
    (name, value), *others = patches
    with patch(name, value):
        yield from patched(tuple(others))


class NoIntent(MemoryLedger):
    """Nothing is written before an order is sent."""

    def sending(self, record: OrderRecord, intent: Intent) -> OrderRecord:
        """The record as if it had been written."""
        self._hold_fence()
        self._unmoved(record)
        return replace(record, number=intent.number, sent_at=intent.sent_at, bridge=intent.bridge)


class NoFence(MemoryLedger):
    """No write asks whose the connection is, nor how its order stands."""

    def hold(self, now: datetime) -> None:
        """Nobody asks."""
        del now

    def _unmoved(self, record: OrderRecord) -> Order:
        return self._shelf.rows[record.order_id]


class CursorFirst(MemoryLedger):
    """The reading is moved in a transaction before the one that records the page."""

    def record_page(self, orders: Sequence[Recorded], reading: Reading) -> None:
        """Two transactions, and whatever happens between them."""
        self._hold_fence()
        self._shelf.reading = reading
        self._shelf.between()
        super().record_page(orders, reading)


def sent_again(sync: Sync, records: Sequence[OrderRecord]) -> None:
    """Whatever is not known is taken for not done."""
    for record in records:
        assert record.state in UNSETTLED
        sync.ledger.settle(record, Outcome(state=State.SEEN, note="Sent again without a look."))


def no_second_look(_sync: Sync) -> None:
    """What was not found once is never looked up again."""


PLANTS = (
    Plant("no intent", ledger=NoIntent),
    Plant("no settle", patches=(("portal.sync.settling.settle_time", lambda _ours: timedelta(0)),)),
    Plant("no look-up", patches=(("portal.sync.engine.settle_each", sent_again),)),
    Plant("no second look", patches=(("portal.sync.engine.look_again", no_second_look),), begin=2_700),
    Plant("no age check", patches=(("portal.sync.posting.LONGEST_INTENT", NEVER),), begin=5_500),
    Plant("no fence and no compare-and-set", ledger=NoFence),
    Plant("cursor outside the transaction", ledger=CursorFirst),
    Plant("clocks of the workers' own", own_clocks=True),
)
