"""How a sale in Saasu is told to be an order's (SYNC §7.5, §7.7)."""

from typing import Any

import pytest

from portal.sync.known_sales import Found, found_there, orders_named
from portal.sync.sale_orders import AUTO_NUMBER, InvoiceSummary, number_for
from tests import builders

OURS = "BC-abc123-120"


def listed(number: str = "", mark: str = "", invoice_id: int = 77) -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=invoice_id,
        number=number,
        purchase_order_number=mark,
        invoice_type="Sale Order",
        total=None,
        tax=None,
    )


def test_the_sale_with_the_marker_is_ours_also_behind_one_with_the_number() -> None:
    theirs, ours = listed("SHO120", "PO 7", 1), listed("X9", f" {OURS} ", 2)

    assert found_there(OURS, "SHO120", [theirs, ours]) == Found(ours, ours=True)
    assert found_there(OURS, "SHO120", [theirs]) == Found(theirs, ours=False)


def test_of_several_with_the_number_the_first_counts() -> None:
    first, second = listed(" sho120 ", "", 1), listed("SHO120", "", 2)

    assert found_there(OURS, "SHO120", [listed("SHO12"), first, second]) == Found(first, ours=False)


@pytest.mark.parametrize("number", ["", AUTO_NUMBER])
def test_a_number_that_is_not_ours_to_give_finds_nothing(number: str) -> None:
    assert found_there(OURS, number, [listed(number)]) is None


@pytest.mark.parametrize(
    ("row", "rules", "ids"),
    [
        (listed(mark=OURS), {}, {120}),
        (listed(mark=f" {OURS} "), {}, {120}),
        (listed(mark="BC-abc123-"), {}, set()),
        (listed(mark="BC-abc123-12x"), {}, set()),
        (listed(mark="BC-abc124-120"), {}, set()),
        (listed(mark="PO BC-abc123-120"), {}, set()),
        (listed("SHO120"), {}, {120}),
        (listed(" sho120"), {"prefix": "Sho"}, {120}),
        (listed("SHO121", OURS), {}, {120, 121}),
        (listed("120"), {}, set()),
        (listed("120"), {"prefix": ""}, set()),
        (listed("SHO" + "1" * 18), {}, {int("1" * 18)}),
        (listed("SHO" + "1" * 19), {}, set()),
        (listed("SHO١٢٠"), {}, set()),
        (listed("SHO²"), {}, set()),
    ],
)
def test_a_sale_names_an_order_by_its_marker_and_by_its_number(
    row: InvoiceSummary, rules: dict[str, Any], ids: set[int]
) -> None:
    assert orders_named(row, builders.rules(**rules)) == ids


def test_a_number_is_prefix_and_id_or_saasus_own() -> None:
    assert number_for("SHO", 120) == "SHO120"
    assert number_for("", 120) == "<Auto Number>"
