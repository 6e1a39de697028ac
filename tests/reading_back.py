"""Saasu making a cent less of some sales, and what a run over fakes asked and left."""

from collections.abc import Callable
from decimal import Decimal

from portal.money import CENT
from portal.sync.bridge import predict
from portal.sync.orders import CompleteOrder
from portal.sync.sale_orders import SaleOrder
from tests import builders
from tests.whole_run import World

RATES = {code.code: code.rate for code in builders.tax_codes()}


def with_coupon(number: int, quantity: int = 1) -> CompleteOrder:
    """Tea less a coupon of a tenth: one percentage line."""
    price = Decimal(11) * quantity
    return builders.order(builders.line(quantity=quantity), id=number, coupon=price / 10)


def a_cent_less(*numbers: str) -> Callable[[SaleOrder], tuple[Decimal | None, Decimal | None]]:
    """Saasu makes a cent less of these sales."""

    def computed(sale: SaleOrder) -> tuple[Decimal | None, Decimal | None]:
        total, tax = predict(sale.lines, RATES)
        return (total - CENT if sale.number in numbers else total), tax

    return computed


def reads(here: World) -> list[str]:
    return [call for call in here.books.asked if call in {"invoice", "invoices_modified"}]


def states(here: World, *numbers: int) -> list[str]:
    return [here.ledger.state(number).value for number in numbers]
