"""Orders as a shop's customers would place them, the same every time for the same seed.

A shop's arrivals follow from its seed and the day; each order follows from its shop, its moment and its number. So a
restart, and a sandbox on another machine, find the same orders.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.bigcommerce import people
from sandbox.bigcommerce.pricing import cents
from sandbox.bigcommerce.specs import GST, ZERO, CouponSpec, Destination, LineSpec, OrderSpec
from sandbox.bigcommerce.timelines import timeline
from sandbox.catalogue import Sellable, sellables
from sandbox.world import Store

CUSTOMERS: Final = 60
OPENING: Final = timedelta(days=3)
_MESSAGES: Final = (
    "Please leave it by the side gate.",
    "It's a gift, no invoice in the box please.",
    "Ring the bell twice.",
)
_METHODS: Final = (("Standard Post", "9.95"), ("Express Post", "14.50"), ("Courier", "19.90"))
_PAYMENTS: Final = ("Credit Card", "Credit Card", "PayPal", "Bank Deposit", "Afterpay")
# Quantity of one line and how often; bulk is rare.
_QUANTITIES: Final = (1,) * 14 + (2,) * 5 + (3,) * 3 + (4, 6, 12)


def arrivals(store: Store, after: datetime, until: datetime) -> Iterator[datetime]:
    """Moments of a shop's orders in (after, until], by its opening hours and its week. Ascending."""
    if not store.orders_per_week:
        return
    zone = ZoneInfo(store.timezone)
    day = after.astimezone(zone).date()
    while day <= until.astimezone(zone).date():
        yield from (moment for moment in _day(store, day, zone) if after < moment <= until)
        day += timedelta(days=1)


def opening(store: Store, began: datetime) -> list[datetime]:
    """Moments of a shop's opening orders: evenly spread over the three days before `began`."""
    step = OPENING / (store.opening_orders + 1)
    return [began - OPENING + step * (n + 1) for n in range(store.opening_orders)]


def order(store: Store, created: datetime, number: int, *, opening_order: bool = False) -> OrderSpec:
    """The order that a customer of this shop placed at `created`; `number` keeps orders of one second apart."""
    draw = random.Random(f"order {store.seed} {created:%Y%m%dT%H%M%S} {number}")
    habits = store.habits
    known = draw.random() * 100 >= habits.guest
    customer_number = draw.randint(1, CUSTOMERS) if known else 1000 + draw.randint(1, 100_000)
    billing = people.customer(store.seed, customer_number)
    lines = _lines(store, draw, number if opening_order else 0)
    spec = OrderSpec(
        created=created.replace(microsecond=0),
        lines=tuple(lines),
        billing=billing,
        customer_id=customer_number if known else 0,
        payment_method=draw.choice(_PAYMENTS),
        payment_status=draw.choice(("captured", "captured", "")),
        customer_message=draw.choice(_MESSAGES) if draw.random() < 0.08 else "",
        order_source="www" if draw.random() < 0.92 else "manual",
    )
    spec = _with_discounts(store, draw, _with_delivery(store, draw, spec))
    spec = _in_another_currency(store, draw, spec)
    return timeline(store, draw, _with_tenders(store, draw, spec))


def paid_order(store: Store, created: datetime, number: int) -> OrderSpec:
    """An order that is paid at once, as somebody expects who presses a button to see one arrive."""
    likely = replace(store, habits=replace(store.habits, unpaid=0, foreign_currency=0, deleted=0))
    spec = order(likely, created, number)
    return replace(
        spec, status_id=11, timeline=tuple(step for step in spec.timeline if step[1].get("status_id") != 11)
    )


def chance(draw: random.Random, percent: int) -> bool:
    """True in so many of a hundred cases."""
    return draw.random() * 100 < percent


