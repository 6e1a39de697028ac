"""One slice of a backfill: read the older orders to their end, then decide and post those that wait for it (SYNC §3.3).

Reading comes first and costs no call of Saasu, so that the backfill soon knows how many orders it has. A slice ends where its ledger
says so, between two pages or two orders; the next one goes on from there.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from portal.sync.engine import post_each, settle_unknown
from portal.sync.failures import RemoteFailure, shop_problem
from portal.sync.outfit import Sync
from portal.sync.ports import OrderRecord, Place, SliceLedger
from portal.sync.problems import RunStopped
from portal.sync.reading import LONGEST_READ, OVERLAP, page_entries, write_page

SLICE = timedelta(minutes=10)
BATCH = 100
"""Held orders taken from the ledger at once."""


def run_slice(sync: Sync, ledger: SliceLedger) -> None:
    """Carry out one slice; returns when the backfill has nothing more to do.

    Raises `SliceOver`, and whatever a run raises; whatever was done before is recorded. `ledger` is the slice's own view of `sync.ledger`.
    """
    settle_unknown(sync)
    read_created(sync, ledger)
    post_held(sync, ledger)


def read_created(sync: Sync, ledger: SliceLedger) -> None:
    """Record every order the shop created in the backfill's window, page by page, in ascending id."""
    place = ledger.place()
    for _ in range(LONGEST_READ):
        if place.read_to_end:
            return
        ledger.heartbeat()
        try:
            page = sync.shop.created(since=place.since, until=window_end(place), after_id=place.cursor)
            entries = page_entries(sync, page)
        except RemoteFailure as failure:
            raise RunStopped(shop_problem(failure)) from failure
        cursor = max((entry.order_id for entry in entries), default=place.cursor)
        after = replace(place, cursor=max(cursor, place.cursor), read_to_end=page.last)
        write_page(sync, page, entries, partial(ledger.record_created, before=place, after=after))
        place = after


def window_end(place: Place) -> datetime:
    """A little beyond the orders that were read before, as two windows of the hourly reading overlap."""
    return place.until + OVERLAP


def post_held(sync: Sync, ledger: SliceLedger) -> None:
    """Decide and post the orders that wait, in ascending id, but for those that Saasu has already; each is taken once in a slice."""
    earliest = ledger.earliest_held()
    if earliest is not None:
        sync.looker.look(earliest)
    first = ledger.held(0, BATCH)
    if first:
        ledger.expect(ledger.count_held())
        post_each(sync, chain(first, later_held(ledger, first[-1].order_id)))


def later_held(ledger: SliceLedger, after_id: int) -> Iterator[OrderRecord]:
    """The waiting orders above an id, taken from the ledger in batches as they are needed."""
    while batch := ledger.held(after_id, BATCH):
        yield from batch
        after_id = batch[-1].order_id
