"""The control address of the shops: open one, switch its switches, place, change and make up orders."""

import random
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue

from sandbox import clock
from sandbox.bigcommerce import generator
from sandbox.bigcommerce.specs import read_order
from sandbox.bigcommerce.state import Record, Settings, Shop, State, shop_document
from sandbox.catalogue import CATALOGUES
from sandbox.clock import Clock
from sandbox.control import PREFIX, ControlRefusal, obey, read_object
from sandbox.world import Habits, Store

MOST_AT_ONCE: Final = 20_000
_FACTS: Final = (
    "name",
    "domain",
    "token",
    "client_id",
    "client_secret",
    "currency",
    "timezone",
    "tax_inclusive",
)


class StoreControl:
    """The routes under `/_control/stores`."""

    def __init__(self, state: State, sandbox_clock: Clock) -> None:
        self.state = state
        self.clock = sandbox_clock

    def install(self, app: Flask) -> None:
        """Add the routes to an app."""
        one, order = "/<store_hash>", "/<store_hash>/orders/<int:order_id>"
        for path, method, view in (
            ("", "GET", self.shops),
            ("", "POST", self.open_shop),
            (one, "GET", self.shop),
            (one, "PATCH", self.change_shop),
            (f"{one}/orders", "POST", self.place),
            (order, "GET", self.order),
            (order, "PATCH", self.change_order),
            (order, "DELETE", self.remove_order),
            (f"{one}/generate", "POST", self.generate),
        ):
            app.add_url_rule(f"{PREFIX}/stores{path}", f"stores {method} {path}", view, methods=[method])

    def shops(self) -> Response:
        """Every shop with its switches and the number of its orders."""
        with self.state.lock:
            return jsonify([_summary(shop) for shop in self.state.shops.values()])

    def open_shop(self) -> ResponseReturnValue:
        """A new shop from the fields of `Store`; only `hash` is needed."""
        store = obey(new_store, read_object())
        with self.state.lock:
            if store.hash in self.state.shops:
                raise ControlRefusal(f"There is a shop {store.hash} already.", 409)
            shop = self.state.add_shop(store)
            shop.generated_until = self.clock.now() if store.orders_per_week else None
            shop.save()
            return jsonify(_summary(shop)), 201

    def shop(self, store_hash: str) -> Response:
        """One shop with its switches."""
        with self.state.lock:
            return jsonify(_summary(self._shop(store_hash)))

    def change_shop(self, store_hash: str) -> Response:
        """Switch switches; change the token and other facts; `"refill": true` opens a new quota window."""
        order = read_object()
        with self.state.lock:
            shop = self._shop(store_hash)
            facts = {name: order.pop(name) for name in (*_FACTS, "token_dies_at") if name in order}
            refill = order.pop("refill", False) or "quota" in order
            if facts.get("token_dies_at"):
                facts["token_dies_at"] = obey(clock.moment, facts["token_dies_at"])
            shop.settings = obey(shop.settings.changed, order)
            shop.store = replace(shop.store, **facts)
            if refill:
                shop.quota.refill()
            shop.save()
            return jsonify(_summary(shop))

    def place(self, store_hash: str) -> ResponseReturnValue:
        """Place one order, or those of `{"orders": [...]}`: small specs, or `{"documents": {...}}`."""
        body = read_object()
        with self.state.lock:
            shop = self._shop(store_hash)
            wanted = body["orders"] if isinstance(body.get("orders"), list) else [body]
            with self.state.shelf.batch():
                placed = [obey(self._place_one, shop, each) for each in wanted]
                shop.save()
            if "orders" in body:
                return jsonify(ids=[record.id for record in placed]), 201
            return jsonify(_shown(placed[0], self.clock.now())), 201

    def _place_one(self, shop: Shop, wanted: Any) -> Record:
        if not isinstance(wanted, dict):
            raise ValueError("An order is an object.")
        now = self.clock.now()
        if "documents" in wanted:
            return shop.add_documents(wanted["documents"], now)
        return shop.add(read_order(wanted, now))

    def order(self, store_hash: str, order_id: int) -> Response:
        """One order with all its documents, as it is now."""
        with self.state.lock:
            return jsonify(_shown(self._order(store_hash, order_id), self.clock.now()))

    def change_order(self, store_hash: str, order_id: int) -> Response:
        """Change fields of an order now, or replace the rows of a sub-resource. Moves `date_modified`."""
        changes = read_object()
        with self.state.lock:
            record = self._order(store_hash, order_id)
            obey(self._shop(store_hash).change, record, changes, self.clock.now())
            return jsonify(_shown(record, self.clock.now()))

    def remove_order(self, store_hash: str, order_id: int) -> ResponseReturnValue:
        """Take an order away for good, so that its id answers 404."""
        with self.state.lock:
            self._shop(store_hash).remove(self._order(store_hash, order_id))
            return "", 204

    def generate(self, store_hash: str) -> ResponseReturnValue:
        """Make up `count` orders between `from` and `to` (now, both) from `seed`; `habits` and `catalogue` if wanted."""
        body = read_object()
        with self.state.lock:
            shop = self._shop(store_hash)
            with self.state.shelf.batch():
                placed = obey(generated, shop, body, self.clock.now())
                shop.save()
            return jsonify(ids=[record.id for record in placed]), 201

    def _shop(self, store_hash: str) -> Shop:
        shop = self.state.shops.get(store_hash)
        if shop is None:
            raise ControlRefusal(f"There is no shop {store_hash}.", 404)
        return shop

    def _order(self, store_hash: str, order_id: int) -> Record:
        record = self._shop(store_hash).orders.get(order_id)
        if record is None:
            raise ControlRefusal(f"There is no order {order_id} in {store_hash}.", 404)
        return record


