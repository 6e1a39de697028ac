"""The place where `prove exactly-once` plays: one sandbox, one database, four orders, set back before every scenario.

What became of a scenario is read from the sandbox's own state; the ledger is only asked what it claims.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import select

from portal.app import create_app
from portal.database import db
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import OPEN, Run
from proofs._once_children import Child, SharedClock, deliver
from proofs._once_databases import Rows
from proofs._once_points import Points, die
from proofs._product import Credentials, Desk, Wanted, quiet, settings_for
from proofs._servers import Line, Servers
from sandbox.clock import text

BEGAN: Final = datetime(2026, 3, 2, 1, 0, 30, tzinfo=UTC)
FIRST_FILE = 820_001
PASSWORD = "sandbox-once-1"
PREFIX = "EO"
KNOWN = {
    "GivenName": "Kim",
    "FamilyName": "Known",
    "EmailAddress": "kim@example.com",
    "IsCustomer": True,
    "PostalAddress": {"Street": "1 Old St", "City": "Hobart", "State": "TAS", "Postcode": "7000"},
}
LATE_SECONDS = 8


def person(name: str, email: str, street: str) -> dict[str, str]:
    """An address as the shop writes it."""
    first, _, last = name.partition(" ")
    return {
        "first_name": first,
        "last_name": last,
        "email": email,
        "street_1": street,
        "city": "Ballarat",
        "state": "Victoria",
        "zip": "3350",
        "country": "Australia",
        "country_iso2": "AU",
    }


NEW = person("Nell New", "nell@example.com", "2 Fresh St")
BUYERS: Final[tuple[dict[str, Any], ...]] = (
    {"billing": NEW},
    {"billing": person("Kim Known", "kim@example.com", "3 Moved St")},
    {
        "billing": person("Gus Giver", "gus@example.org", "4 Gift St"),
        "destinations": [{"address": person("Tess Taker", "tess@example.net", "5 Other St")}],
    },
    {"billing": NEW},
)
"""A new customer, a known one who moved, one who sends a gift to somebody else, and the new one again."""


@dataclass(frozen=True, slots=True)
class Standings:
    """What Saasu has and what the ledger claims: sales by marker, invoice ids by order, states by order, whether a run is open."""

    sales: dict[str, list[int]]
    claimed: dict[int, int | None]
    states: dict[int, str]
    busy: bool


class Arena:
    """One lane's sandbox and database; `place` tells those apart that share a sandbox one after the other."""

    def __init__(self, servers: Servers, folder: Path, rows: Rows, place: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.rows = rows
        self.clock = SharedClock()
        self.store, self.file = f"exactlyonce{place}", FIRST_FILE + place
        self.login = Credentials(username=f"once-{place}@example.com", password=PASSWORD)
        self.shop, self.books = Line(servers.bigcommerce), Line(servers.saasu)
        self.app: Flask = create_app(settings_for(folder, servers, database=rows.url))
        quiet(folder / "portal.log")
        self.orders: tuple[int, ...] = ()

    @contextmanager
    def opened(self) -> Iterator["Arena"]:
        """The shop, the file and a connected firm, kept as two templates: numbers of our own, and numbers of Saasu's."""
        self._furnish()
        with self.app.app_context():
            try:
                self._connect()
                yield self
            finally:
                self._let_go()

    def _furnish(self) -> None:
        self.set_clock(BEGAN - timedelta(days=2))
        self.books.order("PATCH", "/_control/settings", {"calls_per_second": None, "day_scale": None})
        self.books.order(
            "POST", "/_control/files", {"id": self.file, "name": "Exactly Once", "plan": "X-Large"}
        )
        item = {"Code": "TEA", "Description": "Tea", "TaxCode": "G1"}
        self.books.order("POST", f"/_control/files/{self.file}/items", item)
        login = {"username": self.login.username, "password": PASSWORD, "files": [self.file]}
        self.books.order("POST", "/_control/logins", login)
        self.shop.order("POST", "/_control/stores", {"hash": self.store, "name": self.store})
        self.shop.order("PATCH", f"/_control/stores/{self.store}", {"quota": None})

    def _connect(self) -> None:
        # A day before the first run, so that the run begins by renewing its access token.
        self.set_clock(BEGAN - timedelta(days=1))
        desk = Desk(self.app, self.clock, unpaced=True)
        (file,) = desk.sign_in(self.login, (self.file,))
        wanted = Wanted(
            store_hash=self.store,
            token=f"sandbox-token-{self.store}",
            prefix=PREFIX,
            start=BEGAN - timedelta(hours=2),
        )
        connection = desk.connect(file, wanted)
        connection.minute, connection.next_run_at, key = 0, BEGAN, connection.id
        for prefix, name in ((PREFIX, "numbered"), ("", "auto")):
            db.session().get_one(Connection, key).prefix = prefix
            db.session().commit()
            self._let_go()
            self.rows.keep(name)

    def _let_go(self) -> None:
        """Hold nothing of the database, so that a child may be forked and the rows put back."""
        db.session.remove()
        db.engine.dispose()

    def set_clock(self, moment: datetime) -> None:
        """Put our clock and the sandbox's to a moment."""
        self.clock.set(moment)
        self.books.order("PUT", "/_control/clock", {"now": text(moment)})

    def advance(self, span: timedelta) -> None:
        """Let time pass on both sides."""
        self.set_clock(self.clock.now() + span)

    def set_back(self, *, auto: bool, unique: bool) -> None:
        """Everything as before the first run, with new orders in the shop."""
        for line in (self.shop, self.books):
            line.order("DELETE", "/_control/faults", None)
        self.rows.put_back("auto" if auto else "numbered")
        root = f"/_control/files/{self.file}"
        for row in self.books.get(f"{root}/invoices")["invoices"]:
            self.books.order("DELETE", f"{root}/invoices/{row['TransactionId']}", None)
        for row in self.books.get(f"{root}/contacts")["contacts"]:
            self.books.order("DELETE", f"{root}/contacts/{row['Id']}", None)
        for order_id in self.orders:
            self.shop.order("DELETE", f"/_control/stores/{self.store}/orders/{order_id}", None)
        self.set_clock(BEGAN - timedelta(days=1))
        self.books.order("POST", f"{root}/contacts", KNOWN)
        self.books.order("PATCH", "/_control/settings", {"unique_numbers": unique})
        self.set_clock(BEGAN)
        specs = [
            {
                "lines": [{"sku": "TEA", "name": "Tea", "price": f"{11 + place}.00"}],
                "created": text(BEGAN - timedelta(minutes=60 - place)),
                **buyer,
            }
            for place, buyer in enumerate(BUYERS)
        ]
        made = self.shop.order("POST", f"/_control/stores/{self.store}/orders", {"orders": specs})
        self.orders = tuple(made["ids"])
        self.forget_calls()

    def unfired(self) -> int:
        """How many of the faults that were ordered never hit a call."""
        return sum(
            not one["hits"] for line in (self.shop, self.books) for one in line.get("/_control/faults")
        )

    def forget_calls(self) -> None:
        """Count calls from nothing again."""
        for line in (self.shop, self.books):
            line.order("DELETE", "/_control/calls", None)

    def calls(self) -> tuple[int, Counter[str]]:
        """Calls to the shop, and to Saasu by endpoint, as the sandbox counted them."""
        shop = self.shop.get("/_control/calls")["total"]
        return int(shop), Counter(
            {name: int(calls) for name, calls in self.books.get("/_control/calls")["by_endpoint"].items()}
        )

    def worker(self, at: int = 0, act: Callable[[], None] = die) -> Child:
        """A worker that carries out what is due, and does something at a point."""
        return Child(lambda: deliver(self.app, self.clock, Points(at, act)))

    def marker(self, order_id: int) -> str:
        """What names an order in Saasu."""
        return f"BC-{self.store}-{order_id}"

    def sales(self) -> dict[str, list[int]]:
        """The ids of Saasu's sales by marker."""
        found: dict[str, list[int]] = {}
        for row in self.books.get(f"/_control/files/{self.file}/invoices")["invoices"]:
            found.setdefault(str(row["PurchaseOrderNumber"] or ""), []).append(int(row["TransactionId"]))
        return found

    def contacts_twice(self) -> int:
        """How many e-mail addresses, or names without one, have more than one contact."""
        seen = Counter(
            (
                str(row.get("EmailAddress") or "").casefold(),
                "" if row.get("EmailAddress") else f"{row.get('GivenName')} {row.get('FamilyName')}",
            )
            for row in self.books.get(f"/_control/files/{self.file}/contacts")["contacts"]
        )
        return sum(count > 1 for count in seen.values())

    def standings(self) -> Standings:
        """Both sides as they are now."""
        session = db.session()
        rows = session.execute(select(Order.order_id, Order.invoice_id, Order.state)).all()
        busy = session.scalar(select(Run.id).where(Run.state.in_(OPEN)).limit(1)) is not None
        self._let_go()
        return Standings(
            sales=self.sales(),
            claimed={row.order_id: row.invoice_id for row in rows},
            states={row.order_id: str(row.state) for row in rows},
            busy=busy,
        )

    def await_sale(self, order_id: int) -> bool:
        """Wait until a sale that was to be written late is there; whether it came."""
        until = time.monotonic() + LATE_SECONDS
        while time.monotonic() < until:
            if self.marker(order_id) in self.sales():
                return True
            time.sleep(0.02)
        return False
