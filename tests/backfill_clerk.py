"""Somebody who works a backfill and the hourly runs by hand, at the desk before the sandbox's two servers."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from portal.models.backfills import Backfill
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind, RunState
from portal.services import backfills, runs, slices
from portal.services.syncing import carry_out
from portal.sync.rules import SYNCED_BY_DEFAULT
from tests.fakes import FakeClock
from tests.sandbox_desk import Desk

OLDER = 12
DAYS_AGO = 90
SHO = "SHO"


def silent(_run_id: str, _attempt: int) -> None:
    """A bell that nobody hears."""


@dataclass
class Clerk:
    """Somebody at the desk whose clock stands still until it is moved, and who does what the portal's tick and worker would."""

    desk: Desk
    clock: FakeClock
    connection: Connection
    ids: list[int] = field(default_factory=list)

    @property
    def backfill(self) -> Backfill:
        return self.desk.session.scalars(
            select(Backfill).order_by(Backfill.asked_at.desc())
        ).first() or pytest.fail("no backfill")

    def ask(self, days: int = DAYS_AGO + 1) -> Backfill:
        outside = replace(self.desk.outside, now=self.clock.now, unpaced=True)
        day = (self.clock.now() - timedelta(days=days)).date()
        return backfills.start_processing(self.desk.session, outside, self.connection, day, "Alice", silent)

    def slice(self) -> Run:
        """Queue a slice and carry it out."""
        session = self.desk.session
        run = session.scalar(select(Run).where(Run.state == RunState.QUEUED)) or slices.queue_slice(
            session, self.backfill, self.clock.now(), silent
        )
        assert run is not None
        return self.carry(run)

    def hourly(self) -> Run:
        session = self.desk.session
        run = runs.request_run(session, self.connection, RunKind.HOURLY, "", self.clock.now(), silent)
        return self.carry(run)

    def carry(self, run: Run) -> Run:
        carry_out(
            self.desk.session,
            replace(self.desk.outside, now=self.clock.now, unpaced=True),
            run.id,
            run.attempt,
            self.clock,
        )
        self.desk.session.refresh(run)
        return run

    def turns(self, most: int = 20) -> int:
        """The tick and the worker, one after the other, until nothing is queued any more; how many runs."""
        session, now = self.desk.session, self.clock.now
        for count in range(most):
            runs.claim_due(session, now(), silent)
            runs.sweep(session, now(), set(), silent)
            slices.queue_slices(session, now(), silent)
            queued = session.scalars(select(Run).where(Run.state == RunState.QUEUED)).all()
            if not queued:
                return count
            for run in queued:
                self.carry(run)
        return pytest.fail("it never ends")

    def sent(self) -> Counter[str]:
        return Counter(str(sale["InvoiceNumber"]) for sale in self.desk.sales())

    def states(self) -> Counter[str]:
        self.desk.session.rollback()
        return Counter(self.desk.session.scalars(select(Order.state)))

    def everything(self) -> Counter[str]:
        """Each order of the shop that is to be synced once, by its number; a few of those it began with were cancelled."""
        return Counter(f"{SHO}{one['id']}" for one in self._orders() if one["status_id"] in SYNCED_BY_DEFAULT)

    def listed(self) -> int:
        """How many orders the shop lists."""
        return len(self._orders())

    def _orders(self) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        with self.desk.servers.bigcommerce.lock:
            shop = self.desk.servers.bigcommerce.shops[self.desk.shop.hash]
            return [dict(one.document(now)) for one in shop.orders.values()]

    def place(self, count: int, created: datetime, **more: Any) -> list[int]:
        """Orders of the shop's own goods, a minute apart."""
        line = {"sku": "JY-CAP-02", "name": "Canvas Cap", "price": "27.50"}
        orders = [
            {
                "lines": [{**line, "quantity": 1 + number % 3}],
                "created": f"{created + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}",
                **more,
            }
            for number in range(count)
        ]
        return list(self._control("POST", "orders", {"orders": orders})["ids"])

    def change(self, order_id: int, **fields: Any) -> None:
        self._control("PATCH", f"orders/{order_id}", fields)

    def _control(self, method: str, path: str, body: dict[str, Any]) -> Any:
        url = f"{self.desk.servers.bigcommerce_url}/_control/stores/{self.desk.shop.hash}/{path}"
        answer = requests.request(method, url, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else {}


def clerk_at(desk: Desk) -> Clerk:
    """A shop enabled this minute; everything it sold before is older."""
    desk.add_item("sh-hoodie-with-logo")
    connection = desk.connect()
    now = datetime.now(UTC).replace(microsecond=0)
    connection.start_at = connection.watermark = now
    connection.next_run_at = now + timedelta(minutes=50)
    desk.session.commit()
    made = Clerk(desk, FakeClock(now + timedelta(seconds=1)), connection)
    made.ids = made.place(OLDER, now - timedelta(days=DAYS_AGO))
    return made