def generated(shop: Shop, wanted: dict[str, Any], now: datetime) -> list[Record]:
    """Made-up orders, placed in a shop. Raises `ValueError` with a sentence."""
    unknown = wanted.keys() - {"seed", "count", "from", "to", "habits", "catalogue"}
    if unknown:
        raise ValueError(f"generate does not know {min(unknown)!r}.")
    count, seed = wanted.get("count", 1), wanted.get("seed", 0)
    if not isinstance(count, int) or not isinstance(seed, int) or not 0 < count <= MOST_AT_ONCE:
        raise ValueError(f"count is 1 to {MOST_AT_ONCE}, seed a whole number.")
    until = clock.moment(wanted["to"]) if wanted.get("to") else now
    since = clock.moment(wanted["from"]) if wanted.get("from") else until
    catalogue = wanted.get("catalogue") or shop.store.catalogue or "homewares"
    if catalogue not in CATALOGUES:
        raise ValueError(f"There is no catalogue {catalogue!r}; there are {', '.join(CATALOGUES)}.")
    habits = _habits(wanted.get("habits", {}), shop.store.habits)
    customers = replace(shop.store, seed=shop.store.seed + seed, catalogue=catalogue, habits=habits)
    draw = random.Random(f"generate {seed}")
    span = max(0, int((until - since).total_seconds()))
    moments = sorted(since + timedelta(seconds=draw.randint(0, span)) for _ in range(count))
    return [shop.add(generator.order(customers, at, place)) for place, at in enumerate(moments)]


def new_store(given: dict[str, Any]) -> Store:
    """A shop from JSON. Raises `ValueError` with a sentence."""
    known = {one.name for one in fields(Store)}
    unknown = given.keys() - known
    if unknown or not isinstance(given.get("hash"), str):
        raise ValueError(f"A shop needs a hash, and has {', '.join(sorted(known))}.")
    name = given["hash"]
    standard: dict[str, Any] = {
        "name": f"Shop {name}",
        "domain": f"{name}.example.com",
        "token": f"sandbox-token-{name}",
        "client_id": f"sandbox-client-{name}",
        "client_secret": f"sandbox-secret-{name}",
        "catalogue": "homewares",
        "file_id": 0,
        "seed": sum(name.encode()),
    }
    values = standard | given
    if values["catalogue"] not in CATALOGUES:
        raise ValueError(f"There is no catalogue {values['catalogue']!r}; there are {', '.join(CATALOGUES)}.")
    values["habits"] = _habits(values.get("habits", {}), Habits())
    if values.get("token_dies_at"):
        values["token_dies_at"] = clock.moment(values["token_dies_at"])
    values["featured"] = tuple((place, sku) for place, sku in values.get("featured", ()))
    return Store(**values)


def _habits(given: Any, standard: Habits) -> Habits:
    known = {one.name for one in fields(Habits)}
    if not isinstance(given, dict) or given.keys() - known:
        raise ValueError(f"habits has {', '.join(sorted(known))}, each in percent.")
    return replace(standard, **given)


def _summary(shop: Shop) -> dict[str, Any]:
    return shop_document(shop) | {
        "orders": len(shop.orders),
        "switches": [one.name for one in fields(Settings)],
    }


def _shown(record: Record, now: datetime) -> dict[str, Any]:
    names = ("products", "shipping_addresses", "coupons", "taxes", "fees")
    steps = [[clock.text(at), changes] for at, changes in record.timeline]
    shown: dict[str, Any] = {name: record.rows(name, now) for name in names}
    return {"id": record.id, "order": record.document(now), "timeline": steps} | shown
