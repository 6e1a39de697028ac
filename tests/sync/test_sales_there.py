"""What Saasu has already, whoever put it there, is told in a preview and posted no second time (SYNC §7.7)."""

from typing import Any

import pytest

from portal.money import ZERO
from portal.sync.orders import CompleteOrder
from portal.sync.previewing import Listed, Previewed, Verdict, preview, unless_there
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


def lists(*rows: InvoiceSummary) -> Listed:
    """What Saasu lists, whatever is asked for."""
    return lambda _mark, _number: rows


def test_a_number_that_saasu_has_already_is_there_whoever_put_it_there() -> None:
    would = of(builders.order())
    there = unless_there(would, lists(listed(" sho120 ", "PO 7")))

    assert (there.tally.verdict, there.sale, there.bridge, there.tally.books_total) == (
        Verdict.EXISTS,
        None,
        None,
        None,
    )
    assert (there.tally.total, there.status) == (would.tally.total, would.status)


def test_a_sale_under_our_own_mark_was_posted_by_us_whatever_its_number() -> None:
    ours = unless_there(of(builders.order()), lists(listed("SHO120"), listed("X1", "BC-abc123-120 ")))

    assert ours.tally.verdict is Verdict.POSTED


def test_a_sale_is_looked_for_by_its_marker_and_its_number() -> None:
    asked: list[tuple[str, str]] = []

    def hears(mark: str, number: str) -> list[InvoiceSummary]:
        asked.append((mark, number))
        return []

    unless_there(of(builders.order()), hears)

    assert asked == [("BC-abc123-120", "SHO120")]


@pytest.mark.parametrize("others", [[], [listed("SHO12"), listed("", "BC-abc123-12")]])
def test_other_sales_of_the_file_change_nothing(others: list[InvoiceSummary]) -> None:
    would = of(builders.order())

    assert unless_there(would, lists(*others)) is would


def test_a_sale_without_a_number_of_ours_is_never_taken_for_another() -> None:
    numbered_by_saasu = of(builders.order(), prefix="")

    assert unless_there(numbered_by_saasu, lists(listed("<Auto Number>"))) is numbered_by_saasu


def test_an_order_that_would_not_post_is_not_looked_for() -> None:
    cancelled = of(builders.order(status_id=5))

    assert unless_there(cancelled, lists(listed("SHO120"))) is cancelled
