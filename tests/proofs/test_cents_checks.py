"""The checks of `prove cents`: each finds its own fault, and nothing in a sale that is right."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from proofs._cents_checks import allowance, expected_shares, faults, lay, split
from proofs._cents_shops import Shop
from proofs._cents_sides import Row, ShopSide, cents, included_lines
from proofs._cents_verdict import verdict
from proofs._product import Kept
from tests.proofs.sides import line, sale, shop_side, sold

SHOP = Shop(place=1, file=1, inclusive=True, discount_item=False, prefix="S")
ON_ITEM = replace(SHOP, discount_item=True)
THREE = [line("A", "10.00"), line("B", "10.00"), line("C", "10.00")]


def checks(side: ShopSide, found: Row, shop: Shop = SHOP) -> list[str]:
    return [check for check, _ in faults(side, found, shop)]


def kept(state: str, *codes: str) -> Kept:
    return Kept(order_id=100, state=state, codes=codes, reason="", number="S100", words="words")


def verdicts(sales: Sequence[Row], told: Kept | None, *, sound: bool = True) -> list[str]:
    side = shop_side(line("A", "11.00", tax="1.00"), total="11.00", tax="1.00")
    return [check for check, _ in verdict(side, SHOP, sales, told, sound=sound)]


GOOD = sale(sold("A", "11.00"), total="11.00", tax="1.00")


def test_a_sale_that_is_right_has_no_fault() -> None:
    assert checks(shop_side(line("A", "11.00", tax="1.00"), total="11.00", tax="1.00"), GOOD) == []


def test_a_cent_too_much_is_found() -> None:
    side = shop_side(line("A", "11.00", tax="1.00"), total="11.00", tax="1.00")
    found = sale(sold("A", "11.01"), total="11.01", tax="1.00")
    assert checks(side, found) == ["total", "shares", "share"]


def test_the_shops_total_is_rounded_half_away_from_zero() -> None:
    assert (cents(Decimal("0.145")), cents(Decimal("0.1449")), cents(Decimal("-0.145"))) == (15, 14, -15)


def test_gst_may_differ_by_half_a_cent_a_taxed_line_of_either_side() -> None:
    side = shop_side(
        line("A", "11.00", tax="1.00"), line("B", "11.00", tax="1.00"), total="22.00", tax="2.00"
    )
    lines = [sold("A", "11.00"), sold("B", "11.00")]
    assert allowance(side, lines) == 2
    assert checks(side, sale(*lines, total="22.00", tax="2.02")) == []
    assert checks(side, sale(*lines, total="22.00", tax="2.03")) == ["gst"]


def test_tax_by_the_unit_allows_half_a_cent_a_unit() -> None:
    by_unit = line("A", "30.00", quantity=5, tax="2.50")
    assert allowance(shop_side(by_unit, total="30.00"), [sold("A", "30.00", 5)]) == Decimal("3.5")


def test_a_file_without_gst_has_none() -> None:
    side = shop_side(line("A", "11.00", tax="1.00"), total="11.00", tax="1.00")
    unregistered = replace(SHOP, registered=False)
    assert checks(side, sale(sold("A", "11.00"), total="11.00", tax="0"), unregistered) == []
    assert checks(side, GOOD, unregistered) == ["gst"]


def test_a_line_that_is_missing_is_found_although_it_costs_nothing() -> None:
    free = line("B", "0", quantity=2)
    side = shop_side(line("A", "11.00"), free, total="11.00")
    assert checks(side, sale(sold("A", "11.00"), total="11.00")) == ["lines"]
    assert checks(side, sale(sold("A", "11.00"), sold("B", "0", 2), total="11.00")) == []
    assert checks(side, sale(sold("A", "11.00"), sold("B", "0", 1), total="11.00")) == ["lines"]


def test_a_line_may_stand_in_two_parts_and_not_in_three() -> None:
    side = shop_side(line("A", "11.00", quantity=3), total="11.00")
    assert lay(side, [sold("A", "7.00", 2), sold("A", "4.00")]) is not None
    assert lay(side, [sold("A", "4.00"), sold("A", "4.00"), sold("A", "3.00")]) is None


def test_the_remainder_on_the_last_line_is_found() -> None:
    side = shop_side(*THREE, total="28.99", discount="1.01")
    right = [sold("A", "9.66"), sold("B", "9.66"), sold("C", "9.67")]
    last = [sold("A", "9.67"), sold("B", "9.67"), sold("C", "9.65")]
    assert checks(side, sale(*right, total="28.99")) == []
    assert checks(side, sale(*last, total="28.99")) == ["share", "share", "share"]


def test_a_discount_item_takes_it_all_and_leaves_the_lines_alone() -> None:
    side = shop_side(*THREE, total="28.99", discount="1.01")
    goods = [sold("A", "10.00"), sold("B", "10.00"), sold("C", "10.00")]
    assert checks(side, sale(*goods, sold("DISCOUNT", "-1.01"), total="28.99"), ON_ITEM) == []
    assert checks(side, sale(*goods, sold("DISCOUNT", "-1.00"), total="28.99"), ON_ITEM) == ["shares"]


def test_shares_go_by_largest_remainder_with_ties_in_order_of_the_lines() -> None:
    assert split(101, [1000, 1000, 1000]) == [34, 34, 33]
    assert split(5, [0, 0]) == [5, 0]


def test_what_exceeds_the_goods_falls_on_shipping() -> None:
    side = shop_side(line("A", "10.00"), total="3.00", shipping="5.00", discount="12.00")
    laid = lay(side, [sold("A", "0", 1)])
    assert laid is not None
    assert expected_shares(laid, 1200, SHOP) == ([1000], 200)


def test_the_shops_own_amounts_count_where_rates_mix() -> None:
    taxed = line("A", "50.00", applied_discounts=[{"amount": "5.00"}])
    side = shop_side(taxed, line("B", "50.00", taxed=False), total="95.00", discount="5.00")
    laid = lay(side, [sold("A", "45.00"), sold("B", "50.00", code="G1,G3")])
    assert laid is not None
    assert expected_shares(laid, 500, SHOP) == ([500, 0], 0)
    assert expected_shares(laid, 500, replace(SHOP, registered=False)) == ([250, 250], 0)


def test_a_sound_order_that_is_kept_out_is_found_whatever_the_reason() -> None:
    assert verdicts([], kept("failed", "TOTALS_DIFFER")) == ["refused sound"]
    assert verdicts([], kept("failed", "TOTALS_DIFFER"), sound=False) == []
    assert verdicts([], kept("failed"), sound=False) == ["no reason"]
    assert verdicts([], None, sound=False) == ["no reason"]


def test_the_ledger_and_saasu_must_agree() -> None:
    assert verdicts([GOOD], kept("posted")) == []
    assert verdicts([GOOD], kept("failed", "GST_DIFFERS")) == ["ledger", "complained"]
    assert verdicts([], kept("posted")) == ["ledger", "no reason", "refused sound"]
    assert verdicts([GOOD, GOOD], kept("posted")) == ["twice"]
    assert verdicts([GOOD], kept("posted"), sound=False) == ["posted contradicting"]


def test_lines_within_an_order_count_only_where_none_were_left_out() -> None:
    grouped = {
        "pickups": [],
        "shipping": [{"line_items": [{"id": 2, "quantity": 1}]}],
        "downloads": [],
        "email": {},
    }
    assert included_lines({"consignments": grouped}) == [{"id": 2, "quantity": 1}]
    cut = {**grouped, "shipping": [{"line_items": [{"id": 2, "quantity": 1}], "__warning__": {}}]}
    assert included_lines({"consignments": cut}) is None
    assert included_lines({"consignments": {"url": "x", "resource": "y"}}) is None
    assert included_lines({}) is None
