"""One run of one connection: settle what is unknown, read what changed, then decide, post and record order by order.

The engine is given everything: it does not sleep, log in or open anything. One order's problem never stops a run; a run's problem
is raised as `RunStopped` and leaves all that is done recorded (SYNC §2, §3, §7, §8).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.sync.failures import RemoteFailure, books_problem, shop_problem
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from portal.sync.planning import Ignore, Leave, Reject, Take, decide
from portal.sync.ports import Books, Clock, Ledger, OrderRecord, Outcome, Reading, Recorded, Shop, State
from portal.sync.posting import Poster
from portal.sync.problems import Code, RunStopped, about_order
from portal.sync.rules import Catalogue, Rules
from portal.sync.settling import look_up, verdict

BEHIND_SHOP_CLOCK = timedelta(minutes=2)
OVERLAP = timedelta(minutes=15)
LONGEST_READ = 10_000
"""Pages a window may have; a shop that never ends its list must not hold a worker for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """Everything one run works with. `catalogue` is called at most once a run, and only when an order waits."""

    rules: Rules
    shop: Shop
    books: Books
    ledger: Ledger
    clock: Clock
    catalogue: Callable[[], Catalogue]


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
    now = sync.clock.now()
    try:
        listing = look_up(sync.books, records, now)
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure
    for record in records:
        sync.ledger.heartbeat()
        sync.ledger.settle(record, verdict(record, sync.rules.store_hash, listing, now))


def read_changes(sync: Sync) -> None:
    """Record every order the shop changed since the watermark, page by page; then move the watermark (SYNC §3.2)."""
    reading = sync.ledger.reading()
    until = reading.until or max(sync.clock.now() - BEHIND_SHOP_CLOCK, reading.watermark)
    cursor = reading.cursor
    for _ in range(LONGEST_READ):
        sync.ledger.heartbeat()
        try:
            page = sync.shop.changed(since=reading.watermark - OVERLAP, until=until, after_id=cursor)
            entries = page_entries(sync, page)
        except RemoteFailure as failure:
            raise RunStopped(shop_problem(failure)) from failure
        if cursor == 0:
            until = within_shop_time(until, page.shop_time)
        cursor = max((entry.order_id for entry in entries), default=cursor)
        if page.last:
            sync.ledger.record_page(entries, Reading(watermark=max(until, reading.watermark)))
            return
        sync.ledger.record_page(entries, Reading(watermark=reading.watermark, until=until, cursor=cursor))


def within_shop_time(until: datetime, shop_time: datetime | None) -> datetime:
    """The window's end, never later than the shop's own clock less 2 minutes."""
    return until if shop_time is None else min(until, shop_time - BEHIND_SHOP_CLOCK)


def page_entries(sync: Sync, page: OrderPage) -> list[Recorded]:
    """What is to be recorded of each order of a page."""
    known = sync.ledger.known([order.id for order in page.orders])
    entries = [entry_for(sync, page, order, known.get(order.id)) for order in page.orders]
    for broken in page.unreadable:
        problem = about_order(
            Code.ORDER_UNREADABLE, broken.id, f"the shop's data could not be read: {broken.reason}"
        )
        outcome = Outcome(state=State.FAILED, problems=(problem,))
        entries.append(
            Recorded(order=None, order_id=broken.id, outcome=outcome, modified_at=broken.modified_at)
        )
    return sorted(entries, key=lambda entry: entry.order_id)


def entry_for(sync: Sync, page: OrderPage, order: ShopOrder, record: OrderRecord | None) -> Recorded:
    """Decide about one order of a page; an order to be taken is read completely here."""
    match decide(order, sync.rules, record):
        case Ignore(reason):
            return Recorded(
                order=order, order_id=order.id, outcome=Outcome(state=State.IGNORED, ignored=reason)
            )
        case Reject(problem):
            outcome = Outcome(state=State.FAILED, problems=(problem,))
            return Recorded(order=order, order_id=order.id, outcome=outcome)
        case Leave(changed):
            return Recorded(order=order if changed else None, order_id=order.id, outcome=None)
        case Take():
            complete = page.complete.get(order.id) or sync.shop.complete(order)
            outcome = Outcome(state=State.SEEN)
            return Recorded(order=order, order_id=order.id, outcome=outcome, document=complete.document)


def post_due(sync: Sync) -> None:
    """Decide and post every order that is due, in ascending id."""
    due = sync.ledger.due(sync.clock.now())
    if not due:
        return
    sync.ledger.expect(len(due))
    try:
        catalogue = sync.catalogue()
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure
    poster = Poster(
        rules=sync.rules, books=sync.books, ledger=sync.ledger, clock=sync.clock, catalogue=catalogue
    )
    for record in due:
        sync.ledger.heartbeat()
        complete = reread(sync, record)
        if complete is not None:
            poster.take(record, complete)


def reread(sync: Sync, record: OrderRecord) -> CompleteOrder | None:
    """The order as it was kept, or afresh from the shop where it was not kept or not complete (SYNC §2, §4)."""
    if record.document:
        complete = sync.shop.reopen(record.document)
        if complete.complete:
            return complete
    try:
        found = sync.shop.one(record.order_id)
    except RemoteFailure as failure:
        raise RunStopped(shop_problem(failure)) from failure
    if found is not None and found.complete:
        return found
    words = "the shop did not give all its lines" if found else "the shop no longer shows this order"
    problem = about_order(Code.INCOMPLETE_READ, record.order_id, words)
    sync.ledger.settle(record, Outcome(state=State.FAILED, problems=(problem,)))
    return None
