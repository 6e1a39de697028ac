"""The golden orders as files: read without guessing, laid over what every case starts from, and written as the APIs' JSON."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from portal.clients.exact_json import dump

FOLDER = Path(__file__).parent
START = FOLDER / "000-what-every-case-starts-from.yaml"
PARTS = {
    "title", "what_happens", "connection", "saasu", "before", "shop", "each", "adds_up", "expected"
}  # fmt: skip
ZERO = "0.0000"
ORDER_AMOUNTS = [
    *(
        f"{name}_{form}"
        for name in ("subtotal", "shipping_cost", "handling_cost", "wrapping_cost", "total")
        for form in ("ex_tax", "inc_tax", "tax")
    ),
    "discount_amount", "coupon_discount", "gift_certificate_amount", "store_credit_amount", "refunded_amount",
    "base_shipping_cost", "base_handling_cost", "base_wrapping_cost",
]  # fmt: skip
LINE_AMOUNTS = [f"{name}_{form}" for name in ("price", "total") for form in ("ex_tax", "inc_tax", "tax")]


class Plain(yaml.SafeLoader):
    """YAML in which only `true`, `false`, `null` and decimal numbers are more than text; a fraction is a `Decimal`."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


def exact(loader: yaml.SafeLoader, node: yaml.Node) -> Decimal:
    assert isinstance(node, yaml.ScalarNode)
    return Decimal(node.value)


Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^null$"), ["n"])
Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9]\d*)$"), list("-0123456789"))
Plain.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?\d+\.\d+$"), list("-0123456789"))
Plain.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
Plain.add_constructor("tag:yaml.org,2002:float", exact)


@dataclass(frozen=True)
class Documents:
    """One order as the shop's API sends it: JSON texts of the order and of its sub-resources."""

    order: str
    products: str
    shipping_addresses: str
    coupons: str
    fees: str


@dataclass(frozen=True)
class Case:
    """One golden order, or a few that belong together; everything in it is what the file says, laid over the start."""

    name: str
    title: str
    what_happens: str
    adds_up: bool
    connection: dict[str, Any]
    saasu: dict[str, Any]
    before: dict[str, Any]
    orders: tuple[dict[str, Any], ...]
    expected: tuple[dict[str, Any], ...]

    def documents(self) -> list[Documents]:
        return [documents_of(order) for order in self.orders]


def paths() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*.yaml") if path != START)


@cache
def text_of(path: Path) -> dict[str, Any]:
    """A file as it stands. Fails on a part that no case has."""
    found = yaml.load(path.read_text(), Loader=Plain)
    assert isinstance(found, dict)
    assert path == START or found.keys() <= PARTS, f"{path.name}: {sorted(found.keys() - PARTS)}"
    return found


def variations(path: Path) -> list[str]:
    """The values under which a case is played, each in turn: `each` names one field of the order and its values."""
    return [str(value) for values in text_of(path).get("each", {}).values() for value in values] or [""]


def read_case(path: Path, variation: str = "") -> Case:
    """A case, laid over what every case starts from; `variation` is one of the values of its `each`."""
    start, own = deepcopy(text_of(START)), deepcopy(text_of(path))
    shops = own["shop"] if isinstance(own["shop"], list) else [own["shop"]]
    expected = own["expected"] if isinstance(own["expected"], list) else [own["expected"]]
    for field, values in own.get("each", {}).items():
        for shop in shops:
            shop["order"][field] = next(value for value in values if str(value) == variation)
    saasu = start["saasu"] | {name: rows for name, rows in own.get("saasu", {}).items() if name != "items"}
    saasu["items"] = start["saasu"]["items"] + list(rows_of(own.get("saasu", {}).get("items", [])))
    for sale in (request["body"] for told in expected for request in told["requests"]):
        if "LineItems" in sale:
            sale["LineItems"] = list(rows_of(sale["LineItems"]))
    return Case(
        name=path.stem,
        title=own["title"],
        what_happens=own["what_happens"],
        adds_up=own.get("adds_up", True),
        connection=start["connection"] | own.get("connection", {}),
        saasu=saasu,
        before=own.get("before", {}),
        orders=tuple(whole_order(start["shop"], shop) for shop in shops),
        expected=tuple(expected),
    )


def whole_order(start: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """An order with its sub-resources, each field there; only amounts of nil and what no case concerns are filled in."""
    products = [
        dict.fromkeys(LINE_AMOUNTS, ZERO) | start["product"] | {"product_options": []} | row
        for row in rows_of(own.get("products", []))
    ]
    order = dict.fromkeys(ORDER_AMOUNTS, ZERO) | deepcopy(start["order"]) | own["order"]
    order.setdefault("date_modified", order["date_created"])
    order.setdefault("items_total", sum(Decimal(row["quantity"]) for row in products))
    billing = {"id": 71, "shipping_method": "Australia Post eParcel"} | order["billing_address"]
    addresses = own.get("shipping_addresses", [billing])
    order.setdefault("shipping_address_count", len(addresses))
    return {
        "order": order,
        "products": products,
        "shipping_addresses": addresses,
        "coupons": own.get("coupons", []),
        "fees": own.get("fees", []),
    }


def rows_of(rows: object) -> Iterator[dict[str, Any]]:
    """Rows as they stand, or by a rule: `{numbers: [1, 51], row: {…}}`, where `{n}` in a text is the number."""
    if isinstance(rows, dict):
        first, last = rows["numbers"]
        for number in range(first, last + 1):
            yield {name: numbered(value, number) for name, value in rows["row"].items()}
    else:
        assert isinstance(rows, list)
        yield from rows


def numbered(value: Any, number: int) -> Any:
    """A value of a rule's row; `{n}` becomes the number, `{n+1000}` 1000 more, and a text of digits alone a number."""
    if not isinstance(value, str) or "{n" not in value:
        return value
    told = re.sub(r"\{n(?:\+(\d+))?\}", lambda found: str(number + int(found[1] or 0)), value)
    return int(told) if told.isdigit() else told


def documents_of(order: Mapping[str, Any]) -> Documents:
    return Documents(**{name: dump(part) for name, part in order.items()})
