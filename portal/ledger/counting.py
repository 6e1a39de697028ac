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
OPEN_WORDS = frozenset({UNCHANGED, WAITING})
"""Words of orders of which a run has decided nothing."""
DONE = "+"
"""Ends the word that an order keeps while its run's `done` counts it."""


def moved(row: Order, run_id: str, word: str, *, decided: bool = False) -> dict[str, int]:
    """Count an order of a run under a word; by how much each of the run's columns changes.

    An order that the run counts already moves to its new word: one that is only read again stays, and one that failed anew in this run
    is no other order when it fails once more. `decided` where it is one of those that were to be decided: `done` counts those of them
    that came to something, each once, for as long as it stands.
    """
    kept = (row.counted_as or "") if row.counted_in == run_id else ""
    before, was_done = kept.removesuffix(DONE), kept.endswith(DONE)
    stays = bool(before) and (word in {before, UNCHANGED} or (before == "failed" and word == AGAIN))
    now = before if stays else word
    is_done = now not in OPEN_WORDS and (was_done or decided)
    row.counted_in, row.counted_as = run_id, now + DONE * is_done
    return changes_of({} if stays else {before: -1, now: 1}, is_done - was_done)


def put_back(kept: str, orders: int) -> dict[str, int]:
    """By how much the columns of a run change where it lets orders wait that it counts as they `kept` it; blank where it does not."""
    words = {kept.removesuffix(DONE): -orders}
    words[WAITING] = words.get(WAITING, 0) + orders
    return changes_of(words, -orders * kept.endswith(DONE))


def changes_of(words: dict[str, int], done: int) -> dict[str, int]:
    """The columns that change: those of words, but for the word of orders that were not counted before, and `done`."""
    return {name: by for name, by in (words | {"done": done}).items() if name and by}
