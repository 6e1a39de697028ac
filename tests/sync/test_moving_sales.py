"""Sales that are changed or deleted while a month long ago is listed, page by page (SYNC §7.5, §7.7)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest

from portal.sync.known_sales import Looked
from portal.sync.ports import OrderRecord, State
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.sale_orders import InvoiceSummary, PostedOrder
from tests.fakes import FakeBooks
from tests.whole_run import NOW, World, order, world

MARGIN = timedelta(minutes=10)
DAYS = timedelta(days=1)
START = NOW - 400 * DAYS
LONG_BEFORE = NOW - 100 * DAYS


def listed(invoice_id: int, number: str, mark: str = "") -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=invoice_id,
        number=number,
        purchase_order_number=mark,
        invoice_type="Sale Order",
        total=None,
        tax=None,
        modified_at=LONG_BEFORE + DAYS,
    )


class PagedBooks(FakeBooks):
    """A file whose sales are listed by the number of the page, as they then stand. `between` happens in turn between two pages."""

    between: Sequence[Callable[[], None]] = ()

    def invoices_modified(self, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        self.windows.append((since, until))
        for page in count():
            shown = [row for row in self.listing if since <= (row.modified_at or NOW) <= until]
            yield from shown[page * 100 : (page + 1) * 100]
            if len(shown) < (page + 1) * 100:
                return
            for happens in self.between[:1]:
                happens()
            self.between = self.between[1:]


def busy_month(place: int = 100) -> tuple[World, PagedBooks]:
    """A file with 150 sales of a month long ago, that of the waiting order 120 at this place among them."""
    here = world(order(120), prefix="", start=START)
    here.sales.at = Looked()
    here.ledger.records[120] = OrderRecord(
        id="record 120", order_id=120, state=State.SEEN, created_at=LONG_BEFORE, modified_at=LONG_BEFORE
    )
    books = PagedBooks(here.clock)
    here.books = books
    books.listing = [listed(100 + number, f"A-{number}") for number in range(150)]
    books.listing[place] = listed(7120, "INV-7", "BC-abc123-120")
    return here, books


def change_the_first(books: PagedBooks) -> None:
    books.listing[0] = replace(books.listing[0], modified_at=NOW)


def delete_the_first(books: PagedBooks) -> None:
    del books.listing[0]


@pytest.mark.parametrize("moves", [change_the_first, delete_the_first])
def test_a_sale_that_moves_up_a_page_while_a_past_month_is_listed_is_not_missed(
    moves: Callable[[PagedBooks], None],
) -> None:
    here, books = busy_month()
    books.between = [partial(moves, books)]

    here.sync().looker.look(LONG_BEFORE)

    assert here.ledger.state(120) is State.POSTED
    first = (LONG_BEFORE - MARGIN, LONG_BEFORE + 30 * DAYS)
    assert books.windows.count(first) == books.windows.index((first[1] - MARGIN, first[1] + 30 * DAYS)) == 3


def test_a_past_month_that_stands_still_is_listed_twice_and_the_present_once() -> None:
    here, books = busy_month()

    here.sync().looker.look(LONG_BEFORE)

    ends = [(until - LONG_BEFORE).days for _, until in books.windows]
    assert ends == [30, 30, 60, 60, 101]


def test_a_past_month_that_never_stands_still_concludes_nothing() -> None:
    here, books = busy_month(149)
    books.between = [partial(delete_the_first, books)] * 4

    with pytest.raises(RunStopped) as stopped:
        here.sync().looker.look(LONG_BEFORE)

    words = "Saasu could not be reached: Saasu's sales kept changing while they were listed."
    assert stopped.value.problem == Problem(Code.SAASU_UNREACHABLE, words)
    assert (len(books.windows), here.sales.at, here.ledger.outcomes) == (5, Looked(), {})


def test_a_listing_made_anew_for_a_late_order_misses_no_sale_that_moves_up_either() -> None:
    here, books = busy_month()
    books.between = [partial(change_the_first, books)]
    here.sales.rows = {1: listed(1, "INV-7", "BC-abc123-120")}

    found = here.sync().looker.there(here.ledger.records[120])

    assert found is not None and found.posted == PostedOrder(invoice_id=7120, number="INV-7")
