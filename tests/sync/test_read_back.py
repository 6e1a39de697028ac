"""A posted order as Saasu has it, against what it had to come to (SYNC §7.8)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import CENT
from portal.sync.bridge import Bridge, Figures, Span
from portal.sync.problems import Code
from portal.sync.read_back import compare
from portal.sync.sale_orders import InvoiceSummary

EXPECTED = Figures(Decimal("120.00"), Decimal("10.91"))
whole_cents = st.decimals("0", "99999.99", places=2)


def listed(total: str | Decimal | None, tax: str | Decimal | None) -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=7,
        number="SHO120",
        purchase_order_number="BC-abc123-120",
        invoice_type="Sale Order",
        total=None if total is None else Decimal(total),
        tax=None if tax is None else Decimal(tax),
    )


@pytest.mark.parametrize(
    ("total", "tax"), [("120.00", "10.91"), ("120.0000", "10.910"), ("120.00", None), ("120", None)]
)
def test_the_same_total_and_gst_are_no_problem(total: str, tax: str | None) -> None:
    assert compare(120, EXPECTED, listed(total, tax)) == ()


def test_another_total_is_named_beside_the_one_it_should_be() -> None:
    (problem,) = compare(120, EXPECTED, listed("119.99", "10.91"))

    assert (problem.code, problem.subject) == (Code.POSTED_TOTAL_DIFFERS, "SHO120")
    assert problem.sentence == (
        "Order #120: Saasu shows $119.99 with GST $10.91 for SHO120; it should be $120.00 with GST $10.91"
    )


def test_gst_alone_that_differs_is_named_as_well() -> None:
    (problem,) = compare(120, EXPECTED, listed("120.00", "10.90"))

    assert problem.sentence == (
        "Order #120: Saasu shows $120.00 with GST $10.90 for SHO120; it should be $120.00 with GST $10.91"
    )


def test_gst_that_saasu_does_not_tell_is_not_spoken_of() -> None:
    (problem,) = compare(120, EXPECTED, listed("1234.50", None))

    assert problem.sentence == "Order #120: Saasu shows $1,234.50 for SHO120; it should be $120.00"


def test_a_total_that_saasu_does_not_tell_is_no_difference() -> None:
    assert compare(120, EXPECTED, listed(None, "10.91")) == ()


def test_nothing_is_said_where_it_is_not_known_what_the_sale_had_to_come_to() -> None:
    assert compare(120, None, listed("1.00", "0.09")) == ()


@given(whole_cents, whole_cents, st.integers(-5, 5), st.integers(-5, 5), st.booleans())
def test_a_single_cent_is_enough_and_nothing_less_is_a_problem(
    total: Decimal, tax: Decimal, more: int, more_tax: int, told: bool
) -> None:
    row = listed(total + more * CENT, tax + more_tax * CENT if told else None)

    found = compare(120, Figures(total, tax), row)

    assert bool(found) == (more != 0 or (told and more_tax != 0))


def test_a_bridge_tells_both_sides_figures() -> None:
    bridge = Bridge(
        spans=(
            Span(name="Total", shop=Decimal("120.00"), books=Decimal("119.99")),
            Span(name="GST", shop=Decimal("10.92"), books=Decimal("10.91")),
        )
    )

    assert bridge.shop == Figures(Decimal("120.00"), Decimal("10.92"))
    assert bridge.books == Figures(Decimal("119.99"), Decimal("10.91"))
