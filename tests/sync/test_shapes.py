"""Which lines Saasu might compute otherwise: each such shape is proved once a file (SYNC §7.8)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.sync.problems import Code, Turn
from portal.sync.sale_orders import SaleLine
from portal.sync.shapes import WORDS, Shape, in_words, shape_stopped, shapes_of, shapes_of_line
from tests.builders import line, order
from tests.mapping_by_hand import mapped


def sold(price: str, quantity: str = "1", percentage: str = "0") -> SaleLine:
    return SaleLine(
        description="",
        item_id=1,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        percentage_discount=Decimal(percentage),
    )


@pytest.mark.parametrize(
    ("price", "quantity", "percentage", "shapes"),
    [
        ("11.00", "1", "0", set()),
        ("11.0000", "10000", "0", set()),
        ("0", "3", "0.00", set()),
        ("11.00", "1", "10", {Shape.PERCENTAGE}),
        ("11.00", "1", "99.99", {Shape.PERCENTAGE}),
        ("11.00", "2", "0.01", {Shape.MANY_WITH_PERCENTAGE}),
        ("11.00", "1", "100", {Shape.ALL_OFF}),
        ("11.00", "2", "100.00", {Shape.ALL_OFF}),
        ("2.5025", "4", "0", {Shape.FINE_PRICE}),
        ("2.505", "2", "10", {Shape.FINE_PRICE, Shape.MANY_WITH_PERCENTAGE}),
        ("-12.00", "1", "0", {Shape.NEGATIVE}),
        ("-0.005", "1", "0", {Shape.NEGATIVE, Shape.FINE_PRICE}),
    ],
)
def test_each_line_has_its_shapes(price: str, quantity: str, percentage: str, shapes: set[Shape]) -> None:
    assert shapes_of_line(sold(price, quantity, percentage)) == shapes


@given(st.decimals("0", "99999.9999", places=4), st.integers(1, 10000), st.decimals("0", "100", places=2))
def test_a_line_has_at_most_one_shape_of_percentage(
    price: Decimal, quantity: int, percentage: Decimal
) -> None:
    shapes = shapes_of_line(sold(str(price), str(quantity), str(percentage)))

    assert len(shapes & {Shape.PERCENTAGE, Shape.MANY_WITH_PERCENTAGE, Shape.ALL_OFF}) == (percentage > 0)
    assert (Shape.FINE_PRICE in shapes) == (price * 100 % 1 != 0)


def test_a_sale_has_the_shapes_of_all_its_lines() -> None:
    here = order(line(price="10.00", quantity=3), line("mug", "5.00", id=2), coupon="3.50")

    assert shapes_of(mapped(here).sale) == {Shape.MANY_WITH_PERCENTAGE, Shape.PERCENTAGE}


def test_shapes_are_told_in_one_order_however_they_come() -> None:
    assert in_words({Shape.ALL_OFF, Shape.PERCENTAGE}) == "a percentage off one piece or 100 % off"
    assert in_words([]) == ""
    assert set(WORDS) == set(Shape)


def test_an_order_that_waits_for_a_shape_says_which_and_what_a_person_may_do() -> None:
    problem = shape_stopped(121, {Shape.PERCENTAGE})

    assert (problem.code, problem.turn, problem.subject) == (
        Code.POSTED_TOTAL_DIFFERS,
        Turn.YOU,
        "a percentage off one piece",
    )
    assert problem.sentence == (
        "Order #121: not posted: the first order of this file with a percentage off one piece came to another total "
        "in Saasu; choose whole-cent net prices on the connector page"
    )


def test_whole_cents_are_no_way_out_for_a_line_below_zero() -> None:
    assert shape_stopped(121, {Shape.NEGATIVE, Shape.PERCENTAGE}).sentence == (
        "Order #121: not posted: the first order of this file with a percentage off one piece or a line below zero, "
        "for the Discount Item came to another total in Saasu; choose no Discount Item, or look again at the one that "
        "differed, on the connector page"
    )
