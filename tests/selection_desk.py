"""A shop of its own beside the sandbox's file, and a clock for all three of them that moves when a test says so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import select

from portal.coverage import coverage
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services import connections
from portal.services.remotes import Outside
from portal.services.runs import request_run
from portal.services.syncing import carry_out
from tests.fakes import FakeClock
from tests.sandbox_desk import Desk

SKU = "TEA-250"
STORE = "ownshop"


@dataclass
class Counter:
    """The shop's counter: orders are placed and changed here, and runs are carried out."""

    desk: Desk
    clock: FakeClock
    outside: Outside
    connection: Connection

    @property
    def url(self) -> str:
        return f"{self.desk.servers.bigcommerce_url}/_control/stores/{STORE}"

    def forward(self, **more: int) -> datetime:
        """Let time pass, for us and for both remotes."""
        self.clock.forward(**more)
        self.desk.servers.clock.set({"now": self.clock.now().isoformat()})
        return self.clock.now()

    def place(self, **spec: Any) -> int:
        """One order of one line at 11.00, placed now unless the spec says when."""
        line = {"sku": SKU, "name": "Tea", "price": "11.00", "quantity": 1}
        body = {"lines": [line], "status_id": 11, "created": self.clock.now().isoformat()} | spec
        return int(answered(requests.post(f"{self.url}/orders", json=body, timeout=10))["id"])

    def place_many(self, count: int, **spec: Any) -> list[int]:
        line = {"sku": SKU, "name": "Tea", "price": "11.00", "quantity": 1}
        body = {"lines": [line], "status_id": 11, "created": self.clock.now().isoformat()} | spec
        answer = requests.post(f"{self.url}/orders", json={"orders": [body] * count}, timeout=30)
        return list(answered(answer)["ids"])

    def documents(self, order_id: int) -> dict[str, Any]:
        return answered(requests.get(f"{self.url}/orders/{order_id}", timeout=10))

    def place_as_it_is(self, **documents: Any) -> int:
        """One order exactly as these documents say."""
        answer = requests.post(f"{self.url}/orders", json={"documents": documents}, timeout=10)
        return int(answered(answer)["id"])

    def change(self, order_id: int, **fields: Any) -> None:
        answered(requests.patch(f"{self.url}/orders/{order_id}", json=fields, timeout=10))

    def settings(self, **switches: Any) -> None:
        answered(requests.patch(self.url, json=switches, timeout=10))

    def run(self, kind: RunKind = RunKind.HOURLY) -> Run:
        """Three minutes pass, so that the window holds what was placed; then a run."""
        self.forward(minutes=3)
        return self.carry_out(
            request_run(self.desk.session, self.connection, kind, "", self.clock.now(), lambda *_: None)
        )

    def carry_out(self, run: Run) -> Run:
        carry_out(self.desk.session, self.outside, run.id, run.attempt, self.clock)
        self.desk.session.refresh(run)
        return run

    def switch(self, on: bool) -> None:
        draft = self.desk.draft(**credentials(), enabled=on)
        connections.save_connection(self.desk.session, self.outside, self.desk.file, self.connection, draft)

    def save(self, **more: Any) -> None:
        draft = self.desk.draft(**credentials(), **more)
        connections.save_connection(self.desk.session, self.outside, self.desk.file, self.connection, draft)

    def order(self, order_id: int) -> Order:
        self.desk.session.rollback()
        return self.desk.session.scalars(
            select(Order).where(Order.connection_id == self.connection.id, Order.order_id == order_id)
        ).one()

    def state(self, order_id: int) -> tuple[str, str | None]:
        """The state of an order, and the reason it is ignored or the code of its first problem."""
        order = self.order(order_id)
        return order.state, order.ignored_reason or (order.problems[0]["code"] if order.problems else None)

    def listed(self) -> list[int]:
        """Every order id that the shop shows now."""
        return sorted(self.desk.servers.bigcommerce.shops[STORE].orders)

    def sold(self) -> list[str]:
        """The numbers of what stands in Saasu."""
        return sorted(str(sale["InvoiceNumber"]) for sale in self.desk.sales())


def credentials() -> dict[str, str]:
    return {"store_hash": STORE, "access_token": f"sandbox-token-{STORE}"}


def answered(answer: requests.Response) -> dict[str, Any]:
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


def open_shop(desk: Desk) -> Counter:
    """A new shop without orders, connected and enabled for an hour."""
    clock = FakeClock(datetime.now(UTC).replace(microsecond=0))
    desk.servers.clock.set({"now": clock.now().isoformat()})
    answered(
        requests.post(
            f"{desk.servers.bigcommerce_url}/_control/stores", json={"hash": STORE, "seed": 7}, timeout=10
        )
    )
    desk.add_item(SKU)
    outside = Outside(
        settings=desk.outside.settings,
        vault=desk.outside.vault,
        redis=desk.outside.redis,
        now=clock.now,
        unpaced=True,
    )
    draft = desk.draft(**credentials())
    connection = connections.save_connection(desk.session, outside, desk.file, None, draft)
    counter = Counter(desk, clock, outside, connection)
    counter.forward(hours=1)
    return counter


def unexplained(shop: Counter) -> tuple[int, ...]:
    """Orders of the shop of which the ledger cannot say what became of them."""
    now = shop.clock.now()
    connection = shop.connection
    return coverage(
        shop.desk.session,
        connection.firm_id,
        connection,
        now - timedelta(days=400),
        now + timedelta(days=400),
        shop.listed(),
    ).unexplained


def silent(_run_id: str, _attempt: int) -> None:
    """A bell that nobody hears."""


def open_run(shop: Counter) -> Run:
    query = select(Run).where(Run.connection_id == shop.connection.id, Run.finished_at.is_(None))
    return shop.desk.session.scalars(query).one()
