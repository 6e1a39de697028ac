"""Under which word a run counts each order it looked at: once, and under the last that became of it there."""

from portal.models.orders import Order
from portal.sync.ports import State

AGAIN, UNCHANGED, WAITING = "again", "unchanged", "waiting"
"""Tried again and still failing; read and left as it was; to be decided later."""
COUNTED = {
    State.SEEN: WAITING,
    State.SENDING: WAITING,
    State.POSTED: "posted",
    State.EXISTS: "exists",
    State.IGNORED: "ignored",
    State.FAILED: "failed",
    State.UNKNOWN: "unknown",
}
"""The columns of a run by what became of an order."""
OPEN_WORDS = frozenset({None, UNCHANGED, WAITING})
"""Words of orders of which a run has decided nothing."""


def moved(row: Order, run_id: str, word: str) -> dict[str, int]:
    """Count an order of a run under a word; by how much each of the run's columns changes.

    An order that the run counts already moves to its new word: one that is only read again stays, and one that failed anew in this run
    is no other order when it fails once more.
    """
    before = row.counted_as if row.counted_in == run_id else None
    if before == word or (before and word == UNCHANGED) or (before == "failed" and word == AGAIN):
        return {}
    row.counted_in, row.counted_as = run_id, word
    return {word: 1} | ({before: -1} if before else {})
