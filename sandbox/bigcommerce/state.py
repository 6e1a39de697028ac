"""What the pretend BigCommerce remembers: shops, their orders, and what happened to each order when."""

import bisect
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from sandbox.bigcommerce import generator, orders
from sandbox.bigcommerce.quota import Quota
from sandbox.bigcommerce.specs import OrderSpec, rfc
from sandbox.bigcommerce.wire import Document, Numbers
from sandbox.clock import moment, text
from sandbox.documents import Documents
from sandbox.world import Habits, Store, World

SCOPES: Final = ("orders", "transactions", "information", "customers", "products")
DEFAULT_SCOPES: Final = ("orders", "information")
# A sandbox that was asleep for long makes up at most this much.
LONGEST_GAP: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The switches of a shop. `quota` calls in `window_seconds` (None: no limit); the rest: `sandbox/README.md`."""

    scopes: tuple[str, ...] = DEFAULT_SCOPES
    suspended: bool = False
    quota: int | None = 150
    window_seconds: int = 30
    rate_headers: bool = True
    ignore_filters: tuple[str, ...] = ()
    inclusive_filters: bool = True
    lists_deleted: bool = True
    over_limit: str = "413"
    consignments: bool = True
    generating: bool = True

    def changed(self, changes: dict[str, Any]) -> "Settings":
        """These switches with some changed. Raises `ValueError` with a sentence."""
        known = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"A shop has no switch {name!r}; it has {', '.join(sorted(known))}.")
            if name == "quota" and value is None:
                continue
            wanted = list if isinstance(known[name], tuple) else int if name == "quota" else type(known[name])
            if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
                raise ValueError(f"{name} does not take {value!r}.")
        _check_choices(changes)
        made: dict[str, Any] = {}
        for name, value in changes.items():
            made[name] = tuple(value) if isinstance(value, list) else value
        return replace(self, **made)


def _check_choices(changes: dict[str, Any]) -> None:
    if changes.get("over_limit", "413") not in {"413", "clamp"}:
        raise ValueError("over_limit is 413 or clamp.")
    if set(changes.get("scopes", ())) - set(SCOPES):
        raise ValueError(f"scopes are any of {', '.join(SCOPES)}.")
    if changes.get("window_seconds", 1) < 1 or (changes.get("quota") or 0) < 0:
        raise ValueError("quota and window_seconds are above 0.")


@dataclass(slots=True)
class Record:
    """One order: its documents as they were when it was placed, and every change since, oldest first."""

    id: int
    created: datetime
    documents: dict[str, Any]
    timeline: list[tuple[datetime, Document]] = field(default_factory=list)

    def modified(self, now: datetime) -> datetime:
        """When the order last changed, as seen at `now`."""
        count = self._passed(now)
        return self.timeline[count - 1][0] if count else self.created

    def document(self, now: datetime) -> Document:
        """The order as it was at `now`."""
        order: Document = self.documents["order"]
        for at, changes in self.timeline[: self._passed(now)]:
            order = orders.changed(order, at, changes)
        return order

    def value(self, name: str, now: datetime) -> Any:
        """One field of the order as it was at `now`, without making the whole document."""
        for _, changes in reversed(self.timeline[: self._passed(now)]):
            if name in changes:
                return changes[name]
        return self.documents["order"].get(name)

    def rows(self, name: str, now: datetime) -> list[Document]:
        """The rows of a sub-resource as they were at `now`; lines and addresses know how much was sent."""
        rows: list[Document] = self.documents[name]
        if name == "products" and self.value("status_id", now) in {2, 10}:
            return [
                row | {"quantity_shipped": row["quantity"] if row["type"] == "physical" else 0}
                for row in rows
            ]
        if name == "shipping_addresses" and self.value("status_id", now) in {2, 10}:
            return [row | {"items_shipped": row["items_total"]} for row in rows]
        return rows

    def _passed(self, now: datetime) -> int:
        return bisect.bisect_right(self.timeline, now, key=lambda step: step[0])


class Shop:
    """One store with its orders by id, ascending."""

    def __init__(self, store: Store, shelf: Documents, settings: Settings | None = None) -> None:
        self.store = store
        self.shelf = shelf
        self.settings = settings or Settings()
        self.quota = Quota()
        self.orders: dict[int, Record] = {}
        self.numbers = Numbers()
        self.generated_until: datetime | None = None

    def add(self, spec: OrderSpec) -> Record:
        """Place an order."""
        made = orders.documents(
            spec,
            self.store.hash,
            self.numbers,
            inclusive=self.store.tax_inclusive,
            currency=self.store.currency,
        )
        return self.keep(Record(made["order"]["id"], spec.created, made, list(spec.timeline)))

    def add_documents(self, given: dict[str, Any], now: datetime) -> Record:
        """Place an order from full documents. Raises `ValueError` when the order has no id or a used one."""
        order = given.get("order")
        if not isinstance(order, dict) or not isinstance(order.get("id"), int):
            raise ValueError("order must be an object with a whole id.")
        if order["id"] in self.orders:
            raise ValueError(f"There is an order {order['id']} already.")
        names = ("products", "shipping_addresses", "coupons", "taxes", "fees")
        documents = {"order": order} | {name: given.get(name, []) for name in names}
        created = read_moment(order.get("date_created")) or now.replace(microsecond=0)
        order.setdefault("date_created", rfc(created))
        order.setdefault("date_modified", order["date_created"])
        modified = read_moment(order["date_modified"]) or created
        self.numbers.last["order"] = max(self.numbers.last["order"], order["id"])
        timeline: list[tuple[datetime, Document]] = [(modified, {})] if modified != created else []
        return self.keep(Record(order["id"], created, documents, timeline))

    def change(self, record: Record, changes: dict[str, Any], now: datetime) -> None:
        """Change an order now. What was going to happen to it later no longer does."""
        now = now.replace(microsecond=0)
        if changes.get("status_id", 0) not in range(15):
            raise ValueError("status_id is 0 to 14.")
        for name in ("products", "shipping_addresses", "coupons", "taxes", "fees"):
            if name in changes:
                record.documents[name] = changes.pop(name)
        if "date_created" in changes:
            record.created = read_moment(changes["date_created"]) or record.created
        at = (read_moment(changes.pop("date_modified")) if "date_modified" in changes else None) or now
        record.timeline = [step for step in record.timeline if step[0] <= at]
        record.timeline.append((at, changes))
        self.keep(record)

    def remove(self, record: Record) -> None:
        """Take an order away as if it had never been."""
        del self.orders[record.id]
        self.shelf.remove("bigcommerce_order", f"{self.store.hash}/{record.id}")

    def keep(self, record: Record) -> Record:
        """Remember an order, new or changed."""
        in_order = not self.orders or record.id >= next(reversed(self.orders))
        self.orders[record.id] = record
        if not in_order:
            self.orders = dict(sorted(self.orders.items()))
        steps = [[text(at), changes] for at, changes in record.timeline]
        kept = {"created": text(record.created), "documents": record.documents, "timeline": steps}
        self.shelf.put("bigcommerce_order", f"{self.store.hash}/{record.id}", kept)
        return record

    def catch_up(self, now: datetime) -> None:
        """Place what customers ordered since the last time somebody looked."""
        since = self.generated_until
        if since is None or now <= since or not self.settings.generating:
            return
        since = max(since, now - LONGEST_GAP)
        new = list(generator.arrivals(self.store, since, now))
        self.generated_until = now
        if not new:
            return
        with self.shelf.batch():
            for created in new:
                self.add(generator.order(self.store, created, self.numbers.last["order"] + 1))
            self.save()

    def visible(self, now: datetime, least_id: int = 0) -> Iterator[Record]:
        """Orders placed by `now`, by id."""
        return (one for one in self.orders.values() if one.created <= now and one.id >= least_id)

    def save(self) -> None:
        """Write the shop's own facts."""
        self.shelf.put("bigcommerce_shop", self.store.hash, shop_document(self))


