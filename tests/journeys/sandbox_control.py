"""Orders to the sandbox over its control address, and what it holds in the end."""

import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests

from sandbox.serve import Running
from sandbox.world import Store

MOST_AT_ONCE = 250
PATIENCE = 60


class Sandbox:
    """The running sandbox as the journeys see it: over HTTP, as a person with a control desk."""

    def __init__(self, running: Running) -> None:
        self.bigcommerce_url = running.bigcommerce_url
        self.saasu_url = running.saasu_url
        self.mail_url = running.mail_url
        self.mailbox_url = running.mailbox_url
        self.store: Store = running.world.stores[0]

    def link_in_mail(self, to: str, act: str) -> str:
        """The address behind a link in the newest mail that has one: `confirm` or `stop`. Mails take seconds."""
        for _ in range(PATIENCE):
            mails = requests.get(f"{self.mailbox_url}/_control/mails", params={"to": to}, timeout=10).json()[
                "mails"
            ]
            found = [
                link
                for mail in mails
                for link in re.findall(rf"\S+/mail-addresses/\S+/{act}/\S+", mail["text"])
            ]
            if found:
                return str(found[-1])
            time.sleep(1)
        raise AssertionError(f"no mail with a link to {act} came for {to}")

    def lift_limits(self) -> None:
        """Let both servers answer as often as they are asked."""
        self._ask("PATCH", self.saasu_url, "settings", {"calls_per_second": None, "day_scale": None})
        self._ask("PATCH", self.bigcommerce_url, f"stores/{self.store.hash}", {"quota": None})

    def let_numbers_repeat(self) -> None:
        """Make Saasu take a number twice, so that nothing but the portal keeps an order from being posted twice."""
        self._ask("PATCH", self.saasu_url, "settings", {"unique_numbers": False})

    def slow_posts(self, seconds: float) -> None:
        """Make every sale order take a while, as it does in life."""
        match = {"method": "POST", "path": "/Invoice"}
        self._ask(
            "POST",
            self.saasu_url,
            "faults",
            {"match": match, "fault": "slow", "seconds": seconds, "times": 1000},
        )

    def quicken_posts(self) -> None:
        """Forget every fault."""
        self._ask("DELETE", self.saasu_url, "faults")

    def make_orders(self, count: int) -> None:
        """Place orders of the shop's own goods, one a minute, hours ago: a run leaves the last minutes to the next one."""
        line = {"sku": "JY-CAP-02", "name": "Canvas Cap", "price": "27.50"}
        first = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1, minutes=count)
        orders = [
            {
                "lines": [{**line, "quantity": 1 + number % 3}],
                "created": f"{first + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}",
            }
            for number in range(count)
        ]
        self._ask("POST", self.bigcommerce_url, f"stores/{self.store.hash}/orders", {"orders": orders})

    def add_item(self, file_id: int, code: str, name: str) -> None:
        """Create the item in Saasu that somebody forgot."""
        self._ask("POST", self.saasu_url, f"files/{file_id}/items", {"Code": code, "Name": name, "Type": "I"})

    def cancel(self, order_id: int) -> None:
        """Cancel an order in the shop, a little while ago: a run leaves the last minutes to the next one."""
        when = datetime.now(UTC) - timedelta(seconds=150)
        changes = {"status_id": 5, "date_modified": f"{when:%Y-%m-%dT%H:%M:%SZ}"}
        self._ask("PATCH", self.bigcommerce_url, f"stores/{self.store.hash}/orders/{order_id}", changes)

    def calls_to_saasu(self) -> int:
        """How many calls Saasu has had."""
        return int(self._ask("GET", self.saasu_url, "calls")["total"])

    def shop_orders(self) -> dict[int, Decimal]:
        """What the shop's own API lists: `total_inc_tax` by order."""
        answer = requests.get(
            f"{self.bigcommerce_url}/stores/{self.store.hash}/v2/orders",
            params={"limit": str(MOST_AT_ONCE), "is_deleted": "false"},
            headers={"X-Auth-Token": self.store.token, "Accept": "application/json"},
            timeout=10,
        )
        return {order["id"]: Decimal(order["total_inc_tax"]) for order in answer.json()}

    def sale_orders(self, file_id: int) -> list[tuple[str, Decimal]]:
        """What the file holds: the marker and the total of every sale."""
        found = self._ask("GET", self.saasu_url, f"files/{file_id}/invoices")["invoices"]
        return [(sale["PurchaseOrderNumber"], Decimal(str(sale["TotalAmount"]))) for sale in found]

    def expected_sales(self) -> list[tuple[str, Decimal]]:
        """What the file should hold: every order of the shop once, under its marker, to the cent."""
        return sorted(
            (f"BC-{self.store.hash}-{number}", total.quantize(Decimal("0.01")))
            for number, total in self.shop_orders().items()
        )

    def _ask(self, method: str, url: str, address: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, f"{url}/_control/{address}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None
