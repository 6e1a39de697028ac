"""The orders of `prove cents`, drawn by their number and the seed: the same every time, each as a small spec of the sandbox.

Nothing is computed here: what an order comes to is worked out by the sandbox's own pricing.
"""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from proofs._cents_shops import FREE, LABELLED_FREE, LABELLED_TAXED, TAXED, UNKNOWN, Shop

LONG_EVERY, LONG_PLACE = 97, 41
HALF_EVERY, HALF_PLACE = 53, 17
CONTRADICTING_EVERY, CONTRADICTING_PLACE = 23, 13
COUNTINGS: Final = ("reduced", "counted", "both")
NAMES: Final = (
    "Ines Marlo",
    "Tobias Wren",
    "Uma Ferris",
    "Neve O'Hanlon",
    "Kit Larkspur",
    "Asha Quill-Reed",
    "Bo Teal",
    "Zadie Noone",
)
TOWNS: Final = (
    ("Orange", "NSW", "2800"),
    ("Bendigo", "VIC", "3550"),
    ("Cairns", "QLD", "4870"),
    ("Albany", "WA", "6330"),
)
Spec = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One order. `sound` is false where it contradicts itself or names what Saasu does not know; `flaw` says how.

    `changes` maps fields of the order to dollars that are added to them after it was placed.
    """

    number: int
    spec: Spec
    sound: bool = True
    flaw: str = ""
    changes: dict[str, str] = field(default_factory=dict)


def is_long(number: int) -> bool:
    """Whether an order has more than fifty lines."""
    return number % LONG_EVERY == LONG_PLACE and not is_half_cent(number)


def is_half_cent(number: int) -> bool:
    """Whether an order's total ends in half a cent."""
    return number % HALF_EVERY == HALF_PLACE


def drawn(seed: int, number: int, shop: Shop) -> Drawn:
    """The order of that number, as it is placed in that shop."""
    chance = random.Random(f"cents {seed} {number}")
    if is_half_cent(number):
        return Drawn(number=number, spec=_half_cent(chance))
    spec: Spec = {"lines": _lines(chance, shop, long=is_long(number))}
    spec |= {"billing": _person(chance), "customer_id": 0}
    _deliver(chance, spec)
    _discount(chance, spec)
    _charge(chance, spec)
    spec["tax_rounding"] = chance.choices(("line", "order", "unit"), (80, 12, 8))[0]
    if chance.random() < 0.1:
        spec["omitted"] = ["is_tax_inclusive_pricing"]
    if number % CONTRADICTING_EVERY == CONTRADICTING_PLACE:
        return _contradicted(chance, shop, number, spec)
    return Drawn(number=number, spec=spec)


def _half_cent(chance: random.Random) -> Spec:
    """A total that lies exactly on half a cent above an even one, so that it shows which way that is rounded."""
    price = Decimal(chance.randint(50, 45_000)) / 50 + Decimal("0.005")
    line = {"sku": chance.choice(FREE), "name": "By weight", "price": str(price), "rate": "0"}
    return {"lines": [line], "billing": _person(chance)}


def _lines(chance: random.Random, shop: Shop, *, long: bool) -> list[Spec]:
    count = chance.choice((1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12))
    if long:
        count = chance.choice((51, 52, 55, 60, 75)) if chance.random() < 0.8 else chance.randint(251, 262)
    mixed = chance.random() < 0.4
    lines = [_line(chance, shop, free=mixed and chance.random() < 0.4) for _ in range(count)]
    if long:
        # What costs nothing is missed by no total: it must be seen by its quantity.
        lines[50] = _line(chance, shop, free=True) | {"price": "0.00", "quantity": chance.randint(1, 9)}
    return lines


def _line(chance: random.Random, shop: Shop, *, free: bool) -> Spec:
    skus = chance.choices((FREE, LABELLED_TAXED) if free else (TAXED, LABELLED_FREE), (9, 1))[0]
    sku = chance.choice(skus)
    line: Spec = {"sku": sku, "name": f"Article {sku}", "price": str(_price(chance, shop))}
    line |= {"quantity": _quantity(chance), "rate": "0" if free else "10"}
    if chance.random() < 0.1:
        line["options"] = [["Size", chance.choice(("Small", "Large"))]]
    if chance.random() < 0.03:
        line["children"] = [[chance.choice(TAXED), "Part of the set", chance.randint(1, 3)]]
    if chance.random() < 0.04:
        line["type"] = "digital"
    return line


