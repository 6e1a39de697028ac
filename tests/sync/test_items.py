"""Which item a SKU means, and which lines are left out (SYNC §5 Lines)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from portal.sync.goods import unread_combos
from portal.sync.items import Shelf
from portal.sync.mapping import Mapped, NotMapped, map_order
from portal.sync.orders import CompleteOrder, OrderLine
from portal.sync.problems import Code, Problem
from portal.sync.rules import Catalogue, Item
from tests.builders import catalogue, item, line, order, rules


def found(sku: str, *items: Item, **aliases: str) -> int | None:
    match = Shelf.of(items).find(sku, rules(aliases=aliases))
    return match.id if match else None


def with_child(*children: OrderLine) -> CompleteOrder:
    """An order of one pick list and its children."""
    complete = order(line("hamper", "50.00"), *children)
    parent, *parts = complete.lines
    return replace(complete, lines=(parent, *(replace(part, parent_id=parent.id) for part in parts)))


def outcome(complete: CompleteOrder, items: Catalogue) -> tuple[list[int], tuple[str, ...]]:
    result = map_order(complete, rules(), items)
    assert isinstance(result, Mapped), result
    return [sold.item_id for sold in result.sale.lines], result.notes


def problem(complete: CompleteOrder, items: Catalogue) -> Problem:
    result = map_order(complete, rules(), items)
    assert isinstance(result, NotMapped)
    return result.problems[0]


def test_the_exact_code_wins_over_one_in_another_case() -> None:
    assert found("mug", item("MUG", 1), item("mug", 2)) == 2


def test_the_only_code_alike_is_taken_and_two_alike_are_not_guessed() -> None:
    assert found(" Mug ", item("MUG", 1)) == 1
    assert found("Mug", item("MUG", 1), item("mug", 2)) is None


def test_an_alias_comes_first_whatever_its_case() -> None:
    assert found("mug", item("mug", 1), item("CUP-1", 2), mug="CUP-1") == 2
    assert found("MUG ", item("CUP-1", 2), mug="CUP-1") == 2


def test_of_two_aliases_alike_the_one_written_exactly_so_is_meant() -> None:
    cups = (item("CUP-1", 1), item("CUP-2", 2))
    assert found("mug", *cups, mug="CUP-1", MUG="CUP-2") == 1
    assert found("MUG", *cups, mug="CUP-1", MUG="CUP-2") == 2
    assert found("Mug", *cups, mug="CUP-1", MUG="CUP-2") is None


def test_a_blank_sku_finds_nothing() -> None:
    assert found("  ", item("", 1)) is None


def test_an_item_inactive_or_not_sold_is_unusable() -> None:
    inactive = problem(order(), catalogue(item("tea-250", is_active=False)))
    unsold = problem(order(), catalogue(item("tea-250", is_sold=False)))
    assert inactive.code is unsold.code is Code.ITEM_UNUSABLE
    assert inactive.sentence == "Order #120: the Saasu item tea-250 is inactive"
    assert unsold.sentence == "Order #120: the Saasu item tea-250 is not marked as sold"


def test_a_line_that_costs_something_without_a_sku_is_named() -> None:
    engraving = replace(line("", "12.00", type="giftcertificate"), name="Gift card")
    named = problem(order(engraving), catalogue())
    assert named.code is Code.LINE_WITHOUT_SKU
    assert named.sentence == "Order #120: the line “Gift card” costs 12.00 and has no SKU"


def test_a_free_line_without_a_sku_is_left_out_with_a_note() -> None:
    sold, notes = outcome(order(line(), replace(line("", "0"), name="Sticker")), catalogue())
    assert (sold, notes) == ([1], ("Sticker: no SKU and no price, left out.",))


def test_a_free_line_with_an_item_goes_along_at_nothing() -> None:
    assert outcome(order(line(), line("mug", "0")), catalogue(item("tea-250"), item("mug", 2)))[0] == [1, 2]


def test_a_free_line_whose_item_is_missing_is_reported() -> None:
    assert problem(order(line(), line("mug", "0")), catalogue()).code is Code.ITEM_NOT_FOUND


def test_a_child_with_an_item_goes_along() -> None:
    items = catalogue(item("hamper", 1), item("jam", 2))
    assert outcome(with_child(line("jam", "0")), items) == ([1, 2], ())


def test_a_child_without_a_usable_item_is_left_out_with_a_note() -> None:
    for items in (catalogue(item("hamper", 1)), catalogue(item("hamper", 1), item("jam", 2, is_sold=False))):
        sold, notes = outcome(with_child(line("jam", "0")), items)
        assert sold == [1]
        assert notes == ("Product jam: part of a pick list without a usable item in Saasu, left out.",)


def test_a_child_that_its_combo_contains_is_left_out() -> None:
    for parts in (("JAM",), ()):
        combo = item("hamper", 1, is_combo=True, parts=parts)
        sold, notes = outcome(with_child(line("jam", "0")), catalogue(combo, item("jam", 2)))
        assert (sold, notes) == ([1], ("Product jam: contained in the combo item hamper, left out.",))


def test_a_child_that_its_combo_does_not_contain_goes_along() -> None:
    combo = item("hamper", 1, is_combo=True, parts=("tea",))
    assert outcome(with_child(line("jam", "0")), catalogue(combo, item("jam", 2)))[0] == [1, 2]


def unread(complete: CompleteOrder, *items: Item, **setting: Any) -> list[int]:
    return [combo.id for combo in unread_combos(complete, rules(**setting), catalogue(*items).items)]


def test_only_the_parts_that_decide_about_a_pick_list_are_read() -> None:
    combo, jam = item("hamper", 1, is_combo=True), item("jam", 2)
    hamper = with_child(line("jam", "0"))
    assert unread(hamper, combo, jam) == [1]
    assert unread(with_child(line("jam", "0"), line("tea", "0")), combo, jam) == [1]
    assert unread(hamper, replace(combo, parts=("jam",)), jam) == []
    assert unread(hamper, replace(combo, is_combo=False), jam) == []
    assert unread(hamper, combo) == []
    assert unread(hamper, combo, replace(jam, is_active=False)) == []
    assert unread(hamper, jam) == []
    assert unread(order(line("hamper")), combo, jam) == []
    assert unread(with_child(line("jam", "1.00")), combo, jam) == []
    renamed = item("BASKET", 5, is_combo=True)
    assert unread(hamper, renamed, jam, aliases={"hamper": "BASKET"}) == [5]


def test_a_catalogue_takes_an_item_that_was_read_anew() -> None:
    before = catalogue(item("hamper", 1, is_combo=True), item("jam", 2))
    after = before.with_item(item("hamper", 1, is_combo=True, parts=("jam",)))
    assert [one.parts for one in after.items[:2]] == [("jam",), ()]
    assert (len(after.items), after.tax_codes) == (len(before.items), before.tax_codes)


def test_a_child_whose_parent_is_gone_goes_along() -> None:
    complete = order(line(), line("jam", "0", parent_id=77))
    assert outcome(complete, catalogue(item("tea-250"), item("jam", 2)))[0] == [1, 2]


def test_a_line_of_none_is_left_out_unless_it_costs_something() -> None:
    none = replace(line("mug", "0"), quantity=Decimal(0))
    assert outcome(order(line(), none), catalogue())[1] == ("Product mug: none were ordered, left out.",)
    paid = replace(line("tea-250", "5.00"), quantity=Decimal(0))
    assert problem(order(paid), catalogue()).code is Code.ORDER_UNREADABLE


def test_a_negative_price_is_unreadable() -> None:
    assert problem(order(line(), line(price="-2.00")), catalogue()).code is Code.ORDER_UNREADABLE
