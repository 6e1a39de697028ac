"""Recorded and documented answers of the shop, read and mapped: each ends in a sale to the cent or in a named problem."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from portal.clients.bigcommerce_payloads import read_coupon, read_line, read_order, read_shipping_address
from portal.clients.exact_json import load
from portal.money import ZERO, cents
from portal.sync.bridge import predict
from portal.sync.contacts import Create, SameAsBilling, Use, billing_plan, shipping_plan, shipping_search
from portal.sync.mapping import Mapped, NotMapped, map_order
from portal.sync.orders import AppliedDiscount, CompleteOrder, Coupon, OrderLine, ShopOrder, Taxed
from portal.sync.planning import reason_to_ignore
from portal.sync.problems import Code, Ignored
from portal.sync.rules import Catalogue
from tests.builders import address, catalogue, item, line, order, rules, tax_codes

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "contracts" / "bigcommerce" / "examples"
HERE = EXAMPLES.is_dir()
RATES = {code.code: code.rate for code in tax_codes()}
OWN_LINES = {
    "nango__order_100.json": "nango__order_100__products.json",
    "spec26__order_247.json": "spec20__order_247__products.json",
}

pytestmark = pytest.mark.skipif(
    not HERE, reason=f"the recorded answers are not beside the project: {EXAMPLES}"
)


def names(*patterns: str) -> list[str]:
    found = {path.name for pattern in patterns for path in EXAMPLES.glob(pattern)}
    return sorted(found) or ["absent"]


LINE_FILES = names("*__products.json", "*__product_*.json")
COUPON_FILES = names("*__coupons.json")
ADDRESS_FILES = names("*__shipping_addresses.json", "*__shipping_address_*.json")


def values(name: str) -> list[object]:
    """The rows of a file; a single object is one row."""
    found = load((EXAMPLES / name).read_text())
    return found if isinstance(found, list) else [found]


def is_order(name: str) -> bool:
    """Whether a file holds an order: a row with an id and a total of its own."""
    row = values(name)[0] if HERE else None
    return isinstance(row, dict) and {"id", "total_inc_tax", "billing_address"} <= row.keys()


ORDER_FILES = [name for name in names("*.json") if is_order(name)] or ["absent"]


def shop_order(name: str) -> ShopOrder:
    found = read_order(values(name)[0])
    assert isinstance(found, ShopOrder)
    return found


def made_line(found: ShopOrder) -> OrderLine:
    """One line with which BC §7 D to F hold for an order that was recorded without its own."""
    less = found.discount_amount + found.coupon_discount
    goods = found.subtotal
    return replace(
        line("made"),
        price=Taxed(ex_tax=goods.ex_tax, inc_tax=goods.inc_tax, tax=goods.inc_tax - goods.ex_tax),
        total=goods,
        discounted_total_inc_tax=goods.inc_tax - less,
        applied_discounts=(AppliedDiscount(amount=less),) if less else (),
    )


def items_for(lines: Sequence[OrderLine]) -> Catalogue:
    codes = sorted({one.sku for one in lines if one.sku})
    return catalogue(*(item(code, place) for place, code in enumerate(codes, 1)), item("spare", 800))


def assert_agrees_or_is_named(complete: CompleteOrder, *, tax_registered: bool = True) -> Mapped | NotMapped:
    result = map_order(complete, rules(tax_registered=tax_registered), items_for(complete.lines))
    if isinstance(result, Mapped):
        total, tax = predict(result.sale.lines, RATES)
        assert total == cents(complete.order.total.inc_tax)
        assert (total, tax) == (result.bridge.span("Total").books, result.bridge.span("GST").books)
        assert len(result.sale.lines) <= 2 * (len(complete.lines) + 3 + len(complete.fees))
    else:
        assert result.problems
        assert all(
            problem.sentence.startswith(f"Order #{complete.order.id}: ") for problem in result.problems
        )
        assert all(isinstance(problem.code, Code) for problem in result.problems)
    return result


def test_every_recorded_order_is_among_those_tried() -> None:
    assert len(ORDER_FILES) >= 20
    assert {"nango__order_created_response.json", "doc15__order_100_created.json"} <= set(ORDER_FILES)


@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("name", ORDER_FILES)
def test_a_recorded_order_becomes_a_sale_to_the_cent_or_a_named_problem(name: str, registered: bool) -> None:
    found = shop_order(name)
    lines = tuple(map(read_line, values(OWN_LINES[name]))) if name in OWN_LINES else (made_line(found),)
    assert_agrees_or_is_named(CompleteOrder(order=found, lines=lines), tax_registered=registered)


@pytest.mark.parametrize("name", ORDER_FILES)
def test_a_recorded_order_in_another_currency_is_ignored_unless_read_as_aud(name: str) -> None:
    found = shop_order(name)
    everything = rules(start=datetime(2000, 1, 1, tzinfo=UTC), statuses=frozenset(range(15)))
    if found.currency != "AUD":
        assert reason_to_ignore(found, everything) is Ignored.CURRENCY
    as_aud = replace(everything, expected_currency=found.currency)
    assert reason_to_ignore(found, as_aud) in {None, Ignored.DELETED}


def test_most_recorded_orders_become_sales_when_tax_does_not_stand_in_the_way() -> None:
    results = []
    for name in ORDER_FILES:
        found = shop_order(name)
        complete = CompleteOrder(order=found, lines=(made_line(found),))
        results.append(map_order(complete, rules(tax_registered=False), items_for(complete.lines)))
    assert sum(isinstance(result, Mapped) for result in results) >= len(results) - 3


def order_around(lines: tuple[OrderLine, ...], *, inclusive: bool) -> CompleteOrder:
    """An order of recorded lines, with the discounts they name and nothing charged beside them."""
    less = sum((one.amount for each in lines for one in each.applied_discounts), ZERO)
    tax = sum((each.total.tax for each in lines), ZERO)
    return order(*lines, inclusive=inclusive, discount=less, tax=tax)


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("name", LINE_FILES)
def test_a_recorded_file_of_lines_becomes_a_sale_or_a_named_problem(name: str, inclusive: bool) -> None:
    complete = order_around(tuple(map(read_line, values(name))), inclusive=inclusive)
    assert_agrees_or_is_named(complete)
    assert_agrees_or_is_named(complete, tax_registered=False)


@pytest.mark.parametrize("name", LINE_FILES)
def test_recorded_lines_without_items_name_each_sku_once(name: str) -> None:
    complete = order_around(tuple(map(read_line, values(name))), inclusive=True)
    result = map_order(complete, rules(), catalogue(item("spare", 800)))
    assert not isinstance(result, Mapped)
    missing = [problem.subject for problem in result.problems if problem.code is Code.ITEM_NOT_FOUND]
    with_cost = {one.sku for one in complete.lines if one.sku and one.total.inc_tax}
    assert with_cost <= set(missing)
    assert len(missing) == len(set(missing))


@pytest.mark.parametrize("name", COUPON_FILES)
def test_a_recorded_file_of_coupons_is_taken_off(name: str) -> None:
    coupons: list[Coupon] = list(map(read_coupon, values(name)))
    worth = sum((coupon.discount for coupon in coupons), ZERO)
    complete = order(line("made", "99.00"), coupon=worth, coupons=coupons)
    result = assert_agrees_or_is_named(complete)
    assert isinstance(result, Mapped)
    assert result.bridge.span("Discount").books == -cents(worth)
    assert coupons[0].code in result.bridge.span("Discount").words


@pytest.mark.parametrize("name", ADDRESS_FILES)
def test_a_recorded_file_of_addresses_gives_a_receiver(name: str) -> None:
    places = list(map(read_shipping_address, values(name)))
    complete = order(line("made", taxed=False), tax="0", addresses=places)
    assert isinstance(assert_agrees_or_is_named(complete), Mapped)
    plan = shipping_plan(complete, billing_plan(complete.order, ()))
    assert isinstance(plan.shipping, Create)
    assert shipping_search(complete) is not None
    assert plan.delivery_note.count("Also deliver to") == len(places) - 1
    mirrored = replace(places[0].address, email="robin@example.com")
    own = replace(complete, order=replace(complete.order, billing=mirrored))
    assert shipping_plan(own, billing_plan(own.order, ())).shipping == SameAsBilling()


def test_an_australian_recorded_address_is_no_export() -> None:
    complete = order(line("made"), billing=address(), tax="1.00")
    result = assert_agrees_or_is_named(complete)
    assert isinstance(result, Mapped)
    assert result.sale.lines[0].tax_code == "G1"
    assert result.bridge.span("GST").books == Decimal("1.00")
    assert not isinstance(billing_plan(complete.order, ()), Use)
