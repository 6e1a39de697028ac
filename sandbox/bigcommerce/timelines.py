"""What happens to an order after it was placed: paid, sent, finished, refunded, disputed, archived."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.bigcommerce.specs import OrderSpec, rfc
from sandbox.world import Store

Steps = list[tuple[datetime, dict[str, Any]]]


def timeline(store: Store, draw: random.Random, spec: OrderSpec) -> OrderSpec:
    """The order with its first status and every later change. Most are paid; a few go each other way."""
    start = spec.created
    if draw.random() * 100 < store.habits.unpaid:
        return _unpaid(draw, spec, start)
    steps = _fulfilled(draw, spec, start)
    end = steps[-1][0] if steps else start
    kind = draw.random()
    usual = store.habits.mishap / 100
    if kind < 0.015 * usual:
        steps.append((end + _days(draw, 4, 9), {"status_id": 4, "payment_status": "refunded"}))
    elif kind < 0.03 * usual:
        steps.append((end + _days(draw, 4, 9), {"status_id": 14, "payment_status": "partially refunded"}))
    elif kind < 0.035 * usual:
        steps.append((end + _days(draw, 8, 15), {"status_id": 13}))
    elif kind < 0.045 * usual:
        steps = [(start + timedelta(hours=draw.randint(2, 20)), {"status_id": 5})]
    if draw.random() * 100 < store.habits.deleted:
        steps.append((end + _days(draw, 6, 12), {"is_deleted": True}))
    # Settled payments arrive with the order; the shopper's way through the checkout takes a minute.
    first = 0 if draw.random() < 0.05 else 11
    if first == 0:
        steps.insert(0, (start + timedelta(seconds=draw.randint(20, 110)), {"status_id": 11}))
    return replace(spec, status_id=first, timeline=tuple(sorted(steps, key=lambda step: step[0])))


def _fulfilled(draw: random.Random, spec: OrderSpec, start: datetime) -> Steps:
    count = sum(line.quantity for line in spec.lines)
    if all(line.type != "physical" for line in spec.lines):
        return [(start + timedelta(minutes=draw.randint(1, 4)), {"status_id": 10})]
    if spec.pickup:
        ready = start + timedelta(hours=draw.randint(2, 30))
        return [(ready, {"status_id": 8}), (ready + _days(draw, 1, 3), {"status_id": 10})]
    packed = start + timedelta(hours=draw.randint(3, 40))
    steps: Steps = [(packed, {"status_id": 9})]
    if count > 2 and draw.random() < 0.12:
        packed += timedelta(hours=5)
        steps.append((packed, {"status_id": 3, "items_shipped": count // 2}))
    sent = packed + timedelta(hours=draw.randint(2, 26))
    steps.append((sent, {"status_id": 2, "items_shipped": count, "date_shipped": rfc(sent)}))
    if draw.random() < 0.4:
        steps.append((sent + _days(draw, 2, 6), {"status_id": 10}))
    return steps


def _unpaid(draw: random.Random, spec: OrderSpec, start: datetime) -> OrderSpec:
    kind = draw.random()
    spec = replace(spec, payment_status="")
    if kind < 0.3:
        return replace(spec, status_id=0)
    if kind < 0.45:
        return replace(spec, status_id=1)
    if kind < 0.8:
        paid = start + _days(draw, 1, 3)
        spec = replace(spec, status_id=7, payment_method="Bank Deposit")
        if kind < 0.7:
            steps: Steps = [(paid, {"status_id": 11, "payment_status": "captured"})]
            return replace(spec, timeline=tuple(steps + _fulfilled(draw, spec, paid)))
        return replace(spec, timeline=((paid + _days(draw, 2, 4), {"status_id": 5}),))
    if kind < 0.9:
        return replace(spec, status_id=6, payment_status="declined")
    checked = start + timedelta(hours=draw.randint(4, 30))
    steps = [(checked, {"status_id": 11, "payment_status": "captured"})]
    return replace(spec, status_id=12, timeline=tuple(steps + _fulfilled(draw, spec, checked)))


def _days(draw: random.Random, least: int, most: int) -> timedelta:
    return timedelta(minutes=draw.randint(least * 1440, most * 1440))
