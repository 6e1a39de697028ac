"""One order becomes one unpaid Sale Order, or named problems (SYNC §5). All of them are reported together."""

from dataclasses import dataclass, replace
from decimal import Decimal

from portal.money import ZERO, cents
from portal.sync.bridge import Bridge, line_total, predict
from portal.sync.charges import Charge, charges_of
from portal.sync.crossing import broken_bridge, build_bridge, contradicted_bridge, gst_fault
from portal.sync.goods import Good, pick_goods
from portal.sync.items import Shelf, why_unusable
from portal.sync.laying import Layer
from portal.sync.orders import CompleteOrder, ShopOrder
from portal.sync.pricing import Priced, price_order
from portal.sync.problems import Code, Problem, about_order
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.sale_orders import SaleLine, SaleOrder, marker, number_for
from portal.sync.sides import Sides
from portal.sync.tax import GST, Coded, TaxTable, has_left
from portal.sync.totals import DoNotAddUp, Totals, read_totals, readings

REFUNDED = frozenset({4, 14})
"""Refunded and Partially Refunded: a refund never changes an order's totals (BC §5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """An order ready to be sent but for its contacts."""

    sale: SaleOrder
    bridge: Bridge
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMapped:
    """An order that cannot be posted as it is, and every problem there is with it.

    `bridge` shows which component differs, where the order was read that far.
    """

    problems: tuple[Problem, ...]
    bridge: Bridge | None = None


def map_order(complete: CompleteOrder, rules: Rules, catalogue: Catalogue) -> Mapped | NotMapped:
    """Map one complete order under a connection's rules; every problem there is when it cannot be."""
    order_id = complete.order.id
    if not complete.complete:
        return unreadable(order_id, "the shop did not give all its lines")
    if not complete.lines:
        return unreadable(order_id, "the shop shows no lines of it")
    shelf = Shelf.of(catalogue.items)
    table = TaxTable(rules, catalogue)
    picked = pick_goods(complete, rules, shelf, table)
    problems = [*picked.problems, *discount_item_problems(order_id, rules, shelf)]
    try:
        totals = read_totals(complete)
    except DoNotAddUp as error:
        differs = about_order(Code.TOTALS_DIFFER, order_id, str(error))
        bridge = broken_bridge(complete, next(readings(complete)))
        return NotMapped(problems=(*problems, differs), bridge=bridge)
    charges, more = charges_of(complete, rules, shelf, table, totals)
    if problems or more:
        return NotMapped(problems=tuple(dict.fromkeys((*problems, *more))))
    if not picked.goods and not charges:
        return unreadable(order_id, "nothing of it can be sent to Saasu")
    discount_item = shelf.chosen(rules.discount_item)
    try:
        priced = price_order(
            picked.goods,
            charges,
            totals,
            on_item=discount_item is not None,
            own_discounts=rules.own_discounts,
        )
    except DoNotAddUp as error:
        differs = about_order(Code.TOTALS_DIFFER, order_id, str(error))
        return NotMapped(problems=(differs,), bridge=contradicted_bridge(complete, totals))
    return assemble(complete, rules, catalogue, totals, priced, discount_item, tuple(picked.notes))


def unreadable(order_id: int, words: str) -> NotMapped:
    """An order of which too little was read; the next run reads it again."""
    return NotMapped(problems=(about_order(Code.INCOMPLETE_READ, order_id, words),))


def discount_item_problems(order_id: int, rules: Rules, shelf: Shelf) -> list[Problem]:
    """A Discount Item that was chosen but cannot be used; falling back to percentages would book it elsewhere unasked."""
    if rules.discount_item is None:
        return []
    item = shelf.chosen(rules.discount_item)
    why = why_unusable(item) if item is not None else "no longer in the file"
    if not why:
        return []
    code = item.code if item is not None else ""
    words = f"the Discount Item {code} is {why}".replace("  ", " ")
    return [about_order(Code.ITEM_UNUSABLE, order_id, words, code)]


