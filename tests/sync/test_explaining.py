"""Each figure of the bridge explained in words, for both sides (issue 3 item 5, SYNC §5 To the cent)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.orders import AppliedDiscount, CompleteOrder, Coupon, Fee, OrderLine, Taxed
from tests.builders import DISCOUNT_ID, destination, including, line, order
from tests.mapping_by_hand import mapped

FREIGHT = Taxed(ex_tax=Decimal("9.40"), inc_tax=Decimal("10.00"), tax=Decimal("0.60"))


def words(complete: CompleteOrder, name: str, **setting: Any) -> str:
    return mapped(complete, **setting).bridge.span(name).words


def coupon(code: str, worth: str, kind: int = 1) -> Coupon:
    return Coupon(code=code, kind=kind, discount=Decimal(worth))


def test_goods_are_listed_with_quantity_and_price_and_add_up() -> None:
    assert words(order(line(quantity=2)), "Goods") == "2 × Product tea-250 11.00"
    several = order(line(price="60.00", quantity=2), line("mug", "8.25", 4))
    assert words(several, "Goods") == "Goods 153.00 = 2 × Product tea-250 60.00 + 4 × Product mug 8.25"


def test_the_fourth_line_and_those_after_it_are_told_together() -> None:
    three = order(*(line(price=f"{number}.00") for number in range(1, 4)))
    assert words(three, "Goods").endswith("= " + " + ".join(f"1 × Product tea-250 {n}.00" for n in (1, 2, 3)))
    four = order(*(line(price=f"{number}.00") for number in range(1, 5)))
    six = order(*(line(price=f"{number}.00") for number in range(1, 7)))
    assert words(four, "Goods").endswith("1 × Product tea-250 3.00 + 1 more line 4.00")
    assert words(six, "Goods").endswith("1 × Product tea-250 3.00 + 3 more lines 15.00")
    assert words(order(line(), line("mug", "0")), "Goods") == "1 × Product tea-250 11.00"


def test_a_line_that_quantity_times_price_does_not_give_tells_its_total() -> None:
    thirds = replace(line(quantity=3), price=including("3.3367"), total=including("10.01"))
    assert words(order(thirds), "Goods") == (
        "3 × Product tea-250 3.3367 (10.01); in Saasu 1 line in two parts, to come to the cent"
    )
    bulk = replace(line("tea-250", "0.125", 8), name="A name of more than forty letters, which is cut here")
    assert words(order(bulk), "Goods") == "8 × A name of more than forty letters, which 0.125 (1.00)"
    nameless = replace(line(quantity=1200), name="")
    assert words(order(nameless), "Goods") == "1,200 × tea-250 11.00"


def test_goods_priced_without_gst_are_told_without_it_too() -> None:
    complete = order(
        line(price="10.00", inclusive=False), line("mug", "20.00", inclusive=False), inclusive=False
    )
    assert words(complete, "Goods") == (
        "Goods 33.00 = 1 × Product tea-250 11.00 + 1 × Product mug 22.00; without GST 30.00"
    )


def test_an_order_without_goods_that_cost_something_says_nothing_of_them() -> None:
    assert words(order(line(price="0"), shipping="9.00"), "Goods") == ""
    free = order(line(price="0", inclusive=False), inclusive=False, shipping="9.00")
    assert words(free, "Goods") == ""


def test_the_discount_is_named_with_its_code_and_how_it_is_shared() -> None:
    complete = order(
        line(price="40.00"), line("mug", "60.00"), coupon="10.00", coupons=[coupon("WINTER10", "10")]
    )
    assert words(complete, "Discount") == "coupon WINTER10 10.00, shared over 2 lines: 4.00 + 6.00"
    assert words(order(), "Discount") == ""


def test_a_discount_over_one_line_or_over_many_lists_no_shares() -> None:
    assert words(order(discount="1.00"), "Discount") == "discount 1.00, shared over 1 line"
    four = order(*(line(price=f"{number}.00") for number in range(1, 5)), discount="1.00")
    assert words(four, "Discount") == "discount 1.00, shared over 4 lines"


def test_several_coupons_and_a_promotion_are_told_one_by_one() -> None:
    promoted = replace(
        line(price="100.00"),
        applied_discounts=(
            AppliedDiscount(amount=Decimal(5), name=" Spring Sale "),
            AppliedDiscount(amount=Decimal(3), name="VIP", code="VIP3"),
            AppliedDiscount(amount=Decimal(5)),
        ),
    )
    complete = order(promoted, discount="5.00", coupon="5.00", coupons=[coupon("VIP3", "3"), coupon("", "2")])
    assert words(complete, "Discount") == (
        "Discount 10.00 = discount (Spring Sale) 5.00 + coupon VIP3 3.00 + coupon 2.00, shared over 1 line"
    )


def test_coupons_whose_worth_does_not_sum_to_the_orders_are_told_together() -> None:
    complete = order(
        line(price="100.00"), coupon="5.00", coupons=[coupon("A", "1"), coupon("B", "1"), coupon("", "1")]
    )
    assert words(complete, "Discount") == "coupon A, B 5.00, shared over 1 line"


def test_a_coupon_that_is_in_the_shipping_already_is_not_told_as_discount() -> None:
    coupons = [coupon("TEN", "10"), coupon("SHIPFREE", "9", kind=4)]
    complete = order(line(price="100.00"), coupon="10.00", coupons=coupons)
    twice = replace(complete, order=replace(complete.order, coupon_discount=Decimal("19.00")))
    assert words(twice, "Discount") == "coupon TEN 10.00, shared over 1 line"
    reduced = order(line(price="100.00"), discount="5.00", coupon="10.00", coupons=coupons)
    both = replace(reduced, order=replace(reduced.order, coupon_discount=Decimal("19.00")))
    assert words(both, "Discount") == "Discount 15.00 = discount 5.00 + coupon TEN 10.00, shared over 1 line"


def test_the_names_that_the_shop_gives_to_its_discounts_are_told_once_each() -> None:
    def promoted(name: str) -> OrderLine:
        applied = AppliedDiscount(amount=Decimal("1.00"), kind="promotion", name=name)
        return replace(line(price="10.00"), applied_discounts=(applied,))

    complete = order(promoted("Spring"), promoted("Members"), promoted("Spring "), discount="3.00")
    assert words(complete, "Discount").startswith("discount (Spring, Members) 3.00")


def test_a_coupon_on_shipping_that_lessens_the_total_is_told_by_its_code() -> None:
    coupons = [coupon("TEN", "10"), coupon("SHIPFREE", "9", kind=4)]
    complete = order(line(price="100.00"), shipping="9.00", coupon="19.00", coupons=coupons)
    assert words(complete, "Discount").startswith(
        "Discount 19.00 = coupon TEN 10.00 + coupon SHIPFREE 9.00, "
    )


def test_a_discount_without_gst_says_so_and_a_discount_item_is_named() -> None:
    complete = order(line(price="100.00", inclusive=False), inclusive=False, coupon="10.00", discount="5.00")
    assert words(complete, "Discount") == (
        "Discount 15.00 = discount 5.00 + coupon 10.00 without GST, shared over 1 line"
    )
    assert (
        words(order(discount="1.00"), "Discount", discount_item=DISCOUNT_ID)
        == "discount 1.00; in Saasu on DISC"
    )


def test_the_shops_own_amounts_and_what_falls_on_shipping_are_told() -> None:
    mixed = order(
        line(price="55.00", applied=["5.00"]),
        line("honey", "45.00", taxed=False, applied=["6.00"]),
        coupon="11.00",
        tax="4.55",
    )
    assert words(mixed, "Discount") == "coupon 11.00, on 2 lines as the shop gave it: 5.00 + 6.00"
    beyond = order(line(), shipping="10.00", coupon="16.00")
    assert words(beyond, "Discount") == "coupon 16.00, shared over 1 line, 5.00 of it on shipping"
    fee = Fee(name="Card fee", cost=including("2.00"))
    everything = order(line(), shipping="10.00", fees=[fee], coupon="22.00")
    assert (
        words(everything, "Discount") == "coupon 22.00, shared over 1 line, 11.00 of it on shipping and fees"
    )
    three = order(line(price="10.00"), line(price="20.00"), line(price="30.00"), coupon="6.00")
    assert words(three, "Discount") == "coupon 6.00, shared over 3 lines: 1.00 + 2.00 + 3.00"
    all_of_it = order(line(), shipping="10.00", fees=[fee], coupon="21.00")
    assert words(all_of_it, "Discount") == "coupon 21.00, shared over 1 line, 10.00 of it on shipping"
    shipping_alone = order(line(price="0"), shipping="10.00", coupon="4.00")
    assert words(shipping_alone, "Discount") == "coupon 4.00, 4.00 of it on shipping"


def test_shipping_is_told_by_its_three_parts_and_its_item() -> None:
    assert words(order(shipping="9.00", handling="2.00", wrapping="1.00"), "Shipping") == (
        "Shipping 12.00 = shipping 9.00 + handling 2.00 + wrapping 1.00; in Saasu on SHIP"
    )
    assert words(order(wrapping="1.00"), "Shipping") == "wrapping 1.00; in Saasu on SHIP"
    assert words(order(), "Shipping") == ""


def test_shipping_taxed_in_part_is_told_by_its_codes() -> None:
    complete = order(line(), line("honey", "8.00", taxed=False), shipping=FREIGHT, tax="1.60")
    assert words(complete, "Shipping") == (
        "shipping 10.00; in Saasu on SHIP, 6.60 under G1 and 3.40 under G1,G3"
    )


def test_fees_are_told_by_name() -> None:
    fees = [Fee(name="Card fee", cost=including("1.10")), Fee(name="", cost=including("2.00"))]
    assert words(order(fees=fees), "Fees") == "Fees 3.10 = Card fee 1.10 + fee 2.00; in Saasu on FEE"
    assert words(order(fees=fees[:1]), "Fees") == "Card fee 1.10; in Saasu on FEE"
    assert words(order(), "Fees") == ""


def test_the_total_follows_from_what_stands_above_it() -> None:
    fees = [Fee(name="Card fee", cost=including("1.10"))]
    complete = order(line(price="1250.00"), shipping="12.00", coupon="12.00", fees=fees)
    assert words(complete, "Total") == (
        "Total 1,251.10 = goods 1,250.00 − discount 12.00 + shipping 12.00 + fees 1.10"
    )
    assert words(order(), "Total") == ""
    assert words(order(line(price="0"), shipping="10.00", coupon="4.00"), "Total") == (
        "Total 6.00 = − discount 4.00 + shipping 10.00"
    )


@pytest.mark.parametrize(
    ("certificate", "credit", "told"),
    [
        ("5.00", "0", "gift certificate 5.00 is a payment and stays out of it"),
        ("0", "2.50", "store credit 2.50 is a payment and stays out of it"),
        ("5.00", "2.50", "gift certificate 5.00 and store credit 2.50 are payments and stay out of it"),
    ],
)
def test_gift_certificates_and_store_credit_are_payments(certificate: str, credit: str, told: str) -> None:
    complete = order(
        gift_certificate_amount=Decimal(certificate), store_credit_amount=Decimal(credit), shipping="1.00"
    )
    assert words(complete, "Total") == f"Total 12.00 = goods 11.00 + shipping 1.00; {told}"
    bare = order(gift_certificate_amount=Decimal(certificate), store_credit_amount=Decimal(credit))
    assert words(bare, "Total") == told
    assert mapped(bare).bridge.span("Total").books == Decimal("11.00")


def test_gst_is_told_as_an_eleventh() -> None:
    assert words(order(line(price="120.00")), "GST") == "10.91 = 1/11 of 120.00"


def test_what_is_free_of_gst_is_told_apart() -> None:
    complete = order(line(price="55.00"), line("honey", "45.00", taxed=False), tax="5.00")
    assert words(complete, "GST") == "5.00 = 1/11 of 55.00, 45.00 is free of GST"
    free = order(line("honey", "45.00", taxed=False), tax="0")
    assert words(free, "GST") == "nothing is taxed"


def test_the_cent_that_rounding_moves_is_told_with_why_it_is_allowed() -> None:
    complete = order(
        line(price="60.00", quantity=2), line("mug", "8.25", 4), shipping="12.00", coupon="12.00"
    )
    assert words(complete, "GST") == (
        "13.90 = 1/11 of 3 taxed lines, 153.00 together, each rounded by itself; the shop charged 13.91, "
        "0.01 more; its own rounding explains up to 0.05"
    )
    assert words(order(tax="0.99"), "GST") == (
        "1.00 = 1/11 of 11.00; the shop charged 0.99, 0.01 less; its own rounding explains up to 0.01"
    )


def test_gst_of_goods_that_left_australia_and_of_a_file_that_is_not_registered() -> None:
    abroad = [destination(country="New Zealand", country_code="NZ")]
    assert words(order(line(taxed=False), tax="0", addresses=abroad), "GST") == (
        "nothing is taxed because goods left Australia"
    )
    assert words(order(), "GST", tax_registered=False) == "the Saasu file is not registered for GST"
