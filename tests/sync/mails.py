"""One run, one place and the mails they make, for the tests of notices; the mails stand beside this file, as people get them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from portal.sync.letters import Line
from portal.sync.notice_words import Place
from portal.sync.notices import Asked, ChangedOrder, Report, ToldOrder
from portal.sync.problems import Code, Ignored, Problem, about_order, invoice_exists, item_not_found

FOLDER = Path(__file__).with_name("mails_as_sent")
NOW = datetime(2026, 11, 24, 22, 12, tzinfo=UTC)
HOODIE = item_not_found(999, "sh-hoodie-with-logo")
DEAD_TOKEN = Problem(Code.STORE_CREDENTIALS, "BigCommerce refused the Access Token.")
AWAY = Problem(Code.STORE_UNREACHABLE, "BigCommerce could not be read: it did not answer.")


def told(number: int, *problems: Problem, dollars: str = "60.00") -> ToldOrder:
    return ToldOrder(
        order_id=number,
        dollars=Decimal(dollars),
        url=f"https://books.example.com/orders/{number}",
        problems=problems or (item_not_found(number, "sh-hoodie-with-logo"),),
    )


def report(**more: Any) -> Report:
    needs = more.get("needs", ())
    values: dict[str, Any] = {
        "at": NOW,
        "finished": True,
        "waiting": len(needs),
        "waiting_dollars": sum((one.dollars for one in needs), Decimal(0)),
    }
    return Report(**(values | more))


def busy() -> Report:
    """A run in which something of everything happened."""
    return report(
        posted=3,
        posted_dollars=Decimal("412.10"),
        ignored=1005,
        needs=(told(999, HOODIE, item_not_found(999, "sh-cap"), dollars="1180.40"),),
        news=(replace(told(120, invoice_exists(120, "SHO120"), dollars="32.00"), is_there=True),),
        changed=(
            ChangedOrder(
                order_id=77,
                dollars=Decimal("120.00"),
                url="https://books.example.com/orders/77",
                means=(
                    "Cancelled in the shop after it was posted: cancel or delete Sale Order SHO77 in Saasu by hand.",
                ),
            ),
        ),
        asks=(
            Asked(reason=Ignored.WHILE_OFF, orders=1012, dollars=Decimal("40480.00")),
            Asked(reason=Ignored.STATUS, orders=1, dollars=Decimal("77.50")),
        ),
        mends=(
            told(
                1000,
                about_order(Code.INCOMPLETE_READ, 1000, "the shop did not give all its lines"),
                dollars="31",
            ),
        ),
    )


def place(**more: Any) -> Place:
    values: dict[str, Any] = {
        "firm": "Acacia Accounting",
        "file": "Jam Tin Pty Ltd",
        "shop": "Jam & Tin",
        "cause": "Hourly run",
        "zone": ZoneInfo("Australia/Sydney"),
        "main": Line("Open the run", "https://books.example.com/runs/1"),
        "needs_url": "https://books.example.com/orders?state=needs_you&connection=1",
        "choice_url": "https://books.example.com/connections/1",
        "stop_url": "https://books.example.com/mail-addresses/1/stop/2",
        "choice": "when something changed",
    }
    return Place(**(values | more))


def as_sent(name: str) -> str:
    """A mail as it stands beside this file."""
    return (FOLDER / name).read_text()