def _day(store: Store, day: date, zone: ZoneInfo) -> list[datetime]:
    draw = random.Random(f"day {store.seed} {day.isoformat()}")
    usual = store.orders_per_week / 7 * (1.25 if day.weekday() >= 5 else 0.9)
    # As many coins as would make twice the usual number give a spread about as wide as real days have.
    count = sum(draw.random() < 0.5 for _ in range(int(usual * 2 + draw.random())))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    seconds = sorted(int(draw.triangular(6 * 3600, 23 * 3600 + 3599, 19 * 3600)) for _ in range(count))
    return [midnight + timedelta(seconds=each) for each in seconds]


def _lines(store: Store, draw: random.Random, opening_number: int) -> list[LineSpec]:
    goods = sellables(store.products)
    bought = [one for one in goods if one.product.popularity]
    weights = [one.product.popularity / max(len(one.product.variants), 1) for one in bought]
    wanted = min(draw.choice((1, 1, 1, 2, 2, 2, 3, 3, 4, 6)), len(bought))
    chosen: dict[str, Sellable] = {}
    while len(chosen) < wanted:
        one = draw.choices(bought, weights)[0]
        chosen[one.sku] = one
    featured = {sku for place, sku in store.featured if place == opening_number}
    chosen |= {one.sku: one for one in goods if one.sku in featured}
    places = {one.sku: place for place, one in enumerate(goods, start=1)}
    lines = [_line(store, draw, one, places[one.sku], goods) for one in chosen.values()]
    return lines + _custom_lines(store, draw)


def _line(
    store: Store, draw: random.Random, one: Sellable, place: int, goods: tuple[Sellable, ...]
) -> LineSpec:
    product = one.product
    rate = GST if one.taxed else ZERO
    amount = one.price if store.tax_inclusive else cents(one.price / (1 + rate / 100))
    names = {good.sku: good.name for good in goods}
    line = LineSpec(
        sku=one.sku,
        name=product.name,
        price=amount,
        quantity=draw.choice(_QUANTITIES) if amount < 200 else 1,
        rate=rate,
        type=product.type,
        options=((product.option, one.variant.label),) if one.variant else (),
        product_id=70 + list(store.products).index(product),
        variant_id=200 + place,
        brand=product.brand,
        weight=product.weight,
        children=tuple((sku, names.get(sku, sku), each) for sku, each in product.parts)
        if product.pick_list
        else (),
    )
    if product.type == "physical" and chance(draw, store.habits.wrapping):
        wrapped = Decimal("4.95") if store.tax_inclusive else Decimal("4.50")
        line = replace(line, wrapping=wrapped, wrapping_name="Gift paper", quantity=1)
    if chance(draw, store.habits.automatic_discount) and amount > 5:
        line = replace(line, discount=cents(amount * line.quantity * draw.choice((10, 15, 20)) / 100))
    return line


def _custom_lines(store: Store, draw: random.Random) -> list[LineSpec]:
    """What staff typed into an order themselves: with a SKU of the shop's, or with none."""
    lines = []
    price = Decimal(draw.randint(500, 6000)) / 100
    if chance(draw, store.habits.line_without_sku):
        lines.append(LineSpec(sku="", name="Special request", price=price, product_id=0))
    elif chance(draw, store.habits.custom_line):
        taxed = [one for one in sellables(store.products) if one.taxed and one.product.popularity > 2]
        one = draw.choice(taxed)
        lines.append(LineSpec(sku=one.sku, name=f"{one.name} (made to order)", price=price, product_id=0))
    return lines


def _with_delivery(store: Store, draw: random.Random, spec: OrderSpec) -> OrderSpec:
    physical = [line for line in spec.lines if line.type == "physical"]
    if not physical:
        return spec
    if draw.random() < 0.05:
        return replace(spec, pickup=True, lines=tuple(replace(line, wrapping=ZERO) for line in spec.lines))
    destinations = [_destination(store, draw, _ship_to(draw, spec.billing))]
    lines = spec.lines
    if len(physical) > 1 and chance(draw, store.habits.second_address):
        destinations.append(_destination(store, draw, people.person(draw)))
        last = physical[-1]
        lines = tuple(replace(line, destination=1) if line is last else line for line in lines)
    return replace(spec, destinations=tuple(destinations), lines=lines)


