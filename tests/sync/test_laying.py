"""Lines are laid one after the other, each with the residual of those before it (LINES)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.sync.charges import SHIPPING, Charge
from portal.sync.goods import Good
from portal.sync.laying import Layer
from portal.sync.tax import Coded
from tests.builders import including, item, line

GST = Coded("G1", taxed=True)
FREE = Coded("G1,G3", taxed=False)
QUARTER = 25_000
"""Millionths of a cent: a quarter of a tenth of a cent is left over from the lines before."""


def good(quantity: str, price: str, gross: str) -> Good:
    sold = replace(line(), quantity=Decimal(quantity), price=including(price), total=including(gross))
    return Good(line=sold, item=item("tea-250"), coded=FREE, gross=Decimal(gross))


def laid(layer: Layer) -> list[tuple[str, str, str]]:
    return [(str(sold.quantity), str(sold.unit_price), str(sold.percentage_discount)) for sold in layer.lines]


@pytest.mark.parametrize(
    ("carry", "parts"),
    [
        (0, [("213", "1.8886", "76.66"), ("27", "1.8899", "76.66")]),
        (-20_000, [("182", "1.888", "76.66"), ("58", "1.8911", "76.66")]),
    ],
)
def test_two_parts_of_a_line_make_up_for_the_lines_before(
    carry: int, parts: list[tuple[str, str, str]]
) -> None:
    layer = Layer(carry=carry)
    layer.good(good("240", "1.889", "453.35"), Decimal("347.55"))
    assert laid(layer) == parts
    assert (layer.split, layer.notes) == (1, [])


@pytest.mark.parametrize(("carry", "price"), [(0, "14.212"), (QUARTER, "14.2118")])
def test_a_quantity_of_three_decimals_makes_up_for_the_lines_before(carry: int, price: str) -> None:
    layer = Layer(carry=carry)
    layer.good(good("6.348", "14.2120", "90.22"), Decimal("73.16"))
    assert laid(layer) == [("6.348", price, "81.09")]


@pytest.mark.parametrize(("carry", "price"), [(0, "22.36"), (QUARTER, "22.3598")])
def test_reduced_shipping_makes_up_for_the_lines_before(carry: int, price: str) -> None:
    layer = Layer(carry=carry)
    charge = Charge(name=SHIPPING, item=item("SHIP"), coded=FREE, amount=Decimal("22.36"))
    layer.charge(charge, Decimal("7.20"))
    assert laid(layer) == [("1", price, "32.2")]


@pytest.mark.parametrize("chosen", [False, True])
def test_where_no_percentage_lands_the_discount_is_in_the_price_and_noted_unless_somebody_chose_so(
    chosen: bool,
) -> None:
    layer = Layer(whole_cents=chosen)
    layer.good(replace(good("29", "0.0029", "0.08"), coded=GST), Decimal("0.02"))
    assert laid(layer) == [("6", "0.01", "0"), ("23", "0", "0")]
    note = "Product tea-250: the discount is in the price, not in a percentage."
    assert layer.notes == ([] if chosen else [note])


def test_a_quantity_that_cannot_be_kept_is_one_piece_at_what_all_of_it_costs() -> None:
    layer = Layer()
    layer.good(good("2.3333", "4.00", "9.33"), Decimal("0.93"))
    assert laid(layer) == [("1", "9.33", "9.97")]
    assert layer.notes == ["Product tea-250: a quantity of 2.3333 cannot be kept, sent as 1."]
