"""What must be true after every schedule of `prove simulate` (SYNC §7, the four invariants), told of plain values."""

from collections.abc import Collection, Mapping, Sequence


def faults_of(
    eligible: Collection[str],
    sales: Sequence[tuple[str, int]],
    ledger: Mapping[str, tuple[str, int | None]],
    idle_posts: int,
) -> list[str]:
    """What is wrong; empty where nothing is.

    `eligible` are the markers of the orders to be posted, `sales` what Saasu has as (marker, invoice id), `ledger` what it says of
    each marker as (state, invoice id).
    """
    wrong = []
    for mark in sorted(eligible):
        ids = [invoice for marked, invoice in sales if marked == mark]
        state, named = ledger.get(mark, ("absent", None))
        if len(ids) > 1:
            wrong.append(f"duplicate: {mark} is in Saasu {len(ids)} times")
        if not ids:
            wrong.append(f"lost: {mark} is not in Saasu; the ledger says {state}")
        elif state != "posted" or named not in ids:
            wrong.append(f"misnamed: {mark} is {ids} in Saasu; the ledger says {state}, {named}")
    strangers = {marked for marked, _ in sales} - set(eligible)
    wrong += [f"stranger: Saasu has {mark}, which nobody was to post" for mark in sorted(strangers)]
    if idle_posts:
        wrong.append(f"idle: a run with nothing to do posted {idle_posts}")
    return wrong
