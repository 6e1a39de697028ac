"""Thousands of made-up Australian orders: each lands on its cent, and its GST is the shop's but for rounding (SYNC §5)."""

import random
from decimal import Decimal

import pytest

from portal.money import ZERO, cents, share
from portal.sync.mapping import Mapped, map_order
from portal.sync.orders import CompleteOrder, OrderLine
from tests.builders import DISCOUNT_ID, catalogue, item, line, order, rules, tax_codes
from tests.sync.rounding import HYPOTHESES

RATES = {code.code: code.rate for code in tax_codes()}
SHOP = catalogue(item("tea"), item("honey", 2, tax_code="G1,G3"))


def random_lines(chance: random.Random, *, inclusive: bool, mixed: bool) -> list[OrderLine]:
    lines = []
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        free = mixed and chance.random() < 0.4
        price = Decimal(chance.choice((chance.randint(25, 9_999), chance.randint(100, 200_000)))) / 100
        if not inclusive and chance.random() < 0.3:
            price += Decimal(chance.randint(1, 99)) / 10_000
        quantity = chance.choice((1, 1, 1, 2, 3, 6, 10, 24, 150))
        sku = "honey" if free else "tea"
        lines.append(line(sku, price, quantity, taxed=not free, inclusive=inclusive))
    return lines


def with_discount(
    chance: random.Random, lines: list[OrderLine], *, inclusive: bool
) -> tuple[list[OrderLine], Decimal]:
    """Lines with the amounts the shop gives each, and their sum."""
    worth = [cents(one.total.inc_tax if inclusive else one.total.ex_tax) for one in lines]
    whole = sum(worth, ZERO)
    less = cents(whole * chance.choice((0, 0, 5, 10, 15, 33, 100, chance.randint(1, 99))) / 100)
    if not inclusive:
        less = min(less, whole - Decimal(len(lines)))
    if less <= ZERO:
        return lines, ZERO
    parts = share(less, worth)
    changed = [
        line(
            one.sku,
            one.price.inc_tax if inclusive else one.price.ex_tax,
            int(one.quantity),
            taxed=one.sku == "tea",
            inclusive=inclusive,
            applied=[part],
        )
        for one, part in zip(lines, parts, strict=True)
    ]
    return changed, less


def shop_tax(lines: list[OrderLine], shipping: Decimal, *, inclusive: bool, per_line: bool) -> Decimal:
    """GST as the shop works it out: after discount, rounded per line or once."""
    bases = []
    for one in lines:
        if one.sku == "tea":
            less = sum((applied.amount for applied in one.applied_discounts), ZERO)
            bases.append((one.total.inc_tax if inclusive else one.total.ex_tax) - less)
    bases.append(shipping)
    taxes = [base / 11 if inclusive else base / 10 for base in bases]
    return sum(map(cents, taxes), ZERO) if per_line else cents(sum(taxes, ZERO))


def random_order(chance: random.Random, *, inclusive: bool, mixed: bool, per_line: bool) -> CompleteOrder:
    lines = random_lines(chance, inclusive=inclusive, mixed=mixed)
    lines, less = with_discount(chance, lines, inclusive=inclusive)
    shipping = Decimal(chance.choice((0, 0, 995, 1200, chance.randint(100, 5_000)))) / 100
    tax = shop_tax(lines, shipping, inclusive=inclusive, per_line=per_line)
    split = chance.choice((ZERO, less))
    return order(*lines, inclusive=inclusive, shipping=shipping, discount=split, coupon=less - split, tax=tax)


def wrong_under_some_rounding(result: Mapped, complete: CompleteOrder) -> list[str]:
    sold = result.sale.lines
    taxed = [bool(RATES[one.tax_code or "G1"]) for one in sold]
    wanted = cents(complete.order.total.inc_tax), result.bridge.span("GST").books
    return [one.name for one in HYPOTHESES if one.books(sold, taxed) != wanted]


@pytest.mark.parametrize("discount_item", [None, DISCOUNT_ID])
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("per_line", [True, False])
@pytest.mark.parametrize("inclusive", [True, False])
def test_random_orders_agree_to_the_cent(
    inclusive: bool, per_line: bool, mixed: bool, discount_item: int | None
) -> None:
    chance = random.Random(f"{inclusive}{per_line}{mixed}{discount_item}")
    differing = 0
    for number in range(200):
        complete = random_order(chance, inclusive=inclusive, mixed=mixed, per_line=per_line)
        result = map_order(complete, rules(discount_item=discount_item), SHOP)
        assert isinstance(result, Mapped), (number, result, complete)
        assert wrong_under_some_rounding(result, complete) == [], (number, complete)
        gst = result.bridge.span("GST")
        differing += gst.difference != ZERO
        assert len(result.sale.lines) <= 2 * len(complete.lines) + 3
    if not inclusive and per_line and discount_item is None:
        assert differing <= 4
