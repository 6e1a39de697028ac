"""The calls of the Orders API (V2) and of store information: what is read, by whom, and how it is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.bigcommerce.answers import SUSPENDED, Refusal, answer, listed
from sandbox.bigcommerce.consignments import consignments
from sandbox.bigcommerce.selection import page_of, selected
from sandbox.bigcommerce.specs import rfc
from sandbox.bigcommerce.state import Record, Shop, State
from sandbox.bigcommerce.statuses import STATUSES, count_documents, status_document
from sandbox.bigcommerce.wire import Document
from sandbox.clock import Clock

SUB_RESOURCES: Final = ("products", "shipping_addresses", "coupons", "taxes")
View = Callable[..., Response]


class Api:
    """The routes of every shop over one state and one clock."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state = state
        self.clock = clock

    def install(self, app: Flask) -> None:
        """Add the routes to an app."""
        for path, scope, view in (
            ("/time", "information", self.time),
            ("/store", "information", self.store),
            ("/orders", "orders", self.orders),
            ("/orders/count", "orders", self.count),
            ("/orders/<int:order_id>", "orders", self.order),
            ("/orders/<int:order_id>/fees", "orders", self.fees),
            ("/orders/<int:order_id>/consignments", "orders", self.consignments),
            ("/orders/<int:order_id>/products/<int:row_id>", "orders", self.product),
            ("/order_statuses", "orders", self.statuses),
            ("/order_statuses/<int:status_id>", "orders", self.status),
        ):
            self._add(app, path, scope, view)
        for name in SUB_RESOURCES:
            self._add(app, f"/orders/<int:order_id>/{name}", "orders", self._rows_view(name))
        app.register_error_handler(Refusal, lambda refusal: refusal.answer())
        app.register_error_handler(HTTPException, _odd)

    def _add(self, app: Flask, path: str, scope: str, view: View) -> None:
        def guarded(store_hash: str, **values: int) -> Response:
            with self.state.lock:
                return self._answered(store_hash, scope, lambda shop: view(shop, **values))

        # Any method is taken here: what writes is refused for want of a scope, as a read-only token would be.
        methods = ["GET", "POST", "PUT", "DELETE"]
        app.add_url_rule(f"/stores/<store_hash>/v2{path}", f"api {path}", guarded, methods=methods)

    def _answered(self, store_hash: str, scope: str, view: Callable[[Shop], Response]) -> Response:
        shop = self.state.shops.get(store_hash)
        token = request.headers.get("X-Auth-Token", "")
        if not token:
            raise Refusal(401)
        if shop is None:
            raise Refusal(403, "Unauthorized Access. You do not have permission to make this request.")
        now = self.clock.now()
        dies = shop.store.token_dies_at
        if token != shop.store.token or (dies is not None and now >= dies):
            raise Refusal(401)
        allowed, left, reset = shop.quota.take(shop.settings.quota, shop.settings.window_seconds)
        try:
            response = self._allowed(shop, scope, view, allowed)
        except Refusal as refusal:
            response = refusal.answer()
        _add_headers(response, shop, left, reset)
        return response

    def _allowed(self, shop: Shop, scope: str, view: Callable[[Shop], Response], allowed: bool) -> Response:
        if not allowed:
            raise Refusal(429)
        if shop.settings.suspended:
            raise Refusal(503, SUSPENDED)
        if request.method not in {"GET", "HEAD"} or scope not in shop.settings.scopes:
            raise Refusal(403)
        accepted = request.accept_mimetypes
        if accepted and not accepted["application/json"]:
            raise Refusal(406, "The API speaks application/json.")
        shop.catch_up(self.clock.now())
        return view(shop)

    def _found(self, shop: Shop, order_id: int) -> Record:
        record = shop.orders.get(order_id)
        if record is None or record.created > self.clock.now():
            raise Refusal(404, "The requested resource was not found.")
        return record

    def time(self, _shop: Shop) -> Response:
        """`GET /time`."""
        return answer({"time": int(self.clock.now().timestamp())})

    def store(self, shop: Shop) -> Response:
        """`GET /store`."""
        return answer(store_document(shop, self.clock.now()))

    def orders(self, shop: Shop) -> Response:
        """`GET /orders`."""
        now = self.clock.now()
        found = page_of(selected(shop, request.args, now), request.args, shop.settings)
        response = listed([self._shown(shop, record, now) for record in found])
        if found:
            response.headers["last-modified"] = rfc(max(record.modified(now) for record in found))
        return response

    def count(self, shop: Shop) -> Response:
        """`GET /orders/count`."""
        now = self.clock.now()
        counts: dict[int, int] = {}
        for record in selected(shop, request.args, now):
            status = record.value("status_id", now)
            counts[status] = counts.get(status, 0) + 1
        return answer(count_documents(counts))

    def order(self, shop: Shop, order_id: int) -> Response:
        """`GET /orders/{id}`."""
        now = self.clock.now()
        record = self._found(shop, order_id)
        response = answer(self._shown(shop, record, now))
        response.headers["last-modified"] = rfc(record.modified(now))
        return response

    def fees(self, shop: Shop, order_id: int) -> Response:
        """`GET /orders/{id}/fees`."""
        rows = self._found(shop, order_id).rows("fees", self.clock.now())
        return answer({"fees": rows}) if rows else listed([])

    def product(self, shop: Shop, order_id: int, row_id: int) -> Response:
        """`GET /orders/{id}/products/{id}`."""
        for row in self._found(shop, order_id).rows("products", self.clock.now()):
            if row["id"] == row_id:
                return answer(row)
        raise Refusal(404, "The requested resource was not found.")

    def consignments(self, shop: Shop, order_id: int) -> Response:
        """`GET /orders/{id}/consignments`."""
        record = self._found(shop, order_id)
        return answer(self._consignments(shop, record, self.clock.now(), whole_lines=False))

    def statuses(self, _shop: Shop) -> Response:
        """`GET /order_statuses`."""
        return answer([status_document(status) for status in STATUSES.values()])

    def status(self, _shop: Shop, status_id: int) -> Response:
        """`GET /order_statuses/{id}`."""
        if status_id not in STATUSES:
            raise Refusal(404, "The requested resource was not found.")
        return answer(status_document(STATUSES[status_id]))

    def _rows_view(self, name: str) -> View:
        def view(shop: Shop, order_id: int) -> Response:
            rows = self._found(shop, order_id).rows(name, self.clock.now())
            if name == "taxes" and request.args.get("details", "").lower() != "true":
                hidden = {"order_product_id", "line_item_type"}
                rows = [{key: value for key, value in row.items() if key not in hidden} for row in rows]
            return listed(page_of(rows, request.args, shop.settings))

        return view

    def _shown(self, shop: Shop, record: Record, now: datetime) -> Document:
        """The order with what `include` asks for."""
        document = record.document(now)
        wanted = set(request.args.get("include", "").split(","))
        if "fees" in wanted:
            document = document | {"fees": record.rows("fees", now)}
        if not wanted & {"consignments", "consignments.line_items"} or not shop.settings.consignments:
            return document
        # Without the parameter a shop may still send its older array, which nobody has recorded: here, the link stays.
        if request.args.get("consignment_structure") != "object":
            return document
        whole = "consignments.line_items" in wanted
        return document | {"consignments": self._consignments(shop, record, now, whole_lines=whole)}

    def _consignments(self, shop: Shop, record: Record, now: datetime, *, whole_lines: bool) -> Document:
        products, addresses = record.rows("products", now), record.rows("shipping_addresses", now)
        return consignments(shop.store.hash, record.document(now), products, addresses, whole_lines)