def _ship_to(draw: random.Random, billing: dict[str, str]) -> dict[str, str]:
    kind = draw.random()
    if kind < 0.8:
        return dict(billing)
    if kind < 0.9:
        elsewhere = people.person(draw, billing["first_name"], billing["last_name"])
        return elsewhere | {"email": billing["email"]}
    return people.person(draw)


def _destination(store: Store, draw: random.Random, address: dict[str, str]) -> Destination:
    method, cost = draw.choice(_METHODS)
    charged = Decimal(cost) if chance(draw, store.habits.shipping) else ZERO
    handling = Decimal("3.30") if charged and chance(draw, store.habits.handling) else ZERO
    if not store.tax_inclusive:
        charged, handling = cents(charged / Decimal("1.1")), cents(handling / Decimal("1.1"))
    # The base figure is the carrier's list price in some shops: never what was charged.
    misleading = Decimal(1000) if draw.random() < 0.02 else None
    method = method if charged else "Free Shipping"
    return Destination(address=address, cost=charged, handling=handling, method=method, base_cost=misleading)


def _with_discounts(store: Store, draw: random.Random, spec: OrderSpec) -> OrderSpec:
    habits = store.habits
    goods = sum((line.price * line.quantity for line in spec.lines), ZERO)
    if chance(draw, habits.manual_discount):
        spec = replace(spec, manual_discount=cents(goods * draw.randint(3, 15) / 100), order_source="manual")
    if goods > 100 and chance(draw, habits.automatic_discount):
        spec = replace(spec, automatic_discount=cents(goods / 10), automatic_name="Ten percent over $100")
    if chance(draw, habits.coupon):
        spec = replace(spec, coupons=(_coupon(draw, spec),))
    return spec


def _coupon(draw: random.Random, spec: OrderSpec) -> CouponSpec:
    one = draw.choice(spec.lines)
    return draw.choice(
        (
            CouponSpec(code="TWOOFF", kind=0, amount=Decimal(2), skus=(one.sku,), name="$2 off each"),
            CouponSpec(code="WELCOME10", kind=1, amount=Decimal(10), name="Welcome"),
            CouponSpec(code="WELCOME10", kind=1, amount=Decimal(10), name="Welcome"),
            CouponSpec(code="THISONE15", kind=1, amount=Decimal(15), skus=(one.sku,), name="One product"),
            CouponSpec(code="FIVER", kind=2, amount=Decimal(5), name="$5 off"),
            CouponSpec(code="POSTLESS", kind=3, amount=Decimal(5), name="Cheaper post"),
            CouponSpec(code="FREEPOST", kind=4, amount=ZERO, name="Free post"),
            CouponSpec(code="SPRING20", kind=5, amount=Decimal(20), skus=(one.sku,), name="Spring promotion"),
        )
    )


def _in_another_currency(store: Store, draw: random.Random, spec: OrderSpec) -> OrderSpec:
    if not chance(draw, store.habits.foreign_currency):
        return spec
    currency = draw.choice(tuple(people.OVERSEAS))
    lines = tuple(replace(line, rate=ZERO) for line in spec.lines)
    destinations = tuple(
        replace(one, rate=ZERO, zone="Overseas", address=people.moved_overseas(one.address, currency))
        for one in spec.destinations
    )
    rate = {"NZD": Decimal("1.0912"), "USD": Decimal("0.6541"), "GBP": Decimal("0.5118")}[currency]
    billing = people.moved_overseas(spec.billing, currency)
    return replace(
        spec, currency=currency, exchange_rate=rate, lines=lines, destinations=destinations, billing=billing
    )


def _with_tenders(store: Store, draw: random.Random, spec: OrderSpec) -> OrderSpec:
    """Gift certificates and store credit pay; they take nothing off the total (BC §7)."""
    if chance(draw, store.habits.gift_certificate):
        return replace(spec, gift_certificate=Decimal(draw.choice((5, 10, 20))))
    if chance(draw, store.habits.gift_certificate):
        return replace(spec, store_credit=Decimal("7.50"))
    return spec
