"""One sandbox with the demo's shops for the whole folder, read only; and fresh ones for tests that change things."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.serve import Running, running


@dataclass(frozen=True)
class Caller:
    """Somebody with a shop's token."""

    servers: Running
    store_hash: str

    @property
    def base(self) -> str:
        return f"{self.servers.bigcommerce_url}/stores/{self.store_hash}/v2"

    @property
    def control(self) -> str:
        return f"{self.servers.bigcommerce_url}/_control/stores/{self.store_hash}"

    @property
    def token(self) -> str:
        return str(self.servers.bigcommerce.shops[self.store_hash].store.token)

    def get(self, path: str, **params: Any) -> requests.Response:
        headers = {"X-Auth-Token": self.token, "Accept": "application/json"}
        return requests.get(f"{self.base}{path}", params=params, headers=headers, timeout=10)

    def ids(self, **params: Any) -> list[int]:
        answer = self.get("/orders", **params)
        return [] if answer.status_code == 204 else [order["id"] for order in answer.json()]

    def place(self, **spec: Any) -> dict[str, Any]:
        line = {"sku": "MUG", "name": "Mug", "price": "22.00"}
        body = {"lines": [line], "billing": {"first_name": "Mai", "email": "mai@example.com"}} | spec
        answer = requests.post(f"{self.control}/orders", json=body, timeout=10)
        assert answer.status_code == 201, answer.text
        placed: dict[str, Any] = answer.json()
        return placed

    def switch(self, **switches: Any) -> None:
        assert requests.patch(self.control, json=switches, timeout=10).status_code == 200


@pytest.fixture(scope="session")
def demo() -> Iterator[Running]:
    with running("demo") as servers:
        for shop in servers.bigcommerce.shops.values():
            shop.settings = shop.settings.changed({"quota": None})
        yield servers


@pytest.fixture
def homewares(demo: Running) -> Caller:
    return Caller(demo, "ho01sandbox")


@pytest.fixture
def shop() -> Iterator[Caller]:
    """A shop of its own without orders, in a world where it is 1 March 2026, noon UTC."""
    with running("empty") as servers:
        servers.clock.set({"now": "2026-03-01T12:00:00Z"})
        opened = requests.post(
            f"{servers.bigcommerce_url}/_control/stores", json={"hash": "mine"}, timeout=10
        )
        assert opened.status_code == 201, opened.text
        yield Caller(servers, "mine")
