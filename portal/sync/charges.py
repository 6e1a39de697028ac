"""What is charged beside goods: shipping with handling and wrapping on one item, fees on another (SYNC §5 Charges)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from portal.money import ZERO, cents
from portal.sync.items import Shelf, why_unusable
from portal.sync.orders import CompleteOrder, Taxed
from portal.sync.problems import Code, Problem, about_order
from portal.sync.rules import Item, Rules
from portal.sync.tax import Coded, NoTaxCode, TaxTable, all_left, taxed_part
from portal.sync.totals import Totals

SHIPPING = "Shipping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Shipping, or a fee by its name, under one tax code, in GST-inclusive dollars and whole cents."""

    name: str
    item: Item
    coded: Coded
    amount: Decimal

    @property
    def is_shipping(self) -> bool:
        """Whether it is shipping and not a fee."""
        return self.name == SHIPPING


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A charge of the order, and the setting that names its item; `what` is the charge within a sentence."""

    name: str
    what: str
    parts: tuple[Taxed, ...]
    item_id: int | None
    missing: Code
    field: str


def charges_of(
    complete: CompleteOrder, rules: Rules, shelf: Shelf, table: TaxTable, totals: Totals
) -> tuple[list[Charge], list[Problem]]:
    """Every charge above zero on its item, one a tax code; and the problems there are with them."""
    order = complete.order
    shipping = (before_coupons(order.shipping, totals.on_shipping), order.handling, order.wrapping)
    wanted = [
        Wanted(
            name=SHIPPING,
            what="shipping",
            parts=shipping,
            item_id=rules.shipping_item,
            missing=Code.SHIPPING_ITEM_MISSING,
            field="Shipping Item",
        )
    ]
    wanted += [
        Wanted(
            name=f"Fee: {fee.name}" if fee.name else "Fee",
            what=f"the fee {fee.name}" if fee.name else "a fee",
            parts=(fee.cost,),
            item_id=rules.fee_item,
            missing=Code.FEE_ITEM_MISSING,
            field="Fee Item",
        )
        for fee in (complete.fees if totals.with_fees else ())
    ]
    charges: list[Charge] = []
    problems: list[Problem] = []
    exported = all_left(complete)
    for charge in wanted:
        found, problem = charged(charge, complete.order.id, rules, shelf, table, exported=exported)
        charges += found
        if problem is not None and problem not in problems:
            problems.append(problem)
    return charges, problems


def charged(
    wanted: Wanted, order_id: int, rules: Rules, shelf: Shelf, table: TaxTable, *, exported: bool
) -> tuple[list[Charge], Problem | None]:
    """One charge on its item, taxed and free apart. What went abroad free of GST was exported; where GST was charged it is booked."""
    amount = cents(sum((part.inc_tax for part in wanted.parts), ZERO))
    if wanted.name == SHIPPING and any(part.inc_tax < ZERO for part in wanted.parts):
        return [], about_order(Code.ORDER_UNREADABLE, order_id, "shipping, handling or wrapping is negative")
    if amount == ZERO:
        return [], None
    item = shelf.chosen(wanted.item_id)
    if item is None:
        words = f"{amount} is charged for {wanted.what}, but no {wanted.field} is chosen"
        return [], about_order(wanted.missing, order_id, words)
    if why_unusable(item):
        words = f"the {wanted.field} {item.code} is {why_unusable(item)} in Saasu"
        return [], about_order(Code.ITEM_UNUSABLE, order_id, words, item.code)
    try:
        taxed = taxed_of(wanted.parts, registered=rules.tax_registered)
        return [
            Charge(
                name=wanted.name,
                item=item,
                coded=table.of_charge(taxed=with_gst, item=item, exported=exported and not with_gst),
                amount=part,
            )
            for part, with_gst in ((taxed, True), (amount - taxed, False))
            if part
        ], None
    except NoTaxCode as none:
        return [], about_order(none.code, order_id, none.words, none.subject)


def before_coupons(shipping: Taxed, less: Decimal) -> Taxed:
    """Shipping with the tax it had before a coupon that counts as a discount, which lessened its tax and not its amount."""
    taxed = shipping.inc_tax != shipping.ex_tax
    return replace(shipping, tax=shipping.tax + less / 11) if less and taxed else shipping


def taxed_of(parts: Sequence[Taxed], *, registered: bool) -> Decimal:
    """What of these amounts carries GST, in whole cents. Raises `NoTaxCode`."""
    return cents(sum(map(taxed_part, parts), ZERO)) if registered else ZERO
