"""What was read, and the sums of `bench rivals` over it: calls for 1,000 orders, ratios of time, what is missing; and its bar."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

OURS = "ours"
Ids = tuple[list[int], list[int]]
"""Ids of orders, and ids of order lines."""


@dataclass(frozen=True, slots=True)
class There:
    """What a shop has."""

    orders: frozenset[int]
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reading:
    """One program reading one shop: how long it took from its start to its end, the calls that the shop counted, and the distinct rows that came.

    `words` say why it did not come to its end; blank where it did.
    """

    nanoseconds: int
    calls: int
    orders: frozenset[int]
    lines: frozenset[int]
    words: str = ""

    def is_complete(self, there: There) -> bool:
        """Whether it came to its end with everything that is there and nothing else."""
        return not self.words and (self.orders, self.lines) == (there.orders, there.lines)

    def reached(self, there: There) -> str:
        """How far it came."""
        return (
            f"{len(self.orders & there.orders):,} of {len(there.orders):,} orders and "
            f"{len(self.lines & there.lines):,} of {len(there.lines):,} lines came, with {self.calls:,} calls."
        )


Round = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Played:
    """Rounds on one shop; each has the readings by the name of the reader, one after the other."""

    there: There
    rounds: Sequence[Round]

    def of(self, name: str) -> list[Reading]:
        """The readings of one reader."""
        return [one[name] for one in self.rounds if name in one]


def our_ids(message: dict[str, Any]) -> Ids:
    """The ids in a line that our reader wrote."""
    return [message["id"]], list(message["lines"])


def airbyte_ids(message: dict[str, Any]) -> Ids:
    """The ids in a message of Airbyte's protocol; most messages are no records."""
    record = message.get("record") or {}
    ids = [record["data"]["id"]] if message.get("type") == "RECORD" else []
    return (ids, []) if record.get("stream") == "orders" else ([], ids)


def singer_ids(message: dict[str, Any]) -> Ids:
    """The ids in a message of the Singer protocol; an order's lines are inside it."""
    if message.get("type") != "RECORD" or message.get("stream") != "orders":
        return [], []
    record = message["record"]
    return [record["id"]], [line["id"] for line in record.get("products") or ()]


def came(
    written: Iterable[str], ids: Callable[[dict[str, Any]], Ids]
) -> tuple[frozenset[int], frozenset[int]]:
    """The distinct orders and lines in what a reader wrote; a line that is cut, or no JSON object, holds none."""
    orders: set[int] = set()
    lines: set[int] = set()
    for text in written:
        try:
            message = json.loads(text, parse_float=Decimal)
        except ValueError:
            continue
        if isinstance(message, dict):
            more_orders, more_lines = ids(message)
            orders.update(more_orders)
            lines.update(more_lines)
    return frozenset(orders), frozenset(lines)


def for_thousand(calls: int, orders: int) -> str:
    """Calls for 1,000 orders, to one decimal."""
    return f"{Decimal(1000 * calls) / orders:.1f}"


def wall_ratio(played: Played, name: str) -> str | None:
    """How many times as long as ours a reader took: the median over the rounds in which both were complete; `None` without any."""
    ratios = [
        Decimal(one[name].nanoseconds) / one[OURS].nanoseconds
        for one in played.rounds
        if name in one and one[name].is_complete(played.there) and one[OURS].is_complete(played.there)
    ]
    return f"{median(ratios):.1f}" if ratios else None


def told(name: str, plain: Played, slow: Played) -> dict[str, Any]:
    """The figures of one reader on the shop that answers at once and on the slow one."""
    both = [(reading, one.there) for one in (plain, slow) for reading in one.of(name)]
    most = max(Decimal(for_thousand(reading.calls, len(there.orders))) for reading, there in both)
    short = [(reading, there) for reading, there in both if not reading.is_complete(there)]
    figures: dict[str, Any] = {
        "calls": str(most),
        "complete": not short,
        "orders": len(plain.of(name)[-1].orders & plain.there.orders),
        "lines": len(plain.of(name)[-1].lines & plain.there.lines),
    }
    figures |= {f"seconds_{title}": seconds(one.of(name)) for title, one in titled(plain, slow)}
    if name != OURS:
        figures |= {f"wall_ratio_{title}": wall_ratio(one, name) for title, one in titled(plain, slow)}
    if short:
        reading, there = short[0]
        figures["fell_short"] = f"{reading.words} {reading.reached(there)}".strip()
    return figures


def titled(plain: Played, slow: Played) -> tuple[tuple[str, Played], tuple[str, Played]]:
    """Both shops with the delay that their figures are named by."""
    return ("0ms", plain), ("50ms", slow)


def seconds(readings: Sequence[Reading]) -> str | None:
    """The median time of some readings, to hundredths of a second; `None` without any."""
    if not readings:
        return None
    return f"{Decimal(median(one.nanoseconds for one in readings)) / 10**9:.2f}"


def holds(figures: Mapping[str, Any]) -> bool:
    """Whether the bar holds: ours is complete, and no rival that is complete, too, made do with fewer calls."""
    ours, rivals = figures[OURS], figures["rivals"].values()
    fewest = Decimal(ours["calls"])
    return bool(
        ours["complete"] and all(Decimal(one["calls"]) >= fewest for one in rivals if one.get("complete"))
    )
