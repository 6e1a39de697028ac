"""A small shop's catalogue, and mapping an order of it with or without problems."""

from typing import Any

from portal.money import ZERO, cents
from portal.sync.bridge import predict
from portal.sync.mapping import Mapped, NotMapped, map_order
from portal.sync.orders import CompleteOrder
from portal.sync.problems import Code, Problem
from portal.sync.rules import Catalogue
from portal.sync.sale_orders import SaleLine
from tests.builders import (
    catalogue,
    item,
    rules,
    tax_codes,
)

SHOP = catalogue(item("tea-250"), item("mug", 2), item("honey", 3, tax_code="G1,G3"), item("pot", 4))
RATES = {code.code: code.rate for code in tax_codes()}
Row = tuple[int, str, str, str, str | None]


def mapped(complete: CompleteOrder, items: Catalogue = SHOP, **setting: Any) -> Mapped:
    """The mapping of an order that has no problem; its lines always come to the order's total."""
    result = map_order(complete, rules(**setting), items)
    assert isinstance(result, Mapped), result
    assert predict(result.sale.lines, RATES)[0] == cents(complete.order.total.inc_tax)
    spans = {span.name: span for span in result.bridge.spans}
    parts = [spans[name] for name in ("Goods", "Discount", "Shipping", "Fees")]
    assert sum((span.shop for span in parts), ZERO) == spans["Total"].shop
    assert sum((span.books for span in parts), ZERO) == spans["Total"].books
    return result


def problems(complete: CompleteOrder, items: Catalogue = SHOP, **setting: Any) -> tuple[Problem, ...]:
    result = map_order(complete, rules(**setting), items)
    assert isinstance(result, NotMapped), result
    return result.problems


def codes(complete: CompleteOrder, items: Catalogue = SHOP, **setting: Any) -> list[Code]:
    return [problem.code for problem in problems(complete, items, **setting)]


def row(sold: SaleLine) -> Row:
    plain = [
        format(value.normalize(), "f") for value in (sold.quantity, sold.unit_price, sold.percentage_discount)
    ]
    return sold.item_id, plain[0], plain[1], plain[2], sold.tax_code


def rows(result: Mapped) -> list[Row]:
    return [row(sold) for sold in result.sale.lines]
