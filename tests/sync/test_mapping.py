"""Orders of Australian shops mapped by hand: what stands in Saasu for each, to the cent (SYNC §5)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.money import ZERO
from portal.sync.bridge import predict
from portal.sync.mapping import sale_order
from portal.sync.orders import Coupon, Fee, Taxed
from portal.sync.problems import Code
from portal.sync.rules import Catalogue
from portal.sync.sale_orders import AUTO_NUMBER
from tests.builders import (
    DISCOUNT_ID,
    FEE_ID,
    SHIPPING_ID,
    including,
    item,
    line,
    order,
    tax_codes,
)
from tests.mapping_by_hand import RATES, codes, mapped, problems, row, rows


def test_one_taxed_line_becomes_one_sale_line() -> None:
    result = mapped(order())
    assert rows(result) == [(1, "1", "11", "0", "G1")]
    assert result.bridge.span("GST").books == Decimal("1.00")
    assert result.notes == ()


def test_the_header_says_where_the_order_came_from() -> None:
    sale = mapped(order(customer_message=" Ring the bell ")).sale
    assert (sale.number, sale.marker) == ("SHO120", "BC-abc123-120")
    assert (sale.summary, sale.notes) == ("BigCommerce order #120", "Ring the bell")
    assert sale.on == date(2026, 3, 3)


def test_without_a_prefix_saasu_numbers_the_sale() -> None:
    assert mapped(order(), prefix="").sale.number == AUTO_NUMBER


def test_contacts_and_a_delivery_note_are_added_to_the_sale() -> None:
    sale = sale_order(mapped(order(customer_message="Ring")), 7, 8, "Deliver to: Kim")
    assert (sale.billing_contact_id, sale.shipping_contact_id) == (7, 8)
    assert sale.notes == "Ring\n\nDeliver to: Kim"


def test_several_lines_keep_their_order_options_and_quantities() -> None:
    tea = line(options=("Size: Large", "Grind: Fine"), name="Tea")
    result = mapped(order(tea, line("mug", "8.25", 4), shipping="9.90"))
    assert rows(result) == [
        (1, "1", "11", "0", "G1"),
        (2, "4", "8.25", "0", "G1"),
        (SHIPPING_ID, "1", "9.9", "0", "G1"),
    ]
    assert result.sale.lines[0].description == "Tea, Size: Large, Grind: Fine"


def test_a_coupon_becomes_a_percentage_on_every_line() -> None:
    complete = order(
        line(price="40.00"),
        line("mug", "60.00"),
        coupon="10.00",
        coupons=[Coupon(code="WINTER10", kind=1, discount=Decimal(10))],
    )
    result = mapped(complete)
    assert rows(result) == [(1, "1", "40", "10", "G1"), (2, "1", "60", "10", "G1")]
    assert result.bridge.span("Discount").books == Decimal("-10.00")


def test_discount_and_coupon_are_both_taken_off() -> None:
    complete = order(line(price="100.00"), discount="5.00", coupon="5.00")
    result = mapped(complete)
    assert rows(result) == [(1, "1", "100", "10", "G1")]


def test_a_discount_of_odd_cents_is_shared_by_largest_remainder() -> None:
    complete = order(line(price="10.00"), line("mug", "10.00"), line("pot", "10.00"), discount="1.00")
    result = mapped(complete)
    totals = [predict([sold], RATES)[0] for sold in result.sale.lines]
    assert totals == [Decimal("9.66"), Decimal("9.67"), Decimal("9.67")]


def test_the_shops_own_amounts_count_always_where_somebody_chose_so() -> None:
    complete = order(line(price="40.00", applied=["10.00"]), line("mug", "60.00"), coupon="10.00")
    assert rows(mapped(complete)) == [(1, "1", "40", "10", "G1"), (2, "1", "60", "10", "G1")]
    result = mapped(complete, own_discounts=True)
    assert rows(result) == [(1, "1", "40", "25", "G1"), (2, "1", "60", "0", "G1")]
    assert result.notes == ()


def test_a_discount_goes_into_prices_of_whole_cents_where_somebody_chose_so() -> None:
    complete = order(line(price="10.00", quantity=3), shipping="10.00", discount="31.99")
    result = mapped(complete, whole_cent_prices=True)
    assert rows(result) == [(1, "3", "0", "0", "G1"), (SHIPPING_ID, "1", "8.01", "0", "G1")]
    split = mapped(order(line(price="10.00", quantity=3), discount="5.00"), whole_cent_prices=True)
    assert rows(split) == [(1, "1", "8.34", "0", "G1"), (1, "2", "8.33", "0", "G1")]
    assert split.notes == ()


def test_with_a_discount_item_the_whole_discount_stands_on_it() -> None:
    result = mapped(order(line(price="40.00", quantity=2), discount="7.35"), discount_item=DISCOUNT_ID)
    assert rows(result) == [(1, "2", "40", "0", "G1"), (DISCOUNT_ID, "1", "-7.35", "0", "G1")]
    assert result.bridge.span("GST").books == Decimal("6.60")


def test_the_discount_item_has_one_line_a_tax_code() -> None:
    complete = order(
        line(price="60.00", applied=["6.00"]),
        line("honey", "40.00", taxed=False, applied=["4.00"]),
        discount="10.00",
        tax="4.91",
    )
    result = mapped(complete, discount_item=DISCOUNT_ID)
    assert rows(result)[2:] == [(DISCOUNT_ID, "1", "-6", "0", "G1"), (DISCOUNT_ID, "1", "-4", "0", "G1,G3")]


def test_an_order_without_discount_has_no_discount_line() -> None:
    assert rows(mapped(order(), discount_item=DISCOUNT_ID)) == [(1, "1", "11", "0", "G1")]


def test_taxed_and_free_goods_mix() -> None:
    result = mapped(order(line(), line("honey", "20.00", taxed=False), tax="1.00"))
    assert rows(result) == [(1, "1", "11", "0", "G1"), (3, "1", "20", "0", "G1,G3")]


def test_in_a_mixed_order_the_shops_own_amounts_are_used_and_said() -> None:
    complete = order(
        line(price="55.00", applied=["11.00"]),
        line("honey", "45.00", taxed=False),
        coupon="11.00",
        tax="4.00",
    )
    result = mapped(complete)
    assert rows(result) == [(1, "1", "55", "20", "G1"), (3, "1", "45", "0", "G1,G3")]
    assert "the discount the shop gave it" in result.bridge.notes[0]


def test_a_mixed_order_whose_discount_nobody_attributes_differs_in_gst() -> None:
    complete = order(line(price="55.00"), line("honey", "45.00", taxed=False), coupon="11.00", tax="4.00")
    found = problems(complete)
    assert [problem.code for problem in found] == [Code.GST_DIFFERS]
    assert found[0].sentence == "Order #120: GST differs: the shop charged 4.00, Saasu would compute 4.45"


def test_a_mixed_order_whose_lines_tell_their_totals_after_discount_needs_no_attribution() -> None:
    tea = replace(line(price="55.00"), discounted_total_inc_tax=Decimal("44.00"))
    honey = replace(line("honey", "45.00", taxed=False), discounted_total_inc_tax=Decimal("45.00"))
    result = mapped(order(tea, honey, coupon="11.00", tax="4.00"))
    assert rows(result) == [(1, "1", "55", "20", "G1"), (3, "1", "45", "0", "G1,G3")]


def test_a_shipping_coupon_that_counts_in_a_mixed_order_comes_off_the_shipping() -> None:
    complete = order(
        line(price="55.00", applied=["11.00"]),
        line("honey", "45.00", taxed=False),
        shipping="11.00",
        coupon="16.50",
        coupons=[
            Coupon(code="TEN", kind=0, discount=Decimal("11.00")),
            Coupon(code="HALFSHIP", kind=3, discount=Decimal("5.50")),
        ],
        tax="4.50",
    )
    assert rows(mapped(complete)) == [
        (1, "1", "55", "20", "G1"),
        (3, "1", "45", "0", "G1,G3"),
        (SHIPPING_ID, "1", "11", "50", "G1"),
    ]


def test_a_shipping_coupon_that_counts_without_gst_is_grossed_up() -> None:
    complete = order(
        line(price="50.00", inclusive=False, applied=["10.00"]),
        line("honey", "45.00", taxed=False, inclusive=False),
        inclusive=False,
        shipping="10.00",
        coupon="15.00",
        coupons=[Coupon(code="HALFSHIP", kind=3, discount=Decimal("5.00"))],
        tax="4.50",
    )
    assert rows(mapped(complete))[2] == (SHIPPING_ID, "1", "11", "50", "G1")


def test_a_coupon_keeps_its_worth_to_the_cent_where_prices_have_parts_of_cents() -> None:
    jars = replace(line(quantity=3), price=including("3.3367"), total=including("10.0101"))
    complete = order(jars, line("mug", "9.9950"), coupon="2.00")
    result = mapped(complete)
    assert result.bridge.span("Discount").shop == Decimal("-2.00")
    assert result.bridge.span("Goods").shop == Decimal("20.01")
    assert result.bridge.span("Total").books == Decimal("18.01")


def test_charges_with_parts_of_cents_are_rounded_together() -> None:
    part = Taxed(ex_tax=Decimal("3.0309"), inc_tax=Decimal("3.3340"), tax=Decimal("0.3031"))
    result = mapped(order(shipping=part, handling=part, wrapping=part, tax="1.91"))
    assert rows(result)[1:] == [(SHIPPING_ID, "1", "10", "0", "G1")]


def test_a_discount_beyond_goods_and_shipping_goes_to_the_fees() -> None:
    fee = Fee(name="Card fee", cost=including("2.00"))
    result = mapped(order(line(price="11.00"), shipping="10.00", fees=[fee], coupon="22.00"))
    assert rows(result) == [
        (1, "1", "11", "100", "G1"),
        (SHIPPING_ID, "1", "10", "100", "G1"),
        (FEE_ID, "1", "2", "50", "G1"),
    ]


def test_a_fee_that_is_a_rebate_is_a_negative_line() -> None:
    rebate = Fee(name="Loyalty", cost=including("-2.20"))
    result = mapped(order(line(price="11.00"), fees=[rebate], coupon="1.10"))
    assert rows(result) == [(1, "1", "11", "10", "G1"), (FEE_ID, "1", "-2.2", "0", "G1")]


@pytest.mark.parametrize(("status", "noted"), [(4, True), (14, True), (11, False)])
def test_a_refunded_order_is_posted_whole_with_a_note(status: int, noted: bool) -> None:
    result = mapped(order(status_id=status))
    assert rows(result) == [(1, "1", "11", "0", "G1")]
    note = "The shop refunded this order, wholly or in part; the refund is not in this sale."
    assert result.notes == ((note,) if noted else ())


def test_shipping_handling_and_wrapping_are_one_charge() -> None:
    result = mapped(order(shipping="9.00", handling="2.00", wrapping="1.00"))
    assert rows(result)[1:] == [(SHIPPING_ID, "1", "12", "0", "G1")]


def test_shipping_taxed_in_part_is_split_eleven_times_the_tax() -> None:
    freight = Taxed(ex_tax=Decimal("9.40"), inc_tax=Decimal("10.00"), tax=Decimal("0.60"))
    result = mapped(order(line(), line("honey", "8.00", taxed=False), shipping=freight, tax="1.60"))
    assert rows(result)[2:] == [(SHIPPING_ID, "1", "6.6", "0", "G1"), (SHIPPING_ID, "1", "3.4", "0", "G1,G3")]


def test_free_shipping_takes_the_free_code() -> None:
    free = Taxed(ex_tax=Decimal(10), inc_tax=Decimal(10))
    assert rows(mapped(order(shipping=free, tax="1.00")))[1:] == [(SHIPPING_ID, "1", "10", "0", "G1,G3")]


def test_shipping_taxed_above_ten_percent_is_not_guessed() -> None:
    strange = Taxed(ex_tax=Decimal(8), inc_tax=Decimal(10), tax=Decimal(2))
    assert codes(order(shipping=strange, tax="3.00")) == [Code.TAX_RATE_UNKNOWN]


def test_a_missing_shipping_item_is_named_with_the_amount() -> None:
    found = problems(order(shipping="9.00"), shipping_item=None)
    assert found[0].code is Code.SHIPPING_ITEM_MISSING
    assert found[0].sentence == "Order #120: 9.00 is charged for shipping, but no Shipping Item is chosen"


def test_free_delivery_needs_no_shipping_item() -> None:
    assert len(mapped(order(), shipping_item=None).sale.lines) == 1


def test_a_shipping_item_that_is_inactive_is_unusable() -> None:
    closed = Catalogue((item("tea-250"), item("SHIP", SHIPPING_ID, is_active=False)), tax_codes())
    assert codes(order(shipping="9.00"), closed) == [Code.ITEM_UNUSABLE]


def test_fees_stand_on_the_fee_item() -> None:
    result = mapped(order(fees=[Fee(name="Card fee", cost=including("1.10"))]))
    assert rows(result)[1:] == [(FEE_ID, "1", "1.1", "0", "G1")]


def test_a_missing_fee_item_is_named() -> None:
    assert codes(order(fees=[Fee(name="Card fee", cost=including("1.10"))]), fee_item=None) == [
        Code.FEE_ITEM_MISSING
    ]


def test_fees_that_are_not_in_the_total_are_left_out_with_a_note() -> None:
    complete = replace(order(), fees=(Fee(name="Card fee", cost=including("1.10")),))
    result = mapped(complete)
    assert len(result.sale.lines) == 1
    assert result.notes == ("The order lists fees but adds up without them; they were left out.",)


def test_a_shop_that_prices_without_gst_is_posted_inclusive() -> None:
    complete = order(
        line(price="9.95", quantity=2, inclusive=False),
        line("mug", "20.00", inclusive=False),
        inclusive=False,
    )
    result = mapped(complete)
    assert rows(result) == [(1, "2", "10.945", "0", "G1"), (2, "1", "22", "0", "G1")]
    assert result.bridge.span("Total").books == Decimal("43.89")
    assert result.bridge.span("GST").difference == ZERO


def test_a_coupon_in_a_shop_without_gst_is_grossed_up() -> None:
    complete = order(line(price="100.00", inclusive=False), inclusive=False, coupon="10.00")
    result = mapped(complete)
    assert rows(result) == [(1, "1", "110", "10", "G1")]
    assert result.bridge.span("Discount").shop == Decimal("-11.00")
    assert "without GST" in result.bridge.span("Discount").words


def test_own_amounts_of_a_mixed_order_without_gst_are_grossed_up() -> None:
    complete = order(
        line(price="50.00", inclusive=False, applied=["10.00"]),
        line("honey", "45.00", taxed=False, inclusive=False),
        inclusive=False,
        coupon="10.00",
        tax="4.00",
    )
    assert rows(mapped(complete)) == [(1, "1", "55", "20", "G1"), (3, "1", "45", "0", "G1,G3")]


def test_cents_that_rounding_leaves_over_go_to_the_lines_it_treated_worst() -> None:
    lines = [line("tea-250", "1.05", inclusive=False), line("mug", "1.05", inclusive=False)]
    complete = order(*lines, inclusive=False, tax="0.21")
    result = mapped(complete)
    assert result.bridge.span("Total").books == Decimal("2.31")
    assert [row(sold)[2] for sold in result.sale.lines] == ["1.15", "1.16"]


def test_an_order_that_adds_up_only_in_the_other_basis_is_taken_with_a_note() -> None:
    complete = order(line(price="100.00"), discount="10.00")
    result = mapped(replace(complete, order=replace(complete.order, is_tax_inclusive=False)))
    assert result.notes == (
        "The order adds up only with GST-inclusive amounts, although the shop says otherwise.",
    )


@pytest.mark.parametrize("inclusive", [True, False])
def test_without_a_word_on_the_basis_the_one_that_adds_up_is_used(inclusive: bool) -> None:
    complete = order(line(price="100.00", inclusive=inclusive), inclusive=inclusive, discount="10.00")
    result = mapped(replace(complete, order=replace(complete.order, is_tax_inclusive=None)))
    assert result.notes == ()
    assert row(result.sale.lines[0])[3] == "10"


def test_a_free_order_is_posted_at_a_hundred_percent() -> None:
    result = mapped(order(line(price="11.00", quantity=3), coupon="33.00"))
    assert rows(result) == [(1, "3", "11", "100", "G1")]
    assert result.bridge.span("Total").books == ZERO


def test_a_discount_beyond_the_goods_goes_to_shipping() -> None:
    result = mapped(order(line(price="11.00"), shipping="10.00", coupon="16.00"))
    assert rows(result) == [(1, "1", "11", "100", "G1"), (SHIPPING_ID, "1", "10", "50", "G1")]


def test_a_discount_beyond_everything_is_refused() -> None:
    assert codes(order(line(price="11.00"), discount="12.00", total="-1.00", tax="-0.09")) == [
        Code.TOTALS_DIFFER
    ]


def test_a_shipping_coupon_that_counts_twice_is_accepted_with_a_note() -> None:
    complete = order(line(price="22.00"), coupons=[Coupon(code="SHIPFREE", kind=4, discount=Decimal("9.00"))])
    result = mapped(replace(complete, order=replace(complete.order, coupon_discount=Decimal("9.00"))))
    assert rows(result) == [(1, "1", "22", "0", "G1")]
    assert "A shipping coupon worth 9.00" in result.notes[0]
