"""From when on Saasu is listed before orders are posted, in which parts, and once for a backfill (SYNC §7.7)."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.already import Listing, listings, look_from
from portal.sync.failures import Refused
from portal.sync.known_sales import Looked
from portal.sync.ports import State
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.sale_orders import InvoiceSummary
from tests import builders
from tests.fake_slices import Backfilled, backfilled, older
from tests.fakes import FakeBooks, FakeClock
from tests.whole_run import NOW, order, world

CREATED = builders.CREATED
A_DAY_ON = NOW + timedelta(days=1)
MARGIN = timedelta(minutes=10)
DAYS = timedelta(days=1)


def listed(number: str, mark: str = "", invoice_id: int = 77, **more: Any) -> InvoiceSummary:
    values: dict[str, Any] = {
        "invoice_type": "Sale Order",
        "total": Decimal("11.00"),
        "tax": Decimal("1.00"),
        "modified_at": CREATED,
    }
    return InvoiceSummary(invoice_id=invoice_id, number=number, purchase_order_number=mark, **(values | more))


def ours(order_id: int, number: str = "INV-7", **more: Any) -> InvoiceSummary:
    return listed(number, f"BC-abc123-{order_id}", 7000 + order_id, **more)


# --- from when on -------------------------------------------------------------------------------------------------------

START = NOW - 400 * DAYS
LONG_BEFORE = NOW - 100 * DAYS


@pytest.mark.parametrize(
    ("looked", "earliest", "start", "expected"),
    [
        # Never looked: from the earliest order, and a little further, but not before the connection's start.
        (Looked(), LONG_BEFORE, START, LONG_BEFORE),
        (Looked(), NOW - DAYS, START, NOW - 30 * DAYS),
        (Looked(), NOW - DAYS, NOW - 2 * DAYS, NOW - 2 * DAYS),
        # Looked before: older orders need a look from their beginning, a window further for the next ones.
        (Looked(since=LONG_BEFORE), LONG_BEFORE - DAYS, START, LONG_BEFORE - 31 * DAYS),
        (Looked(since=LONG_BEFORE, doubt=NOW - DAYS), LONG_BEFORE - DAYS, START, LONG_BEFORE - 31 * DAYS),
        (Looked(since=NOW - DAYS), NOW - 2 * DAYS, START, NOW - 32 * DAYS),
    ],
)
def test_a_look_begins_at_the_earliest_order_concerned(
    looked: Looked, earliest: datetime, start: datetime, expected: datetime
) -> None:
    assert look_from(looked, earliest, start, NOW) == Looked(since=expected, doubt=expected)


def test_nothing_is_listed_again_but_from_where_the_ledger_is_in_doubt() -> None:
    known = Looked(since=LONG_BEFORE)
    in_doubt = Looked(since=LONG_BEFORE, doubt=NOW - DAYS)

    assert look_from(known, LONG_BEFORE, START, NOW) is None
    assert look_from(in_doubt, LONG_BEFORE, START, NOW) == in_doubt


def test_older_orders_taken_newest_first_share_one_look_a_month() -> None:
    here = world(start=START)
    here.sales.at = Looked(since=NOW - 30 * DAYS)

    looked = [here.sync().looker.look(NOW - days * DAYS) for days in (40, 41, 55, 70, 71, 72)]

    assert looked == [True, False, False, False, True, False]


def test_after_a_time_away_only_what_saasu_wrote_since_is_listed() -> None:
    here = world(order(120), prefix="")
    here.books.listing = [ours(120, modified_at=NOW - timedelta(hours=3))]
    here.sales.at = Looked(since=LONG_BEFORE, doubt=NOW - timedelta(hours=5))

    here.run()

    assert here.books.windows == [(NOW - timedelta(hours=5) - MARGIN, A_DAY_ON)]
    assert here.sales.at == Looked(since=LONG_BEFORE)
    assert here.books.sales == []


def test_an_order_that_saasu_refused_an_hour_ago_is_due_after_a_look_as_before_it() -> None:
    here = world(order(120))
    here.books.answers = [Refused("The period is closed.")]
    here.run()
    assert here.ledger.state(120) is State.FAILED
    here.later(hours=2)
    here.sales.at = Looked()

    here.run()

    assert here.ledger.state(120) is State.POSTED


def test_an_order_that_was_listed_earlier_does_not_keep_the_next_one_from_being_posted() -> None:
    here = world(order(120), order(121), prefix="")
    here.sales.rows = {7120: ours(120)}
    here.books.listing = [ours(120)]

    here.run()

    assert [here.ledger.state(number) for number in (120, 121)] == [State.POSTED, State.POSTED]
    assert [sale.marker for sale in here.books.sales] == ["BC-abc123-121"]


# --- the listing --------------------------------------------------------------------------------------------------------


def books_with(*moments: datetime) -> FakeBooks:
    books = FakeBooks(FakeClock(NOW))
    books.listing = [
        listed(f"A-{place}", "", 100 + place, modified_at=moment) for place, moment in enumerate(moments)
    ]
    return books


def nothing() -> None:
    """No allowance to ask."""


def test_a_short_time_is_one_listing_that_reaches_past_the_present() -> None:
    books = books_with(NOW - DAYS)

    (only,) = listings(books, NOW - 30 * DAYS, NOW, nothing)

    assert only == Listing(tuple(books.listing), None)
    assert books.windows == [(NOW - 30 * DAYS - MARGIN, A_DAY_ON)]


def test_a_longer_time_is_listed_from_the_oldest_on_each_listing_longer_while_there_is_little() -> None:
    begin = NOW - 600 * DAYS
    books = books_with()

    ends = [one.end for one in listings(books, begin, NOW, nothing)]

    days = [None if end is None else (end - begin).days for end in ends]
    assert days == [30, 90, 210, 390, 570, None]
    assert books.windows[1] == (begin + 30 * DAYS - MARGIN, begin + 90 * DAYS)
    assert books.windows[-1] == (begin + 570 * DAYS - MARGIN, A_DAY_ON)


@pytest.mark.parametrize(("rows", "days"), [(99, [30, 90, None]), (100, [30, 90, 120, 180, None])])
def test_a_full_page_of_sales_is_followed_by_a_month(rows: int, days: list[int | None]) -> None:
    begin = NOW - 200 * DAYS
    books = books_with(*[begin + 40 * DAYS] * rows)

    ends = [one.end for one in listings(books, begin, NOW, nothing)]

    assert [None if end is None else (end - begin).days for end in ends] == days


@pytest.mark.parametrize(("rows", "asked"), [(0, 1), (99, 1), (100, 2), (250, 3)])
def test_the_allowance_is_asked_before_each_page(rows: int, asked: int) -> None:
    asks: list[None] = []

    list(listings(books_with(*[NOW] * rows), NOW - DAYS, NOW, lambda: asks.append(None)))

    assert len(asks) == asked


def test_a_look_that_the_allowance_ends_goes_on_where_it_was() -> None:
    here = world(order(120), prefix="", start=START)
    here.sales.at = Looked()
    # Each of the first two windows is listed twice.
    asks = iter([None] * 4)
    refusal = RunStopped(Problem(Code.SAASU_QUOTA, "used up"))

    def afford() -> None:
        if next(asks, refusal) is not None:
            raise refusal

    with pytest.raises(RunStopped):
        here.sync(afford=afford).looker.look(LONG_BEFORE)
    place = LONG_BEFORE + 90 * DAYS
    assert here.sales.at == Looked(since=LONG_BEFORE, doubt=place)
    here.books.windows.clear()

    here.sync().looker.look(LONG_BEFORE)

    assert here.books.windows == [(place - MARGIN, A_DAY_ON)]
    assert here.sales.at == Looked(since=LONG_BEFORE)


# --- a backfill ---------------------------------------------------------------------------------------------------------


def asked_for(*there: InvoiceSummary, numbers: tuple[int, ...] = (101, 102, 103, 104)) -> Backfilled:
    """A backfill of older orders for a connection that looked as far back as it was enabled."""
    here = backfilled(*map(older, numbers), prefix="")
    here.sales.at = Looked(since=NOW - timedelta(hours=1))
    here.books.listing = list(there)
    return here


def test_a_backfill_in_two_slices_looks_once_and_posts_only_what_saasu_does_not_have() -> None:
    then = NOW - 10 * DAYS
    here = asked_for(ours(102, "INV-2", modified_at=then), ours(103, "INV-3", modified_at=then))
    here.ledger.over_after = 4

    with pytest.raises(Exception, match="over"):
        here.slice()
    listings_before = len(here.books.windows)
    posted_before = [sale.marker for sale in here.books.sales]
    here.ledger.over_after = None
    here.books.windows.clear()
    here.slice()

    assert here.sales.at == Looked(since=older(101).order.created_at - 30 * DAYS)
    assert (len(posted_before), listings_before >= 1) == (1, True)
    assert [sale.marker for sale in here.books.sales] == ["BC-abc123-101", "BC-abc123-104"]
    assert [here.ledger.records[one].state for one in (101, 102, 103, 104)] == [State.POSTED] * 4
    # The second slice only reads back what it posted.
    assert all(since > NOW - timedelta(hours=1) for since, _ in here.books.windows)


def test_a_backfill_with_nothing_to_post_does_not_look() -> None:
    here = asked_for(numbers=())

    here.slice()

    assert here.books.windows == []


def test_an_hourly_run_beside_it_settles_what_the_backfill_holds_as_well() -> None:
    here = asked_for(ours(102, modified_at=NOW - DAYS))
    here.ledger.over_after = 1
    with pytest.raises(Exception, match="over"):
        here.slice()
    here.sales.at = replace(here.sales.at, doubt=NOW - 2 * DAYS)
    here.shop.add(order(200, created_at=NOW, modified_at=NOW))
    here.clock.forward(minutes=5)

    here.hourly()

    assert here.ledger.state(102) is State.POSTED
    assert 102 not in here.ledger.holding