class State:
    """Every shop. Hold `lock` while reading or changing one."""

    def __init__(self, world: World, shelf: Documents) -> None:
        self.lock = threading.RLock()
        self.world = world
        self.shelf = shelf
        self.shops: dict[str, Shop] = {}
        self._read()
        for store in world.stores:
            if store.hash not in self.shops:
                self._open(store)

    def _open(self, store: Store) -> None:
        shop = self.add_shop(store)
        began = self.world.began
        for number, created in enumerate(generator.opening(store, began), start=1):
            shop.add(generator.order(store, created, number, opening_order=True))
        shop.generated_until = began - timedelta(days=store.history_days)
        shop.catch_up(began)
        shop.save()

    def add_shop(self, store: Store) -> Shop:
        """A new shop without orders."""
        shop = Shop(store, self.shelf)
        self.shops[store.hash] = shop
        shop.save()
        return shop

    def _read(self) -> None:
        for key, kept in self.shelf.items("bigcommerce_shop"):
            self.shops[key] = _shop(kept, self.shelf)
        for key, kept in self.shelf.items("bigcommerce_order"):
            store_hash, _, order_id = key.partition("/")
            steps = [(moment(at), changes) for at, changes in kept["timeline"]]
            record = Record(int(order_id), moment(kept["created"]), kept["documents"], steps)
            self.shops[store_hash].orders[record.id] = record
        for shop in self.shops.values():
            shop.orders = dict(sorted(shop.orders.items()))
        self.shops = dict(sorted(self.shops.items(), key=lambda pair: pair[1].store.seed))


def shop_document(shop: Shop) -> dict[str, Any]:
    """A shop's own facts, as the control address and the shelf show them."""
    store = asdict(shop.store)
    store["token_dies_at"] = text(store["token_dies_at"]) if store["token_dies_at"] else None
    until = shop.generated_until
    return {
        "store": store,
        "settings": asdict(shop.settings),
        "numbers": dict(shop.numbers.last),
        "generated_until": text(until) if until else None,
    }


def _shop(kept: dict[str, Any], shelf: Documents) -> Shop:
    store = dict(kept["store"])
    store["habits"] = Habits(**store["habits"])
    store["featured"] = tuple((place, sku) for place, sku in store["featured"])
    store["token_dies_at"] = moment(store["token_dies_at"]) if store["token_dies_at"] else None
    settings: dict[str, Any] = {}
    for name, value in kept["settings"].items():
        settings[name] = tuple(value) if isinstance(value, list) else value
    shop = Shop(Store(**store), shelf, Settings(**settings))
    shop.numbers = Numbers(kept["numbers"])
    shop.generated_until = moment(kept["generated_until"]) if kept["generated_until"] else None
    return shop


def read_moment(value: object) -> datetime | None:
    """A moment in any form the API takes: RFC 2822, ISO 8601 or a plain date (BC §3). None when it is none of them."""
    given = str(value or "").strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(given)
        except (ValueError, TypeError, IndexError):
            continue
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None
