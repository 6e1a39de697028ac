"""A list of orders whose text is no JSON, taken apart: the rows that can be read, and which ones cannot; pure.

One spoilt order must not keep the other 249 of its page from the books.
"""

import re
from dataclasses import dataclass

from portal.clients.exact_json import DECODER

ROW = re.compile(r'\{\s*"id"\s*:\s*"?(\d{1,16})"?\s*,\s*"(?:customer_id|date_created)"')
"""How an order of the list begins; its lines and addresses begin otherwise (BC §4, §5)."""
BETWEEN = re.compile(r"[\s,]*")
MOST_BROKEN = 10
"""Of a page. More of them, and it is not the orders that are broken."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that is no JSON, by the id it begins with."""

    order_id: int


def salvage(text: str) -> list[object | Broken] | None:
    """The rows of a list, in their order, where its text is no JSON; `None` where nothing can be made of it.

    A row that breaks off at the end is broken too, whether it is spoilt or only the answer was cut: whoever asks for it by itself
    will see.
    """
    body = text.removeprefix("\ufeff").strip()
    if not body.startswith("["):
        return None
    rows: list[object | Broken] = []
    at = 1
    while (at := past(BETWEEN, body, at)) < len(body) and body[at] != "]":
        try:
            value, at = DECODER.raw_decode(body, at)
            rows.append(value)
        except (ValueError, RecursionError):
            if ROW.match(body, at) is None:
                return None
            end = next_whole(body, at + 1)
            rows += [Broken(int(found[1])) for found in ROW.finditer(body, at, end)]
            at = end
    broken = sum(isinstance(row, Broken) for row in rows)
    return rows if 0 < broken <= MOST_BROKEN else None


def past(pattern: re.Pattern[str], body: str, at: int) -> int:
    """The place behind what the pattern finds here."""
    found = pattern.match(body, at)
    return found.end() if found else at


def next_whole(body: str, at: int) -> int:
    """Where the next order begins that can be read as a whole; the end where none does."""
    for found in ROW.finditer(body, at):
        try:
            DECODER.raw_decode(body, found.start())
        except (ValueError, RecursionError):
            continue
        return found.start()
    return len(body)
