"""What is said of an order and names somebody: the words stand in its row without, and in full sealed beside them.

They are forgotten together with the order's text.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from portal.models.orders import Order
from portal.sync.personal import in_full

FIELD = "in_full"
NOTES, WHAT = "notes", "what"
"""Of which words: the order's notes, and what changed in the shop since it was posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Seals (record, field, text) and opens (record, field, sealed) with the firm's key; handed in, since the ledger holds no keys."""

    seal: Callable[[str, str, str], bytes]
    open: Callable[[str, str, bytes], str]


def known_in_full(row: Order, seal: Seal) -> dict[str, dict[str, str]]:
    """The sentences in full by their bare words, of the notes and of what changed."""
    kept = json.loads(seal.open(row.id, FIELD, row.in_full)) if row.in_full is not None else {}
    return {NOTES: kept.get(NOTES, {}), WHAT: kept.get(WHAT, {})}


def keep_in_full(row: Order, seal: Seal, part: str, sentences: Iterable[str]) -> None:
    """Keep the sentences of one part as they are now; nothing is kept where none names anybody."""
    known = known_in_full(row, seal)
    kept = known | {part: in_full(sentences)}
    if kept != known:
        row.in_full = seal.seal(row.id, FIELD, json.dumps(kept)) if any(kept.values()) else None


def told_in_full(row: Order, seal: Seal) -> dict[str, str]:
    """All of them, by their bare words."""
    known = known_in_full(row, seal)
    return known[NOTES] | known[WHAT]
