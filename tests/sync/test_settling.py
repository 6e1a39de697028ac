"""What a complete listing of Saasu says of an order whose answer was lost, word for word (SYNC §7.5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.bridge import Bridge, Span
from portal.sync.evidence import Evidence, Why
from portal.sync.known_sales import same_number
from portal.sync.ports import OrderRecord, Outcome, State
from portal.sync.problems import Code, Problem
from portal.sync.sale_orders import AUTO_NUMBER, InvoiceSummary, PostedOrder
from portal.sync.settling import look_up, verdict
from tests.fakes import FakeBooks, FakeClock

SENT = datetime(2026, 3, 3, 9, tzinfo=UTC)
OURS = "BC-abc123-120"
BRIDGE = Bridge(
    spans=(
        Span(name="Total", shop=Decimal("11.00"), books=Decimal("11.00")),
        Span(name="GST", shop=Decimal("1.00"), books=Decimal("1.00")),
    )
)


def record(**more: Any) -> OrderRecord:
    values: dict[str, Any] = {
        "id": "record 120",
        "order_id": 120,
        "state": State.UNKNOWN,
        "created_at": SENT - timedelta(days=3),
        "modified_at": SENT - timedelta(days=2),
        "number": "SHO120",
        "first_sent_at": SENT - timedelta(hours=5),
        "sent_at": SENT,
        "bridge": BRIDGE,
    }
    return OrderRecord(**(values | more))


def row(number: str, marker: str, invoice_id: int = 77, **more: Any) -> InvoiceSummary:
    values: dict[str, Any] = {"invoice_type": "Sale Order", "total": Decimal("11.00"), "tax": Decimal("1.00")}
    return InvoiceSummary(
        invoice_id=invoice_id, number=number, purchase_order_number=marker, **(values | more)
    )


def settled(one: OrderRecord, *listing: InvoiceSummary, after: int = 0) -> Outcome:
    """The verdict so many seconds after the order was last sent."""
    return verdict(one, "abc123", listing, SENT + timedelta(seconds=after))


# --- found ------------------------------------------------------------------------------------------------------------


def test_the_sale_with_our_marker_is_ours_whatever_its_number_and_whatever_comes_before_it() -> None:
    ours = row("SHO999", f" {OURS} ", 78)

    assert settled(record(), row("SHO120", "PO 7"), ours) == Outcome(
        state=State.POSTED,
        note="The answer was lost; found in Saasu by its marker.",
        problems=(),
        posted=PostedOrder(invoice_id=78, number="SHO999"),
        found=ours,
    )


def test_the_marker_of_another_order_or_of_another_store_is_not_ours() -> None:
    for marker in ("BC-abc123-12", "BC-abc123-1200", "BC-abc124-120", "bc-abc123-120", ""):
        assert settled(record(), row("SHO7", marker)).state is State.UNKNOWN


def test_a_sale_found_by_its_marker_is_compared_with_what_it_had_to_come_to() -> None:
    dearer = row("SHO120", OURS, total=Decimal("12.00"))

    assert settled(record(), dearer).problems == (
        Problem(
            Code.POSTED_TOTAL_DIFFERS,
            "Order #120: Saasu shows $12.00 with GST $1.00 for SHO120; it should be $11.00 with GST $1.00",
            "SHO120",
        ),
    )
    assert settled(record(bridge=None), dearer).problems == ()


# --- somebody else's --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["SHO120", " sho120 "])
def test_our_number_on_a_sale_without_our_marker_exists_in_the_documents_words(number: str) -> None:
    there = row(number, "PO 7")
    assert settled(record(), row("SHO121", "PO 6"), there) == Outcome(
        state=State.EXISTS,
        note="Saasu has a sale with this number that we did not write.",
        problems=(
            Problem(Code.INVOICE_EXISTS, "Order #120: Invoice with number SHO120 already exists.", "SHO120"),
        ),
        found=there,
    )


TOTAL_ALONE = Bridge(spans=(Span(name="Total", shop=Decimal("11.00"), books=Decimal("10.00")),))


@pytest.mark.parametrize(
    ("order", "sale", "look_once"),
    [
        ({}, {}, False),
        ({}, {"tax": None}, False),
        ({}, {"total": Decimal("11.01")}, True),
        ({}, {"tax": Decimal("0.99")}, True),
        ({}, {"total": None}, True),
        ({"bridge": TOTAL_ALONE}, {"tax": Decimal("0.99")}, False),
        ({"bridge": None, "total": Decimal("11.0049")}, {"tax": Decimal("0.99")}, False),
        ({"bridge": None, "total": Decimal("11.0050")}, {}, True),
        ({"codes": frozenset({Code.ORDER_UNREADABLE})}, {}, True),
    ],
)
def test_somebody_elses_sale_is_looked_at_once_unless_it_comes_to_what_the_shop_says(
    order: dict[str, Any], sale: dict[str, Any], look_once: bool
) -> None:
    outcome = settled(record(**order), row("SHO120", "PO 7", **sale))

    assert (outcome.state, outcome.look_once) == (State.EXISTS, look_once)


@pytest.mark.parametrize("number", ["", AUTO_NUMBER])
def test_an_order_without_a_number_of_ours_is_never_mistaken_for_another_sale(number: str) -> None:
    assert settled(record(number=number), row(number, "PO 7")).state is State.UNKNOWN


def test_numbers_are_the_same_without_regard_to_case_and_outer_blanks() -> None:
    assert same_number(" sho120", "SHO120 ")
    assert not same_number("SHO120", "SHO12")


# --- absent -----------------------------------------------------------------------------------------------------------

NOT_YET = Outcome(state=State.UNKNOWN, note="Not in Saasu yet; looked up again later.")
ABSENT = Outcome(state=State.SEEN, note="Not in Saasu: it will be sent again.")
DOUBTED = replace(ABSENT, doubted_until=SENT + timedelta(hours=1))


@pytest.mark.parametrize(
    ("number", "after", "expected"),
    [
        ("SHO120", 119, NOT_YET),
        ("SHO120", 120, DOUBTED),
        ("SHO120", 3599, DOUBTED),
        ("SHO120", 3600, ABSENT),
        (AUTO_NUMBER, 3599, NOT_YET),
        (AUTO_NUMBER, 3600, ABSENT),
        ("", 3599, NOT_YET),
        ("", 3600, ABSENT),
    ],
)
def test_an_order_is_absent_two_minutes_after_sending_or_an_hour_where_the_number_was_saasus(
    number: str, after: int, expected: Outcome
) -> None:
    assert settled(record(number=number), row("SHO121", "PO 7"), after=after) == expected


def test_an_order_that_never_went_out_is_absent_at_once() -> None:
    assert settled(record(sent_at=None)) == Outcome(state=State.SEEN, note="Not in Saasu: it will be sent.")


# --- the listing ------------------------------------------------------------------------------------------------------


def test_the_listing_begins_ten_minutes_before_the_first_sending_and_ends_a_day_ahead_of_our_clock() -> None:
    now = SENT + timedelta(hours=1)
    books = FakeBooks(FakeClock(now))
    books.listing = [row("SHO120", OURS, modified_at=SENT)]
    again = record(first_sent_at=SENT - timedelta(hours=9), sent_at=SENT)

    assert look_up(books, [record(), again], now, lambda: None) == tuple(books.listing)
    assert books.windows == [(SENT - timedelta(hours=9, minutes=10), now + timedelta(days=1))]


def test_of_an_order_whose_sending_is_not_known_the_listing_begins_before_its_creation() -> None:
    books = FakeBooks(FakeClock(SENT))

    look_up(books, [record(), record(first_sent_at=None)], SENT, lambda: None)

    assert books.windows == [(SENT - timedelta(days=3, minutes=10), SENT + timedelta(days=1))]


def test_the_days_calls_are_asked_for_before_each_page_of_a_look_up() -> None:
    books, asked = FakeBooks(FakeClock(SENT)), list[int]()
    books.listing = [row("SHO1", OURS, invoice_id=number, modified_at=SENT) for number in range(250)]

    look_up(books, [record()], SENT, lambda: asked.append(len(asked)))

    assert asked == [0, 1, 2]


# --- what proves it -----------------------------------------------------------------------------------------------------


def test_a_lost_answer_keeps_why_it_was_looked_up_among_how_many_sales_and_until_when_it_settles() -> None:
    found = settled(record(), row("SHO1", ""), row("SHO2", ""), after=121)
    assert found.evidence == Evidence(why=Why.LOST, sales=2, settled_at=SENT + timedelta(seconds=120))


def test_an_order_left_behind_by_a_run_that_ended_says_so() -> None:
    found = settled(record(state=State.SENDING), row("SHO120", OURS))
    assert found.evidence == Evidence(why=Why.DIED, sales=1, settled_at=SENT + timedelta(seconds=120))
    assert found.note == "The run ended before the answer was written down; found in Saasu by its marker."


def test_a_number_that_saasu_gives_settles_with_the_next_hourly_run() -> None:
    found = settled(record(number=AUTO_NUMBER))
    assert found.evidence == Evidence(why=Why.LOST, sales=0, settled_at=SENT + timedelta(hours=1))


def test_an_order_that_was_never_sent_has_no_time_in_which_it_settles() -> None:
    found = verdict(record(sent_at=None), "abc123", (), SENT, Why.TAKEN)
    assert found.evidence == Evidence(why=Why.TAKEN, sales=0)


def test_what_proves_an_order_is_kept_without_what_is_not_known() -> None:
    assert Evidence().kept() == {}
    whole = Evidence(left_at=SENT, why=Why.FIRST, sales=0, settled_at=SENT + timedelta(hours=1))
    assert whole.kept() == {
        "left_at": "2026-03-03T09:00:00+00:00",
        "why": "first",
        "sales": 0,
        "settled_at": "2026-03-03T10:00:00+00:00",
    }
