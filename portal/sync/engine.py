"""One run of one connection: settle what is unknown, read what changed, then decide, post and record order by order.

The engine is given everything: it does not sleep, log in or open anything. One order's problem never stops a run; a run's problem
is raised as `RunStopped` and leaves all that is done recorded (SYNC §2, §3, §7, §8).
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from portal.sync.consequences import changes_of
from portal.sync.failures import RemoteFailure, Unreachable, books_problem, shop_problem
from portal.sync.flood import hold_flood
from portal.sync.judging import entry_for, unreadable_entry
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from portal.sync.planning import FINISHED, UNSETTLED, next_try
from portal.sync.ports import (
    Books,
    Changes,
    Clock,
    LeaseLost,
    Ledger,
    OrderMoved,
    OrderRecord,
    Outcome,
    PageMoved,
    Reading,
    Recorded,
    Shop,
    SliceOver,
    State,
    StopAsked,
)
from portal.sync.posting import Poster
from portal.sync.problems import Code, RunStopped, about_order
from portal.sync.proving import ReadBack
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.settling import look_up, verdict

BEHIND_SHOP_CLOCK = timedelta(minutes=2)
OVERLAP = timedelta(minutes=15)
MISSED_LIMIT = 3
"""Orders in one run for which the shop may not answer before the run takes it that the shop is away."""
ONCE_A_DAY = 2
"""Tries after which an order is read again only every 24 hours: data that makes no sense seldom mends itself."""
MOST_JUDGED = 20
"""Times a page is judged because a person decides about its orders while it is read."""
LONGEST_READ = 10_000
"""Pages a window may have; a shop that never ends its list must not hold a worker for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """Everything one run works with. `catalogue` is called at most once a run, and only when an order waits.

    `parts` reads the parts of a combo item, for an order that depends on them.
    """

    rules: Rules
    shop: Shop
    books: Books
    ledger: Ledger
    clock: Clock
    catalogue: Callable[[], Catalogue]
    parts: Callable[[Item], Item] = lambda item: item
    report: Callable[[Exception], None] = lambda _fault: None
    """Hears of a fault of ours in one order; the run goes on."""
    afford: Callable[[], None] = lambda: None
    """Asked before each piece of work that costs calls of Saasu; raises `RunStopped` where the day's allowance is used up (SYNC §9)."""


def run_settling(sync: Sync) -> None:
    """The run of a connection that is switched off: what may have been sent is looked up; nothing is read or posted (SYNC §3.1)."""
    settle_unknown(sync)
    sync.ledger.remark("The connection is off: only answers that had been lost were looked up.")


def run_sync(sync: Sync) -> None:
    """Carry out one run. Raises `RunStopped`, `LeaseLost` or `StopAsked`; whatever was done before is recorded."""
    settle_unknown(sync)
    read_changes(sync)
    post_due(sync)


