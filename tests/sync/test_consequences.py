"""What a change in the shop means for an order that is in Saasu: both sides' figures, and the step to take by hand (SYNC §2)."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import CENT
from portal.sync.bridge import Bridge, Figures, Span
from portal.sync.consequences import changes_of, remembered, step
from portal.sync.orders import CompleteOrder, Taxed
from portal.sync.ports import Changes, OrderRecord, State
from portal.sync.rules import STATUSES, SYNCED_BY_DEFAULT
from tests.builders import address, line, order

HOODIES = line("hoodie", "60.00", 2, name="Hoodie")
NAMES = {status.id: status.name for status in STATUSES}
SALE = "Sale Order SHO120 ($120.00 with GST $10.91)"


def sold(*lines: Any, status: int = 11, **more: Any) -> CompleteOrder:
    return order(*(lines or (HOODIES,)), id=120, status_id=status, status=NAMES[status], **more)


def bridge(total: str = "120.00", tax: str = "10.91", shop_tax: str | None = None) -> Bridge:
    return Bridge(
        spans=(
            Span(name="Total", shop=Decimal(total), books=Decimal(total)),
            Span(name="GST", shop=Decimal(shop_tax or tax), books=Decimal(tax)),
        )
    )


def record(**more: Any) -> OrderRecord:
    values: dict[str, Any] = {
        "id": "record 120",
        "order_id": 120,
        "state": State.POSTED,
        "created_at": datetime(2026, 3, 2, tzinfo=UTC),
        "modified_at": datetime(2026, 3, 2, tzinfo=UTC),
        "number": "SHO120",
        "bridge": bridge(),
        "status": "Awaiting Fulfilment",
        "status_id": 11,
        "total": Decimal("120.00"),
    }
    return OrderRecord(**(values | more))


def changed(now: CompleteOrder, kept: CompleteOrder | None = None, **more: Any) -> Changes:
    return changes_of(record(**more), kept or sold(), now, SYNCED_BY_DEFAULT)


def means(now: CompleteOrder, kept: CompleteOrder | None = None, **more: Any) -> list[str]:
    return list(changed(now, kept, **more).means)


@pytest.mark.parametrize("status", [2, 3, 8, 9, 10])
def test_an_order_that_goes_its_usual_way_means_nothing_for_the_books(status: int) -> None:
    found = changed(sold(status=status))

    assert found.what == (f"Status changed from Awaiting Fulfilment to {NAMES[status]}",)
    assert found.means == ()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (4, f"Refunded in the shop after it was posted: take {SALE} back in Saasu by hand."),
        (5, f"Cancelled in the shop after it was posted: cancel or delete {SALE} in Saasu by hand."),
        (6, f"Declined in the shop after it was posted: cancel or delete {SALE} in Saasu by hand."),
        (
            13,
            f"Disputed in the shop after it was posted: leave {SALE} until that is decided, and look again then.",
        ),
        (
            14,
            (
                f"Partly refunded in the shop after it was posted: reduce {SALE} in Saasu by what was refunded; "
                "the order in the shop shows how much."
            ),
        ),
        (
            7,
            f"Awaiting Payment is not among the statuses that are synced: check whether {SALE} still stands.",
        ),
        (
            12,
            f"Manual Verification Required is not among the statuses that are synced: check whether {SALE} still stands.",
        ),
    ],
)
def test_an_order_that_is_questioned_says_what_to_do_in_saasu(status: int, sentence: str) -> None:
    assert means(sold(status=status)) == [sentence]


@pytest.mark.parametrize("status", [4, 5, 6, 13, 14])
def test_an_order_that_stands_again_asks_for_a_look_at_the_sale(status: int) -> None:
    assert means(sold(status=10), sold(status=status)) == [
        f"No longer {NAMES[status]}: check that {SALE} stands in Saasu."
    ]


def test_a_status_that_is_trouble_already_at_posting_means_nothing_new() -> None:
    assert changed(sold(status=5), sold(status=5)) == Changes()


def test_an_order_archived_when_it_was_done_with_means_nothing() -> None:
    assert means(sold(status=10, is_deleted=True), sold(status=10)) == []
    assert means(sold(status=2, is_deleted=True), sold(status=2)) == []
    assert means(sold(status=11), sold(status=11, is_deleted=True)) == []


def test_an_order_archived_before_it_was_completed_may_be_no_sale() -> None:
    assert means(sold(status=11, is_deleted=True)) == [
        "Archived before it was completed: if the sale did not take place, cancel or delete Sale Order SHO120 in Saasu by hand."
    ]
    assert len(means(sold(status=5, is_deleted=True))) == 1


def test_another_total_names_both_sides_and_the_step() -> None:
    assert means(sold(line("hoodie", "60.00", 1, name="Hoodie"))) == [
        (
            "Saasu shows $120.00 with GST $10.91; the shop now says $60.00 with GST $5.45: "
            "reduce Sale Order SHO120 by $60.00 and its GST by $5.46."
        )
    ]


def test_what_saasu_showed_when_it_was_read_back_is_what_counts() -> None:
    here = sold(line("hoodie", "60.00", 1, name="Hoodie"))

    assert means(here, books=Figures(Decimal("119.99"), Decimal("10.91")))[0].startswith(
        "Saasu shows $119.99 with GST $10.91; "
    )
    assert means(here, books=Figures(Decimal("119.99"), Decimal("10.90")))[0].startswith(
        "Saasu shows $119.99 with GST $10.90; "
    )
    assert means(here, books=Figures(Decimal("119.99")))[0].startswith(
        "Saasu shows $119.99 with GST $10.91; "
    )
    assert means(here, books=Figures(Decimal("119.99")), bridge=None)[0].startswith("Saasu shows $119.99; ")


def test_where_nothing_is_known_of_saasus_figures_only_the_shops_are_told() -> None:
    assert means(sold(line("hoodie", "60.00", 1, name="Hoodie")), bridge=None) == [
        "The shop now says $60.00 with GST $5.45: compare Sale Order SHO120 in Saasu."
    ]
    assert means(sold(status=5), bridge=None)[0].endswith(
        "cancel or delete Sale Order SHO120 in Saasu by hand."
    )


def test_gst_of_a_file_that_is_not_registered_is_not_spoken_of() -> None:
    here = sold(line("hoodie", "60.00", 1, name="Hoodie"))

    assert means(here, bridge=bridge(tax="0.00", shop_tax="10.91")) == [
        "Saasu shows $120.00; the shop now says $60.00 with GST $5.45: reduce Sale Order SHO120 by $60.00."
    ]
    free = sold(line("hoodie", "60.00", 1, taxed=False, name="Hoodie"), tax=0)
    kept = sold(line("hoodie", "60.00", 2, taxed=False, name="Hoodie"), tax=0)
    assert means(free, kept, bridge=bridge(tax="0.00"))[0].startswith("Saasu shows $120.00 with GST $0.00; ")


def test_gst_alone_is_moved_alone() -> None:
    now = sold(HOODIES, tax="0.00", total="120.00")

    assert means(now) == [
        (
            "Saasu shows $120.00 with GST $10.91; the shop now says $120.00 with GST $0.00: "
            "reduce the GST of Sale Order SHO120 by $10.91."
        )
    ]


def test_lines_that_change_under_the_same_total_concern_the_stock() -> None:
    now = sold(line("hoodie-red", "60.00", 2, name="Hoodie"))

    assert means(now) == [
        "Total and GST stay the same: change the lines of Sale Order SHO120 in Saasu, so that its stock is right."
    ]


def test_a_discount_that_only_moves_within_the_same_total_concerns_the_lines() -> None:
    now = sold(line("hoodie", "66.00", 2, name="Hoodie"), discount="12.00")

    assert means(now) == [
        (
            "Saasu shows $120.00 with GST $10.91; the shop now says $120.00 with GST $10.91: "
            "total and GST of Sale Order SHO120 stay as they are, only its lines change."
        )
    ]


def test_another_address_is_corrected_by_hand_if_it_still_matters() -> None:
    assert means(sold(billing=address(city="Perth"))) == [
        "Sale Order SHO120 in Saasu names the former customer or address: correct it there if it still matters."
    ]


@pytest.mark.parametrize("status", [4, 5, 6])
def test_a_sale_that_is_to_be_taken_back_is_not_to_be_corrected_as_well(status: int) -> None:
    now = sold(line("hoodie", "60.00", 1, name="Hoodie"), status=status, billing=address(city="Perth"))

    found = changed(now)

    assert len(found.means) == 1
    assert len(found.what) == 5
    assert len(means(sold(line("cap", "60.00", 2), status=status))) == 1


def test_a_disputed_order_whose_total_changed_says_both() -> None:
    found = means(sold(line("hoodie", "60.00", 1, name="Hoodie"), status=13))

    assert [words.split()[0] for words in found] == ["Disputed", "Saasu"]


def test_a_sale_that_somebody_else_put_into_saasu_is_only_to_be_compared() -> None:
    found = changed(sold(status=5, billing=address(city="Perth")), state=State.EXISTS)

    assert found.means == (
        "Cartledger did not post Sale Order SHO120: compare it with the order as it is now.",
    )
    assert len(found.what) == 2
    assert changed(sold(status=10), state=State.EXISTS).means == ()


def test_without_the_kept_order_the_record_still_tells_total_and_status() -> None:
    now = sold(line("hoodie", "60.00", 1, name="Hoodie"), status=5, billing=address(city="Perth"))

    found = changes_of(record(), None, now, SYNCED_BY_DEFAULT)

    assert found.what == (
        "Status changed from Awaiting Fulfilment to Cancelled",
        "Total was $120.00 and is now $60.00",
        "GST was $10.91 and is now $5.45",
    )
    assert found.means[0].startswith("Cancelled in the shop")
    archived = changes_of(record(), None, sold(is_deleted=True), SYNCED_BY_DEFAULT)
    assert archived.what == ("Archived in the shop",)
    assert changes_of(record(bridge=None), None, now, SYNCED_BY_DEFAULT).what[1:] == ()


def test_the_total_that_a_record_remembers_adds_up() -> None:
    now = sold(line("hoodie", "60.00", 1, name="Hoodie"), status=5)

    before = remembered(record(), now, SYNCED_BY_DEFAULT)

    assert before.order.total == Taxed(
        ex_tax=Decimal("109.09"), inc_tax=Decimal("120.00"), tax=Decimal("10.91")
    )
    assert before.lines == now.lines


def test_a_kept_text_of_another_order_counts_as_none() -> None:
    other = replace(sold(), order=replace(sold().order, id=0))

    assert changed(sold(), other) == Changes()


def test_a_status_in_which_nothing_is_posted_came_after_the_post() -> None:
    found = changes_of(record(status="Cancelled", status_id=5), None, sold(status=5), SYNCED_BY_DEFAULT)

    assert found.what == ("Status changed from the one it was posted with to Cancelled",)
    assert found.means == (
        f"Cancelled in the shop after it was posted: cancel or delete {SALE} in Saasu by hand.",
    )


@pytest.mark.parametrize(
    ("books", "shop", "words"),
    [
        (("120.00", "10.91"), ("60.00", "5.45"), "reduce it by $60.00 and its GST by $5.46"),
        (("60.00", "5.45"), ("1120.00", "101.82"), "raise it by $1,060.00 and its GST by $96.37"),
        (("120.00", "0.00"), ("110.00", "10.00"), "reduce it by $10.00 and raise its GST by $10.00"),
        (("110.00", "10.00"), ("120.00", "0.00"), "raise it by $10.00 and reduce its GST by $10.00"),
        (("110.00", "10.00"), ("100.00", "10.00"), "reduce it by $10.00"),
        (("110.00", None), ("100.00", "9.09"), "reduce it by $10.00"),
        (("110.00", "10.00"), ("110.00", "0.00"), "reduce the GST of it by $10.00"),
        (("110.00", "0.00"), ("110.00", "10.00"), "raise the GST of it by $10.00"),
        (
            ("110.00", "10.00"),
            ("110.00", "10.00"),
            "total and GST of it stay as they are, only its lines change",
        ),
    ],
)
def test_the_step_says_which_way_each_figure_moves(
    books: tuple[str, str | None], shop: tuple[str, str], words: str
) -> None:
    def figures(pair: tuple[str, str | None]) -> Figures:
        return Figures(Decimal(pair[0]), None if pair[1] is None else Decimal(pair[1]))

    assert step(figures(books), figures(shop), "it") == words


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_the_step_always_names_the_exact_difference(books: int, shop: int) -> None:
    words = step(Figures(books * CENT, Decimal(1)), Figures(shop * CENT, Decimal(1)), "it")

    if books == shop:
        assert "stay as they are" in words
    else:
        way = "raise" if shop > books else "reduce"
        assert words == f"{way} it by ${abs(shop - books) * CENT:,.2f}"
