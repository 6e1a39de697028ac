"""Laying the lines of a sale one after the other, each on its cent, the residual carried along (LINES)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from portal.money import CENT, ZERO, cents
from portal.sync.charges import Charge
from portal.sync.goods import Good
from portal.sync.lines import WHOLE, Landing, Part, land
from portal.sync.rules import Item
from portal.sync.sale_orders import SaleLine
from portal.sync.tax import Coded

HUNDRED = Decimal(100)
TEN_THOUSAND = Decimal(10_000)


@dataclass(slots=True)
class Layer:
    """Lays lines and remembers the residual, in millionths of a cent; `whole_cents` is a choice of the connection."""

    whole_cents: bool = False
    lines: list[SaleLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    carry: int = 0

    def good(self, good: Good, discount: Decimal) -> None:
        """Lay an order line less its share of the discount, in dollars and whole cents."""
        net = to_cents(good.gross - discount)
        units = int(good.line.quantity)
        if good.line.quantity != units:
            quantity = good.line.quantity.normalize()
            self.notes.append(f"{good.description}: a quantity of {quantity} is no whole number, sent as 1.")
            units = 1
        landing = land(
            units=units,
            price=ten_thousandths(good.line.price.inc_tax),
            net=net,
            gross=to_cents(good.gross),
            taxed=good.coded.taxed,
            carry=self.carry,
            whole_cents=self.whole_cents,
        )
        if landing.last_resort and not self.whole_cents:
            self.notes.append(f"{good.description}: the discount is in the price, not in a percentage.")
        self._add(good.description, good.item, good.coded, landing)

    def charge(self, charge: Charge, discount: Decimal) -> None:
        """Lay shipping or a fee less what of the discount exceeds the goods."""
        net, gross = to_cents(charge.amount - discount), to_cents(charge.amount)
        landing = Landing((Part(1, gross * 100),), self.carry)
        if net != gross:
            landing = land(
                units=1,
                price=gross * 100,
                net=net,
                gross=gross,
                taxed=charge.coded.taxed,
                carry=self.carry,
                whole_cents=self.whole_cents,
            )
        self._add(charge.name, charge.item, charge.coded, landing)

    def discount(self, item: Item, by_code: Mapping[Coded, Decimal]) -> None:
        """Lay the whole discount on its item: one negative line a tax code."""
        for coded, amount in by_code.items():
            line = SaleLine(
                description="Discount",
                item_id=item.id,
                quantity=Decimal(1),
                unit_price=-amount,
                tax_code=coded.code,
            )
            self.lines.append(line)

    def _add(self, description: str, item: Item, coded: Coded, landing: Landing) -> None:
        self.carry = landing.carry
        for part in landing.parts:
            line = SaleLine(
                description=description,
                item_id=item.id,
                quantity=Decimal(part.units),
                unit_price=Decimal(part.price) / TEN_THOUSAND,
                percentage_discount=Decimal(WHOLE - part.keep) / HUNDRED,
                tax_code=coded.code,
            )
            self.lines.append(line)


def to_cents(amount: Decimal) -> int:
    """Dollars of whole cents as a whole number."""
    return int(cents(amount) / CENT) if amount else int(ZERO)


def ten_thousandths(price: Decimal) -> int:
    """A price in dollars as whole ten-thousandths, the finest Saasu keeps (SA §5.7)."""
    return int(cents(price * HUNDRED) * HUNDRED)
