"""Reading what the shop changed, page by page: each order is judged, and the page recorded in one transaction (SYNC §3.2, §7.2)."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from portal.sync.consequences import changes_of
from portal.sync.failures import RemoteFailure, Unreachable, shop_problem
from portal.sync.judging import entry_for, unreadable_entry
from portal.sync.meanwhile import PageMoved, RulesChanged
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from portal.sync.outfit import Sync
from portal.sync.planning import FINISHED
from portal.sync.ports import Changes, OrderRecord, Reading, Recorded, State
from portal.sync.problems import RunStopped

BEHIND_SHOP_CLOCK = timedelta(minutes=2)
OVERLAP = timedelta(minutes=15)
MISSED_LIMIT = 3
"""Orders in one run for which the shop may not answer before the run takes it that the shop is away."""
MOST_JUDGED = 20
"""Times a page is judged because a person decides about its orders while it is read."""
LONGEST_READ = 10_000
"""Pages a window may have; a shop that never ends its list must not hold a worker for ever."""


def read_changes(sync: Sync) -> None:
    """Record every order the shop changed since the watermark, page by page; then move the watermark (SYNC §3.2)."""
    reading = sync.ledger.reading()
    until = reading.until or max(sync.clock.now() - BEHIND_SHOP_CLOCK, reading.watermark)
    cursor = reading.cursor
    outside = 0
    for _ in range(LONGEST_READ):
        sync.ledger.heartbeat()
        try:
            page = sync.shop.changed(since=reading.watermark - OVERLAP, until=until, after_id=cursor)
            entries = page_entries(sync, page)
        except RemoteFailure as failure:
            raise RunStopped(shop_problem(failure)) from failure
        outside += page.outside_window
        if cursor == 0:
            until = within_shop_time(until, page.shop_time)
        cursor = max((entry.order_id for entry in entries), default=cursor)
        after = Reading(watermark=reading.watermark, until=until, cursor=cursor)
        if page.last:
            after = Reading(watermark=max(until, reading.watermark))
        write_page(sync, page, entries, partial(sync.ledger.record_page, reading=after))
        if page.last:
            if outside:
                sync.ledger.remark(
                    f"The shop's date filter let {outside} other orders through; they were left out here."
                )
            return


def within_shop_time(until: datetime, shop_time: datetime | None) -> datetime:
    """The window's end, never later than the shop's own clock less 2 minutes."""
    return until if shop_time is None else min(until, shop_time - BEHIND_SHOP_CLOCK)


def page_entries(sync: Sync, page: OrderPage, *, whole: bool = True) -> list[Recorded]:
    """What is to be recorded of each order of a page; with `whole`, orders to be taken are read completely at once."""
    known = sync.ledger.known([*(one.id for one in page.orders), *(one.id for one in page.unreadable)])
    missed: list[RemoteFailure] = []
    entries = []
    for order in page.orders:
        record = known.get(order.id)
        entry = replace(entry_for(sync.rules, order, record), known=record)
        if whole and entry.outcome is not None and entry.outcome.state is State.SEEN:
            entry = replace(entry, document=document_of(sync, page, order, missed))
        elif (
            entry.outcome is None
            and entry.order is not None
            and record is not None
            and record.state in FINISHED
        ):
            entry = replace(entry, changes=changes_since(sync, page, order, record, missed))
        entries.append(entry)
    entries += [unreadable_entry(broken, known.get(broken.id)) for broken in page.unreadable]
    return sorted(entries, key=lambda entry: entry.order_id)


def write_page(
    sync: Sync,
    page: OrderPage,
    entries: list[Recorded],
    write: Callable[[list[Recorded]], None],
    *,
    whole: bool = True,
) -> list[Recorded]:
    """Record a page; an order about which a person decided since it was read is judged again, as it is now. What was recorded.

    Where a person changed the rules meanwhile, every order of the page is. Raises a `RuntimeError` where that never ends.
    """
    for _ in range(MOST_JUDGED):
        try:
            write(entries)
        except PageMoved as moved:
            sync.ledger.heartbeat()
            entries = judged_again(sync, page, entries, moved.order_ids, whole=whole)
        except RulesChanged:
            sync.ledger.heartbeat()
            sync.renew_rules()
            entries = judged_again(sync, page, [], {one.order_id for one in entries}, whole=whole)
        else:
            return entries
    raise RuntimeError("the orders of a page change as often as they are judged")


def judged_again(
    sync: Sync, page: OrderPage, entries: Iterable[Recorded], order_ids: Collection[int], *, whole: bool
) -> list[Recorded]:
    """The entries of a page with some of its orders judged once more, by their records as they are now."""
    again = replace(
        page,
        orders=tuple(one for one in page.orders if one.id in order_ids),
        unreadable=tuple(one for one in page.unreadable if one.id in order_ids),
    )
    try:
        judged = page_entries(sync, again, whole=whole)
    except RemoteFailure as failure:
        raise RunStopped(shop_problem(failure)) from failure
    kept = [entry for entry in entries if entry.order_id not in order_ids]
    return sorted([*kept, *judged], key=lambda entry: entry.order_id)


def document_of(sync: Sync, page: OrderPage, order: ShopOrder, missed: list[RemoteFailure]) -> str:
    """The order's whole text; blank where the shop would not give it, so that it is read again before it is mapped."""
    complete = whole_of(sync, page, order, missed)
    return complete.document if complete is not None else ""


def whole_of(
    sync: Sync, page: OrderPage, order: ShopOrder, missed: list[RemoteFailure]
) -> CompleteOrder | None:
    """The whole order, from the page or read by itself; `None` where the shop would not give it.

    `missed` counts those; raises when that happens to several.
    """
    try:
        return page.complete.get(order.id) or sync.shop.complete(order)
    except Unreachable as failure:
        missed.append(failure)
        if len(missed) >= MISSED_LIMIT:
            raise
        return None


def changes_since(
    sync: Sync, page: OrderPage, order: ShopOrder, record: OrderRecord, missed: list[RemoteFailure]
) -> Changes:
    """What changed in the shop since a finished order was read; its lines are left out where the shop would not give them."""
    kept = sync.shop.reopen(record.document) if record.document else None
    now = whole_of(sync, page, order, missed) or CompleteOrder(order=order, lines=(), complete=False)
    return changes_of(record, kept, now, sync.rules.statuses)