def assemble(
    complete: CompleteOrder,
    rules: Rules,
    catalogue: Catalogue,
    totals: Totals,
    priced: Priced,
    discount_item: Item | None,
    left_out: tuple[str, ...],
) -> Mapped | NotMapped:
    """Lay every line, work out what Saasu will make of them, and compare both sides."""
    order_id = complete.order.id
    layer = lay(priced, discount_item, Layer(whole_cents=rules.whole_cent_prices))
    lines = tuple(layer.lines)
    rates = {code.code: code.rate for code in catalogue.tax_codes}
    books_total, books_tax = predict(lines, rates)
    taxed = [line for line in lines if rates.get(line.tax_code or "") == GST and line.unit_price]
    sides = Sides(
        complete=complete,
        totals=totals,
        priced=priced,
        books_total=books_total,
        books_tax=books_tax,
        taxed_base=sum(map(line_total, taxed), ZERO),
        taxed_lines=len(taxed),
        split=layer.split,
        discount_item=discount_item,
        registered=rules.tax_registered,
        exported=any(has_left(complete, good.line) for good in priced.goods),
    )
    notes = (*totals.notes, *left_out, *priced.notes, *layer.notes, *notes_on(complete.order, rules))
    bridge = build_bridge(sides, notes)
    if books_total != totals.total:
        words = f"Total differs: Saasu would compute {books_total}, the order says {totals.total}"
        return NotMapped(problems=(about_order(Code.TOTALS_DIFFER, order_id, words),), bridge=bridge)
    fault = gst_fault(sides) if rules.tax_registered else ""
    if fault:
        return NotMapped(problems=(about_order(Code.GST_DIFFERS, order_id, fault),), bridge=bridge)
    return Mapped(sale=header(complete, rules, lines), bridge=bridge, notes=notes)


def notes_on(order: ShopOrder, rules: Rules) -> tuple[str, ...]:
    """What a person should know of an order beside its figures."""
    notes = []
    if order.total.tax and not rules.tax_registered:
        words = (
            f"The shop charged GST of {cents(order.total.tax)}, but the Saasu file is not registered for GST."
        )
        notes.append(words)
    if order.status_id in REFUNDED:
        notes.append("The shop refunded this order, wholly or in part; the refund is not in this sale.")
    return tuple(notes)


def lay(priced: Priced, discount_item: Item | None, layer: Layer) -> Layer:
    """Every line of the sale: goods, shipping and fees, and the discount on its item or within the lines."""
    on_item = discount_item is not None
    for good, part in zip(priced.goods, priced.shares.lines, strict=True):
        layer.good(good, ZERO if on_item else part)
    for charge, part in priced.charge_parts():
        layer.charge(charge, ZERO if on_item else part)
    if discount_item is not None:
        layer.discount(discount_item, discounts_by_code(priced))
    return layer


def discounts_by_code(priced: Priced) -> dict[Coded, Decimal]:
    """The discount by tax code, each as large as what falls on the lines of that code."""
    amounts: dict[Coded, Decimal] = {}
    parts: list[tuple[Good | Charge, Decimal]] = [
        *zip(priced.goods, priced.shares.lines, strict=True),
        *priced.charge_parts(),
    ]
    for carrier, part in parts:
        if part:
            amounts[carrier.coded] = amounts.get(carrier.coded, ZERO) + part
    return amounts


def header(complete: CompleteOrder, rules: Rules, lines: tuple[SaleLine, ...]) -> SaleOrder:
    """The sale's header (SYNC §5)."""
    order = complete.order
    return SaleOrder(
        number=number_for(rules.prefix, order.id),
        marker=marker(rules.store_hash, order.id),
        on=order.created_at.astimezone(rules.zone).date(),
        summary=f"BigCommerce order #{order.id}",
        lines=lines,
        notes=order.customer_message.strip(),
    )


def sale_order(
    mapped: Mapped, billing_contact_id: int | None, shipping_contact_id: int | None, delivery_note: str = ""
) -> SaleOrder:
    """The sale with its contacts; a delivery address that no contact would print stands in the notes."""
    notes = "\n\n".join(filter(None, (mapped.sale.notes, delivery_note)))
    return replace(
        mapped.sale,
        billing_contact_id=billing_contact_id,
        shipping_contact_id=shipping_contact_id,
        notes=notes,
    )
