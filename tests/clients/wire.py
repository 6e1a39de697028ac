"""A transport that never waits, invented rows of both remotes, and the contract's example files."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from portal.clients.bigcommerce import BigCommerce
from portal.clients.exact_json import dump, load
from portal.clients.saasu import Saasu
from portal.clients.transport import TimeOuts, Transport

SHOP = "https://shop.example.com"
STORE = f"{SHOP}/stores/abc123/v2"
BOOKS = "https://books.example.com"
TOKEN = "shop-token-for-tests"
CONTRACTS = Path(__file__).resolve().parents[3] / "shared" / "contracts"
SINCE = datetime(2026, 8, 1, tzinfo=UTC)
UNTIL = datetime(2026, 8, 2, tzinfo=UTC)


@dataclass
class Noted:
    """What a transport of a test was asked to do: the slots it took and the milliseconds it slept."""

    purposes: list[str] = field(default_factory=list)
    sleeps: list[int] = field(default_factory=list)

    def transport(self, time_outs: TimeOuts | None = None) -> Transport:
        return Transport(
            pace=self.purposes.append, sleep=self.sleeps.append, jitter=lambda: 7, time_outs=time_outs
        )


def shop(noted: Noted | None = None) -> BigCommerce:
    return BigCommerce((noted or Noted()).transport(), store_hash="abc123", access_token=TOKEN, base_url=SHOP)


def books(noted: Noted | None = None, renew: Callable[[str], str] = lambda _old: "second-token") -> Saasu:
    return Saasu(
        (noted or Noted()).transport(),
        file_id=77,
        token=lambda: "first-token",
        renew=renew,
        base_url=BOOKS,
        now=lambda: datetime(2026, 8, 2, 1, tzinfo=UTC),
    )


def line_row(line_id: int = 1, **changes: Any) -> dict[str, Any]:
    """A line of 1 at $11.00 including GST."""
    row: dict[str, Any] = {
        "id": line_id,
        "order_id": 100,
        "product_id": 80,
        "variant_id": 64,
        "order_address_id": 9,
        "name": "Gum leaf mug",
        "sku": "MUG-GUM",
        "type": "physical",
        "price_ex_tax": "10.0000",
        "price_inc_tax": "11.0000",
        "price_tax": "1.0000",
        "total_ex_tax": "10.0000",
        "total_inc_tax": "11.0000",
        "total_tax": "1.0000",
        "quantity": 1,
        "parent_order_product_id": None,
        "applied_discounts": [],
        "product_options": [{"display_name": "Colour", "display_value": "Green"}],
        "discounted_total_inc_tax": "11.0000",
    }
    return row | changes


def order_row(order_id: int = 100, **changes: Any) -> dict[str, Any]:
    """An order of one such mug, GST-inclusive, without shipping, as the list gives it without `include`."""
    row: dict[str, Any] = {
        "id": order_id,
        "customer_id": 0,
        "date_created": "Sat, 01 Aug 2026 02:00:00 +0000",
        "date_modified": "Sat, 01 Aug 2026 03:00:00 +0000",
        "status_id": 11,
        "status": "Awaiting Fulfillment",
        "custom_status": "Awaiting Fulfilment",
        "is_tax_inclusive_pricing": True,
        "subtotal_ex_tax": "10.0000",
        "subtotal_inc_tax": "11.0000",
        "subtotal_tax": "1.0000",
        "shipping_cost_ex_tax": "0.0000",
        "shipping_cost_inc_tax": "0.0000",
        "shipping_cost_tax": "0.0000",
        "total_ex_tax": "10.0000",
        "total_inc_tax": "11.0000",
        "total_tax": "1.0000",
        "items_total": 1,
        "currency_code": "AUD",
        "default_currency_code": "AUD",
        "discount_amount": "0.0000",
        "coupon_discount": "0.0000",
        "shipping_address_count": 1,
        "is_deleted": False,
        "ip_address": "203.0.113.9",
        "geoip_country": "Australia",
        "staff_notes": "rang twice",
        "billing_address": {
            "first_name": "Mia",
            "last_name": "Kowalczyk",
            "street_1": "4 Wattle Lane",
            "city": "Bendigo",
            "state": "Victoria",
            "zip": "3550",
            "country": "Australia",
            "country_iso2": "AU",
            "email": "mia@example.com",
            "form_fields": [{"name": "Birthday", "value": "1 May"}],
        },
        "products": {"url": "https://evil.example.com/products", "resource": "/orders/100/products"},
    }
    return row | changes


def address_row(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": 9,
        "first_name": "Mia",
        "last_name": "Kowalczyk",
        "street_1": "4 Wattle Lane",
        "city": "Bendigo",
        "state": "Victoria",
        "zip": "3550",
        "country": "Australia",
        "country_iso2": "AU",
        "shipping_method": "Post",
        "cost_ex_tax": 0,
        "cost_inc_tax": 0,
        "cost_tax": 0,
    }
    return row | changes


def whole_row(order_id: int = 100, **changes: Any) -> dict[str, Any]:
    """The same order with everything that `include` brings."""
    shipping = [address_row() | {"line_items": [line_row()]}]
    consignments = {"pickups": [], "shipping": shipping, "downloads": [], "email": {"gift_certificates": []}}
    return order_row(order_id, consignments=consignments, fees=[]) | copy.deepcopy(changes)


def example(remote: str, name: str) -> Any:
    """One example file of the contract, exact."""
    return load((examples(remote) / name).read_text())


def examples(remote: str) -> Path:
    """The folder of the contract's examples; a skip that says so where the contracts do not stand beside the project."""
    folder = CONTRACTS / remote / "examples"
    if not folder.is_dir():
        pytest.skip(
            f"The contracts are not there: {folder} is missing. They belong beside the project, in ../shared."
        )
    return folder


def envelope(name: str, rows: list[dict[str, Any]]) -> str:
    """A page as Saasu gives it: a `next` link always (SA §3)."""
    links = [{"rel": "next", "href": f"{BOOKS}/{name}?Page=2", "method": "GET", "title": None}]
    return dump({name: rows, "_links": links})


def body_of(number: int = 0) -> Any:
    """The JSON body of one of the calls made, exact."""
    sent = responses.calls[number].request.body
    assert isinstance(sent, bytes)
    return load(sent.decode())


def asked(number: int = 0) -> dict[str, list[str]]:
    """The query of one of the calls made."""
    return parse_qs(urlsplit(str(responses.calls[number].request.url)).query)
