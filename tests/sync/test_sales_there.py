"""What Saasu has already, whoever put it there, is told in a preview and posted no second time (SYNC §7.7)."""

from typing import Any

import pytest

from portal.money import ZERO
from portal.sync.orders import CompleteOrder
from portal.sync.previewing import Previewed, SalesThere, Verdict, preview, unless_there
from portal.sync.sale_orders import InvoiceSummary
from tests import builders


def of(complete: CompleteOrder, **rules: Any) -> Previewed:
    return preview(complete, builders.rules(**rules), builders.catalogue())


def listed(number: str, mark: str = "") -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=1,
        number=number,
        purchase_order_number=mark,
        invoice_type="Tax Invoice",
        total=ZERO,
        tax=None,
    )


def test_a_number_that_saasu_has_already_is_there_whoever_put_it_there() -> None:
    would = of(builders.order())
    there = unless_there(would, SalesThere.of([listed(" sho120 ", "PO 7")], 10))

    assert (there.tally.verdict, there.sale, there.bridge, there.tally.books_total) == (
        Verdict.EXISTS,
        None,
        None,
        None,
    )
    assert (there.tally.total, there.status) == (would.tally.total, would.status)


def test_a_sale_under_our_own_mark_was_posted_by_us_whatever_its_number() -> None:
    ours = unless_there(of(builders.order()), SalesThere.of([listed("X1", "bc-ABC123-120 ")], 10))

    assert ours.tally.verdict is Verdict.POSTED


@pytest.mark.parametrize("others", [[], [listed("SHO12"), listed("", "BC-abc123-12")]])
def test_other_sales_of_the_file_change_nothing(others: list[InvoiceSummary]) -> None:
    would = of(builders.order())

    assert unless_there(would, SalesThere.of(others, 10)) is would


def test_a_sale_without_a_number_of_ours_is_never_taken_for_another() -> None:
    numbered_by_saasu = of(builders.order(), prefix="")

    assert unless_there(numbered_by_saasu, SalesThere.of([listed("<Auto Number>")], 10)) is numbered_by_saasu


def test_an_order_that_would_not_post_is_not_looked_for() -> None:
    cancelled = of(builders.order(status_id=5))

    assert unless_there(cancelled, SalesThere.of([listed("SHO120")], 10)) is cancelled


def test_more_sales_than_are_looked_through_are_told_of() -> None:
    rows = [listed("A"), listed("B"), listed("C")]

    assert SalesThere.of(rows, 3).whole
    assert not SalesThere.of(rows, 2).whole
    assert SalesThere.of(rows, 2).numbers == {"a", "b"}


def test_of_a_listing_no_more_is_read_than_tells_that_there_are_too_many() -> None:
    rows = iter([listed(number) for number in "ABCDE"])

    found = SalesThere.of(rows, 2)

    assert (found.whole, set(found.numbers)) == (False, {"a", "b"})
    assert [row.number for row in rows] == ["D", "E"]
