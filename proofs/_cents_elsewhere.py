"""The proof against servers that are not our sandbox: whatever the shop lists is posted, and checked by the public calls alone."""

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from proofs._cents_shops import Shop
from proofs._cents_sides import Row, ShopSide, decimal, shop_orders
from proofs._cents_tally import Tally
from proofs._cents_telling import tell
from proofs._cents_verdict import verdict
from proofs._cents_work import count
from proofs._product import MANY_CALLS, Credentials, Desk, Kept, Standing, Wanted, desk
from proofs._servers import Line, NotObeyed, Servers

START: Final = datetime(2000, 1, 1, tzinfo=UTC)
CENT: Final = Decimal("0.01")
BOOKS_PAGE: Final = 100
ARITHMETIC: Final = {"TOTALS_DIFFER", "GST_DIFFERS", "TAX_RATE_UNKNOWN"}
# Option, environment variable, what it is where neither says: the sandbox's world `journey`.
CREDENTIALS: Final = (
    ("store", "PROOF_STORE", "jo01sandbox", "the shop's hash"),
    ("token", "PROOF_TOKEN", "", "its Access Token (sandbox-token-HASH, or journey's)"),
    ("file", "PROOF_FILE", "51001", "the Saasu FileId"),
    ("username", "PROOF_USERNAME", "books@example.com", "a Saasu login that reaches it"),
    ("password", "PROOF_PASSWORD", "sandbox-books-1", "its password"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options for servers that are not our sandbox."""
    group = parser.add_argument_group(
        "for servers without our control address", "each also by the environment variable in brackets"
    )
    for name, variable, standard, words in CREDENTIALS:
        told = f"{words} [{variable}]" + (f" ({standard})" if standard else "")
        group.add_argument(f"--{name}", default=os.environ.get(variable, standard), help=told)
    group.add_argument("--prefix", default="P", help="the order prefix (P)")
    group.add_argument(
        "--shipping-item", default="SHIPPING", help="code of the Saasu item for shipping (SHIPPING)"
    )
    group.add_argument(
        "--discount-item", default="", help="code of the Saasu item for discounts; none: percentages"
    )
    group.add_argument("--fee-item", default="FEE", help="code of the Saasu item for fees (FEE)")
    group.add_argument("--zone", default="Australia/Sydney", help="the file's time zone (Australia/Sydney)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The servers, what opens them, and the connection's settings."""

    servers: Servers
    folder: Path
    template: Path
    credentials: Credentials
    file_id: int
    wanted: Wanted

    @classmethod
    def of(cls, asked: argparse.Namespace, servers: Servers, folder: Path, template: Path) -> "Elsewhere":
        """As it was asked for."""
        journeys = (
            "sandbox-token-journey-01" if asked.store == "jo01sandbox" else f"sandbox-token-{asked.store}"
        )
        return cls(
            servers=servers,
            folder=folder / "elsewhere",
            template=template,
            credentials=Credentials(username=asked.username, password=asked.password),
            file_id=int(asked.file),
            wanted=Wanted(
                store_hash=asked.store,
                token=asked.token or journeys,
                prefix=asked.prefix,
                zone=asked.zone,
                shipping_item=asked.shipping_item,
                discount_item=asked.discount_item,
                fee_item=asked.fee_item,
                start=START,
            ),
        )


def found_elsewhere(place: Elsewhere) -> Tally:
    """Post whatever the shop lists and look at both sides. Raises `NotObeyed` where the servers do not answer."""
    tally = Tally()
    place.folder.mkdir(parents=True)
    shutil.copy(place.template, place.folder / "portal.sqlite3")
    books = signed_in(place)
    unpaced = not throttles(books, place.file_id)
    print(f"Saasu is asked {'as fast as it answers' if unpaced else 'once a second'}.", flush=True)
    with desk(place.folder, place.servers, Standing(), unpaced=unpaced) as product_desk:
        kept, registered = post_all(product_desk, place, tally, daily_calls=MANY_CALLS if unpaced else None)
    books = signed_in(place)
    shop_side = Line(place.servers.bigcommerce, {"X-Auth-Token": place.wanted.token})
    with tally.timed("checking"):
        sales = {str(row["InvoiceNumber"]): row for row in listed(books, place.file_id)}
        for side in shop_orders(shop_side, place.wanted.store_hash):
            check(tally, side, kept.get(side.id), sales, books, place, registered=registered)
    return tally


def signed_in(place: Elsewhere) -> Line:
    """A line to Saasu with a token of the proof's own. Raises `NotObeyed`."""
    login = place.credentials
    body = {"grant_type": "password", "username": login.username, "password": login.password, "scope": "full"}
    answer = Line(place.servers.saasu).order("POST", "/authorisation/token", body)
    return Line(
        place.servers.saasu, {"Authorization": f"Bearer {answer['access_token']}", "X-Api-Version": "1.0"}
    )


def throttles(books: Line, file_id: int) -> bool:
    """Whether Saasu refuses the second or third of three calls within a moment."""
    return any(books.once("GET", "/TaxCodes", FileId=file_id).status == 429 for _ in range(3))


def post_all(
    product_desk: Desk, place: Elsewhere, tally: Tally, *, daily_calls: int | None
) -> tuple[dict[int, Kept], bool]:
    """Connect, and let the product post: what its ledger keeps, and whether the file is registered for GST."""
    with tally.timed("opening"):
        files = product_desk.sign_in(place.credentials, [place.file_id], daily_calls=daily_calls)
        if not files:
            raise NotObeyed(
                f"The login {place.credentials.username} does not reach the file {place.file_id} in AUD."
            )
        connection = product_desk.connect(files[0], place.wanted)
    with tally.timed("posting"):
        run = product_desk.run(connection)
    if run.state != "finished":
        tally.stopped_runs += 1
        print(f"The run is {run.state}: {run.problem_sentence}", flush=True)
    return product_desk.kept(connection), files[0].tax_registered


def listed(books: Line, file_id: int) -> Iterator[Row]:
    """Every sale of a file, without its lines."""
    page = 1
    while True:
        rows = books.get("/Invoices", FileId=file_id, PageSize=BOOKS_PAGE, Page=page, PaymentStatus="A")[
            "Invoices"
        ]
        yield from rows
        if len(rows) < BOOKS_PAGE:
            return
        page += 1


def check(
    tally: Tally,
    side: ShopSide,
    kept: Kept | None,
    sales: dict[str, Row],
    books: Line,
    place: Elsewhere,
    *,
    registered: bool,
) -> None:
    """Hold one order against the books; one that a rule leaves out is counted by its reason alone."""
    if kept and kept.state == "ignored":
        tally.ignored[kept.reason] += 1
        return
    wanted = place.wanted
    shop = Shop(
        place=0,
        file=place.file_id,
        inclusive=adds_up(side, "inc")
        if side.order.get("is_tax_inclusive_pricing") is None
        else bool(side.order["is_tax_inclusive_pricing"]),
        discount_item=bool(wanted.discount_item),
        prefix=wanted.prefix,
        registered=registered,
    )
    row = sales.get(kept.number) if kept and kept.number else None
    found = [{**row, **books.get(f"/Invoice/{row['TransactionId']}", FileId=place.file_id)}] if row else []
    refused_sound = bool(kept and ARITHMETIC & set(kept.codes)) and is_sound(side)
    count(tally, side, shop, found, kept, sound=bool(found) or refused_sound)
    wrong = list(verdict(side, shop, found, kept, sound=bool(found) or refused_sound))
    if wrong:
        tally.blame(tell(side, shop, wrong, found, kept))


def is_sound(side: ShopSide) -> bool:
    """Whether an order adds up in its basis and its tax is 10 % or nothing on every line (BC §7 A, C, D)."""
    order = side.order
    total = [decimal(order[f"total_{end}"]) for end in ("ex_tax", "tax", "inc_tax")]
    if abs(total[0] + total[1] - total[2]) >= CENT or not any(
        adds_up(side, basis) for basis in ("inc", "ex")
    ):
        return False
    return all(is_ten_or_nil(line) for line in side.lines)


def adds_up(side: ShopSide, basis: str) -> bool:
    """Whether goods, charges and fees less the discounts come to the total in one basis."""
    order = side.order
    parts: Sequence[Decimal] = [
        *(decimal(line[f"total_{basis}_tax"]) for line in side.lines),
        *(charge[basis] for charge in side.charges()),
        *(decimal(fee[f"cost_{basis}_tax"]) for fee in side.fees),
    ]
    less = decimal(order["discount_amount"]) + decimal(order["coupon_discount"])
    return abs(sum(parts, Decimal(0)) - less - decimal(order[f"total_{basis}_tax"])) < CENT


def is_ten_or_nil(line: Row) -> bool:
    """Whether a line's price with GST is 1.1 times the one without, or the same."""
    inc, ex = decimal(line["price_inc_tax"]), decimal(line["price_ex_tax"])
    return min(abs(inc - ex), abs(inc - ex * Decimal("1.1"))) <= CENT
