"""The tax code of every line and charge (SYNC §5 Tax)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portal.money import ZERO
from portal.sync.orders import CompleteOrder, OrderLine, ShippingAddress, Taxed
from portal.sync.problems import Code
from portal.sync.rules import Catalogue, TaxCode
from portal.sync.tax import Coded, NoTaxCode, TaxTable, all_left, charged_gst, has_left, taxed_part
from tests.builders import address, destination, item, line, order, rules, tax_codes


def code_of(sold: OrderLine, own: str | None = "G1", *, exported: bool = False, **setting: Any) -> Coded:
    table = TaxTable(rules(**setting), Catalogue((), tax_codes()))
    return table.of_line(sold, item("tea-250", tax_code=own), exported=exported)


def taxed(ex: str, inc: str) -> Taxed:
    return Taxed(ex_tax=Decimal(ex), inc_tax=Decimal(inc), tax=Decimal(inc) - Decimal(ex))


def priced(ex: str, inc: str) -> OrderLine:
    return replace(line(), price=taxed(ex, inc), total=taxed(ex, inc))


def test_the_items_code_is_used_when_it_agrees() -> None:
    assert code_of(line(), "g1") == Coded("G1", taxed=True)
    assert code_of(line(taxed=False), "G1,G2") == Coded("G1,G2", taxed=False)
    assert code_of(line(taxed=False), " G1, g2 ") == Coded("G1,G2", taxed=False)


def test_otherwise_the_connections_code_for_what_was_charged() -> None:
    assert code_of(line(), "G1,G3") == Coded("G1", taxed=True)
    assert code_of(line(taxed=False)) == Coded("G1,G3", taxed=False)
    assert code_of(line(), None) == Coded("G1", taxed=True)
    assert code_of(line(), "unknown") == Coded("G1", taxed=True)


def test_an_export_takes_the_export_code_whatever_was_charged() -> None:
    assert code_of(line(), exported=True) == Coded("G1,G2", taxed=False)


def test_a_line_of_nothing_takes_the_items_code_or_else_the_free_one() -> None:
    assert code_of(line(price="0")) == Coded("G1", taxed=True)
    assert code_of(line(price="0"), None) == Coded("G1,G3", taxed=False)


def test_a_file_that_is_not_registered_has_no_codes() -> None:
    assert code_of(priced("100", "115"), tax_registered=False) == Coded(None, taxed=False)


@pytest.mark.parametrize("inc", ["115.00", "105.00", "99.00", "110.02"])
def test_another_rate_is_unknown(inc: str) -> None:
    with pytest.raises(NoTaxCode) as caught:
        code_of(priced("100.00", inc))
    assert caught.value.code is Code.TAX_RATE_UNKNOWN
    assert caught.value.subject == "tea-250"
    assert str(caught.value) == caught.value.words
    assert caught.value.words == (
        "the shop charged tax at a rate that is neither nil nor 10 % on “Product tea-250”"
    )


@pytest.mark.parametrize(
    ("ex", "inc", "gst"),
    [
        ("100", "110.01", True),
        ("100", "100.01", False),
        ("0.10", "0.11", True),
        ("0.09", "0.09", False),
        ("0.20", "0.21", False),
    ],
)
def test_the_nearer_rate_counts_within_a_cent(ex: str, inc: str, gst: bool) -> None:
    assert charged_gst(priced(ex, inc)) is gst


def test_tiny_prices_are_judged_by_the_lines_total() -> None:
    many = replace(line(quantity=1000), price=taxed("0.05", "0.05"), total=taxed("45.45", "50.00"))
    assert charged_gst(many) is True


@pytest.mark.parametrize(("ex", "inc", "gst"), [("0.18", "0.20", False), ("0.19", "0.21", True)])
def test_from_above_twenty_cents_on_the_price_decides_against_the_lines_total(
    ex: str, inc: str, gst: bool
) -> None:
    contrary = replace(line(quantity=100), price=taxed(ex, inc), total=taxed("19.50", "19.50"))
    assert charged_gst(contrary) is gst


def test_a_code_that_is_missing_inactive_or_no_sale_code_is_named() -> None:
    spoiled = (
        (),
        (TaxCode(code="G1", rate=Decimal("0.1"), is_active=False),),
        (TaxCode(code="G1", rate=Decimal("0.1"), is_sale=False),),
    )
    for codes in spoiled:
        table = TaxTable(rules(), Catalogue((), codes))
        with pytest.raises(NoTaxCode) as caught:
            table.of_charge(taxed=True, item=item("SHIP"), exported=False)
        assert (caught.value.code, caught.value.subject) == (Code.TAX_CODE_MISSING, "G1")


def test_a_charge_is_taxed_wholly_in_part_or_not_at_all() -> None:
    assert taxed_part(taxed("10.00", "11.00")) == Decimal("11.00")
    assert taxed_part(taxed("9.40", "10.00")) == Decimal("6.60")
    assert taxed_part(taxed("10.00", "10.00")) == ZERO
    assert taxed_part(Taxed()) == ZERO
    assert taxed_part(taxed("100.50", "110.00")) == Decimal("104.50")


def test_a_charge_whose_tax_field_is_missing_is_judged_by_the_difference() -> None:
    assert taxed_part(Taxed(ex_tax=Decimal(10), inc_tax=Decimal(11))) == Decimal(11)


def shipped_to(*places: ShippingAddress, **more: Any) -> CompleteOrder:
    return order(addresses=places, **more)


@pytest.mark.parametrize(
    ("country", "code", "left"),
    [
        ("New Zealand", "NZ", True),
        ("New Zealand", "", True),
        ("Australia", "AU", False),
        ("australia ", "", False),
        ("", "", False),
    ],
)
def test_goods_left_when_their_destination_is_abroad(country: str, code: str, left: bool) -> None:
    complete = shipped_to(destination(country=country, country_code=code))
    assert has_left(complete, complete.lines[0]) is left
    assert all_left(complete) is left


def test_digital_goods_and_goods_without_a_destination_never_left() -> None:
    abroad = destination(country_code="NZ")
    for complete in (
        shipped_to(),
        shipped_to(abroad, is_digital=True),
        order(line(type="digital"), addresses=[abroad]),
    ):
        assert not has_left(complete, complete.lines[0])
        assert not all_left(complete)


def test_each_line_counts_by_its_own_destination() -> None:
    abroad = ShippingAddress(id=2, address=address(country_code="NZ"))
    complete = order(line(address_id=1), line(address_id=2), addresses=[destination(), abroad])
    assert [has_left(complete, sold) for sold in complete.lines] == [False, True]
    assert not all_left(complete)
