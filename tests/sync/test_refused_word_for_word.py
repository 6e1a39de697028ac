"""What an order is refused with, to the letter: a bookkeeper reads it, and a person searches for it (SYNC §8)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.money import ZERO
from portal.sync.orders import Fee, Taxed
from portal.sync.problems import Code, Problem
from portal.sync.rules import Catalogue
from portal.sync.tax import NoTaxCode, taxed_part
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
from tests.mapping_by_hand import SHOP, mapped, problems, row, rows


def refused(code: Code, sentence: str, subject: str = "") -> tuple[Problem, ...]:
    return (Problem(code, f"Order #120: {sentence}", subject),)


def taxed(ex: str, inc: str, tax: str = "0") -> Taxed:
    return Taxed(ex_tax=Decimal(ex), inc_tax=Decimal(inc), tax=Decimal(tax))


def test_an_order_that_is_not_there_whole_says_what_is_missing() -> None:
    assert problems(order(complete=False)) == refused(
        Code.INCOMPLETE_READ, "the shop did not give all its lines"
    )
    assert problems(replace(order(), lines=())) == refused(
        Code.INCOMPLETE_READ, "the shop shows no lines of it"
    )
    assert problems(order(line("", "0"))) == refused(
        Code.INCOMPLETE_READ, "nothing of it can be sent to Saasu"
    )


def test_an_item_of_the_settings_that_cannot_be_sold_is_named_with_its_field() -> None:
    def without(item_id: int, code: str) -> Catalogue:
        kept = tuple(one for one in SHOP.items if one.id != item_id)
        return Catalogue((*kept, item(code, item_id, is_active=False)), tax_codes())

    assert problems(order(shipping="9.00"), without(SHIPPING_ID, "POST")) == refused(
        Code.ITEM_UNUSABLE, "the Shipping Item POST is inactive in Saasu", "POST"
    )
    fee = order(fees=[Fee(name="Card", cost=including("2.20"))])
    assert problems(fee, without(FEE_ID, "CARD")) == refused(
        Code.ITEM_UNUSABLE, "the Fee Item CARD is inactive in Saasu", "CARD"
    )
    assert problems(
        order(discount="1.00"), without(DISCOUNT_ID, "LESS"), discount_item=DISCOUNT_ID
    ) == refused(Code.ITEM_UNUSABLE, "the Discount Item LESS is inactive", "LESS")


def test_a_fee_without_an_item_is_told_by_its_name() -> None:
    named = order(fees=[Fee(name="Card", cost=including("2.20"))])
    assert problems(named, fee_item=None) == refused(
        Code.FEE_ITEM_MISSING, "2.20 is charged for the fee Card, but no Fee Item is chosen"
    )
    nameless = order(fees=[Fee(name="", cost=including("2.20"))])
    assert problems(nameless, fee_item=None) == refused(
        Code.FEE_ITEM_MISSING, "2.20 is charged for a fee, but no Fee Item is chosen"
    )


def test_what_is_charged_beside_goods_stands_under_its_own_name() -> None:
    fees = [Fee(name="Card", cost=including("2.20")), Fee(name="", cost=including("1.10"))]
    result = mapped(order(shipping="9.00", fees=fees, discount="1.00"), discount_item=DISCOUNT_ID)
    assert [sold.description for sold in result.sale.lines] == [
        "Product tea-250",
        "Shipping",
        "Fee: Card",
        "Fee",
        "Discount",
    ]


def test_a_charge_takes_the_tax_code_of_its_item_where_that_agrees() -> None:
    codes = (*tax_codes(), replace(tax_codes()[0], code="G1,G7"))
    services = (item("SHIP", SHIPPING_ID, tax_code="G1,G7"), item("tea-250"))
    assert row(mapped(order(shipping="11.00"), Catalogue(services, codes)).sale.lines[1])[4] == "G1,G7"


def test_a_tax_that_is_no_gst_is_told_with_what_it_is_on() -> None:
    odd = replace(line(), price=taxed("100.00", "115.00"), total=taxed("100.00", "115.00", "15.00"))
    words = "the shop charged tax at a rate that is neither nil nor 10 % on “Product tea-250”"
    assert problems(order(odd, tax="15.00")) == refused(Code.TAX_RATE_UNKNOWN, words, "tea-250")
    nameless = replace(odd, name="")
    words = "the shop charged tax at a rate that is neither nil nor 10 % on “tea-250”"
    assert problems(order(nameless, tax="15.00")) == refused(Code.TAX_RATE_UNKNOWN, words, "tea-250")


def test_a_charge_taxed_too_much_is_told_with_both_amounts() -> None:
    words = "the shop charged tax of 1.50 on shipping or fees of 11.50, which is no 10 %"
    shipping = taxed("10.00", "11.50", "1.50")
    assert problems(order(shipping=shipping, tax="2.50")) == refused(Code.TAX_RATE_UNKNOWN, words, "11.50")
    with pytest.raises(NoTaxCode) as caught:
        taxed_part(shipping)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("inc", "tax", "part"),
    [
        ("11.11", "1.00", "11.11"),  # eleven cents from eleven times the tax: a cent of tax
        ("11.12", "1.00", "11.00"),
        ("10.89", "1.00", "10.89"),
        ("12.00", "1.00", "11.00"),
        ("0.10", "0.00", "0"),
    ],
)
def test_a_charge_is_taxed_whole_where_its_tax_is_within_a_cent_of_a_tenth(
    inc: str, tax: str, part: str
) -> None:
    ex = str(Decimal(inc) - Decimal(tax))
    assert taxed_part(taxed(ex, inc, tax)) == Decimal(part)


@pytest.mark.parametrize(("inc", "tax"), [("10.88", "1.00"), ("1.00", "-0.20")])
def test_a_charge_whose_tax_is_more_than_a_tenth_or_negative_has_no_code(inc: str, tax: str) -> None:
    with pytest.raises(NoTaxCode):
        taxed_part(taxed(str(Decimal(inc) - Decimal(tax)), inc, tax))


def test_in_a_file_that_is_not_registered_no_part_of_a_charge_is_taxed() -> None:
    odd = taxed("10.00", "11.50", "1.50")
    result = mapped(order(shipping=odd, tax="2.50"), tax_registered=False)
    assert rows(result)[1:] == [(SHIPPING_ID, "1", "11.5", "0", None)]


def test_the_dearest_of_cheap_things_is_judged_by_its_line() -> None:
    # At 0.20 both rates are within a cent or two of the unit's price; over the line they are apart.
    cheap = replace(line(quantity=100), price=taxed("0.19", "0.20"), total=taxed("18.18", "20.00", "1.82"))
    assert rows(mapped(order(cheap)))[0][4] == "G1"
    free = replace(cheap, total=taxed("20.00", "20.00"))
    assert rows(mapped(order(free, tax="0")))[0][4] == "G1,G3"


def test_a_quantity_too_fine_for_saasu_is_sent_as_one_and_noted() -> None:
    fine = replace(line(), quantity=Decimal("1.23450"), price=including("8.00"), total=including("9.88"))
    result = mapped(order(fine))
    assert rows(result) == [(1, "1", "9.88", "0", "G1")]
    assert result.notes == ("Product tea-250: a quantity of 1.2345 cannot be kept, sent as 1.",)
    tiny = replace(fine, quantity=Decimal("0.0000001"))
    assert mapped(order(tiny)).notes == (
        "Product tea-250: a quantity of 0.0000001 cannot be kept, sent as 1.",
    )
    reduced = mapped(order(replace(fine, total=including("10.00")), discount="1.00"))
    assert rows(reduced) == [(1, "1", "10", "10", "G1")]


def test_a_component_that_a_bridge_has_not_is_nothing_on_both_sides() -> None:
    gifts = mapped(order()).bridge.span("Gifts")
    assert (gifts.name, gifts.shop, gifts.books) == ("Gifts", ZERO, ZERO)
