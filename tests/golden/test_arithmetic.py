"""What the golden files say is checked as an accountant checks it: from the file alone, without the product's code."""

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import pytest

from tests.golden.arithmetic import (
    CLOSE,
    decimals,
    exact_line,
    gst_of,
    half_away,
    in_cents,
    residuals,
    sale_gst,
    sale_total,
    unrounded_figures,
    whole_cents,
    worked_out,
    written_sums,
)
from tests.golden.case_files import Case, paths, read_case, variations

CASES = [read_case(path, variations(path)[0]) for path in paths()]
CHARGES = ("shipping_cost", "handling_cost", "wrapping_cost")
PARTS = ("Goods", "Discount", "Shipping", "Fees")

Posted = tuple[Case, dict[str, Any], dict[str, Any], dict[str, Any]]


def posted() -> list[Posted]:
    """Every order that is posted: its case, the shop's order, what is expected, the body of its sale."""
    found = []
    for case in CASES:
        for order, expected in zip(case.orders, case.expected, strict=True):
            sales = [one["body"] for one in expected["requests"] if one["request"] == "POST /Invoice"]
            if expected["state"] == "posted" and sales:
                found.append((case, order, expected, sales[-1]))
    return found


def taxed_codes(case: Case) -> list[str]:
    return [row["Code"] for row in case.saasu["tax_codes"] if Decimal(row["Rate"]) == Decimal("0.1")]


named = pytest.mark.parametrize(
    "one", [pytest.param(one, id=f"{one[0].name} {one[1]['order']['id']}") for one in posted()]
)
sound = pytest.mark.parametrize(
    "order",
    [
        pytest.param(order, id=f"{case.name} {order['order']['id']}")
        for case in CASES
        if case.adds_up
        for order in case.orders
    ],
)


@named
def test_the_lines_of_the_sale_add_up_to_what_the_customer_paid(one: Posted) -> None:
    _, order, _, sale = one
    assert sale_total(sale["LineItems"]) == whole_cents(order["order"]["total_inc_tax"])


@named
def test_the_gst_of_the_lines_is_the_one_of_the_bridge(one: Posted) -> None:
    case, order, expected, sale = one
    shop, books, difference = expected["bridge"]["GST"]
    assert sale_gst(sale["LineItems"], taxed_codes(case)) == in_cents(books)
    assert whole_cents(order["order"]["total_tax"]) == in_cents(shop)
    assert in_cents(difference) == in_cents(books) - in_cents(shop)


@named
def test_any_way_of_rounding_lines_gives_the_same_total(one: Posted) -> None:
    lines = one[3]["LineItems"]
    assert all(abs(rest) <= CLOSE for rest in residuals(lines))
    assert all(abs(rest) <= CLOSE for rest in accumulate(residuals(lines)))
    assert half_away(sum(map(exact_line, lines), Fraction(0))) == sale_total(lines)


@named
def test_no_figure_has_more_decimals_than_saasu_keeps(one: Posted) -> None:
    for line in one[3]["LineItems"]:
        assert decimals(line["Quantity"]) <= 3
        assert decimals(line["UnitPrice"]) <= 4
        assert decimals(line["PercentageDiscount"]) <= 2
        assert Decimal(line["Quantity"]) > 0
        assert 0 <= Decimal(line["PercentageDiscount"]) <= 100


@named
def test_both_sides_of_the_bridge_add_up_and_meet(one: Posted) -> None:
    _, order, expected, sale = one
    bridge = {name: [in_cents(amount) for amount in row] for name, row in expected["bridge"].items()}
    assert list(bridge) == [*PARTS, "Total", "GST"]
    for side in (0, 1):
        assert sum((bridge[name][side] for name in PARTS), Fraction(0)) == bridge["Total"][side]
    assert all(row[1] - row[0] == row[2] for row in bridge.values())
    assert all(bridge[name][2] == 0 for name in (*PARTS, "Total"))
    assert bridge["Total"][0] == whole_cents(order["order"]["total_inc_tax"])
    assert bridge["Total"][1] == sale_total(sale["LineItems"])
    assert bridge["Shipping"][0] == sum(whole_cents(order["order"][f"{name}_inc_tax"]) for name in CHARGES)


