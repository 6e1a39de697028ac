"""Laying the lines of a sale one after the other, each on its cent, the residual carried along (LINES)."""

from dataclasses import dataclass, field
from decimal import Decimal

from portal.money import ZERO, cents
from portal.sync.goods import Good
from portal.sync.lines import WHOLE, Landing, Part, gst, land
from portal.sync.rules import Item
from portal.sync.sale_orders import SaleLine
from portal.sync.tax import Coded

HUNDRED = Decimal(100)
TEN_THOUSAND = Decimal(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Shipping or fees under one tax code, in GST-inclusive dollars and whole cents."""

    name: str
    item: Item
    coded: Coded
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """The lines of a sale; what Saasu will make of them in dollars; how many carry GST."""

    lines: tuple[SaleLine, ...]
    total: Decimal
    tax: Decimal
    taxed_lines: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class Layer:
    """Lays lines and remembers the residual."""

    lines: list[SaleLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    total: int = 0
    tax: int = 0
    taxed_lines: int = 0
    carry: int = 0

    def good(self, good: Good, discount: Decimal) -> None:
        """Lay an order line less its share of the discount."""
        net = to_cents(good.gross - discount)
        units = int(good.line.quantity)
        if good.line.quantity != units:
            note = f"{good.description}: {good.line.quantity} cannot be counted in whole units, sent as one."
            self.notes.append(note)
            self._add(good.description, good.item, good.coded, Landing((Part(1, net * 100),), self.carry))
            return
        landing = land(
            units=units,
            price=int(cents(good.line.price.inc_tax * HUNDRED) * HUNDRED),
            net=net,
            gross=to_cents(good.gross),
            taxed=good.coded.taxed,
            carry=self.carry,
        )
        if landing.last_resort:
            self.notes.append(f"{good.description}: the discount is in the price, not in a percentage.")
        self._add(good.description, good.item, good.coded, landing)

    def charge(self, charge: Charge, discount: Decimal) -> None:
        """Lay shipping or fees less what of the discount exceeds the goods."""
        net = to_cents(charge.amount - discount)
        self._add(charge.name, charge.item, charge.coded, Landing((Part(1, net * 100),), self.carry))

    def discount(self, item: Item, by_code: dict[tuple[str | None, bool], Decimal]) -> None:
        """Lay the whole discount on its item: one negative line a tax code."""
        for (code, taxed), amount in by_code.items():
            off = to_cents(amount)
            self.lines.append(
                SaleLine(
                    description="Discount",
                    item_id=item.id,
                    quantity=Decimal(1),
                    unit_price=-amount,
                    tax_code=code,
                )
            )
            self.total -= off
            self.tax -= gst(off) if taxed else 0
            self.taxed_lines += taxed

    def laid(self) -> Laid:
        """Everything laid so far."""
        return Laid(
            lines=tuple(self.lines),
            total=Decimal(self.total) / HUNDRED,
            tax=Decimal(self.tax) / HUNDRED,
            taxed_lines=self.taxed_lines,
            notes=tuple(self.notes),
        )

    def _add(self, description: str, item: Item, coded: Coded, landing: Landing) -> None:
        self.carry = landing.carry
        for part in landing.parts:
            whole = (2 * part.value + 1_000_000) // 2_000_000
            self.total += whole
            self.tax += gst(whole) if coded.taxed else 0
            self.taxed_lines += coded.taxed
            self.lines.append(
                SaleLine(
                    description=description,
                    item_id=item.id,
                    quantity=Decimal(part.units),
                    unit_price=Decimal(part.price) / TEN_THOUSAND,
                    percentage_discount=Decimal(WHOLE - part.keep) / HUNDRED,
                    tax_code=coded.code,
                )
            )


def to_cents(amount: Decimal) -> int:
    """Dollars of whole cents as a whole number."""
    return int(cents(amount) * HUNDRED) if amount else int(ZERO)
