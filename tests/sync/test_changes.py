"""What changed in the shop after an order was posted, one sentence each (source document, FAQ; SYNC §2)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.sync.changes import MOST_LINES, differences
from portal.sync.orders import Address, CompleteOrder, Coupon, Fee
from portal.sync.personal import bare_of, in_full
from tests.builders import address, destination, including, line, order

HOODIE = line("hoodie", "60.00", 2, name="Hoodie")
CAP = line("cap", "20.00", id=2, name="Cap")


def sold(*lines: Any, **more: Any) -> CompleteOrder:
    """An order of these lines, which keep their ids."""
    lines = lines or (HOODIE,)
    return replace(order(*lines, id=120, **more), lines=lines)


def told(kept: CompleteOrder, now: CompleteOrder) -> list[str]:
    return list(differences(kept, now).sentences)


def test_an_order_that_is_as_it_was_has_not_changed() -> None:
    assert told(sold(HOODIE, CAP, shipping=9), sold(HOODIE, CAP, shipping=9)) == []


def test_how_an_order_was_read_is_no_change() -> None:
    here = sold(HOODIE, coupon="6.00")
    other = replace(
        here,
        coupons=(Coupon(code="WINTER10", kind=2, discount=Decimal("6.00")),),
        fees=(Fee(name="left out", cost=including("2.00")),),
        order=replace(
            here.order,
            modified_at=here.order.modified_at + timedelta(days=1),
            total=replace(here.order.total, inc_tax=Decimal("114.0000")),
        ),
        document="another text",
    )

    assert told(here, other) == []


def test_a_status_is_told_by_its_names_and_counts_by_its_id() -> None:
    here = sold(status_id=11, status="Awaiting Fulfilment")

    assert told(here, sold(status_id=5, status="Cancelled")) == [
        "Status changed from Awaiting Fulfilment to Cancelled"
    ]
    assert told(here, sold(status_id=11, status="To be packed")) == []


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [(False, True, "Archived in the shop"), (True, False, "Taken out of the shop’s archive")],
)
def test_the_archive_is_told_both_ways(before: bool, after: bool, sentence: str) -> None:
    assert told(sold(is_deleted=before), sold(is_deleted=after)) == [sentence]


def test_fewer_pieces_change_quantity_total_and_gst() -> None:
    assert told(sold(HOODIE), sold(line("hoodie", "60.00", 1, name="Hoodie"))) == [
        "Total was $120.00 and is now $60.00",
        "GST was $10.91 and is now $5.45",
        "2 × Hoodie became 1 × Hoodie",
    ]


def test_a_new_price_is_told_for_one_piece() -> None:
    now = sold(line("hoodie", "55.50", 2, name="Hoodie"))

    assert "Hoodie was $60.00 each and is now $55.50" in told(sold(HOODIE), now)


def test_a_part_of_a_cent_is_no_change() -> None:
    here = sold(line("hoodie", "10.001", name="Hoodie"), total="10.001")
    now = sold(line("hoodie", "10.004", name="Hoodie"), total="10.004")

    assert told(here, now) == []


def test_lines_that_came_and_went_are_named() -> None:
    assert told(sold(HOODIE), sold(replace(CAP, quantity=Decimal(6), total=HOODIE.total))) == [
        "2 × Hoodie were removed",
        "6 × Cap were added",
    ]
    one = sold(line("tea-250", "20.00", id=9, name="Tea"))
    assert told(one, sold(CAP)) == ["1 × Tea was removed", "1 × Cap was added"]


def test_a_line_put_in_anew_with_its_sku_is_the_same_line() -> None:
    now = sold(line(" HOODIE ", "60.00", 1, id=9, name="Hoodie"), CAP)

    sentences = told(sold(CAP, HOODIE), now)

    assert "2 × Hoodie became 1 × Hoodie" in sentences
    assert not [one for one in sentences if "removed" in one or "added" in one]


def test_two_lines_of_one_sku_are_paired_one_by_one() -> None:
    first, second = line("cap", "20.00", id=3, name="Cap"), line("cap", "20.00", 2, id=4, name="Cap")
    again, other = replace(first, id=7), replace(second, id=8, quantity=Decimal(3))

    assert told(sold(first, second), sold(again, other, total="60.00", tax="5.45")) == [
        "2 × Cap became 3 × Cap"
    ]


def test_lines_without_sku_are_never_taken_for_one_another() -> None:
    gone, fresh = (
        line(" ", "20.00", id=3, name="Engraving"),
        line("", "20.00", id=4, name="Gift wrap"),
    )

    assert told(sold(gone), sold(fresh)) == ["1 × Engraving was removed", "1 × Gift wrap was added"]


def test_another_sku_on_the_same_line_is_told_and_another_name_is_not() -> None:
    assert told(sold(CAP), sold(replace(CAP, sku="cap-red", name="Red cap"))) == [
        "Red cap had the SKU cap and now has cap-red"
    ]
    assert told(sold(CAP), sold(replace(CAP, sku=" "))) == ["Cap had the SKU cap and now has none"]
    assert told(sold(replace(CAP, sku="")), sold(CAP)) == ["Cap had the SKU none and now has cap"]
    assert told(sold(CAP), sold(replace(CAP, sku="CAP", name="Blue cap"))) == []


@pytest.mark.parametrize(
    ("name", "sku", "called"),
    [("", "cap", "cap"), (" ", " ", "A line without a name"), ("Cap" * 40, "cap", "Cap" * 20)],
)
def test_a_line_is_called_by_what_there_is(name: str, sku: str, called: str) -> None:
    now = sold(HOODIE, replace(CAP, name=name, sku=sku), total="120.00")

    assert told(sold(HOODIE, total="120.00"), now)[-1] == f"1 × {called} was added"


def test_a_great_many_changed_lines_are_counted() -> None:
    many = [line(f"sku-{number}", "1.00", id=number, name=f"Thing {number}") for number in range(1, 26)]

    sentences = told(sold(*many), sold(*(replace(one, quantity=Decimal(2)) for one in many), total="25.00"))

    assert sentences[:2] == ["1 × Thing 1 became 2 × Thing 1", "1 × Thing 2 became 2 × Thing 2"]
    assert (len(sentences), sentences[-1]) == (MOST_LINES + 1, "5 more changes of lines")


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (MOST_LINES, "Thing 20 had the SKU sku-20 and now has none"),
        (MOST_LINES + 1, "1 more change of lines"),
        (MOST_LINES + 2, "2 more changes of lines"),
    ],
)
def test_twenty_changed_lines_are_told_and_only_those_beyond_are_counted(count: int, last: str) -> None:
    many = [
        line(f"sku-{number}", "1.00", id=number, name=f"Thing {number}") for number in range(1, count + 1)
    ]

    sentences = told(sold(*many), sold(*(replace(one, sku="") for one in many)))

    assert sentences[MOST_LINES - 1] == "Thing 20 had the SKU sku-20 and now has none"
    assert sentences[-1] == last
    assert len(sentences) == min(count, MOST_LINES + 1)


def test_lines_that_were_not_read_whole_are_not_compared() -> None:
    unread = replace(sold(HOODIE), lines=(), complete=False)

    assert told(sold(HOODIE), unread) == []
    assert told(unread, sold(HOODIE)) == []


def test_discount_shipping_and_currency_are_told() -> None:
    here = sold(HOODIE, coupon="6.00", discount="6.00", shipping=9, handling=2, wrapping=1)
    now = sold(HOODIE, discount="5.00", shipping=9, currency="NZD")

    assert told(here, now) == [
        "Currency was AUD and is now NZD",
        "Total was $120.00 and is now $124.00",
        "GST was $10.91 and is now $11.27",
        "Discount was $12.00 and is now $5.00",
        "Shipping was $12.00 and is now $9.00",
    ]


def test_fees_are_told_where_they_moved_the_total() -> None:
    fee = Fee(name="Surcharge", cost=including("2.50"))

    assert told(sold(HOODIE), sold(HOODIE, fees=(fee,)))[-1] == "Fees were $0.00 and are now $2.50"
    assert told(sold(HOODIE, fees=(fee,)), sold(HOODIE))[-1] == "Fees were $2.50 and are now $0.00"
    unread = replace(sold(HOODIE), lines=(), fees=(), complete=False)
    assert told(sold(HOODIE, fees=(fee,)), unread) == [
        "Total was $122.50 and is now $120.00",
        "GST was $11.14 and is now $10.91",
    ]
    assert not any("Fees" in one for one in told(unread, sold(HOODIE, fees=(fee,))))


def test_another_customer_and_another_e_mail_are_told() -> None:
    here = sold(customer_id=7)
    now = sold(customer_id=8, billing=address(email=" Kim@Example.org "))

    assert told(here, now) == [
        "The shop now shows another customer",
        "The e-mail was robin@example.com and is now Kim@Example.org",
    ]
    assert told(sold(billing=address(email="")), sold(billing=address(email="ROBIN@example.com "))) == [
        "The e-mail was none and is now ROBIN@example.com"
    ]
    assert told(sold(), sold(billing=address(email=" "))) == [
        "The e-mail was robin@example.com and is now none"
    ]
    assert told(sold(), sold(billing=address(email="Robin@Example.com"))) == []


def test_another_billing_address_is_told_whole() -> None:
    now = sold(billing=address(street_1="2 Low Street", first_name="Kim"))

    assert told(sold(), now) == [
        (
            "Billed to Kim Example, 2 Low Street, Fremantle Western Australia 6160, Australia, "
            "before to Robin Example, 1 High Street, Fremantle Western Australia 6160, Australia"
        )
    ]
    assert told(sold(), sold(billing=address(state="WA", country="Australia"))) == []
    assert told(sold(), sold(billing=address(last_name="Sample")))[0].startswith("Billed to Robin Sample")


def test_another_delivery_address_is_told_and_none_where_nothing_is_delivered() -> None:
    here = sold(addresses=[destination()])

    assert told(here, sold(addresses=[destination(city="Perth", postcode="6000")])) == [
        (
            "Delivered to Robin Example, 1 High Street, Perth Western Australia 6000, Australia, "
            "before to Robin Example, 1 High Street, Fremantle Western Australia 6160, Australia"
        )
    ]
    assert told(here, sold(addresses=[])) == []
    assert told(sold(addresses=[]), here) == []


def test_what_names_somebody_has_words_that_name_nobody() -> None:
    here = sold(HOODIE, addresses=[destination()])
    now = sold(
        HOODIE,
        status_id=2,
        customer_id=8,
        billing=address(email="kim@example.org", first_name="Kim"),
        addresses=[destination(street_1="2 Low Street")],
    )
    found = differences(here, now).sentences

    assert [bare_of(one) for one in found] == [
        found[0],
        "The shop now shows another customer",
        "The e-mail is another one",
        "Billed to another name or address",
        "Delivered to another name or address",
    ]
    assert in_full(found) == {bare_of(one): one for one in found[2:]}
    assert not any(name in bare_of(one) for one in found for name in ("Kim", "Robin", "Street", "@"))


def test_an_address_that_is_blank_is_nobody() -> None:
    blank = Address(email="robin@example.com")

    assert told(sold(billing=blank), sold())[0].endswith("before to nobody")
    assert told(sold(), sold(billing=blank))[0].startswith("Billed to nobody, before to Robin Example")
    gone = [replace(destination(), address=blank)]
    assert told(sold(addresses=[destination()]), sold(addresses=gone))[0].startswith("Delivered to nobody")
    assert told(sold(addresses=gone), sold(addresses=[destination()]))[0].endswith("before to nobody")


quantities = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 99)), min_size=1, max_size=6)


def of(pieces: list[tuple[int, int]]) -> CompleteOrder:
    lines = [
        line(f"sku-{place}", str(price), count, id=place + 1) for place, (count, price) in enumerate(pieces)
    ]
    return sold(*lines)


@given(quantities)
def test_no_order_differs_from_itself(pieces: list[tuple[int, int]]) -> None:
    assert told(of(pieces), of(pieces)) == []


@given(quantities, quantities)
def test_every_difference_of_the_total_is_told_and_none_where_it_is_the_same(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    kept, now = of(before), of(after)

    sentences = told(kept, now)

    moved = kept.order.total.inc_tax != now.order.total.inc_tax
    assert any(one.startswith("Total was") for one in sentences) == moved
    assert bool(sentences) == (before != after)
