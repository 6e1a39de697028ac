"""The work of `prove cents` in one process: orders come in day by day, the product posts them, and both sides are looked at."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from portal.models.connections import Connection
from proofs._cents_checks import allowance
from proofs._cents_orders import Drawn, drawn
from proofs._cents_roundings import PROVEN, Rounding
from proofs._cents_shops import Opened, Shop, open_shops
from proofs._cents_sides import Row, ShopSide, books_by_control, cents, decimal, shop_orders
from proofs._cents_tally import Tally
from proofs._cents_telling import tell
from proofs._cents_verdict import Expected, verdict
from proofs._product import Desk, Kept, Standing, Wanted, desk
from proofs._servers import Line, Servers

BEGAN: Final = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)
BEFORE: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one process does.

    `numbers`: the orders' numbers by shop; `days`: on how many days they come in, with one run of each connection a day;
    `posting`: how Saasu rounds on these days, in turn; `again`: the roundings by which everything is totalled once more.
    """

    servers: Servers
    folder: Path
    template: Path
    tag: str
    first_file: int
    seed: int
    shops: tuple[Shop, ...]
    numbers: dict[int, list[int]]
    days: int = 1
    posting: tuple[Rounding, ...] = PROVEN
    again: tuple[Rounding, ...] = ()
    tell_all: bool = False


@dataclass(slots=True)
class Placed:
    """One shop with its connection, and its orders by the shop's id."""

    opened: Opened
    connection: Connection
    drawn: dict[int, Drawn] = field(default_factory=dict)


