"""Orders that turn up late: what was listed earlier is asked for as it stands now (SYNC §7.5, §7.7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.failures import Denied, Throttled, Unreachable
from portal.sync.known_sales import Looked
from portal.sync.ports import OrderRecord, Outcome, State
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.sale_orders import InvoiceSummary, PostedOrder
from tests import builders
from tests.whole_run import NOW, World, order, world

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


def known_from_before(*rows: InvoiceSummary, **more: Any) -> World:
    """A connection that looked earlier and then listed these sales; the order turns up only now."""
    here = world(order(120), **more)
    here.sales.rows = {row.invoice_id: row for row in rows}
    return here


def test_a_late_order_is_found_in_what_was_listed_earlier_and_asked_for_by_its_id() -> None:
    now = ours(120, "INV-8")
    here = known_from_before(ours(120), prefix="")
    here.books.listing = [now]

    here.run()

    assert here.ledger.last(120).posted == PostedOrder(invoice_id=7120, number="INV-8")
    assert here.ledger.last(120).found == now
    assert here.books.asked == ["invoice"]
    assert here.books.sales == []


def test_a_sale_deleted_in_saasu_since_is_absent_only_after_another_whole_listing() -> None:
    here = known_from_before(ours(120), prefix="")

    here.run()

    assert [one for one in here.books.asked if one in {"invoice", "invoices_modified", "post"}][:3] == [
        "invoice",
        "invoices_modified",
        "post",
    ]
    assert here.books.windows[0] == (CREATED - MARGIN, A_DAY_ON)
    assert here.ledger.state(120) is State.POSTED
    assert here.sales.at.since is not None and here.sales.at.doubt is None
    assert 7120 not in here.sales.rows


def test_that_listing_reaches_from_the_orders_creation_to_the_present_and_is_kept() -> None:
    created = NOW - timedelta(days=40)
    here = world(order(120, created_at=created), prefix="")
    here.sales.rows = {7120: ours(120)}
    again = listed("INV-9", "BC-abc123-120", 9, modified_at=created + timedelta(days=1))
    here.books.listing = [again, listed("A-1", "", 10, modified_at=NOW - timedelta(hours=1))]

    here.run()

    assert [since for since, _ in here.books.windows] == [
        created - MARGIN,
        created - MARGIN,
        created + timedelta(days=30) - MARGIN,
    ]
    assert here.ledger.last(120).posted == PostedOrder(invoice_id=9, number="INV-9")
    assert sorted(here.sales.rows) == [9, 10]
    assert here.books.sales == []


def test_a_sale_that_saasu_does_not_show_by_its_id_but_lists_is_there() -> None:
    here = known_from_before(ours(120), prefix="")
    here.books.listing = [ours(120)]
    here.books.invoice = lambda _invoice_id: None  # type: ignore[method-assign, assignment]

    here.run()

    assert here.books.sales == []
    assert here.ledger.state(120) is State.POSTED


def test_a_strangers_sale_that_has_another_number_now_no_longer_stands_in_the_way() -> None:
    here = known_from_before(listed("SHO120", "PO 7"))
    here.books.listing = [listed("SHO120-OLD", "PO 7")]

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120"]


def test_a_strangers_sale_that_still_has_the_number_exists_still() -> None:
    here = known_from_before(listed("SHO120", "PO 7"))
    here.books.listing = [listed("SHO120", "PO 7")]

    here.run()

    words = "Order #120: Invoice with number SHO120 already exists."
    assert [one.sentence for one in here.ledger.last(120).problems] == [words]
    assert here.ledger.state(120) is State.EXISTS
    assert here.books.sales == []


def test_a_sale_that_is_listed_long_before_the_present_is_found_in_its_part_of_the_listing() -> None:
    here = known_from_before(ours(120), prefix="")
    created = NOW - 100 * DAYS
    here.books.listing = [ours(120, modified_at=created + DAYS), ours(121, modified_at=NOW)]
    here.books.invoice = lambda _invoice_id: None  # type: ignore[method-assign, assignment]

    waiting = OrderRecord(
        id="record 120", order_id=120, state=State.SEEN, created_at=created, modified_at=CREATED
    )
    found = here.sync().looker.there(waiting)

    assert len(here.books.windows) == 5
    assert found is not None and found.state is State.POSTED


def test_a_look_that_has_nothing_to_list_says_so() -> None:
    here = known_from_before()

    assert here.sync().looker.look(CREATED) is False
    assert here.books.asked == []


def late_orders(*numbers: int) -> World:
    """Orders that turn up late; Saasu had a sale of each when it was last listed. The shop has order 200 as well, which it had not."""
    here = world(*map(order, (*numbers, 200)), prefix="")
    here.sales.rows = {7000 + number: ours(number, f"INV-{number}") for number in numbers}
    here.books.listing = list(here.sales.rows.values())
    return here


def test_a_sale_that_saasu_cannot_show_fails_its_order_alone_and_the_others_go_on() -> None:
    here = late_orders(120, 121)
    here.books.silent = [Unreachable("HTTP 500")]

    here.run()

    words = "Order #120: Saasu has a sale that may be of this order, but did not show it"
    assert here.ledger.last(120) == Outcome(
        state=State.FAILED,
        problems=(Problem(Code.INCOMPLETE_READ, words),),
        retry_at=NOW + timedelta(hours=1),
    )
    assert [here.ledger.state(number) for number in (121, 200)] == [State.POSTED, State.POSTED]
    assert [sale.marker for sale in here.books.sales] == ["BC-abc123-200"]
    here.later(hours=2)

    here.run()

    assert here.ledger.last(120).posted == PostedOrder(invoice_id=7120, number="INV-120")
    assert len(here.books.sales) == 1


def test_saasu_away_for_three_late_orders_ends_the_run() -> None:
    here = late_orders(120, 121, 122)
    here.books.silent = [Unreachable("HTTP 500")] * 3

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert [here.ledger.state(number) for number in (120, 121, 122)] == [
        State.FAILED,
        State.FAILED,
        State.SEEN,
    ]
    assert (here.ledger.state(200), here.books.sales) == (State.SEEN, [])


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        ([Throttled("too many")], Code.SAASU_QUOTA),
        ([Denied("no right")], Code.SAASU_FILE),
        ([None, Unreachable("no connection")], Code.SAASU_UNREACHABLE),
    ],
)
def test_what_concerns_every_sale_ends_the_run_at_the_first_late_order(
    failures: Sequence[Exception | None], code: Code
) -> None:
    here = late_orders(120)
    here.books.listing = []
    here.books.silent = list(failures)

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is code
    assert (here.ledger.state(120), here.books.sales) == (State.SEEN, [])


# --- many late orders ---------------------------------------------------------------------------------------------------


def looks(here: World) -> list[datetime]:
    """From when on Saasu was listed, but for the read-backs of what was posted."""
    return [since for since, _ in here.books.windows if since < NOW - timedelta(hours=1)]


def test_one_listing_serves_every_late_order_whose_sale_was_deleted_in_saasu() -> None:
    here = late_orders(*range(101, 131))
    here.books.listing = []

    here.run()

    assert looks(here) == [CREATED - MARGIN]
    # Only the first one is asked for by its id; the others are gone by the listing that this one cost.
    assert here.books.asked.count("invoice") == 1
    assert len(here.books.sales) == 31
    assert set(here.sales.rows) == set()


def test_the_look_before_posting_tells_by_itself_which_of_a_previews_sales_were_deleted() -> None:
    here = late_orders(*range(101, 131))
    here.sales.at = Looked()
    here.books.listing = [ours(110, "INV-110")]

    here.run()

    assert looks(here) == [NOW - 30 * DAYS - MARGIN]
    assert here.books.asked.count("invoice") == 0
    assert len(here.books.sales) == 30
    assert here.ledger.last(110).posted == PostedOrder(invoice_id=7110, number="INV-110")
    assert set(here.sales.rows) == {7110}


def test_a_listing_says_nothing_of_orders_that_are_older() -> None:
    ages = {101: 20, 102: 25, 103: 22}
    here = world(*(order(number, created_at=NOW - age * DAYS) for number, age in ages.items()), prefix="")
    here.sales.rows = {7000 + number: ours(number) for number in ages}
    here.books.listing = [ours(102, modified_at=NOW - 24 * DAYS)]
    shown = here.books.invoice
    here.books.invoice = lambda invoice_id: shown(0 * invoice_id)  # type: ignore[method-assign]

    here.run()

    # The second is older than the first one's listing; the third is not older than the second one's.
    assert looks(here) == [NOW - age * DAYS - MARGIN for age in (20, 25)]
    assert here.ledger.last(102).posted == PostedOrder(invoice_id=7102, number="INV-7")
    assert [sale.marker for sale in here.books.sales] == ["BC-abc123-101", "BC-abc123-103"]


def test_a_sale_shown_by_the_runs_listing_and_deleted_after_it_is_looked_for_again() -> None:
    here = late_orders(101, 102)
    here.books.listing = [ours(102, "INV-102")]
    # Asked before the catalogue, the first order and its listing.
    afford = iter([None] * 3)

    def deleted_later() -> None:
        here.clock.forward(seconds=1)
        if next(afford, "later") == "later":
            here.books.listing = [row for row in here.books.listing if row.invoice_id != 7102]

    here.run(afford=deleted_later)

    assert looks(here) == [CREATED - MARGIN] * 2
    assert [sale.marker for sale in here.books.sales] == [f"BC-abc123-{number}" for number in (101, 102, 200)]


def test_what_one_run_listed_says_nothing_to_the_next() -> None:
    here = late_orders(101)
    here.books.listing = []
    here.run()
    here.later(hours=1)
    here.books.windows.clear()
    here.shop.add(order(102, modified_at=here.clock.now() - timedelta(minutes=30)))
    here.sales.rows = {7102: ours(102)}

    here.run()

    assert looks(here) == [CREATED - MARGIN]
    assert here.ledger.state(102) is State.POSTED
