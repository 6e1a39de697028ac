"""Generated orders add up as real ones do: identities A to F of BC §7, in both bases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.bigcommerce import generator, orders
from sandbox.bigcommerce.pricing import shares
from sandbox.bigcommerce.specs import GST, ZERO, CouponSpec, Destination, LineSpec, OrderSpec, blank_address
from sandbox.bigcommerce.wire import Numbers
from sandbox.catalogue import CATALOGUES
from sandbox.world import Habits, named

START = datetime(2026, 3, 1, tzinfo=UTC)
LIVELY = Habits(
    foreign_currency=5,
    line_without_sku=5,
    custom_line=10,
    wrapping=25,
    handling=30,
    manual_discount=30,
    automatic_discount=30,
    coupon=60,
    second_address=30,
)


def _generated(count: int, inclusive: bool) -> list[dict[str, Any]]:
    store = named("demo", START).stores[0]
    made = []
    for number in range(count):
        catalogue = list(CATALOGUES)[number % len(CATALOGUES)]
        lively = replace(store, catalogue=catalogue, tax_inclusive=inclusive, habits=LIVELY)
        spec = generator.order(lively, START + timedelta(minutes=number), number)
        made.append(orders.documents(spec, "identities", Numbers(), inclusive=inclusive))
    return made


def _amount(document: dict[str, Any], name: str) -> Decimal:
    return Decimal(document[name])


def _sum(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), ZERO)


@pytest.mark.parametrize("inclusive", [True, False], ids=["inclusive", "exclusive"])
def test_identities_hold_for_five_hundred_generated_orders(inclusive: bool) -> None:
    for made in _generated(500, inclusive):
        order, lines = made["order"], made["products"]
        basis = "inc" if inclusive else "ex"
        _check_totals(order, basis)
        assert _sum(lines, "total_inc_tax") == _amount(order, "subtotal_inc_tax")
        assert _sum(lines, "total_ex_tax") == _amount(order, "subtotal_ex_tax")
        assert _sum(lines, "total_tax") == _amount(order, "subtotal_tax")
        for line in lines:
            _check_line(line, basis)
        applied = [one for line in lines for one in line["applied_discounts"]]
        assert _sum(applied, "amount") == _amount(order, "discount_amount") + _amount(
            order, "coupon_discount"
        )


def _check_totals(order: dict[str, Any], basis: str) -> None:
    parts = ("subtotal", "shipping_cost", "handling_cost", "wrapping_cost")
    assert _amount(order, "total_inc_tax") - _amount(order, "total_ex_tax") == _amount(order, "total_tax")
    assert sum(_amount(order, f"{part}_tax") for part in parts) == _amount(order, "total_tax")
    before = sum(_amount(order, f"{part}_{basis}_tax") for part in parts)
    discounts = _amount(order, "discount_amount") + _amount(order, "coupon_discount")
    assert _amount(order, f"total_{basis}_tax") == before - discounts
    assert _amount(order, "total_inc_tax") >= 0


def _check_line(line: dict[str, Any], basis: str) -> None:
    quantity = line["quantity"]
    assert _amount(line, f"total_{basis}_tax") == _amount(line, f"price_{basis}_tax") * quantity
    other = "ex" if basis == "inc" else "inc"
    drift = abs(_amount(line, f"total_{other}_tax") - _amount(line, f"price_{other}_tax") * quantity)
    assert drift <= Decimal("0.00005") * (quantity + 1)
    applied = _sum(line["applied_discounts"], "amount")
    tax = _amount(line, "total_tax") if basis == "ex" else ZERO
    assert _amount(line, "discounted_total_inc_tax") == _amount(line, f"total_{basis}_tax") - applied + tax
    assert _amount(line, "price_tax") == _amount(line, "price_inc_tax") - _amount(line, "price_ex_tax")


def test_the_generated_orders_have_every_kind_of_thing_in_them() -> None:
    made = _generated(500, inclusive=True)
    lines = [line for one in made for line in one["products"]]
    assert {coupon["type"] for one in made for coupon in one["coupons"]} == {0, 1, 2, 3, 4, 5}
    assert {line["type"] for line in lines} == {"physical", "digital"}
    assert any(line["sku"] == "" for line in lines)
    assert any(line["product_id"] == 0 and line["sku"] for line in lines)
    assert any(line["parent_order_product_id"] for line in lines)
    assert any(len(one["shipping_addresses"]) == 2 for one in made)
    assert any(not one["shipping_addresses"] for one in made)
    assert len({one["order"]["default_currency_code"] for one in made}) > 2
    assert any(Decimal(one["order"]["gift_certificate_amount"]) for one in made)
    assert any(Decimal(one["order"]["wrapping_cost_inc_tax"]) for one in made)
    assert any(Decimal(line["price_tax"]) == 0 < Decimal(line["price_inc_tax"]) for line in lines)


def test_tax_is_taken_after_the_discount_and_rounded_on_the_line() -> None:
    # Ten at 250.00 with 5.5 % tax in the price and 100.00 off, much like order 519 of BC §7: 2400 × 5.5 / 105.5 = 125.118.
    line = LineSpec(sku="BULK", name="Bulk", price=Decimal(250), quantity=10, rate=Decimal("5.5"))
    spec = OrderSpec(created=START, lines=(line,), billing=blank_address(), manual_discount=Decimal(100))
    made = orders.documents(spec, "bulk", Numbers())
    row = made["products"][0]
    assert (row["price_ex_tax"], row["total_ex_tax"], row["total_tax"]) == (
        "236.9668",
        "2369.6682",
        "125.1200",
    )
    assert row["discounted_total_inc_tax"] == "2400.0000"
    assert made["order"]["total_inc_tax"] == "2400.0000"


def test_an_exclusive_order_comes_to_figures_worked_out_by_hand() -> None:
    # 2 × 15.25 = 30.50, less 10 % = 27.45; tax 2.745 → 2.75; post 9.00 with 0.90: 27.45 + 9 + 3.65 = 40.10.
    line = LineSpec(sku="A", name="A", price=Decimal("15.25"), quantity=2)
    spec = OrderSpec(
        created=START,
        lines=(line,),
        billing=blank_address(),
        destinations=(Destination(address=blank_address(), cost=Decimal(9)),),
        coupons=(CouponSpec(code="TEN", kind=1, amount=Decimal(10)),),
    )
    order = orders.documents(spec, "exclusive", Numbers(), inclusive=False)["order"]
    assert (order["total_ex_tax"], order["total_tax"], order["total_inc_tax"]) == (
        "36.4500",
        "3.6500",
        "40.1000",
    )
    assert (order["subtotal_inc_tax"], order["coupon_discount"]) == ("33.5500", "3.0500")


def test_shares_add_up_and_ties_go_to_the_first() -> None:
    assert shares(Decimal("0.05"), [GST, GST, GST]) == [Decimal("0.02"), Decimal("0.02"), Decimal("0.01")]
    assert shares(Decimal("1.00"), [ZERO, ZERO]) == [ZERO, ZERO]


@pytest.mark.parametrize(
    ("mode", "shipping", "coupon", "total"),
    [
        ("reduced", "4.0000", "0.0000", "26.0000"),
        ("counted", "10.0000", "6.0000", "26.0000"),
        ("both", "4.0000", "6.0000", "26.0000"),
    ],
)
def test_a_shipping_coupon_is_written_in_the_way_that_was_chosen(
    mode: str, shipping: str, coupon: str, total: str
) -> None:
    destination = Destination(address=blank_address(), cost=Decimal(10))
    spec = OrderSpec(
        created=START,
        lines=(LineSpec(sku="A", name="A", price=Decimal(22)),),
        billing=blank_address(),
        destinations=(destination,),
        coupons=(CouponSpec(code="POST", kind=3, amount=Decimal(6)),),
        shipping_coupons=mode,
    )
    order = orders.documents(spec, "shipping", Numbers())["order"]
    assert order["base_shipping_cost"] == "10.0000"
    assert (order["shipping_cost_inc_tax"], order["coupon_discount"], order["total_inc_tax"]) == (
        shipping,
        coupon,
        total,
    )


@pytest.mark.parametrize(("mode", "tax"), [("reduced", "0.3600"), ("counted", "0.3600"), ("both", "0.3600")])
def test_tax_on_shipping_is_taken_after_the_coupon_wherever_the_coupon_is_counted(
    mode: str, tax: str
) -> None:
    spec = OrderSpec(
        created=START,
        lines=(LineSpec(sku="A", name="A", price=Decimal(22)),),
        billing=blank_address(),
        destinations=(Destination(address=blank_address(), cost=Decimal(10)),),
        coupons=(CouponSpec(code="POST", kind=3, amount=Decimal(6)),),
        shipping_coupons=mode,
    )
    order = orders.documents(spec, "shipping", Numbers())["order"]
    assert (order["shipping_cost_tax"], order["total_tax"]) == (tax, "2.3600")


@pytest.mark.parametrize(
    ("rounding", "tax", "total"),
    [("line", "0.1300", "1.5300"), ("unit", "0.1200", "1.5200"), ("order", "0.1400", "1.5400")],
)
def test_tax_is_rounded_on_the_line_the_unit_or_once_for_the_order(
    rounding: str, tax: str, total: str
) -> None:
    # 3 × 0.24, 0.34 and 0.34 without tax: by the line 0.07 + 0.03 + 0.03, by the unit 3 × 0.02 + 0.03 + 0.03, once 0.14.
    lines = tuple(
        LineSpec(sku=f"A{place}", name="A", price=Decimal(price), quantity=quantity)
        for place, (price, quantity) in enumerate((("0.24", 3), ("0.34", 1), ("0.34", 1)))
    )
    spec = OrderSpec(created=START, lines=lines, billing=blank_address(), tax_rounding=rounding)
    order = orders.documents(spec, "rounding", Numbers(), inclusive=False)["order"]
    assert (order["total_tax"], order["total_inc_tax"]) == (tax, total)


def test_the_same_seed_makes_the_same_orders() -> None:
    assert _generated(20, True) == _generated(20, True)
