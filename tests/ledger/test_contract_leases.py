"""The same two ledgers under their lease: who may write, and that nobody else does (SYNC §7.1); and the sales last listed (SYNC §7.7)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from portal.ledger import LEASE
from portal.sync.known_sales import KnownSales, Looked
from portal.sync.ports import Finding, LeaseLost, Ledger, OrderRecord, Outcome, Reading, State
from portal.sync.sale_orders import InvoiceSummary, PostedOrder
from portal.sync.shapes import Shape
from tests.factories import NOON
from tests.ledger.keepers import Keeper
from tests.ledger.one_order import A_MOMENT, INTENT, LATER, MARK, MISSING, WINDOW
from tests.posted_orders import row_of, seen

pytestmark = pytest.mark.parametrize("keeper", ["memory", "sql"], indirect=True)
# The fake of the engine's tests has neither a lease nor listed sales.


def sale(invoice_id: int, number: str = "", mark: str = "") -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=invoice_id, number=number, purchase_order_number=mark, invoice_type="Sale Order",
        total=Decimal("11.00"), tax=Decimal("1.00"), modified_at=NOON,
    )  # fmt: skip


# --- the lease --------------------------------------------------------------------------------------------------------


def test_one_run_has_the_lease_until_it_expires(keeper: Keeper) -> None:
    assert keeper.take_lease("run one") == 1
    assert keeper.take_lease("run two") is None
    keeper.clock.moment = NOON + LEASE
    assert keeper.take_lease("run two") is None
    keeper.clock.moment = NOON + LEASE + A_MOMENT
    assert keeper.take_lease("run two") == 2


def test_the_same_run_takes_over_with_a_higher_fence(keeper: Keeper) -> None:
    assert [keeper.take_lease("run one") for _ in range(2)] == [1, 2]

    with pytest.raises(LeaseLost):
        keeper.renew_lease(1)


def test_a_lease_that_is_held_on_expires_later(keeper: Keeper) -> None:
    keeper.take_lease("run one")
    keeper.clock.moment = LATER
    keeper.renew_lease(1)

    keeper.clock.moment = LATER + LEASE
    assert keeper.take_lease("run two") is None
    keeper.clock.moment = LATER + LEASE + A_MOMENT
    assert keeper.take_lease("run two") == 2


def test_a_lease_that_expired_is_still_its_runs_while_nobody_took_it(keeper: Keeper) -> None:
    keeper.take_lease("run one")
    keeper.clock.moment = NOON + 3 * LEASE

    keeper.renew_lease(1)

    assert keeper.take_lease("run two") is None


def test_a_lease_that_is_given_back_is_free_at_once_and_its_fence_is_not_used_again(keeper: Keeper) -> None:
    keeper.take_lease("run one")

    keeper.release_lease(1)

    assert keeper.take_lease("run two") == 2


def test_a_lost_lease_cannot_be_given_back(keeper: Keeper) -> None:
    keeper.take_lease("run one")
    keeper.clock.moment = NOON + LEASE + A_MOMENT
    keeper.take_lease("run two")
    before = keeper.picture()

    keeper.release_lease(1)

    assert keeper.picture() == before
    assert keeper.take_lease("run three") is None
    keeper.renew_lease(2)


# --- every write under its fence --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """A run at work: order 100 is to be decided, order 101 is posted, and one sale was listed."""

    ledger: Ledger
    sales: KnownSales
    seen: OrderRecord
    posted: OrderRecord


@pytest.fixture
def run(keeper: Keeper) -> Run:
    fence = keeper.take_lease("run one")
    assert fence is not None
    ledger, sales = keeper.ledger(fence, "run one"), keeper.sales(fence)
    ledger.record_page([seen(100), seen(101)], Reading(watermark=NOON))
    sent = ledger.sending(ledger.known([101])[101], replace(INTENT, number="JT101"))
    ledger.settle(sent, Outcome(state=State.POSTED, posted=PostedOrder(invoice_id=9101, number="JT101")))
    sales.keep([sale(9101, "JT101", MARK)], Looked(since=NOON), NOON)
    records = ledger.known([100, 101])
    return Run(ledger, sales, records[100], records[101])


WRITES: dict[str, Callable[[Run], object]] = {
    "record a page": lambda run: run.ledger.record_page([seen(102)], WINDOW),
    "record an empty page": lambda run: run.ledger.record_page([], WINDOW),
    "send": lambda run: run.ledger.sending(run.seen, INTENT),
    "settle": lambda run: run.ledger.settle(run.seen, MISSING),
    "keep a text": lambda run: run.ledger.keep_text(run.seen, "newer"),
    "hold back": lambda run: run.ledger.hold_back([run.seen]),
    "keep the lease": lambda run: run.ledger.heartbeat(),
    "a contact was written": lambda run: run.ledger.contact_written(7, 500),
    "read back": lambda run: run.ledger.read_back([Finding(record=run.posted, row=row_of(run.posted))]),
    "shapes were read": lambda run: run.ledger.shapes_read(run.posted, {Shape.PERCENTAGE}, good=True),
    "keep sales": lambda run: run.sales.keep([sale(7, "JT7")], Looked(since=LATER), LATER),
    "forget sales": lambda run: run.sales.forget(MARK, "JT101", LATER),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_run_whose_lease_was_taken_writes_nothing(
    keeper: Keeper, run: Run, write: Callable[[Run], object]
) -> None:
    keeper.clock.moment = NOON + LEASE + A_MOMENT
    assert keeper.take_lease("run two") == 2
    before = keeper.picture()
    keeper.clock.forward(seconds=5)

    with pytest.raises(LeaseLost):
        write(run)

    assert keeper.picture() == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_the_same_is_written_under_the_lease_and_holds_it_on(
    keeper: Keeper, run: Run, write: Callable[[Run], object]
) -> None:
    before = keeper.picture()
    keeper.clock.moment = LATER

    write(run)

    assert keeper.picture() != before
    keeper.clock.moment = LATER + LEASE
    assert keeper.take_lease("run two") is None


# --- the sales last listed --------------------------------------------------------------------------------------------


@pytest.fixture
def sales(keeper: Keeper) -> KnownSales:
    fence = keeper.take_lease("run one")
    assert fence is not None
    return keeper.sales(fence)


def ids(found: list[InvoiceSummary]) -> list[int]:
    return [one.invoice_id for one in found]


def test_nothing_was_looked_at_before_the_first_listing(sales: KnownSales) -> None:
    assert (sales.looked(), sales.listed(MARK, "JT100")) == (Looked(), [])


def test_how_far_was_looked_is_kept_with_the_listing(sales: KnownSales) -> None:
    sales.keep([sale(7, "JT7")], Looked(since=NOON, doubt=LATER), NOON)
    assert sales.looked() == Looked(since=NOON, doubt=LATER)

    sales.keep([], Looked(since=NOON), LATER)
    assert (sales.looked(), ids(sales.listed(MARK, "JT7"))) == (Looked(since=NOON), [7])


def test_sales_are_found_by_their_marker_or_their_number_without_their_amounts(sales: KnownSales) -> None:
    listing = [sale(9, " jt100 "), sale(8, "X", f" {MARK} "), sale(7, "JT101", "BC-jamtin-101")]

    sales.keep(listing, Looked(), NOON)

    bare = replace(sale(8, "x", MARK), invoice_type="", total=None, tax=None, modified_at=None)
    assert sales.listed(MARK, "JT100") == [
        bare,
        replace(bare, invoice_id=9, number="jt100", purchase_order_number=""),
    ]


def test_the_purchase_order_numbers_of_other_sales_are_not_kept(sales: KnownSales) -> None:
    sales.keep([sale(7, "A-7", "PO 4711")], Looked(), NOON)

    assert sales.listed("PO 4711", "") == []
    (kept,) = sales.listed(MARK, "A-7")
    assert kept.purchase_order_number == ""


def test_no_sale_is_found_by_a_number_that_is_not_ours_to_give(sales: KnownSales) -> None:
    sales.keep([sale(1, ""), sale(2, "<Auto Number>")], Looked(), NOON)

    assert sales.listed(MARK, "") == sales.listed(MARK, "<Auto Number>") == []


def test_a_number_is_kept_as_far_as_it_is_compared(sales: KnownSales) -> None:
    sales.keep([sale(7, "A" * 101, MARK), sale(8, "B", "BC-" + "x" * 99)], Looked(), NOON)

    (kept,) = sales.listed(MARK, "")
    assert kept.number == "a" * 100
    assert ids(sales.listed("BC-" + "x" * 97, "")) == [8]


def test_of_a_sale_that_one_listing_shows_twice_the_later_row_stands(sales: KnownSales) -> None:
    sales.keep([sale(7, "A"), sale(7, "B", MARK)], Looked(), NOON)

    assert (ids(sales.listed(MARK, "")), sales.listed("", "A")) == ([7], [])


def test_what_a_later_listing_does_not_show_is_forgotten_and_nothing_else(sales: KnownSales) -> None:
    sales.keep(
        [sale(1, "X-1", MARK), sale(2, "jt100"), sale(3, "JT101"), sale(4, "X-4", MARK)], Looked(), NOON
    )
    sales.keep([sale(4, "X-4", MARK)], Looked(), LATER)

    sales.forget(MARK, "JT100", LATER)

    assert ids(sales.listed(MARK, "JT100")) == [4]
    assert ids(sales.listed(MARK, "JT101")) == [3, 4]


def test_when_a_sale_was_last_listed_never_goes_back(sales: KnownSales) -> None:
    sales.keep([sale(1, "A-1", MARK)], Looked(), LATER)
    sales.keep([sale(1, "A-2", MARK)], Looked(), NOON)

    sales.forget(MARK, "", LATER)
    (kept,) = sales.listed(MARK, "")
    assert kept.number == "a-2"
    sales.forget(MARK, "", LATER + A_MOMENT)
    assert sales.listed(MARK, "") == []
