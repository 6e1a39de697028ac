"""What must be true after every schedule of `prove simulate` (SYNC §7, the four invariants), told of plain values."""

from collections.abc import Mapping, Sequence


def faults_of(
    orders: Mapping[str, bool],
    sales: Sequence[tuple[str, int]],
    ledger: Mapping[str, tuple[str, int | None]],
    idle_posts: int,
) -> list[str]:
    """What is wrong; empty where nothing is.

    `orders` are the markers of the shop's orders, each with whether it must be in Saasu by now (one that was cancelled may be there or
    not), `sales` what Saasu has as (marker, invoice id), `ledger` what it says of each marker as (state, invoice id).
    """
    wrong = []
    for mark, is_wanted in sorted(orders.items()):
        ids = [invoice for marked, invoice in sales if marked == mark]
        state, named = ledger.get(mark, ("absent", None))
        if len(ids) > 1:
            wrong.append(f"duplicate: {mark} is in Saasu {len(ids)} times: {ids}")
        if not ids and is_wanted:
            wrong.append(f"lost: {mark} is not in Saasu; the ledger says {state}")
        elif ids and (state != "posted" or named not in ids):
            wrong.append(f"misnamed: {mark} is {ids} in Saasu; the ledger says {state}, {named}")
        elif not ids and state == "posted":
            wrong.append(f"misnamed: {mark} is not in Saasu; the ledger says {state}, {named}")
    strangers = {marked for marked, _ in sales} - orders.keys()
    wrong += [f"stranger: Saasu has {mark}, which nobody was to post" for mark in sorted(strangers)]
    if idle_posts:
        wrong.append(f"idle: a run with nothing to do posted {idle_posts}")
    return wrong
