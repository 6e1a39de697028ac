"""Order lines matched to items: what is sold, under which tax code, and what speaks against it (SYNC §5 Lines)."""

from dataclasses import dataclass
from decimal import Decimal

from portal.money import ZERO, cents
from portal.sync.items import Shelf
from portal.sync.orders import CompleteOrder, OrderLine
from portal.sync.problems import Code, Problem, about_order, item_not_found
from portal.sync.rules import Item, Rules
from portal.sync.tax import Coded, NoTaxCode, TaxTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One order line with its item. `gross` is its GST-inclusive total before discount, in dollars and whole cents."""

    line: OrderLine
    item: Item
    coded: Coded
    gross: Decimal

    @property
    def description(self) -> str:
        """The name and the options chosen."""
        options = ", ".join(self.line.options)
        return f"{self.line.name} ({options})" if options else self.line.name


@dataclass(slots=True)
class Picked:
    """The goods of an order, every problem found on the way, and notes on what was left out."""

    goods: list[Good]
    problems: list[Problem]
    notes: list[str]


def pick_goods(complete: CompleteOrder, rules: Rules, shelf: Shelf, table: TaxTable) -> Picked:
    """Match every line; all missing SKUs are reported, one sentence each."""
    picked = Picked([], [], [])
    for line in complete.lines:
        item = shelf.find(line.sku, rules) if line.sku.strip() else None
        left_out = why_left_out(complete, line, item, rules, shelf)
        if left_out:
            picked.notes.append(left_out)
            continue
        problem = problem_of(complete, line, item)
        if problem is not None:
            if problem not in picked.problems:
                picked.problems.append(problem)
            continue
        assert item is not None
        add_good(picked, complete, line, item, table)
    return picked


def add_good(picked: Picked, complete: CompleteOrder, line: OrderLine, item: Item, table: TaxTable) -> None:
    """Add a line with its tax code, or the problem that there is none."""
    try:
        coded = table.of_line(line.price.ex_tax, line.price.inc_tax, item)
    except NoTaxCode as none:
        picked.problems.append(about_order(none.code, complete.order.id, none.words, none.subject))
        return
    picked.goods.append(Good(line=line, item=item, coded=coded, gross=cents(line.total.inc_tax)))


def why_left_out(
    complete: CompleteOrder, line: OrderLine, item: Item | None, rules: Rules, shelf: Shelf
) -> str:
    """Why a line that costs nothing is not sent; blank when it is sent or costs something."""
    if line.total.inc_tax != ZERO:
        return ""
    name = line.name or line.sku or "A line"
    if line.quantity == ZERO:
        return f"{name}: none were ordered, left out."
    if not line.sku.strip():
        return f"{name}: no SKU and no price, left out."
    if line.parent_id is None:
        return ""
    if item is None:
        return f"{name}: part of a pick list without an item in Saasu, left out."
    parent = next((one for one in complete.lines if one.id == line.parent_id), None)
    combo = shelf.find(parent.sku, rules) if parent is not None else None
    if combo is not None and combo.is_combo and item.code in combo.parts:
        return f"{name}: contained in the combo item {combo.code}, left out."
    return ""


def problem_of(complete: CompleteOrder, line: OrderLine, item: Item | None) -> Problem | None:
    """What speaks against a line, if anything."""
    order_id = complete.order.id
    if not line.sku.strip():
        words = f"the line “{line.name}” costs {cents(line.total.inc_tax)} and has no SKU"
        return about_order(Code.LINE_WITHOUT_SKU, order_id, words, line.name)
    if item is None:
        return item_not_found(order_id, line.sku)
    if not item.is_active or not item.is_sold:
        words = f"the Saasu item {item.code} is {'inactive' if not item.is_active else 'not sold'}"
        return about_order(Code.ITEM_UNUSABLE, order_id, words, item.code)
    if line.quantity <= ZERO:
        words = f"the line “{line.name}” has a quantity of {line.quantity}"
        return about_order(Code.ORDER_UNREADABLE, order_id, words, line.name)
    if line.total.inc_tax < ZERO:
        words = f"the line “{line.name}” has a negative price"
        return about_order(Code.ORDER_UNREADABLE, order_id, words, line.name)
    return None
