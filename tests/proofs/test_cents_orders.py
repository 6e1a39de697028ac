"""The orders that `prove cents` makes up: the same for the same seed, of every kind, and sound unless they say otherwise."""

from decimal import Decimal
from typing import Any

import pytest

from proofs._cents_orders import Drawn, drawn, is_half_cent, is_long
from proofs._cents_shops import SHOPS
from sandbox.bigcommerce import orders
from sandbox.bigcommerce.specs import read_order
from sandbox.bigcommerce.wire import Numbers
from sandbox.clock import moment
from tests.proofs.sides import side_of

NOW = moment("2026-02-02T01:00:00Z")


def some(count: int, seed: int = 1) -> list[Drawn]:
    return [drawn(seed, number, SHOPS[number % len(SHOPS)]) for number in range(count)]


def documents(order: Drawn) -> dict[str, Any]:
    shop = SHOPS[order.number % len(SHOPS)]
    return orders.documents(read_order(order.spec, NOW), "proof", Numbers(), inclusive=shop.inclusive)


def test_the_same_seed_makes_the_same_orders_and_another_seed_others() -> None:
    assert some(40) == some(40)
    assert some(40) != some(40, seed=2)


def test_every_kind_of_discount_charge_and_flaw_is_among_them() -> None:
    made = some(1500)
    specs = [order.spec for order in made]
    lines = [line for spec in specs for line in spec["lines"]]
    coupons = [coupon for spec in specs for coupon in spec.get("coupons", [])]
    assert {coupon["kind"] for coupon in coupons} == {0, 1, 2, 3, 4, 5}
    assert {spec["shipping_coupons"] for spec in specs if "shipping_coupons" in spec} == {
        "reduced",
        "counted",
        "both",
    }
    assert all(
        any(name in spec for spec in specs)
        for name in ("manual_discount", "automatic_discount", "fees", "gift_certificate", "store_credit")
    )
    assert all(
        any(name in line for line in lines) for name in ("discount", "wrapping", "children", "options")
    )
    assert {order.flaw for order in made} == {"", "total", "totals", "discount", "item", "tax", "rate"}
    assert max(line.get("quantity", 1) for line in lines) > 9_000
    assert max(Decimal(line["price"]) for line in lines) > 90_000
    assert 0.02 < sum(not order.sound for order in made) / len(made) < 0.06


def test_long_orders_have_a_line_of_nothing_in_the_fifty_first_place() -> None:
    long = [order for order in some(400) if is_long(order.number)]
    assert len(long) == 4
    assert all(len(order.spec["lines"]) > 50 and order.spec["lines"][50]["price"] == "0.00" for order in long)


def test_half_cent_orders_end_in_half_a_cent_above_an_even_one() -> None:
    totals = [documents(order)["order"]["total_inc_tax"] for order in some(400) if is_half_cent(order.number)]
    assert len(totals) == 8
    assert all(total[-2:] == "50" and int(total[-3]) % 2 == 0 for total in totals)


@pytest.mark.parametrize("seed", [1, 2])
def test_sound_orders_add_up_in_their_basis(seed: int) -> None:
    for order in some(400, seed):
        shop = SHOPS[order.number % len(SHOPS)]
        if not order.sound or order.spec.get("shipping_coupons") == "both":
            continue
        side = side_of(documents(order))
        basis = "inc" if shop.inclusive else "ex"
        parts = sum(Decimal(line[f"total_{basis}_tax"]) for line in side.lines)
        parts += sum(charge[basis] for charge in side.charges())
        parts += sum(Decimal(fee[f"cost_{basis}_tax"]) for fee in side.fees)
        less = Decimal(side.order["discount_amount"]) + Decimal(side.order["coupon_discount"])
        assert abs(parts - less - Decimal(side.order[f"total_{basis}_tax"])) < Decimal("0.001"), order.number
