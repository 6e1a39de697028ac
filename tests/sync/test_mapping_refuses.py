"""Orders that are refused or taken with care: exports, missing items, contradictions, odd quantities (SYNC §5)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portal.money import ZERO
from portal.sync.goods import pick_goods
from portal.sync.items import Shelf
from portal.sync.mapping import NotMapped, assemble
from portal.sync.orders import OrderLine, Taxed
from portal.sync.pricing import price_order
from portal.sync.problems import Code
from portal.sync.rules import Catalogue
from portal.sync.tax import TaxTable
from portal.sync.totals import read_totals
from tests.builders import (
    DISCOUNT_ID,
    SHIPPING_ID,
    catalogue,
    destination,
    including,
    item,
    line,
    order,
    rules,
    tax_codes,
)
from tests.mapping_by_hand import SHOP, codes, mapped, problems, rows


def test_goods_that_left_australia_take_the_export_code() -> None:
    complete = order(
        line(taxed=False),
        shipping=Taxed(ex_tax=Decimal(30), inc_tax=Decimal(30)),
        tax="0",
        addresses=[destination(country="New Zealand", country_code="NZ")],
    )
    assert rows(mapped(complete)) == [(1, "1", "11", "0", "G1,G2"), (SHIPPING_ID, "1", "30", "0", "G1,G2")]


def test_gst_charged_on_an_export_differs() -> None:
    [found] = problems(order(addresses=[destination(country="", country_code="NZ")]))
    assert found.code is Code.GST_DIFFERS
    assert found.sentence == (
        "Order #120: GST differs: the shop charged 1.00, Saasu would compute 0.00; "
        "goods left Australia, which is free of GST"
    )


@pytest.mark.parametrize("name", ["shipping", "handling", "wrapping"])
def test_negative_shipping_is_unreadable(name: str) -> None:
    charged: dict[str, Any] = {"shipping": "9.00", name: "-1.00"}
    [found] = problems(order(**charged))
    assert found.code is Code.ORDER_UNREADABLE
    assert found.sentence == "Order #120: shipping, handling or wrapping is negative"


def test_a_negative_discount_is_no_surcharge() -> None:
    assert codes(order(discount="-1.00")) == [Code.TOTALS_DIFFER]


def test_a_sale_that_would_miss_the_total_is_never_sent() -> None:
    complete = order()
    totals = replace(read_totals(complete), total=Decimal("11.01"))
    picked = pick_goods(complete, rules(), Shelf.of(SHOP.items), TaxTable(rules(), SHOP))
    priced = price_order(picked.goods, [], read_totals(complete), on_item=False, own_discounts=False)
    result = assemble(complete, rules(), SHOP, totals, priced, None, ())
    assert isinstance(result, NotMapped)
    assert result.problems[0].code is Code.TOTALS_DIFFER
    assert result.problems[0].sentence == (
        "Order #120: Total differs: Saasu would compute 11.00, the order says 11.01"
    )
    assert result.bridge is not None
    assert result.bridge.span("Total").difference == Decimal("-0.01")


def test_every_missing_sku_is_reported_once_in_the_documents_words() -> None:
    complete = order(line("sh-hoodie-with-logo"), line("gone"), line("sh-hoodie-with-logo"), id=999)
    assert [problem.sentence for problem in problems(complete)] == [
        "Order #999: Unable to find product with BigCommerce sku/code=sh-hoodie-with-logo",
        "Order #999: Unable to find product with BigCommerce sku/code=gone",
    ]


def test_problems_of_all_kinds_come_together() -> None:
    complete = order(line("gone"), line(""), shipping="9.00")
    assert codes(complete, shipping_item=None) == [
        Code.ITEM_NOT_FOUND,
        Code.LINE_WITHOUT_SKU,
        Code.SHIPPING_ITEM_MISSING,
    ]


def test_a_problem_of_goods_and_of_shipping_alike_is_told_once() -> None:
    complete = order(
        line(taxed=False),
        shipping=including("9.00", taxed=False),
        tax="0",
        addresses=(destination(country="New Zealand", country_code="NZ"),),
    )
    home = catalogue(item("tea-250"), codes=tax_codes()[:2])
    assert [problem.sentence for problem in problems(complete, home)] == [
        "Order #120: the Saasu file has no active sale tax code G1,G2"
    ]


def test_a_sku_in_another_case_finds_its_item() -> None:
    assert rows(mapped(order(line(" TEA-250 ")))) == [(1, "1", "11", "0", "G1")]


def test_totals_that_contradict_each_other_are_not_posted() -> None:
    found = problems(order(total="10.99"))
    assert found[0].code is Code.TOTALS_DIFFER
    assert (
        found[0].sentence
        == "Order #120: Total differs: goods, charges and discount come to 11.00, the order says 10.99"
    )


def test_lines_that_miss_the_subtotal_are_named_as_goods() -> None:
    complete = order(line(), line("mug", "8.25"))
    short = replace(complete, lines=complete.lines[:1])
    assert problems(short)[0].sentence == (
        "Order #120: Goods differ: the lines come to 11.00, the order's subtotal is 19.25"
    )


def test_a_discount_that_the_total_does_not_show_is_refused() -> None:
    complete = order(line(price="100.00", inclusive=False), inclusive=False, coupon="10.00", tax="15.00")
    found = problems(complete)
    assert found[0].code is Code.TOTALS_DIFFER
    assert "Discount differs" in found[0].sentence


def test_an_order_ex_gst_whose_total_is_too_large_is_refused() -> None:
    complete = order(line(price="100.00", inclusive=False), inclusive=False, total="112.00")
    assert codes(complete) == [Code.TOTALS_DIFFER]


def test_an_incomplete_order_is_never_mapped() -> None:
    assert codes(order(complete=False)) == [Code.INCOMPLETE_READ]


def test_an_order_without_items_is_refused() -> None:
    assert codes(replace(order(), lines=())) == [Code.INCOMPLETE_READ]
    assert codes(order(line("", "0"))) == [Code.INCOMPLETE_READ]


def test_gst_may_differ_by_rounding_and_is_shown() -> None:
    result = mapped(order(line(price="11.00"), tax="1.01"))
    assert result.bridge.span("GST").difference == Decimal("-0.01")
    assert codes(order(line(price="11.00"), tax="1.02")) == [Code.GST_DIFFERS]


def test_gst_rounded_per_unit_may_differ_by_half_a_cent_a_unit() -> None:
    each = Taxed(ex_tax=Decimal("0.45"), inc_tax=Decimal("0.50"), tax=Decimal("0.05"))
    many = Taxed(ex_tax=Decimal("45.00"), inc_tax=Decimal("50.00"), tax=Decimal("5.00"))
    sold = replace(line(quantity=100), price=each, total=many)
    result = mapped(order(sold, tax="5.00"))
    assert result.bridge.span("GST").books == Decimal("4.55")


def test_a_file_that_is_not_registered_has_no_codes_and_no_gst() -> None:
    result = mapped(order(shipping="11.00"), tax_registered=False)
    assert [sold.tax_code for sold in result.sale.lines] == [None, None]
    assert result.bridge.span("GST").books == ZERO
    assert "not registered for GST" in result.notes[0]


def test_a_discount_item_that_is_gone_is_not_passed_over() -> None:
    found = problems(order(discount="1.00"), discount_item=555)
    assert found[0].sentence == "Order #120: the Discount Item is no longer in the file"
    closed = Catalogue((item("tea-250"), item("DISC", DISCOUNT_ID, is_sold=False)), tax_codes())
    assert codes(order(), closed, discount_item=DISCOUNT_ID) == [Code.ITEM_UNUSABLE]


def test_a_line_that_comes_to_odd_cents_becomes_two_sale_lines_at_most() -> None:
    many = replace(line(quantity=3), price=including("3.3367"), total=including("10.01"))
    result = mapped(order(many))
    assert rows(result) == [(1, "2", "3.34", "0", "G1"), (1, "1", "3.33", "0", "G1")]


def cloth(quantity: str, price: str, total: str) -> OrderLine:
    """A product sold by the metre."""
    return replace(line(), quantity=Decimal(quantity), price=including(price), total=including(total))


def test_a_quantity_of_up_to_three_decimals_is_sent_as_it_is() -> None:
    result = mapped(order(cloth("2.5", "4.00", "10.00")))
    assert (rows(result), result.notes) == ([(1, "2.5", "4", "0", "G1")], ())
    assert rows(mapped(order(cloth("0.125", "8.00", "1.00")))) == [(1, "0.125", "8", "0", "G1")]
    reduced = mapped(order(cloth("2.5", "4.00", "10.00"), discount="1.00"))
    assert rows(reduced) == [(1, "2.5", "4", "10", "G1")]
    assert rows(mapped(order(cloth("2.5", "4.00", "10.00"), discount="10.00"))) == [
        (1, "2.5", "4", "100", "G1")
    ]


def test_a_quantity_whose_line_would_miss_its_cent_is_sent_as_one_with_a_note() -> None:
    result = mapped(order(cloth("333.333", "0.99", "329.99")))
    assert rows(result) == [(1, "1", "329.99", "0", "G1")]
    assert result.notes == ("Product tea-250: a quantity of 333.333 cannot be kept, sent as 1.",)


def test_a_quantity_of_more_than_three_decimals_is_sent_as_one_with_a_note() -> None:
    result = mapped(order(cloth("2.3333", "3.00", "7.00"), discount="0.70"))
    assert rows(result) == [(1, "1", "7", "10", "G1")]
    assert "a quantity of 2.3333 cannot be kept" in result.notes[0]


def test_a_quantity_of_decimals_in_whole_cents_has_a_price_of_whole_cents_or_is_one() -> None:
    metre = mapped(order(cloth("2.5", "4.00", "10.00"), discount="1.00"), whole_cent_prices=True)
    assert rows(metre) == [(1, "2.5", "3.6", "0", "G1")]
    odd = mapped(order(cloth("2.5", "4.00", "10.00"), discount="1.01"), whole_cent_prices=True)
    assert rows(odd) == [(1, "1", "8.99", "0", "G1")]
    nothing = mapped(order(cloth("2.5", "4.00", "10.00"), discount="10.00"), whole_cent_prices=True)
    assert rows(nothing) == [(1, "2.5", "0", "0", "G1")]
