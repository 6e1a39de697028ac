"""A few pages for people: the shops, their latest orders, and a button that places one."""

from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.bigcommerce import generator
from sandbox.bigcommerce.state import Record, Shop, State
from sandbox.clock import Clock

FOLDER: Final = Path(__file__).parent
LATEST: Final = 8


class Pages:
    """`GET /` and the button behind it."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state = state
        self.clock = clock

    def install(self, app: Flask) -> None:
        """Add the pages to an app."""
        app.add_url_rule("/", "page home", self.home)
        app.add_url_rule("/pages/stores/<store_hash>/orders", "page place", self.place, methods=["POST"])

    def home(self) -> str:
        """The shops with their latest orders."""
        with self.state.lock:
            now = self.clock.now()
            for shop in self.state.shops.values():
                shop.catch_up(now)
            shops = [self._shop(shop) for shop in self.state.shops.values()]
        return render_template("home.html", shops=shops, now=now, placed=request.args.get("placed", ""))

    def place(self, store_hash: str) -> ResponseReturnValue:
        """Place one made-up order now."""
        with self.state.lock:
            shop = self.state.shops.get(store_hash)
            if shop is None:
                abort(404)
            now = self.clock.now()
            shop.catch_up(now)
            record = shop.add(generator.paid_order(shop.store, now, shop.numbers.last["order"] + 1))
            shop.save()
        return redirect(f"/?placed={record.id}#{store_hash}", 303)

    def _shop(self, shop: Shop) -> dict[str, Any]:
        now, zone = self.clock.now(), ZoneInfo(shop.store.timezone)
        newest = islice((one for one in reversed(shop.orders.values()) if one.created <= now), LATEST)
        dies = shop.store.token_dies_at
        return {
            "hash": shop.store.hash,
            "name": shop.store.name,
            "count": sum(1 for _ in shop.visible(now)),
            "revoked": dies is not None and now >= dies,
            "suspended": shop.settings.suspended,
            "now": f"{now.astimezone(zone):%d %b %Y %H:%M %Z}",
            "orders": [self._order(one, zone) for one in newest],
        }

    def _order(self, record: Record, zone: ZoneInfo) -> dict[str, Any]:
        """An order by the shop's own clock, whose dates its sale in Saasu has as well."""
        document = record.document(self.clock.now())
        billing = document["billing_address"]
        return {
            "id": record.id,
            "placed": f"{record.created.astimezone(zone):%d %b %Y %H:%M}",
            "customer": f"{billing.get('first_name', '')} {billing.get('last_name', '')}",
            "status": document["status"],
            "currency": document["default_currency_code"],
            "total": document["total_inc_tax"][:-2],
        }
