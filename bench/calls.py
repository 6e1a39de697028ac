"""`bench calls`: what an order costs in calls, counted by the pretend servers and not by us (SYNC §9).

A file with 3,000 contacts, 500 items and 20,000 earlier sales. First the warm-up: a small first day, on which the copies are made. Then
1,000 orders in one run, a quarter of them by new customers and a tenth by known ones whose details changed; 24 hourly runs of ten orders
each; and an hourly run without any. The bar: Saasu at most one call an order, one for each contact written, and 0.03; the shop at most 20;
at most 4 calls more than that in each small run; one call to the shop and none to Saasu where nothing came.

The product and the servers share a clock that goes on as work is done, so the token dies and copies grow old as they would at one call a
second. The orders have no coupons: BigCommerce tells those of an order with a call of its own.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from portal.models.connections import Connection
from portal.models.runs import Run, RunKind, RunState
from portal.services import selection
from portal.services.runs import request_run
from portal.services.syncing import carry_out
from portal.sync.problems import Code
from proofs._product import BY, Credentials, Desk, Standing, Wanted, desk, migrated, no_ring
from proofs._servers import Line, NotObeyed, Servers
from sandbox.clock import text
from sandbox.saasu import seeding
from sandbox.serve import Running, running
from sandbox.world import File, Login, Store, World

HASH, FILE_ID = "callssandbox", 720_001
LOGIN = Credentials(username="calls@example.com", password="sandbox-calls-1")
LOOK = timedelta(milliseconds=100)
"""How far the clock goes on whenever somebody looks at it: about as far as a call a second takes it."""
MARGIN_PERCENT = 3
FEW = 6
"""What a run may cost beside its orders however few they are: the bar of 3 % is for the whole size."""
SHOP_CALLS, MORE_A_RUN = 20, 4
WARM_UP = 60


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    contacts: int = 3_000
    items: int = 500
    sales: int = 20_000
    orders: int = 1_000
    runs: int = 24


SMALL = Size(contacts=300, items=50, sales=500, orders=100, runs=3)


class Shared(Standing):
    """One clock for the product and the servers; it goes on a little with every look of the product."""

    servers: Running

    def now(self) -> datetime:
        """The moment it is, a tenth of a second after the last look."""
        assert self.moment is not None
        self.forward(LOOK)
        return self.moment

    def forward(self, by: timedelta) -> None:
        """Let time go by on both sides."""
        assert self.moment is not None
        self.moment += by
        self.servers.clock.set({"now": text(self.moment)})


@dataclass(frozen=True, slots=True)
class Calls:
    """What both servers counted: calls to each, and those of them that wrote a contact or posted a sale."""

    saasu: int
    shop: int
    written: int
    posted: int


def main() -> int:
    """Run it. Returns 0 when the bar holds."""
    parser = argparse.ArgumentParser(prog="bench calls", description=__doc__)
    parser.add_argument("--small", action="store_true", help="100 orders, 300 contacts and 500 sales")
    options = parser.parse_args()
    size = SMALL if options.small else Size()
    with tempfile.TemporaryDirectory(prefix="cl-calls-") as scratch, bench(Path(scratch), size) as work:
        try:
            figures = work.carry_out()
        except NotObeyed as fault:
            print(fault, file=sys.stderr)
            return 1
    print(json.dumps(figures))
    return 0 if holds(figures) else 1


def holds(figures: dict[str, Any]) -> bool:
    """Whether the bar holds, in whole numbers."""
    orders, written = figures["orders"], figures["contacts_written"]
    return bool(
        100 * (figures["saasu_calls"] - written - orders) <= max(MARGIN_PERCENT * orders, 100 * FEW)
        and figures["posted"] == orders
        and written == new_and_changed(orders)
        and figures["bigcommerce_calls"] <= SHOP_CALLS
        and figures["per_run"] <= MORE_A_RUN
        and figures["idle_calls"] == {"bigcommerce": 1, "saasu": 0}
    )


def new_and_changed(orders: int) -> int:
    """How many contacts must be written for so many orders: each new customer and each whose details changed, once."""
    return orders // 4 + orders // 10


@contextmanager
def bench(folder: Path, size: Size) -> Iterator["Bench"]:
    """The servers, the product and the clock; everything gone afterwards."""
    began = datetime.now(UTC).replace(microsecond=0)
    with running(world(began)) as servers:
        servers.saasu.change_settings({"calls_per_second": None, "day_scale": None})
        clock = Shared(began - timedelta(days=400))
        clock.servers = servers
        migrated(folder)
        with desk(folder, Servers(servers.bigcommerce_url, servers.saasu_url), clock, unpaced=True) as portal:
            yield Bench(servers, portal, clock, size, began)


def world(began: datetime) -> World:
    """A shop without orders and an empty file."""
    store = Store(
        hash=HASH, name="Many Calls", domain="calls.example.com", token="sandbox-token-calls",
        client_id="", client_secret="", catalogue="", file_id=FILE_ID, seed=5,
    )  # fmt: skip
    file = File(id=FILE_ID, name="Many Calls Pty Ltd", plan="X-Large")
    login = Login(username=LOGIN.username, password=LOGIN.password, file_ids=(FILE_ID,))
    return World(name="calls", began=began, stores=(store,), files=(file,), logins=(login,))


def person(number: int, changed: int = 0) -> dict[str, str]:
    """A customer as an order bills one; `changed` moves house and phone."""
    return {
        "first_name": f"Given{number}",
        "last_name": f"Family{number}",
        "company": "",
        "street_1": f"{number + changed} Wattle Street",
        "street_2": "",
        "city": "Orange",
        "state": "New South Wales",
        "zip": "2800",
        "country": "Australia",
        "country_iso2": "AU",
        "phone": f"0491 570 {(number + changed) % 1000:03}",
        "email": f"customer{number}@example.com",
    }


def as_contact(number: int) -> dict[str, Any]:
    """The same customer as Saasu has one."""
    one = person(number)
    place = {"Street": one["street_1"], "City": one["city"], "State": one["state"]}
    return {
        "GivenName": one["first_name"],
        "FamilyName": one["last_name"],
        "EmailAddress": one["email"],
        "PrimaryPhone": one["phone"],
        "IsCustomer": True,
        "PostalAddress": place | {"Postcode": one["zip"], "Country": one["country"]},
    }


class Bench:
    """The whole measurement, step by step."""

    def __init__(self, servers: Running, portal: Desk, clock: Shared, size: Size, began: datetime) -> None:
        self._servers = servers
        self._portal = portal
        self._clock = clock
        self._size = size
        self._began = began
        self._shop = Line(servers.bigcommerce_url)
        self._random = random.Random(11)
        self._known = size.contacts
        self._changed: dict[int, int] = {}
        """How far each customer who ever moved has moved by now."""

    def carry_out(self) -> dict[str, Any]:
        """Do everything; the figures."""
        self._fill_the_file()
        connection = self._connect()
        warm_up = self._warm_up(connection)
        whole = self._whole(connection)
        more, tokens = self._small_runs(connection)
        self._clock.forward(timedelta(hours=1))
        idle = self._counted(connection)
        return {
            "orders": self._size.orders,
            "posted": whole.posted,
            "saasu_calls": whole.saasu,
            "contacts_written": whole.written,
            "per_order_beside_contacts": f"{(whole.saasu - whole.written) / self._size.orders:.3f}",
            "bigcommerce_calls": whole.shop,
            "idle_calls": {"bigcommerce": idle.shop, "saasu": idle.saasu},
            "warm_up_calls": warm_up.saasu,
            "per_run": max(more),
            "per_run_each": more,
            "sign_ins": tokens,
            "contacts": self._size.contacts,
            "items": self._size.items,
            "earlier_sales": self._size.sales,
        }

    def _fill_the_file(self) -> None:
        """Contacts, items and the sales of a year, as they came to be."""
        state = self._servers.saasu
        file = state.files[FILE_ID]
        with state.lock:
            for number in range(self._size.items):
                seeding.add_item(state, file, {"Code": f"SKU-{number}", "Description": f"Thing {number}"})
            for number in range(self._size.contacts):
                seeding.add_contact(state, file, as_contact(number))
            step = timedelta(days=399) / max(self._size.sales, 1)
            for number in range(self._size.sales):
                self._clock.forward(step)
                line = {"ItemCode": "SKU-0", "Description": "Thing 0", "Quantity": 1, "UnitPrice": 11}
                sale = {"InvoiceNumber": f"OLD{number}", "Summary": "", "LineItems": [line]}
                seeding.add_invoice(state, file, sale)
        self._clock.forward(self._began - (self._clock.moment or self._began))

    def _connect(self) -> Connection:
        (file,) = self._portal.sign_in(LOGIN, (FILE_ID,))
        wanted = Wanted(store_hash=HASH, token="sandbox-token-calls", prefix="MC", start=self._began)
        return self._portal.connect(file, wanted)

    def _warm_up(self, connection: Connection) -> Calls:
        """The first day: orders of every kind, a run that posts them, and one after it."""
        self._servers.controls["saasu"].forget_calls()
        self._servers.controls["bigcommerce"].forget_calls()
        self._place(self._of_each(WARM_UP))
        self._clock.forward(timedelta(hours=1))
        self._run(connection)
        self._clock.forward(timedelta(hours=1))
        self._run(connection)
        return self._count()

    def _whole(self, connection: Connection) -> Calls:
        self._place(self._of_each(self._size.orders))
        self._clock.forward(timedelta(hours=1))
        return self._counted(connection)

    def _small_runs(self, connection: Connection) -> tuple[list[int], int]:
        """What each of the small runs cost beside its orders and the contacts it wrote; and how many sign-ins were in it."""
        more, tokens = [], 0
        for _ in range(self._size.runs):
            self._place(self._of_each(10))
            self._clock.forward(timedelta(hours=1))
            found = self._counted(connection)
            if (found.posted, found.written) != (10, new_and_changed(10)):
                raise NotObeyed(
                    f"a run of 10 orders posted {found.posted} and wrote {found.written} contacts"
                )
            more.append(found.saasu - found.posted - found.written)
            tokens += self._by_endpoint("saasu").get("POST /authorisation/refresh", 0)
        return more, tokens

    def _of_each(self, count: int) -> list[dict[str, str]]:
        """So many customers: a quarter unknown to Saasu, a tenth known by other details, the others as Saasu has them."""
        new, changed = count // 4, count // 10
        fresh = self._known
        self._known += new
        known = self._random.sample(range(fresh), min(count - new, fresh))
        for number in known[:changed]:
            self._changed[number] = self._random.randint(1, 10**6)
        people = [person(number) for number in range(fresh, fresh + new)]
        people += [person(number, self._changed.get(number, 0)) for number in known]
        self._random.shuffle(people)
        return people

    def _place(self, people: list[dict[str, str]]) -> None:
        """One order each, of one to three things, delivered to the customer."""
        orders = []
        for billing in people:
            lines = [
                {
                    "sku": f"SKU-{self._random.randrange(self._size.items)}",
                    "name": "Thing",
                    "price": f"{self._random.randrange(500, 20_000) / 100:.2f}",
                    "quantity": self._random.randint(1, 3),
                }
                for _ in range(self._random.randint(1, 3))
            ]
            destination = {"cost": "9.95", "method": "Parcel"}
            orders.append({"lines": lines, "billing": billing, "destinations": [destination]})
        for start in range(0, len(orders), 100):
            self._shop.order(
                "POST", f"/_control/stores/{HASH}/orders", {"orders": orders[start : start + 100]}
            )

    def _counted(self, connection: Connection) -> Calls:
        """One hourly run, and what both servers counted of it."""
        self._servers.controls["saasu"].forget_calls()
        self._servers.controls["bigcommerce"].forget_calls()
        self._run(connection)
        return self._count()

    def _run(self, connection: Connection) -> None:
        """An hourly run; where it holds orders back as a flood, somebody says yes to them. Raises `NotObeyed` where it does not end well."""
        session, now = self._portal.session, self._portal.clock.now()
        run = request_run(session, connection, RunKind.HOURLY, BY, now, no_ring)
        self._carry_out(run)
        if run.problem_code == Code.FLOOD:
            now = self._portal.clock.now()
            _, more = selection.post_held(session, connection, now, BY, now, no_ring)
            assert more is not None
            run = more
            self._carry_out(run)
        if run.state != RunState.FINISHED:
            raise NotObeyed(f"a run ended as {run.state}: {run.problem_sentence}")

    def _carry_out(self, run: Run) -> None:
        carry_out(self._portal.session, self._portal.outside, run.id, run.attempt, self._portal.clock)
        self._portal.session.refresh(run)

    def _count(self) -> Calls:
        saasu, shop = self._by_endpoint("saasu"), self._by_endpoint("bigcommerce")
        written = sum(
            calls
            for endpoint, calls in saasu.items()
            if endpoint in {"POST /Contact", "PUT /Contact/{id}", "POST /Company"}
        )
        return Calls(sum(saasu.values()), sum(shop.values()), written, saasu.get("POST /Invoice", 0))

    def _by_endpoint(self, server: str) -> dict[str, int]:
        found: dict[str, int] = self._servers.controls[server].calls()["by_endpoint"]
        return found


if __name__ == "__main__":
    raise SystemExit(main())