def _price(chance: random.Random, shop: Shop) -> Decimal:
    """Dollars in the shop's basis; a shop without GST in its prices has many with four decimals."""
    kind = chance.random()
    if kind < 0.02:
        return Decimal("0.00")
    if kind < 0.1:
        price = Decimal(chance.randint(1, 99))
    elif kind < 0.8:
        price = Decimal(chance.choice((chance.randint(100, 30_000), chance.randint(1, 300) * 100 - 5)))
    else:
        price = Decimal(chance.randint(30_000, 9_999_999))
    price /= 100
    fine = chance.random()
    if not shop.inclusive and fine < 0.25:
        return (price / Decimal("1.1")).quantize(Decimal("0.0001"))
    if fine < (0.4 if not shop.inclusive else 0.02):
        return min(price + Decimal(chance.choice((chance.randint(1, 99), 50))) / 10_000, Decimal("99999.99"))
    return price


def _quantity(chance: random.Random) -> int:
    return chance.choices(
        (1, chance.randint(2, 12), chance.randint(13, 200), chance.randint(201, 10_000)), (60, 30, 7, 3)
    )[0]


def _person(chance: random.Random) -> Spec:
    number = chance.randrange(len(NAMES))
    first, last = NAMES[number].split()
    city, state, postcode = TOWNS[number % len(TOWNS)]
    return {
        "first_name": first, "last_name": last, "street_1": f"{number + 3} Wattle Street", "city": city, "state": state,
        "zip": postcode, "country": "Australia", "country_iso2": "AU", "email": f"{first.lower()}@example.com",
    }  # fmt: skip


def _deliver(chance: random.Random, spec: Spec) -> None:
    """One address or two, at a price or free; collected, or nothing to send; now and then abroad, where nothing is taxed."""
    kind = chance.random()
    if kind < 0.15:
        return
    abroad = kind > 0.98
    spec["destinations"] = [
        _destination(chance, abroad=abroad) for _ in range(2 if 0.15 <= kind < 0.22 else 1)
    ]
    if len(spec["destinations"]) == 2:
        for line in spec["lines"]:
            line["destination"] = chance.randint(0, 1)
    if abroad:
        for line in spec["lines"]:
            line |= {"rate": "0", "type": "physical"}


def _destination(chance: random.Random, *, abroad: bool) -> Spec:
    place: Spec = {"cost": _dollars(chance.choice((0, 0, 995, 1200, 1450, chance.randint(100, 9_000))))}
    place["handling"] = _dollars(chance.choice((0, 0, 0, 330, chance.randint(50, 900))))
    place["rate"] = "0" if abroad or chance.random() < 0.08 else "10"
    if abroad:
        place["address"] = {
            "country": "New Zealand",
            "country_iso2": "NZ",
            "city": "Napier",
            "state": "",
            "zip": "4110",
        }
    return place


def _dollars(cents: int) -> str:
    return str(Decimal(cents) / 100)


def _discount(chance: random.Random, spec: Spec) -> None:
    """None, or up to three of every kind there is."""
    for _ in range(chance.choice((0, 0, 0, 1, 1, 1, 1, 2, 3))):
        chance.choice((_manual, _automatic, _promotion, _coupon, _coupon, _coupon, _shipping_coupon))(
            chance, spec
        )


def _goods(spec: Spec) -> Decimal:
    return sum((Decimal(line["price"]) * line["quantity"] for line in spec["lines"]), Decimal(0))


def _part_of(chance: random.Random, amount: Decimal) -> str:
    """A round sum, a percentage, anything up to all of it, or all of it."""
    kind = chance.random()
    if kind < 0.3:
        part = Decimal(chance.choice((5, 10, 20, 50)))
    elif kind < 0.6:
        part = amount * chance.choice((5, 10, 15, 20, 33, 50)) / 100
    else:
        part = amount if kind > 0.95 else amount * chance.randint(1, 9_999) / 10_000
    return str(part.quantize(Decimal("0.01")))


