"""The kinds of line whose total Saasu might compute otherwise: each is proved once a file before it is trusted (SYNC §7.8, SA §8.7)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from portal.money import ZERO, cents
from portal.sync.problems import Code, Problem, about_order
from portal.sync.sale_orders import SaleLine, SaleOrder

ALL = 100


class Shape(StrEnum):
    """A kind of line about whose rounding Saasu's documents say nothing. Plain lines at prices of whole cents have none."""

    PERCENTAGE = "percentage"
    MANY_WITH_PERCENTAGE = "many_with_percentage"
    FINE_PRICE = "fine_price"
    NEGATIVE = "negative"
    ALL_OFF = "all_off"


WORDS = {
    Shape.PERCENTAGE: "a percentage off one piece",
    Shape.MANY_WITH_PERCENTAGE: "a percentage off several pieces",
    Shape.FINE_PRICE: "a price of three or four decimals",
    Shape.NEGATIVE: "a line below zero, for the Discount Item",
    Shape.ALL_OFF: "100 % off",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a file's shapes: `proved` came to the cent when first read back, `failed` did not; all others are open."""

    proved: frozenset[Shape] = frozenset()
    failed: frozenset[Shape] = frozenset()


def shapes_of(sale: SaleOrder) -> frozenset[Shape]:
    """Every shape that a line of this sale has."""
    return frozenset(shape for line in sale.lines for shape in shapes_of_line(line))


def shapes_of_line(line: SaleLine) -> frozenset[Shape]:
    """The shapes of one line; a percentage takes three forms, of which a line has at most one."""
    found = set()
    if line.percentage_discount == ALL:
        found.add(Shape.ALL_OFF)
    elif line.percentage_discount != ZERO:
        found.add(Shape.MANY_WITH_PERCENTAGE if line.quantity > 1 else Shape.PERCENTAGE)
    if line.unit_price < ZERO:
        found.add(Shape.NEGATIVE)
    if line.unit_price != cents(line.unit_price):
        found.add(Shape.FINE_PRICE)
    return frozenset(found)


def in_words(shapes: Collection[Shape]) -> str:
    """Shapes as a person reads them, in their standing order: `a percentage off one piece or 100 % off`."""
    return " or ".join(WORDS[shape] for shape in Shape if shape in shapes)


def shape_stopped(order_id: int, shapes: Collection[Shape]) -> Problem:
    """Why an order with these shapes is not posted, and what a person may do (SYNC §7.8)."""
    way_out = (
        "choose no Discount Item, or look again at the one that differed, on the connector page"
        if Shape.NEGATIVE in shapes
        else "choose whole-cent net prices on the connector page"
    )
    words = f"not posted: the first order of this file with {in_words(shapes)} came to another total in Saasu; {way_out}"
    return about_order(Code.POSTED_TOTAL_DIFFERS, order_id, words, in_words(shapes))