@named
def test_the_paragraph_comes_to_the_total(one: Posted) -> None:
    case, order, _, _ = one
    total = Fraction(whole_cents(order["order"]["total_inc_tax"]), 100)
    assert f"{Decimal(total.numerator) / Decimal(total.denominator):,.2f}" in case.what_happens


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_every_sum_written_in_the_paragraph_is_right(case: Case) -> None:
    for sides in written_sums(case.what_happens):
        values = {half_away(worked_out(side) * 100) for side in sides}
        assert len(values) == 1, " = ".join(sides)
    for rounded, exact in unrounded_figures(case.what_happens):
        assert whole_cents(exact.replace(",", "")) == in_cents(rounded.replace(",", "")), (rounded, exact)


def test_a_wrong_sum_would_be_noticed() -> None:
    text = "Goods 2 × 24.95 = 49.90, GST one eleventh = 4.54 (4.5364); 100.00 − 10.00 × 3 ÷ 4 + 1 = 93.50"
    assert written_sums(text) == [["2 × 24.95", "49.90"], ["100.00 − 10.00 × 3 ÷ 4 + 1", "93.50"]]
    assert [worked_out(side) for side in ("2 × 24.95", "100.00 − 10.00 × 3 ÷ 4 + 1")] == [
        Fraction("49.9"),
        Fraction("93.5"),
    ]
    assert unrounded_figures(text) == [("4.54", "4.5364")]
    assert sum(len(written_sums(case.what_happens)) for case in CASES) > 80


@named
def test_each_sale_has_the_header_the_document_asks_for(one: Posted) -> None:
    case, order, _, sale = one
    number = order["order"]["id"]
    prefix = case.connection["Order prefix"]
    wanted = {
        "TransactionType": "S",
        "InvoiceType": "Sale Order",
        "Layout": "I",
        "IsTaxInc": True,
        "Currency": "AUD",
        "InvoiceNumber": "<Auto Number>" if prefix == "none" else f"{prefix}{number}",
        "PurchaseOrderNumber": f"BC-{case.connection['Shop Code']}-{number}",
        "Summary": f"BigCommerce order #{number}",
        "Tags": ["BigCommerce"],
    }
    assert {name: sale[name] for name in wanted} == wanted
    assert not sale.keys() & {"QuickPayment", "DueDate", "EmailMessage", "SendEmailToContact", "AmountPaid"}


@sound
def test_the_shop_document_adds_up(order: dict[str, Any]) -> None:
    """BC §7 A, B, C and D, to the ten-thousandth."""
    total, products = order["order"], order["products"]
    charges = [*CHARGES, "subtotal"]
    less = Decimal(total["discount_amount"]) + Decimal(total["coupon_discount"])
    side = "inc_tax" if total["is_tax_inclusive_pricing"] else "ex_tax"
    assert Decimal(total["total_inc_tax"]) - Decimal(total["total_ex_tax"]) == Decimal(total["total_tax"])
    assert with_fees(order, charges, "tax") == Decimal(total["total_tax"])
    assert with_fees(order, charges, side) - less == Decimal(total[f"total_{side}"])
    assert sum(Decimal(row[f"total_{side}"]) for row in products) == Decimal(total[f"subtotal_{side}"])


def with_fees(order: dict[str, Any], parts: list[str], form: str) -> Decimal:
    """Parts of the order and its fees in one form, added up."""
    amounts = [order["order"][f"{name}_{form}"] for name in parts]
    amounts += [fee[f"cost_{form}"] for fee in order["fees"]]
    return sum(map(Decimal, amounts), Decimal(0))


@sound
def test_each_line_of_the_shop_is_quantity_times_price(order: dict[str, Any]) -> None:
    side = "inc_tax" if order["order"]["is_tax_inclusive_pricing"] else "ex_tax"
    for row in order["products"]:
        exact = Decimal(row["quantity"]) * Decimal(row[f"price_{side}"])
        assert exact == Decimal(row[f"total_{side}"])
        assert Decimal(row["price_inc_tax"]) - Decimal(row["price_ex_tax"]) == Decimal(row["price_tax"])


def test_gst_is_one_eleventh_rounded_and_free_lines_have_none() -> None:
    line = {"Quantity": 2, "UnitPrice": Decimal("24.95"), "PercentageDiscount": 0, "TaxCode": "G1"}
    assert gst_of(line, ["G1"]) == 454
    assert gst_of(line | {"TaxCode": "G1,G3"}, ["G1"]) == 0
    assert half_away(Fraction(-1, 2)) == -1
    assert half_away(Fraction(1, 2)) == 1
