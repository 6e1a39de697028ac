"""One run of one connection: settle what is unknown, read what changed, then decide, post and record order by order.

The engine is given everything: it does not sleep, log in or open anything. One order's problem never stops a run; a run's problem
is raised as `RunStopped` and leaves all that is done recorded (SYNC §2, §3, §7, §8).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from portal.sync.consequences import changes_of
from portal.sync.evidence import Evidence
from portal.sync.failures import RemoteFailure, Unreachable, books_problem, shop_problem
from portal.sync.flood import hold_flood
from portal.sync.meanwhile import RulesChanged
from portal.sync.orders import CompleteOrder
from portal.sync.outfit import Sync
from portal.sync.planning import FINISHED, UNSETTLED, next_try
from portal.sync.ports import (
    Changes,
    LeaseLost,
    OrderMoved,
    OrderRecord,
    Outcome,
    SliceOver,
    State,
    StopAsked,
)
from portal.sync.posting import Poster
from portal.sync.problems import Code, RunStopped, about_order
from portal.sync.proving import ReadBack
from portal.sync.reading import MISSED_LIMIT, read_changes
from portal.sync.sale_orders import number_for
from portal.sync.settling import late_verdict, look_up, verdict

BATCH = 100
"""Orders whose texts are held in memory at once."""
ONCE_A_DAY = 2
"""Tries after which an order is read again only every 24 hours: data that makes no sense seldom mends itself."""


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
    """Look up every order whose outcome is not known, and once more those of which a sale may have turned up since."""
    settle_each(sync, sync.ledger.unsettled())
    look_again(sync)


def look_again(sync: Sync) -> None:
    """Look once more for the orders that were not found when they might be sent again, and were not posted since (SYNC §7.5)."""
    now = sync.clock.now()
    records = sync.ledger.doubted(now)
    if not records:
        return
    try:
        listing = look_up(sync.books, records, now, sync.afford)
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure
    for record in records:
        sync.ledger.heartbeat()
        found = late_verdict(record, sync.rules.store_hash, listing)
        # What a person decided meanwhile stands; the next run looks again.
        with suppress(OrderMoved):
            if isinstance(found, Evidence):
                sync.ledger.not_there(record, found)
            else:
                number = found.posted.number if found.posted is not None else record.number
                sync.ledger.settle(record, replace(found, changes=changes_meanwhile(sync, record, number)))


def settle_each(sync: Sync, records: Sequence[OrderRecord]) -> None:
    """Look up these orders, whose outcome is not known."""
    if not records:
        return
    now = sync.clock.now()
    try:
        listing = look_up(sync.books, records, now, sync.afford)
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure
    for record in records:
        sync.ledger.heartbeat()
        outcome = verdict(numbered(record, sync.rules.prefix), sync.rules.store_hash, listing, now)
        if outcome.posted is not None and not record.document:
            outcome = replace(outcome, changes=changes_meanwhile(sync, record, outcome.posted.number))
        sync.ledger.settle(record, outcome)


def numbered(record: OrderRecord, prefix: str) -> OrderRecord:
    """The record with the number that the order has, or would be sent under where it never was."""
    return record if record.number else replace(record, number=number_for(prefix, record.order_id))


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
    found = sync.ledger.due(now)
    if found and sync.looker.look(min(record.created_at for record in found)):
        found = sync.ledger.due(now)
    due, flood = hold_flood(sync.ledger, found, sync.rules, now)
    if due:
        sync.ledger.expect(len(due))
        post_each(sync, taken_up(sync, [one.order_id for one in due], now))
    if flood is not None:
        raise RunStopped(flood)


def taken_up(sync: Sync, order_ids: Sequence[int], now: datetime) -> Iterator[OrderRecord]:
    """The records of due orders, with their texts, taken from the ledger in batches as they are needed."""
    for start in range(0, len(order_ids), BATCH):
        yield from sync.ledger.taken_up(order_ids[start : start + BATCH], now)


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
        afford=sync.afford,
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
    unshown: list[RemoteFailure] = []
    for record in records:
        sync.ledger.heartbeat()
        sync.afford()
        try:
            if settled_there(sync, record, unshown):
                continue
            complete = reread(sync, record, missed)
            if complete is not None:
                take(sync, with_text(sync, record, complete), complete, poster)
        except (OrderMoved, RulesChanged):
            continue
        except (RunStopped, LeaseLost, StopAsked):
            raise
        except Exception as fault:
            sync.report(fault)
            settle_fault(sync, record)


def settled_there(sync: Sync, record: OrderRecord, unshown: list[RemoteFailure]) -> bool:
    """Settle an order that Saasu has already, or may have but cannot show; whether the run is done with it (SYNC §7.7)."""
    try:
        there = sync.looker.there(record)
    except Unreachable as failure:
        unshown.append(failure)
        if len(unshown) >= MISSED_LIMIT:
            raise RunStopped(books_problem(failure)) from failure
        not_read(sync, record, "Saasu has a sale that may be of this order, but did not show it")
        return True
    if there is not None:
        sync.ledger.settle(record, there)
    return there is not None


def take(sync: Sync, record: OrderRecord, complete: CompleteOrder, poster: Poster) -> None:
    """Decide and post one order; once more where a person changed the rules by which it was decided.

    Raises `RulesChanged` where that happened again.
    """
    try:
        poster.take(record, complete)
    except RulesChanged:
        sync.renew_rules()
        poster.rules = sync.rules
        poster.take(record, complete)


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
    return whole_or_failed(sync, record, found)


def with_text(sync: Sync, record: OrderRecord, complete: CompleteOrder) -> OrderRecord:
    """The record with the order's text, kept where it was read afresh: an order that fails is tried again by what is kept of it."""
    if complete.document in {"", record.document}:
        return record
    return sync.ledger.keep_text(record, complete.document)


def whole_or_failed(sync: Sync, record: OrderRecord, found: CompleteOrder | None) -> CompleteOrder | None:
    """The order as the shop gave it, where it is whole; otherwise it fails with what is wrong with it."""
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