def settle_unknown(sync: Sync) -> None:
    """Look up every order whose outcome is not known; one listing serves them all."""
    records = sync.ledger.unsettled()
    if not records:
        return
    sync.afford()
    now = sync.clock.now()
    try:
        listing = look_up(sync.books, records, now)
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure
    for record in records:
        sync.ledger.heartbeat()
        outcome = verdict(record, sync.rules.store_hash, listing, now)
        if outcome.posted is not None and not record.document:
            outcome = replace(outcome, changes=changes_meanwhile(sync, record, outcome.posted.number))
        sync.ledger.settle(record, outcome)


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

    Raises a `RuntimeError` where that never ends.
    """
    for _ in range(MOST_JUDGED):
        try:
            write(entries)
        except PageMoved as moved:
            sync.ledger.heartbeat()
            entries = judged_again(sync, page, entries, moved.order_ids, whole=whole)
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


def changes_meanwhile(sync: Sync, record: OrderRecord, number: str) -> Changes | None:
    """What changed in the shop until an order was found in Saasu under its number; `None` where the shop cannot say."""
    try:
        now = sync.shop.one(record.order_id)
    except RemoteFailure:
        return None
    found = replace(record, state=State.POSTED, number=number)
    return changes_of(found, None, now, sync.rules.statuses) if now is not None else None


def post_due(sync: Sync) -> None:
    """Decide and post every order that is due, in ascending id. Raises `RunStopped` with `FLOOD` after the others where any are held."""
    now = sync.clock.now()
    due, flood = hold_flood(sync.ledger, sync.ledger.due(now), sync.rules, now)
    if due:
        sync.ledger.expect(len(due))
        post_each(sync, due)
    if flood is not None:
        raise RunStopped(flood)


def post_each(sync: Sync, records: Iterable[OrderRecord]) -> None:
    """Decide and post these orders one after the other; what a person moved meanwhile is left alone."""
    sync.afford()
    try:
        catalogue = sync.catalogue()
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure
    read_back = ReadBack(books=sync.books, ledger=sync.ledger, clock=sync.clock)
    poster = Poster(
        rules=sync.rules,
        books=sync.books,
        ledger=sync.ledger,
        clock=sync.clock,
        catalogue=catalogue,
        parts=sync.parts,
        read_back=read_back,
    )
    try:
        take_each(sync, records, poster)
    except (RunStopped, StopAsked, SliceOver) as stopped:
        read_back.finish_early(stopped)
        raise
    read_back.finish()


def take_each(sync: Sync, records: Iterable[OrderRecord], poster: Poster) -> None:
    """Decide and post order by order; a fault of ours in one leaves the others alone."""
    missed: list[RemoteFailure] = []
    for record in records:
        sync.ledger.heartbeat()
        sync.afford()
        try:
            complete = reread(sync, record, missed)
            if complete is not None:
                poster.take(record, complete)
        except OrderMoved:
            continue
        except (RunStopped, LeaseLost, StopAsked):
            raise
        except Exception as fault:
            sync.report(fault)
            settle_fault(sync, record)


def settle_fault(sync: Sync, record: OrderRecord) -> None:
    """A fault of ours in one order: it fails alone, or is unknown where it was being sent; the run goes on (SYNC §8).

    One about which a person decided meanwhile stays as that left it.
    """
    now = sync.ledger.known([record.order_id])[record.order_id]
    if now.state in FINISHED:
        return
    problem = about_order(Code.ORDER_UNREADABLE, record.order_id, "something in it could not be worked with")
    state = State.UNKNOWN if now.state in UNSETTLED else State.FAILED
    retry_at = next_try(0, sync.clock.now())
    with suppress(OrderMoved):
        outcome = Outcome(state=state, problems=(problem,), retry_at=retry_at)
        sync.ledger.settle(now if now.state in UNSETTLED else record, outcome)


def reread(sync: Sync, record: OrderRecord, missed: list[RemoteFailure]) -> CompleteOrder | None:
    """The order as it was kept, or afresh from the shop where it was not kept or not complete (SYNC §2, §4)."""
    if record.document:
        complete = sync.shop.reopen(record.document)
        if complete.complete:
            return complete
    try:
        found = sync.shop.one(record.order_id)
    except RemoteFailure as failure:
        missed.append(failure)
        if not isinstance(failure, Unreachable) or len(missed) >= MISSED_LIMIT:
            raise RunStopped(shop_problem(failure)) from failure
        not_read(sync, record, "the shop did not answer for this order")
        return None
    if found is None:
        not_read(sync, record, "the shop no longer shows this order")
    elif found.nonsense:
        words = f"the shop's data could not be read: {found.nonsense}"
        not_read(sync, record, words, Code.ORDER_UNREADABLE, times_before=ONCE_A_DAY)
    elif not found.complete:
        not_read(sync, record, "the shop did not give all its lines")
    else:
        return found
    return None


def not_read(
    sync: Sync, record: OrderRecord, words: str, code: Code = Code.INCOMPLETE_READ, times_before: int = 0
) -> None:
    """Record that an order could not be read whole; it is read again in an hour, or later the more often it was tried."""
    problem = about_order(code, record.order_id, words)
    retry_at = next_try(times_before, sync.clock.now())
    sync.ledger.settle(record, Outcome(state=State.FAILED, problems=(problem,), retry_at=retry_at))
