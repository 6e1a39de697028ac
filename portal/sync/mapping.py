"""One order becomes one unpaid Sale Order, or named problems (SYNC §5). All of them are reported together."""

from dataclasses import dataclass, replace
from decimal import Decimal

from portal.money import ZERO, cents
from portal.sync.bridge import Bridge
from portal.sync.crossing import Sides, build_bridge, gst_fault
from portal.sync.discounts import Discountable, Shares, share_discount
from portal.sync.goods import Good, Picked, pick_goods
from portal.sync.items import Shelf
from portal.sync.laying import Charge, Laid, Layer
from portal.sync.orders import CompleteOrder
from portal.sync.problems import Code, Problem, about_order
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.sale_orders import AUTO_NUMBER, SaleLine, SaleOrder, marker
from portal.sync.tax import NoTaxCode, TaxTable, left_australia
from portal.sync.totals import DoNotAddUp, Totals, read_totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """An order ready to be sent but for its contacts."""

    sale: SaleOrder
    bridge: Bridge
    notes: tuple[str, ...]


def map_order(complete: CompleteOrder, rules: Rules, catalogue: Catalogue) -> Mapped | tuple[Problem, ...]:
    """Map one complete order under a connection's rules; every problem there is when it cannot be."""
    if not complete.complete:
        return (about_order(Code.INCOMPLETE_READ, complete.order.id, "the shop did not give all its lines"),)
    shelf = Shelf.of(catalogue.items)
    table = TaxTable(rules, catalogue, exported=left_australia(complete))
    picked = pick_goods(complete, rules, shelf, table)
    try:
        totals = read_totals(complete)
    except DoNotAddUp as error:
        return (*picked.problems, about_order(Code.TOTALS_DIFFER, complete.order.id, str(error)))
    charges, problems = charges_of(complete, rules, shelf, table, totals)
    if picked.problems or problems:
        return (*picked.problems, *problems)
    return assemble(complete, rules, picked, charges, totals, shelf)


def charges_of(
    complete: CompleteOrder, rules: Rules, shelf: Shelf, table: TaxTable, totals: Totals
) -> tuple[list[Charge], list[Problem]]:
    """Shipping and fees, one charge a tax code, on the items chosen for them (SYNC §5 Charges)."""
    wanted = (
        ("Shipping", totals.shipping, totals.shipping_tax, rules.shipping_item, Code.SHIPPING_ITEM_MISSING),
        ("Fees", totals.fees, fee_tax(complete, totals), rules.fee_item, Code.FEE_ITEM_MISSING),
    )
    charges: list[Charge] = []
    problems: list[Problem] = []
    for name, amount, tax, item_id, missing in wanted:
        if amount == ZERO:
            continue
        item = shelf.by_id.get(item_id) if item_id is not None else None
        if item is None:
            words = f"{name.lower()} of {amount} is charged, and no {name_of(missing)} is chosen"
            problems.append(about_order(missing, complete.order.id, words))
            continue
        try:
            charges += split_charge(name, amount, tax, item, table)
        except NoTaxCode as none:
            problems.append(about_order(none.code, complete.order.id, none.words, none.subject))
    return charges, problems


def name_of(missing: Code) -> str:
    """The field that is not filled."""
    return "Shipping Item" if missing is Code.SHIPPING_ITEM_MISSING else "Fee Item"


def fee_tax(complete: CompleteOrder, totals: Totals) -> Decimal:
    """GST within the fees that count."""
    if totals.fees == ZERO:
        return ZERO
    return cents(sum((fee.cost.inc_tax - fee.cost.ex_tax for fee in complete.fees), ZERO))


def split_charge(name: str, amount: Decimal, tax: Decimal, item: Item, table: TaxTable) -> list[Charge]:
    """A charge taxed in part with tax x: eleven times x taxed, the rest free."""
    taxed = amount if abs(amount - tax * 11) <= Decimal("0.11") and tax else min(tax * 11, amount)
    charges = []
    for part, with_gst in ((taxed, True), (amount - taxed, False)):
        if part:
            coded = table.of_charge(taxed=with_gst, item=item)
            charges.append(Charge(name=name, item=item, coded=coded, amount=part))
    return charges