class Worker:
    """One process's work over one pair of servers that have a control address."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.shop_side = Line(job.servers.bigcommerce)
        self.books_side = Line(job.servers.saasu)
        self.clock = Standing(BEGAN)
        self.tally = Tally()

    def work(self) -> Tally:
        """Do the whole job."""
        job, timed = self.job, self.tally.timed
        job.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(job.template, job.folder / "portal.sqlite3")
        self.books_side.order("PATCH", "/_control/settings", {"calls_per_second": None, "day_scale": None})
        self._set_clock(BEGAN - BEFORE)
        expected: dict[str, Expected] = {}
        with desk(job.folder, job.servers, self.clock, unpaced=True) as product_desk:
            with timed("opening"):
                placed = self._open(product_desk)
            for number in range(job.days):
                self._round(product_desk, placed, number)
            with timed("checking"):
                for one in placed:
                    expected |= self._check(one, product_desk.kept(one.connection))
        with timed("hypotheses"):
            self._total_again({one.opened.file_id for one in placed}, expected)
        return self.tally

    def _open(self, product_desk: Desk) -> list[Placed]:
        job = self.job
        opened, credentials = open_shops(job.shops, job.tag, job.first_file, self.shop_side, self.books_side)
        # Items are asked for anew where they changed a little while ago; these were there long before.
        self._set_clock(BEGAN)
        files = {file.file_id: file for file in product_desk.sign_in(credentials)}
        return [Placed(one, product_desk.connect(files[one.file_id], wanted(one))) for one in opened]

    def _set_clock(self, moment: datetime) -> None:
        self.clock.moment = moment
        # Where both servers are one process they share one clock; setting it twice does no harm.
        for line in (self.shop_side, self.books_side):
            line.order("PUT", "/_control/clock", {"now": _text(moment)})

    def _round(self, product_desk: Desk, placed: Sequence[Placed], number: int) -> None:
        """One day: orders come in, Saasu rounds in another way, every connection runs once."""
        posting = self.job.posting
        self.books_side.order("PATCH", "/_control/settings", posting[number % len(posting)])
        self._set_clock(BEGAN + DAY * (number + 1))
        for one in placed:
            with self.tally.timed("placing"):
                self._place(one, number)
            with self.tally.timed("posting"):
                run = product_desk.run(one.connection)
            if run.state != "finished":
                self.tally.stopped_runs += 1
                print(
                    f"The run of {one.opened.store_hash} is {run.state}: {run.problem_sentence}", flush=True
                )

    def _place(self, one: Placed, number: int) -> None:
        shop, days = one.opened.shop, self.job.days
        mine = self.job.numbers[shop.place]
        some = mine[len(mine) * number // days : len(mine) * (number + 1) // days]
        orders = [drawn(self.job.seed, each, shop) for each in some]
        began = BEGAN + DAY * number + BEFORE
        root = f"/_control/stores/{one.opened.store_hash}/orders"
        for start in range(0, len(orders), AT_ONCE):
            together = orders[start : start + AT_ONCE]
            specs = [
                {**order.spec, "created": _text(began + MINUTE * (start + place))}
                for place, order in enumerate(together)
            ]
            ids = self.shop_side.order("POST", root, {"orders": specs})["ids"]
            for order_id, order in zip(ids, together, strict=True):
                one.drawn[order_id] = order
                if order.changes:
                    self._contradict(f"{root}/{order_id}", order.changes)

    def _contradict(self, path: str, changes: dict[str, str]) -> None:
        order = self.shop_side.get(path)["order"]
        body = {name: f"{decimal(order[name]) + decimal(by):.4f}" for name, by in changes.items()}
        self.shop_side.order("PATCH", path, body | {"date_modified": order["date_modified"]})

    def _check(self, one: Placed, kept: dict[int, Kept]) -> dict[str, Expected]:
        """Hold every order of a shop against the books. Returns what each sale must come to, by its marker."""
        opened, shop = one.opened, one.opened.shop
        sales = by_marker(books_by_control(self.books_side, opened.file_id))
        expected = {}
        for side in self._sides(opened):
            order, marker = one.drawn[side.id], f"BC-{opened.store_hash}-{side.id}"
            found, told = sales.get(marker, []), kept.get(side.id)
            count(self.tally, side, shop, found, told, sound=order.sound)
            wrong = list(verdict(side, shop, found, told, sound=order.sound, flaw=order.flaw))
            if wrong:
                self.tally.blame(tell(side, shop, wrong, found, told, order))
            elif self.job.tell_all:
                print(tell(side, shop, wrong, found, told, order).told, flush=True)
            if len(found) == 1:
                expected[marker] = Expected(side, shop, allowance(side, found[0]["LineItems"]), order)
        return expected

    def _sides(self, opened: Opened) -> Iterator[ShopSide]:
        return shop_orders(
            Line(self.job.servers.bigcommerce, {"X-Auth-Token": opened.token}), opened.store_hash
        )

    def _total_again(self, file_ids: set[int], expected: dict[str, Expected]) -> None:
        """Total every sale anew under each rounding; each order counts once that misses under any of the proven ones."""
        blamed: set[str] = set()
        missed: set[tuple[str, str]] = set()
        for rounding in self.job.again:
            self.books_side.order("PATCH", "/_control/settings", rounding)
            self.tally.hypotheses += 1
            for file_id in file_ids:
                answer = self.books_side.order("POST", f"/_control/files/{file_id}/totals", {})
                for _, marker, total, tax in answer["invoices"]:
                    one = expected.get(marker)
                    wrong = one.faults(total, tax) if one else []
                    if one and wrong and rounding["between"] != "nothing":
                        missed.add((rounding["between"], marker))
                        missed.add(("in whole cents" if is_whole(one.shop) else "in percentages", marker))
                    elif one and wrong and marker not in blamed:
                        blamed.add(marker)
                        named = [(check, f"{words}, under {rounding}") for check, words in wrong]
                        self.tally.blame(tell(one.side, one.shop, named, order=one.order))
        self.tally.between.update(between for between, _ in missed)


def wanted(one: Opened) -> Wanted:
    """The connection of an opened shop."""
    shop = one.shop
    return Wanted(
        store_hash=one.store_hash,
        token=one.token,
        prefix=shop.prefix,
        zone=shop.zone,
        discount_item="DISCOUNT" if shop.discount_item else "",
        own_discounts=shop.own_discounts,
        whole_cent_prices=shop.whole_cent_prices,
        start=BEGAN,
    )


def is_whole(shop: Shop) -> bool:
    """Whether a shop's discounts are posted in whole cents: on a Discount Item, or in the prices."""
    return shop.discount_item or shop.whole_cent_prices


def by_marker(sales: Sequence[Row]) -> dict[str, list[Row]]:
    """Sales by the mark in `PurchaseOrderNumber`."""
    found: dict[str, list[Row]] = {}
    for sale in sales:
        found.setdefault(str(sale["PurchaseOrderNumber"]), []).append(sale)
    return found


def count(
    tally: Tally, side: ShopSide, shop: Shop, sales: Sequence[Row], kept: Kept | None, *, sound: bool
) -> None:
    """Count one order."""
    tally.orders += 1
    tally.posted += bool(sales)
    tally.sound += sound
    if not sales:
        tally.refused.update(set(kept.codes if kept else ()) or {kept.reason if kept else "NOT_SEEN"})
        return
    sold = sales[0]["LineItems"]
    tally.lines += len(sold)
    tally.percentages += sum(1 for row in sold if row["PercentageDiscount"])
    tally.gst_apart += shop.registered and cents(decimal(sales[0]["TotalTaxAmount"])) != side.tax


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