def store_document(shop: Shop, now: datetime) -> Document:
    """What `/store` says of a shop."""
    store = shop.store
    zone = now.astimezone(ZoneInfo(store.timezone))
    saving = int(zone.dst().total_seconds()) if zone.dst() else 0  # type: ignore[union-attr]
    raw = int(zone.utcoffset().total_seconds()) - saving  # type: ignore[union-attr]
    dates = {"display": "jS M Y", "export": "jS M Y", "extended_display": "jS M Y @ g:i A"}
    return {
        "id": store.hash,
        "domain": store.domain,
        "secure_url": f"https://{store.domain}",
        "control_panel_base_url": f"https://store-{store.hash}.example.com",
        "status": "live",
        "name": store.name,
        "first_name": "Sandy",
        "last_name": "Sample",
        "address": "1 Sample Street",
        "country": "Australia",
        "country_code": "AU",
        "phone": "",
        "admin_email": f"admin@{store.domain}",
        "order_email": f"orders@{store.domain}",
        "favicon_url": "",
        "timezone": {
            "name": store.timezone,
            "raw_offset": raw,
            "dst_offset": raw + saving,
            "dst_correction": bool(saving),
            "date_format": dates,
        },
        "language": "en",
        "currency": store.currency,
        "currency_symbol": "$",
        "decimal_separator": ".",
        "thousands_separator": ",",
        "decimal_places": 2,
        "currency_symbol_location": "left",
        "weight_units": "KGS",
        "dimension_units": "Centimeters",
        "dimension_decimal_places": 2,
        "dimension_decimal_token": ".",
        "dimension_thousands_token": ",",
        "plan_name": "Standard",
        "plan_level": "Standard",
        "plan_is_trial": False,
        "industry": "Retail",
        "logo": [],
        "is_price_entered_with_tax": store.tax_inclusive,
        "store_id": 1000000 + store.seed,
        "default_channel_id": 1,
        "default_site_id": 1000,
        "active_comparison_modules": [],
        "features": {
            "stencil_enabled": True,
            "checkout_type": "optimized",
            "multi_storefront_enabled": False,
        },
    }


def _add_headers(response: Response, shop: Shop, left: int, reset: int) -> None:
    headers = response.headers
    headers["x-bc-store-version"] = "7.6.0"
    if not shop.settings.rate_headers:
        return
    quota = 1_000_000 if shop.settings.quota is None else shop.settings.quota
    headers["x-bc-apilimit-remaining"] = "20000"
    headers["x-rate-limit-requests-left"] = str(left)
    headers["x-rate-limit-requests-quota"] = str(quota)
    headers["x-rate-limit-time-reset-ms"] = str(reset)
    headers["x-rate-limit-time-window-ms"] = str(shop.settings.window_seconds * 1000)
    if response.status_code == 429:
        headers["x-retry-after"] = str(-(-reset // 1000))


def _odd(error: HTTPException) -> Response:
    """A path that nobody serves, or a method that no resource has."""
    words = {
        404: "The requested resource was not found.",
        405: "The requested resource doesn't support that method.",
    }
    status = error.code or 500
    return Refusal(status, words.get(status, error.name)).answer()
