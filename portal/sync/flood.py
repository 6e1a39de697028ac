"""The flood guard: many more new orders than the shop ever takes in an hour wait for a person's yes (SYNC §3.7)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from portal.money import ZERO, cents
from portal.sync.allowance import hour_of
from portal.sync.ports import Ledger, State, Waiting
from portal.sync.problems import Code, Problem
from portal.sync.rules import Rules

NEVER_A_FLOOD = 50
"""Orders that may always come at once."""
BUSIEST_TIMES = 5
USUAL_TIMES = 2
LOOKED_BACK = timedelta(days=30)
HOUR = timedelta(hours=1)


def hold_flood(
    ledger: Ledger, due: Sequence[Waiting], rules: Rules, now: datetime
) -> tuple[list[Waiting], Problem | None]:
    """Hold back what came at once in a flood; the orders that may go on, and the run's problem where any are held."""
    sold: list[datetime] | None = None
    held: list[Waiting] = []
    for arrivals in arrivals_of(due):
        if len(arrivals) <= NEVER_A_FLOOD:
            continue
        if sold is None:
            sold = ledger.sold_since(now - LOOKED_BACK)
        if len(arrivals) > most_at_once(sold, arrivals):
            held += arrivals
    if not held:
        return list(due), None
    ledger.hold_back(held)
    kept = {record.id for record in held}
    return [record for record in due if record.id not in kept], flood_problem(held, rules)


def arrivals_of(due: Sequence[Waiting]) -> list[list[Waiting]]:
    """The new orders that nobody asked for, by the run that brought them.

    What came with an earlier run and only waited for Saasu passed the guard when it came.
    """
    brought: dict[str, list[Waiting]] = {}
    for record in due:
        is_new = record.state is State.SEEN and record.first_sent_at is None
        if is_new and not record.asked and not record.release:
            brought.setdefault(record.run_id, []).append(record)
    return list(brought.values())


def most_at_once(sold: Sequence[datetime], arrivals: Sequence[Waiting]) -> int:
    """How many orders may come at once: 50, or 5 times the busiest hour of the last 30 days.

    Where the shop could not be read for long they changed over a longer time: then twice what it usually sells in such a time.
    """
    busiest = max(Counter(map(hour_of, sold)).values(), default=0)
    changed = [record.modified_at for record in arrivals]
    spread = Fraction(int((max(changed) - min(changed)).total_seconds()), int(LOOKED_BACK.total_seconds()))
    return max(NEVER_A_FLOOD, BUSIEST_TIMES * busiest, int(USUAL_TIMES * len(sold) * spread))


def flood_problem(held: Sequence[Waiting], rules: Rules) -> Problem:
    """The run's problem: how many, what they come to, and from when to when they were created."""
    dollars: Decimal = cents(sum((record.total for record in held), ZERO))
    days = {record.created_at.astimezone(rules.zone).date() for record in held}
    first, last = min(days), max(days)
    when = f"on {first:%d/%m/%Y}" if first == last else f"{first:%d/%m/%Y} to {last:%d/%m/%Y}"
    words = (
        f"{len(held)} orders came at once, ${dollars:,.2f}, created {when}: far more than this shop takes in an hour. "
        "None of them is posted until you say so."
    )
    return Problem(Code.FLOOD, words, str(len(held)))