def assemble(
    complete: CompleteOrder, rules: Rules, picked: Picked, charges: list[Charge], totals: Totals, shelf: Shelf
) -> Mapped | tuple[Problem, ...]:
    """Share the discount, land every line, compare both totals."""
    order = complete.order
    goods_total = sum((good.gross for good in picked.goods), ZERO)
    charged = sum((charge.amount for charge in charges), ZERO)
    discount = goods_total + charged - totals.total
    shipping = sum((charge.amount for charge in charges if charge.name == "Shipping"), ZERO)
    item = shelf.by_id.get(rules.discount_item) if rules.discount_item is not None else None
    try:
        if discount < ZERO:
            raise ValueError(f"the lines come to {-discount} less than the order's total")
        shares = share_discount(discount, [discountable(good) for good in picked.goods], shipping)
    except ValueError as error:
        return (about_order(Code.TOTALS_DIFFER, order.id, f"discount does not fit: {error}"),)
    laid = lay(picked.goods, charges, shares, item)
    sides = Sides(
        complete=complete, totals=totals, goods=goods_total, discount=discount, shares=shares, laid=laid
    )
    bridge = build_bridge(sides)
    fault = gst_fault(sides, registered=rules.tax_registered)
    if fault:
        return (about_order(Code.GST_DIFFERS, order.id, fault),)
    notes = (*totals.notes, *picked.notes, *laid.notes, *own_amounts_note(shares))
    return Mapped(sale=header(complete, rules, laid.lines), bridge=replace(bridge, notes=notes), notes=notes)


def discountable(good: Good) -> Discountable:
    """A line as far as sharing goes."""
    applied = sum((one.amount for one in good.line.applied_discounts), ZERO)
    return Discountable(gross=good.gross, taxed=good.coded.taxed, applied=applied)


def own_amounts_note(shares: Shares) -> tuple[str, ...]:
    """Say where the shop's own amounts were used."""
    if not shares.own_amounts:
        return ()
    return ("The order mixes tax rates, so each line has the discount the shop gave it.",)


def lay(goods: list[Good], charges: list[Charge], shares: Shares, discount_item: Item | None) -> Laid:
    """Every line of the sale: goods, shipping and fees, and the discount on its item or within the lines."""
    layer = Layer()
    whole_lines = discount_item is not None
    for good, part in zip(goods, shares.lines, strict=True):
        layer.good(good, ZERO if whole_lines else part)
    left = shares.shipping
    for charge in charges:
        part = min(left, charge.amount) if charge.name == "Shipping" else ZERO
        left -= part
        layer.charge(charge, ZERO if whole_lines else part)
    if discount_item is not None:
        layer.discount(discount_item, discounts_by_code(goods, charges, shares))
    return layer.laid()


def discounts_by_code(
    goods: list[Good], charges: list[Charge], shares: Shares
) -> dict[tuple[str | None, bool], Decimal]:
    """The discount by tax code, each as large as what falls on the lines of that code."""
    amounts: dict[tuple[str | None, bool], Decimal] = {}
    for good, part in zip(goods, shares.lines, strict=True):
        key = (good.coded.code, good.coded.taxed)
        amounts[key] = amounts.get(key, ZERO) + part
    left = shares.shipping
    for charge in charges:
        part = min(left, charge.amount) if charge.name == "Shipping" else ZERO
        left -= part
        key = (charge.coded.code, charge.coded.taxed)
        amounts[key] = amounts.get(key, ZERO) + part
    return {key: amount for key, amount in amounts.items() if amount}


def header(complete: CompleteOrder, rules: Rules, lines: tuple[SaleLine, ...]) -> SaleOrder:
    """The sale's header (SYNC §5)."""
    order = complete.order
    return SaleOrder(
        number=f"{rules.prefix}{order.id}" if rules.prefix else AUTO_NUMBER,
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
