"""A sandbox of one shop and its books with a client for each, over real connections."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.clients.bigcommerce import BigCommerce
from portal.clients.saasu import Saasu, SaasuSignIn
from portal.clients.transport import TimeOuts, Transport
from sandbox.serve import Running

FILE_ID = 51001
USERNAME, PASSWORD = "books@example.com", "sandbox-books-1"
LIMITS = TimeOuts(connect_ms=1_000, read_ms=400, whole_ms=3_000)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Both:
    """A sandbox of one shop and its books, with a client for each."""

    servers: Running
    shop: BigCommerce
    books: Saasu
    sign_in: SaasuSignIn

    @property
    def hash(self) -> str:
        return str(next(iter(self.servers.bigcommerce.shops)))

    def fault(self, remote: str, name: str, **more: Any) -> None:
        match = {"path": "*"} if remote == "bigcommerce" else {"method": "POST", "path": "/Invoice"}
        self.servers.controls[remote].faults.order({"match": match, "fault": name} | more)

    def calls(self, remote: str) -> dict[str, int]:
        found: dict[str, int] = self.servers.controls[remote].calls()["by_endpoint"]
        return found

    def forget_calls(self) -> None:
        for control in self.servers.controls.values():
            control.forget_calls()

    def sales(self) -> list[dict[str, Any]]:
        return list(self.servers.saasu.files[FILE_ID].invoices.values())

    def until(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=2)


def quick() -> Transport:
    return Transport(sleep=lambda _ms: None, jitter=lambda: 0, time_outs=LIMITS)


def shop_of(servers: Running, store_hash: str) -> BigCommerce:
    token = servers.bigcommerce.shops[store_hash].store.token
    return BigCommerce(quick(), store_hash=store_hash, access_token=token, base_url=servers.bigcommerce_url)
