"""Laying the lines of a sale one after the other, each on its cent, the residual carried along (LINES)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from portal.money import CENT, cents
from portal.sync.charges import Charge
from portal.sync.goods import Good
from portal.sync.lines import THOUSAND, WHOLE, Landing, Part, land, land_thousandths
from portal.sync.rules import Item
from portal.sync.sale_orders import SaleLine
from portal.sync.tax import Coded

HUNDRED = Decimal(100)
TEN_THOUSAND = Decimal(10_000)


@dataclass(slots=True)
class Layer:
    """Lays lines and remembers the residual, in millionths of a cent, and how many became two.

    `whole_cents` is a choice of the connection.
    """

    whole_cents: bool = False
    lines: list[SaleLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    carry: int = 0
    split: int = 0

    def good(self, good: Good, discount: Decimal) -> None:
        """Lay an order line less its share of the discount, in dollars and whole cents."""
        net, gross = to_cents(good.gross - discount), to_cents(good.gross)
        price = ten_thousandths(good.line.price.inc_tax)
        landing = self._thousandths(good, price, net, gross)
        if landing is None:
            units = int(good.line.quantity)
            if good.line.quantity != units:
                quantity = format(good.line.quantity.normalize(), "f")
                self.notes.append(f"{good.description}: a quantity of {quantity} cannot be kept, sent as 1.")
                units, price = 1, gross * 100
            landing = land(
                units=units,
                price=price,
                net=net,
                gross=gross,
                taxed=good.coded.taxed,
                carry=self.carry,
                whole_cents=self.whole_cents,
            )
        if landing.last_resort and not self.whole_cents:
            self.notes.append(f"{good.description}: the discount is in the price, not in a percentage.")
        self._add(good.description, good.item, good.coded, landing)

    def _thousandths(self, good: Good, price: int, net: int, gross: int) -> Landing | None:
        """A landing of a quantity with up to three decimals; `None` for a whole one, a finer one, and where none holds."""
        units = good.line.quantity * THOUSAND
        if good.line.quantity == int(good.line.quantity) or units != int(units):
            return None
        return land_thousandths(
            units=int(units),
            price=price,
            net=net,
            gross=gross,
            carry=self.carry,
            whole_cents=self.whole_cents,
        )

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
        self.split += len(landing.parts) > 1
        for part in landing.parts:
            line = SaleLine(
                description=description,
                item_id=item.id,
                quantity=Decimal(part.units) / part.per,
                unit_price=Decimal(part.price) / TEN_THOUSAND,
                percentage_discount=Decimal(WHOLE - part.keep) / HUNDRED,
                tax_code=coded.code,
            )
            self.lines.append(line)


def to_cents(amount: Decimal) -> int:
    """Dollars of whole cents as a whole number."""
    return int(cents(amount) / CENT)


def ten_thousandths(price: Decimal) -> int:
    """A price in dollars as whole ten-thousandths, the finest Saasu keeps (SA §5.7)."""
    return int(cents(price * HUNDRED) * HUNDRED)
