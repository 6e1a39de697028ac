"""Order lines matched to items: what is sold, under which tax code, and what speaks against it (SYNC §5 Lines)."""

from dataclasses import dataclass
from decimal import Decimal

from portal.money import ZERO, cents
from portal.sync.items import Shelf, contains, why_unusable
from portal.sync.orders import CompleteOrder, OrderLine
from portal.sync.problems import Code, Problem, about_order, item_not_found
from portal.sync.rules import Item, Rules
from portal.sync.tax import Coded, NoTaxCode, TaxTable, has_left


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
        return ", ".join((self.line.name or self.line.sku, *self.line.options))


@dataclass(slots=True)
class Picked:
    """The goods of an order, every problem found on the way, and notes on what was left out."""

    goods: list[Good]
    problems: list[Problem]
    notes: list[str]


def pick_goods(complete: CompleteOrder, rules: Rules, shelf: Shelf, table: TaxTable) -> Picked:
    """Match every line; all missing SKUs are reported, one sentence each, a repeated one once."""
    picked = Picked([], [], [])
    for line in complete.lines:
        item = shelf.find(line.sku, rules)
        left_out = why_left_out(complete, line, item, rules, shelf)
        if left_out:
            picked.notes.append(f"{line.name or line.sku or 'A line'}: {left_out}")
            continue
        problem = problem_of(complete, line, item)
        if problem is None and item is not None:
            try:
                coded = table.of_line(line, item, exported=has_left(complete, line))
            except NoTaxCode as none:
                problem = about_order(none.code, complete.order.id, none.words, none.subject)
            else:
                gross = cents(line.total.inc_tax)
                picked.goods.append(Good(line=line, item=item, coded=coded, gross=gross))
        if problem is not None and problem not in picked.problems:
            picked.problems.append(problem)
    return picked


def unread_combos(complete: CompleteOrder, rules: Rules, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The combo items whose parts decide whether a pick-list child goes along, and were not read yet."""
    children = [line for line in complete.lines if line.parent_id is not None and not costs(line)]
    if not children:
        return ()
    shelf = Shelf.of(items)
    found = [shelf.find(line.sku, rules) for line in children]
    parents = {
        line.parent_id for line, item in zip(children, found, strict=True) if item and not why_unusable(item)
    }
    combos = [shelf.find(line.sku, rules) for line in complete.lines if line.id in parents]
    unread = {item.id: item for item in combos if item is not None and item.is_combo and not item.parts}
    return tuple(unread.values())


def costs(line: OrderLine) -> bool:
    """Whether a line costs something."""
    return line.total.inc_tax != ZERO or line.total.ex_tax != ZERO


def why_left_out(
    complete: CompleteOrder, line: OrderLine, item: Item | None, rules: Rules, shelf: Shelf
) -> str:
    """Why a line that costs nothing is not sent; blank when it is sent or costs something."""
    if costs(line):
        return ""
    if line.quantity == ZERO:
        return "none were ordered, left out."
    if not line.sku.strip():
        return "no SKU and no price, left out."
    if line.parent_id is None:
        return ""
    if item is None or why_unusable(item):
        return "part of a pick list without a usable item in Saasu, left out."
    parent = next((one for one in complete.lines if one.id == line.parent_id), None)
    combo = shelf.find(parent.sku, rules) if parent is not None else None
    if combo is not None and contains(combo, item):
        return f"contained in the combo item {combo.code}, left out."
    return ""


def problem_of(complete: CompleteOrder, line: OrderLine, item: Item | None) -> Problem | None:
    """What speaks against a line, if anything."""
    order_id = complete.order.id
    if not line.sku.strip():
        words = f"the line “{line.name}” costs {cents(line.total.inc_tax)} and has no SKU"
        return about_order(Code.LINE_WITHOUT_SKU, order_id, words, line.name)
    if item is None:
        return item_not_found(order_id, line.sku)
    if why_unusable(item):
        words = f"the Saasu item {item.code} is {why_unusable(item)}"
        return about_order(Code.ITEM_UNUSABLE, order_id, words, item.code)
    if line.quantity <= ZERO:
        words = f"the line “{line.name}” has a quantity of {line.quantity}"
        return about_order(Code.ORDER_UNREADABLE, order_id, words, line.name)
    if line.total.inc_tax < ZERO or line.price.inc_tax < ZERO:
        words = f"the line “{line.name}” has a negative price"
        return about_order(Code.ORDER_UNREADABLE, order_id, words, line.name)
    return None