def _manual(chance: random.Random, spec: Spec) -> None:
    spec["manual_discount"] = _part_of(chance, _goods(spec))


def _automatic(chance: random.Random, spec: Spec) -> None:
    spec["automatic_discount"] = _part_of(chance, _goods(spec))


def _promotion(chance: random.Random, spec: Spec) -> None:
    line = chance.choice(spec["lines"])
    line["discount"] = _part_of(chance, Decimal(line["price"]) * line["quantity"])


def _coupon(chance: random.Random, spec: Spec) -> None:
    kind = chance.choice((0, 1, 1, 2, 5))
    coupon: Spec = {"code": f"CODE{kind}", "kind": kind}
    if kind in {1, 5}:
        coupon["amount"] = str(
            chance.choice((5, 10, 15, 20, 25, 33, 50, Decimal("12.5"), Decimal("7.25"), 100))
        )
    elif kind == 0:
        coupon["amount"] = _dollars(chance.choice((100, 200, 500, chance.randint(1, 2_000))))
    else:
        coupon["amount"] = _part_of(chance, _goods(spec))
    if chance.random() < 0.5:
        coupon["skus"] = [chance.choice(spec["lines"])["sku"]]
    spec.setdefault("coupons", []).append(coupon)


def _shipping_coupon(chance: random.Random, spec: Spec) -> None:
    if not spec.get("destinations"):
        return
    kind = chance.choice((3, 4))
    spec.setdefault("coupons", []).append(
        {"code": f"POST{kind}", "kind": kind, "amount": _dollars(chance.randint(100, 1_500))}
    )
    spec["shipping_coupons"] = chance.choice(COUNTINGS)


def _charge(chance: random.Random, spec: Spec) -> None:
    """Wrapping, fees, and what pays without being a discount."""
    if chance.random() < 0.08:
        line = chance.choice(spec["lines"])
        line |= {
            "wrapping": _dollars(chance.choice((450, 495, chance.randint(50, 900)))),
            "wrapping_name": "Paper",
        }
    for _ in range(chance.choices((0, 1, 2), (94, 5, 1))[0]):
        fee = {
            "name": chance.choice(("Card surcharge", "Assembly")),
            "cost": _dollars(chance.randint(10, 5_000)),
        }
        spec.setdefault("fees", []).append(fee | {"rate": chance.choice(("10", "10", "0"))})
    if chance.random() < 0.04:
        spec[chance.choice(("gift_certificate", "store_credit"))] = _dollars(chance.randint(100, 20_000))


def _contradicted(chance: random.Random, shop: Shop, number: int, spec: Spec) -> Drawn:
    """The order with something in it that must keep it out of the books."""
    room = Decimal(len(spec["lines"]) + 10) / 50
    by = str(chance.choice((-1, 1)) * (room + Decimal(chance.randint(50, 5_000)) / 100))
    kinds = ["total", "rate", "discount", "tax", "totals", "item"]
    if not shop.registered:
        # Without GST in the books the tax of the shop is of no account.
        kinds = ["total", "discount", "totals", "item"]
    kind = kinds[number // CONTRADICTING_EVERY % len(kinds)]
    changes: dict[str, str] = {}
    if kind == "total":
        changes = {"total_inc_tax": by}
    elif kind == "totals":
        changes = {"total_inc_tax": by, "total_ex_tax": by}
    elif kind == "discount":
        changes = {"discount_amount": by.lstrip("-")}
    elif kind == "tax":
        # More than any rounding by the unit can explain.
        changes = {
            "total_tax": str(
                abs(Decimal(by)) + sum(line["quantity"] for line in spec["lines"]) / Decimal(100)
            )
        }
    elif kind == "rate":
        line = chance.choice(spec["lines"])
        line |= {
            "rate": chance.choice(("5", "12.5", "15", "20")),
            "price": _dollars(chance.randint(500, 20_000)),
            "type": "digital",
        }
    else:
        chance.choice(spec["lines"])["sku"] = UNKNOWN
    return Drawn(number=number, spec=spec, sound=False, flaw=kind, changes=changes)
