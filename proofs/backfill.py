"""`prove backfill`: 2,000 orders of 14 months brought into a file, as an accountant would: preview, mend the check-list, process.

A pretend shop's history, some 5 % of it with problems, goes through the product's own use cases: a preview of the whole period, the
missing items made and the inactive ones mended in the pretend Saasu as the check-list says, another preview, *Start Processing*,
slices within the day's allowance with hourly runs and new orders between them, a pause on the way. Then both sides are counted without
the product's help. The last line is one JSON object; the bar: `unexplained` 0, `difference` "0.00", nothing twice, and as previewed.

Time is a clock of the proof's own that goes on as work is done, so that days of waiting for the allowance take none.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.coverage import coverage
from portal.models.backfills import Backfill, BackfillState
from portal.models.connections import Connection
from portal.models.runs import Run, RunState
from portal.services import backfills, previews, runs, slices
from portal.services.preview_reports import Report, report_of
from portal.services.syncing import carry_out
from portal.sync.problems import Code
from proofs._product import Credentials, Desk, Standing, Wanted, desk, migrated
from proofs._servers import Line, Servers
from sandbox.clock import text
from sandbox.serve import Running, running
from sandbox.world import File, Habits, Login, Store, World

MONTHS = timedelta(days=426)
HASH, FILE_ID = "backfillsandbox", 710_001
LOGIN = Credentials(username="backfill@example.com", password="sandbox-backfill-1")
ZONE = ZoneInfo("Australia/Sydney")
MISSING = ("HW-BASKET-14", "HW-CARD-15")
INACTIVE = "HW-LAMP-07"
HABITS = Habits(line_without_sku=1, foreign_currency=2, deleted=1, unpaid=4, custom_line=0)
STEP = timedelta(milliseconds=200)
OVERRIDDEN = 6
LATE_EVERY = 3
CENT = Decimal("0.01")


class Passing(Standing):
    """A clock that goes on a little whenever somebody looks at it."""

    def now(self) -> datetime:
        """The moment it is, a fifth of a second after the last look."""
        assert self.moment is not None
        self.moment += STEP
        return self.moment


@dataclass(slots=True)
class Told:
    """What the proof counts while it works."""

    slices: int = 0
    hourly: int = 0
    late_orders: int = 0
    paused: bool = False
    days: Decimal = Decimal(0)


def main() -> int:
    """Run it. Returns 0 when the bar holds."""
    parser = argparse.ArgumentParser(prog="prove backfill", description=__doc__)
    parser.add_argument("--small", action="store_true", help="150 orders instead of 2,000")
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = 150 if options.small else options.orders
    with tempfile.TemporaryDirectory(prefix="cl-backfill-") as scratch, proof(Path(scratch)) as work:
        figures, held = work.carry_out(count, options.seed)
    print(json.dumps(figures))
    return 0 if held else 1


@contextmanager
def proof(folder: Path) -> Iterator["Proof"]:
    """The servers, the product and the clock; everything gone afterwards."""
    began = datetime.now(UTC).replace(microsecond=0)
    with running(world(began)) as servers:
        servers.saasu.change_settings({"calls_per_second": None})
        servers.clock.set({"now": text(began)})
        migrated(folder)
        addresses = Servers(servers.bigcommerce_url, servers.saasu_url)
        with desk(folder, addresses, Passing(began), unpaced=True) as portal:
            yield Proof(servers, portal, began)


def world(began: datetime) -> World:
    """A shop without orders yet, and a file that lacks some of its goods."""
    store = Store(
        hash=HASH, name="Fourteen Months", domain="fourteen.example.com", token="sandbox-token-backfill",
        client_id="", client_secret="", catalogue="homewares", file_id=FILE_ID, seed=77, habits=HABITS,
    )  # fmt: skip
    file = File(id=FILE_ID, name="Fourteen Months Pty Ltd", catalogue="homewares", missing_skus=MISSING)
    login = Login(username=LOGIN.username, password=LOGIN.password, file_ids=(FILE_ID,))
    return World(name="backfill", began=began, stores=(store,), files=(file,), logins=(login,))


class Proof:
    """The whole story, step by step."""

    def __init__(self, servers: Running, portal: Desk, began: datetime) -> None:
        self._servers = servers
        self._portal = portal
        self._session = portal.session
        self._first = (began - MONTHS).astimezone(ZONE).date()
        self._began = began
        self._shop = Line(servers.bigcommerce_url)
        self._books = Line(servers.saasu_url)
        self._told = Told()

    def carry_out(self, count: int, seed: int) -> tuple[dict[str, Any], bool]:
        """Do everything; the figures, and whether the bar holds."""
        self._fill_the_shop(count, seed)
        connection = self._connect()
        before = self._preview(connection)
        self._mend(before)
        promised = self._preview(connection).figures.would_post.orders
        self._process(connection)
        return self._count(connection, promised)

    def _fill_the_shop(self, count: int, seed: int) -> None:
        since = datetime.combine(self._first, datetime.min.time(), ZONE).astimezone(UTC)
        wanted = {
            "seed": seed,
            "count": count,
            "from": text(since),
            "to": text(self._began - timedelta(hours=1)),
        }
        ids = self._shop.order("POST", f"/_control/stores/{HASH}/generate", wanted)["ids"]
        # Totals that another program wrote over by hand: nobody can post these.
        for order_id in ids[:: max(len(ids) // OVERRIDDEN, 1)][:OVERRIDDEN]:
            path = f"/_control/stores/{HASH}/orders/{order_id}"
            found = self._shop.get(path)["order"]
            total = Decimal(str(found["total_inc_tax"])) + Decimal("7.77")
            moved = {"total_inc_tax": f"{total:.4f}", "date_modified": found["date_modified"]}
            self._shop.order("PATCH", path, moved)
        lamp = f"/_control/files/{FILE_ID}/items/{INACTIVE}"
        self._books.order("PATCH", lamp, {"IsActive": False})

    def _connect(self) -> Connection:
        (file,) = self._portal.sign_in(LOGIN, (FILE_ID,))
        file.daily_calls, file.sole_user = None, False
        wanted = Wanted(
            store_hash=HASH,
            token="sandbox-token-backfill",
            prefix="FM",
            zone=ZONE.key,
            discount_item="DISCOUNT",
            start=self._began,
        )
        return self._portal.connect(file, wanted)

    def _preview(self, connection: Connection) -> Report:
        """The whole period as it would be posted; what it says is printed."""
        today = self._portal.clock.now().astimezone(ZONE).date()
        self._stand()
        run = previews.preview_now(
            self._session, self._portal.outside, connection, self._first, today, "Proof", self._portal.clock
        )
        preview = previews.preview_of(self._session, connection.firm_id, run.id)
        assert preview is not None, run.problem_sentence
        found = report_of(self._session, self._portal.outside, preview)
        print(f"Preview: {found.sentence}.")
        for check in found.checks:
            print(f"  {len(check.orders):>4}  {check.heading}. {check.meaning.to_do}")
        return found

    def _mend(self, found: Report) -> None:
        """Do in Saasu what the check-list says and a person there can do."""
        for check in found.checks:
            path = f"/_control/files/{FILE_ID}/items"
            if check.code is Code.ITEM_NOT_FOUND:
                self._books.order("POST", path, {"Code": check.subject, "Description": "Made by a person"})
            elif check.code is Code.ITEM_UNUSABLE:
                self._books.order("PATCH", f"{path}/{check.subject}", {"IsActive": True, "IsSold": True})

    def _process(self, connection: Connection) -> None:
        """*Start Processing*, then what the portal's clock and worker would do, until the backfill is finished."""
        session, clock = self._session, self._portal.clock
        outside = self._portal.outside
        self._stand()
        open_one = backfills.start_processing(
            session, outside, connection, self._first, "Proof", lambda *_: None
        )
        while open_one.state != BackfillState.FINISHED:
            worked = self._turn()
            session.refresh(open_one)
            if self._told.slices and not self._told.paused:
                self._pause(open_one)
            if not worked:
                self._wait(connection, open_one.resume_at)
            if open_one.problem_code and open_one.problem_code != Code.SAASU_QUOTA:
                sys.exit(f"The backfill stopped: {open_one.problem_sentence}")
        self._wait(connection, None)
        self._turn()
        assert clock.moment is not None
        self._told.days = Decimal((clock.moment - self._began) // timedelta(hours=1)) / 24

    def _pause(self, open_one: Backfill) -> None:
        """Pause it: no slice is queued; then let it go on."""
        session, clock = self._session, self._portal.clock
        slices_before = self._told.slices
        self._told.paused = backfills.pause(session, open_one, "Proof", clock.now())
        self._turn()
        if self._told.slices != slices_before:
            sys.exit("A slice was queued while the backfill was paused.")
        backfills.resume(session, open_one, "Proof", clock.now(), lambda *_: None)

    def _turn(self) -> int:
        """Queue what is due and carry it out here; how many runs that were."""
        session, clock = self._session, self._portal.clock
        self._stand()
        runs.claim_due(session, clock.now(), lambda *_: None)
        slices.queue_slices(session, clock.now(), lambda *_: None)
        queued = session.execute(
            select(Run.id, Run.attempt, Run.backfill_id).where(Run.state == RunState.QUEUED)
        ).all()
        session.rollback()
        for run_id, attempt, backfill_id in queued:
            carry_out(session, self._portal.outside, run_id, attempt, clock)
            self._told.slices += backfill_id is not None
            self._told.hourly += backfill_id is None
            if backfill_id is not None and self._told.slices % LATE_EVERY == 1:
                self._place_a_late_order()
        return len(queued)

    def _place_a_late_order(self) -> None:
        """Somebody buys something while the backfill is at work."""
        line = {"sku": "HW-MUG-01", "name": "Stoneware Mug", "price": "24.95"}
        self._stand()
        self._shop.order("POST", f"/_control/stores/{HASH}/orders", {"lines": [line]})
        self._told.late_orders += 1

    def _wait(self, connection: Connection, resume_at: datetime | None) -> None:
        """Nothing to do: let the time pass until something is due."""
        self._session.refresh(connection)
        moments = [one for one in (resume_at, connection.next_run_at) if one is not None]
        clock = self._portal.clock
        assert clock.moment is not None
        clock.moment = max(min(moments, default=clock.moment), clock.moment) + timedelta(seconds=1)

    def _stand(self) -> None:
        """Let the servers know what time it is."""
        self._servers.clock.set({"now": text(self._portal.clock.now())})

    def _count(self, connection: Connection, promised: int) -> tuple[dict[str, Any], bool]:
        """Both sides, counted without the product; and the product's own coverage of the same orders."""
        kept = self._portal.kept(connection)
        shop, books = self._shop_totals(), self._books_totals()
        posted = {number: f"BC-{HASH}-{number}" for number, one in kept.items() if one.state == "posted"}
        states = Counter(one.state for one in kept.values())
        reasons = {number for number, one in kept.items() if one.state == "posted" or one.reason or one.codes}
        named = Counter(code for one in kept.values() if one.state == "failed" for code in one.codes[:1])
        covered = coverage(
            self._session,
            connection.firm_id,
            connection,
            self._began - MONTHS * 2,
            self._began + MONTHS,
            list(shop),
        )
        apart = [number for number, marker in posted.items() if books.get(marker) != [shop[number]]]
        total_books = sum((sum(books.get(marker, []), Decimal(0)) for marker in posted.values()), Decimal(0))
        difference = sum((shop[number] for number in posted), Decimal(0)) - total_books
        twice = sum(len(totals) > 1 for totals in books.values())
        figures = {
            "orders": len(shop),
            "posted": states["posted"],
            "ignored": states["ignored"],
            "failed": states["failed"],
            "unexplained": len((shop.keys() - reasons) | set(covered.unexplained)),
            "difference": str(difference.quantize(CENT)),
            "apart": len(apart),
            "twice": twice,
            "failed_by_code": dict(sorted(named.items())),
            "promised_by_preview": promised,
            "placed_meanwhile": self._told.late_orders,
            "slices": self._told.slices,
            "paused": self._told.paused,
            "hourly_runs": self._told.hourly,
            "days_by_its_clock": str(self._told.days.quantize(Decimal("0.1"))),
            "refused_by_saasu_as_too_many": self._throttled(),
        }
        held = (
            figures["unexplained"] == 0
            and difference == 0
            and not apart
            and not twice
            and len(books) == states["posted"]
            and states["posted"] == promised + self._told.late_orders
            and sum(states.values()) == len(shop)
            and self._told.paused
            and figures["refused_by_saasu_as_too_many"] == 0
        )
        return figures, held

    def _shop_totals(self) -> dict[int, Decimal]:
        """Every order of the shop with its total, to the cent."""
        with self._servers.bigcommerce.lock:
            found = self._servers.bigcommerce.shops[HASH].orders.items()
            now = self._portal.clock.now()
            return {
                number: Decimal(str(one.document(now)["total_inc_tax"])).quantize(CENT)
                for number, one in found
            }

    def _books_totals(self) -> dict[str, list[Decimal]]:
        """The totals of the sales that Saasu has, by our marker."""
        found: dict[str, list[Decimal]] = {}
        with self._servers.saasu.lock:
            for row in self._servers.saasu.files[FILE_ID].invoices.values():
                marker = str(row["PurchaseOrderNumber"] or "")
                if marker:
                    found.setdefault(marker, []).append(Decimal(str(row["TotalAmount"])))
        return found

    def _throttled(self) -> int:
        said = self._books.get(f"/_control/files/{FILE_ID}")
        return int(said["throttled"])


if __name__ == "__main__":
    raise SystemExit(main())
