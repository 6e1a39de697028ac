"""The daily sweep: the shop's orders of the last 60 days by id, whatever its date filters say, against the ledger (SYNC §3.2).

It records what no hourly run was shown, and posts nothing; the next hourly run decides about what it found.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from portal.sync.failures import RemoteFailure, Unreachable, shop_problem
from portal.sync.orders import OrderPage
from portal.sync.outfit import Sync
from portal.sync.problems import RunStopped
from portal.sync.reading import LONGEST_READ, page_entries, write_page

LOOKED_BACK = timedelta(days=60)


def run_sweep(sync: Sync) -> None:
    """Compare page by page, newest first. Raises `RunStopped`, `LeaseLost` or `StopAsked`; what was found before is recorded."""
    since = sync.clock.now() - LOOKED_BACK
    oldest = sync.ledger.first_order_since(since)
    below, found, changed = 0, 0, 0
    for _ in range(LONGEST_READ):
        sync.ledger.heartbeat()
        try:
            page = sync.shop.listed(below_id=below)
            more, other = compare(sync, within(page, since))
        except RemoteFailure as failure:
            raise RunStopped(shop_problem(failure)) from failure
        found, changed = found + more, changed + other
        if page.last or is_past(page, since, oldest):
            tell(sync, found, changed)
            return
        below = lowest_id(page)
    raise RunStopped(shop_problem(Unreachable("The shop's list of orders does not end.")))


def within(page: OrderPage, since: datetime) -> OrderPage:
    """The page without the orders created earlier; one that cannot be read has no date and stays."""
    return replace(page, orders=tuple(order for order in page.orders if order.created_at >= since))


def compare(sync: Sync, page: OrderPage) -> tuple[int, int]:
    """Record what the ledger does not know or knows otherwise; how many of each there were."""
    known = sync.ledger.known([*(one.id for one in page.orders), *(one.id for one in page.unreadable)])
    entries = page_entries(sync, page, whole=False)
    write = partial(sync.ledger.record_page, reading=sync.ledger.reading())
    entries = write_page(sync, page, entries, write, whole=False)
    news = [entry for entry in entries if entry.order_id not in known]
    others = [
        entry for entry in entries if entry.order_id in known and (entry.order or entry.outcome or entry.mark)
    ]
    return len(news), len(others)


def is_past(page: OrderPage, since: datetime, oldest: int | None) -> bool:
    """Whether every order of the page, and so every one after it, is older than is looked back.

    Orders brought from another shop may carry an old date and a new number: pages of those are passed over as long as the
    ledger knows an order of these days under a lower number.
    """
    all_older = all(order.created_at < since for order in page.orders)
    return all_older and (oldest is None or lowest_id(page) <= oldest)


def lowest_id(page: OrderPage) -> int:
    """The lowest id of a page."""
    ids = [order.id for order in page.orders] + [broken.id for broken in page.unreadable]
    return min(order_id for order_id in ids if order_id)


def tell(sync: Sync, found: int, changed: int) -> None:
    """Note on the run what no hourly run had shown."""
    told = [
        f"{count} {words}"
        for count, words in ((found, "not recorded before"), (changed, "shown otherwise than recorded"))
        if count
    ]
    if told:
        sync.ledger.remark(f"Orders of the last 60 days compared: {', '.join(told)}.")
