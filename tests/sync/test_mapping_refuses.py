"""Orders that are refused or taken with care: exports, missing items, contradictions, odd quantities (SYNC §5)."""

from dataclasses import replace
from decimal import Decimal

from portal.money import ZERO
from portal.sync.orders import Taxed
from portal.sync.problems import Code
from portal.sync.rules import Catalogue
from tests.builders import (
    DISCOUNT_ID,
    SHIPPING_ID,
    catalogue,
    destination,
    including,
    item,
    line,
    order,
    tax_codes,
)
from tests.mapping_by_hand import codes, mapped, problems, rows


def test_goods_that_left_australia_take_the_export_code() -> None:
    complete = order(
        line(taxed=False),
        shipping=Taxed(ex_tax=Decimal(30), inc_tax=Decimal(30)),
        tax="0",
        addresses=[destination(country="New Zealand", country_code="NZ")],
    )
    assert rows(mapped(complete)) == [(1, "1", "11", "0", "G1,G2"), (SHIPPING_ID, "1", "30", "0", "G1,G2")]


def test_gst_charged_on_an_export_differs() -> None:
    assert codes(order(addresses=[destination(country="", country_code="NZ")])) == [Code.GST_DIFFERS]


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
    complete = order(line(price="100.00", inclusive=False), inclusive=False, coupon="10.00", total="105.00")
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


def test_a_quantity_that_is_no_whole_number_is_sent_as_one_with_a_note() -> None:
    half = replace(line(), quantity=Decimal("2.5"), price=including("4.00"), total=including("10.00"))
    result = mapped(order(half))
    assert rows(result) == [(1, "1", "10", "0", "G1")]
    assert "2.5 is no whole number" in result.notes[0]
