"""The proof that an order was posted once, in sentences, from the lines of its history (SYNC §7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.models.orders import Attempt, Order
from portal.money import dollars
from portal.sync.evidence import Why
from portal.sync.known_sales import is_ours_to_give
from portal.sync.planning import settle_time
from portal.sync.ports import State

REASONS = {
    Why.LOST: "the answer was lost",
    Why.DIED: "the run ended before an answer was written down",
    Why.TAKEN: "Saasu said its number was taken",
    Why.LATE: "a sale may turn up late, and this order was not posted since",
    Why.FIRST: "nothing is posted before what Saasu has already is known: before a first post, for older orders, and after being away",
}
NOT_AMONG_THEM = {
    State.UNKNOWN: "None of those has it. Nothing was sent.",
    State.EXISTS: "None of those has it, so an older sale must: it was not sent again.",
    State.SEEN: "None of those has it: it may be sent once more, and Saasu says again whether the number is taken.",
}
"""What a look-up for a number that Saasu says is taken came to, where it did not show by what."""
ASKED = "Asked to retry."
NOTHING_THERE = "Never sent to Saasu: no sale there comes from this order."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sentence of the proof: when, what, and the run by which it happened; `at` is `None` where the ledger did not keep it."""

    at: datetime | None
    words: str
    run_id: str | None = None
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of an order's posting: a summary, and the steps from the first intent on, oldest first."""

    summary: str
    steps: tuple[Step, ...]
    zone: ZoneInfo

    def when(self, moment: datetime) -> str:
        """A moment to the second, in the file's zone."""
        return exact_time(moment, self.zone)


def exact_time(moment: datetime, zone: ZoneInfo) -> str:
    """`22/05/2026 12:00:03 pm AEST`."""
    there = moment.astimezone(zone)
    half = "am" if there.hour < 12 else "pm"
    return f"{there:%d/%m/%Y} {there.hour % 12 or 12}:{there:%M:%S} {half} {there:%Z}"


def proof_of(order: Order, now: datetime) -> Proof:
    """The proof of one order; times in its file's zone."""
    zone = ZoneInfo(order.connection.file.time_zone)
    steps = tuple(steps_of(order.attempts, zone))
    if order.read_back_at is not None:
        steps = (*steps, read_back(order))
    return Proof(summary=summary(order, now, zone), steps=steps, zone=zone)


def summary(order: Order, now: datetime, zone: ZoneInfo) -> str:
    """What the steps come to, in a sentence or two."""
    sends = sum(1 for one in order.attempts if one.state == State.SENDING)
    match order.state:
        case State.POSTED if sends == 0:
            return "Never sent from here: Saasu had it already, found by its marker. It was not sent again."
        case State.POSTED if any(one.details.get("why") == Why.LATE for one in order.attempts):
            others = "" if sends == 1 else f" {sends} tries were made; it took one of them alone."
            return f"Saasu took it later than it should have.{others} It is transaction {order.invoice_id} in Saasu."
        case State.POSTED if sends == 1:
            return f"Sent once. It is transaction {order.invoice_id} in Saasu."
        case State.POSTED:
            return f"Tried {sends} times, again only after it was certain that Saasu had not taken it before. It is transaction {order.invoice_id} in Saasu."
        case State.SENDING | State.UNKNOWN:
            return f"Whether Saasu took it is not known. {looked_up_next(order, now, zone)}"
        case State.EXISTS:
            return "Saasu has its number on another sale. This order was not posted from here."
    if order.first_sent_at is None:
        return NOTHING_THERE
    if order.doubted_until is not None:
        until = exact_time(order.doubted_until, zone)
        return (
            f"Sent {'once' if sends == 1 else f'{sends} times'}, and not there when it was looked up. A sale may still turn up until {until}: "
            "the first run after that looks it up once more, unless it is posted before."
        )
    return f"Tried {sends} {'time' if sends == 1 else 'times'}, and Saasu did not take it: no sale there comes from this order."


def looked_up_next(order: Order, now: datetime, zone: ZoneInfo) -> str:
    """When an order whose outcome is not known is looked up, and why nothing is sent before."""
    due = order.connection.next_run_at
    when = f"at {exact_time(due, zone)}" if due is not None and due > now else "now"
    look = f"The next run, {when}, looks it up among everything Saasu wrote since it was first sent."
    if order.sent_at is None:
        return f"{look} Nothing is sent before."
    until = order.sent_at + settle_time(is_ours_to_give(order.number))
    if until <= now:
        return f"{look} Nothing is sent before: the time in which the sale might still turn up was over at {exact_time(until, zone)}, and that listing decides."
    return (
        f"{look} Nothing is sent before: the sale may still turn up until {exact_time(until, zone)}, "
        "and only a complete listing that does not show it after that means that it is not there."
    )


def steps_of(attempts: Sequence[Attempt], zone: ZoneInfo) -> Iterator[Step]:
    """The sentences of the lines that concern a post or a look-up; the number of each try is counted here."""
    tries, before, reason = 0, None, Why.LOST
    for one in attempts:
        why = Why(one.details["why"]) if "why" in one.details else None
        if one.state == State.SENDING:
            tries += 1
            reason = Why.LOST
            yield step(one, intent_words(one, tries))
        elif before is not None and before.state == State.SENDING and why in {None, Why.TAKEN}:
            yield from answered(one, why, zone)
            reason = why or Why.LOST
        elif why is not None or (before is not None and is_look_up(one, before)):
            # A later run only sees that the outcome is not known; what it is looked up for is what came back then.
            told = reason if why in {None, Why.LOST} else why
            yield step(one, looked_words(one, told, before, zone))
        before = one


def answered(one: Attempt, why: Why | None, zone: ZoneInfo) -> Iterator[Step]:
    """What came back for a post, after the moment at which it was sent; and who has its number, where Saasu said that it is taken."""
    if left_at := one.details.get("left_at"):
        yield Step(
            at=datetime.fromisoformat(left_at), words="Sent to Saasu.", run_id=one.run_id, actor=one.actor
        )
    if why is None:
        yield step(one, answer_words(one))
        return
    number = one.details.get("number")
    yield step(
        one, f"Saasu answered that it did not take it: its number{f' {number}' if number else ''} is taken."
    )
    if one.state == State.UNKNOWN:
        yield step(
            one, "By which sale could not be looked up then. Nothing is sent again before that is known."
        )
    else:
        yield step(one, looked_words(one, why, None, zone))


def step(one: Attempt, words: str) -> Step:
    """A line of history as a step."""
    return Step(at=one.at, words=words, run_id=one.run_id, actor=one.actor)


def is_look_up(one: Attempt, before: Attempt) -> bool:
    """Whether an older line, which does not say so, is what a look-up came to."""
    return before.state == State.UNKNOWN and one.run_id is not None


def intent_words(one: Attempt, tries: int) -> str:
    """That it was written down before it was sent."""
    number = one.details.get("number") or one.note.removeprefix("About to send as ").removesuffix(".")
    again = "sent" if tries == 1 else f"sent again (try {tries})"
    return f"Written down as {number} before it was {again}."


def answer_words(one: Attempt) -> str:
    """What came back for a post."""
    said = [problem["sentence"] for problem in one.details.get("problems") or []]
    match one.state:
        case State.POSTED:
            return f"Saasu answered: taken as transaction {one.details.get('invoice_id')}, number {one.details.get('number')}."
        case State.UNKNOWN:
            return f"The answer was lost{': ' + one.note if one.note else '.'}"
        case State.FAILED | State.EXISTS if said:
            return f"Saasu answered that it did not take it: {said[0]}"
    return one.note or "Not sent."


def looked_words(one: Attempt, why: Why, before: Attempt | None, zone: ZoneInfo) -> str:
    """Why an order was looked up, among what, what was found, and from when on an absence counts."""
    asked = before is not None and before.note == ASKED
    reason = "a person asked to retry it" if asked else REASONS[why]
    sales = one.details.get("sales")
    among = f" among {sales:,} {'sale' if sales == 1 else 'sales'}" if sales is not None else ""
    not_shown = why is Why.TAKEN and not asked and "sale_there" not in one.details
    found = NOT_AMONG_THEM.get(State(one.state), "") if not_shown else ""
    return f"Looked up in Saasu{among}, because {reason}. {found or found_words(one, zone)}"


def found_words(one: Attempt, zone: ZoneInfo) -> str:
    """What a look-up found."""
    settled_at = one.details.get("settled_at")
    until = exact_time(datetime.fromisoformat(settled_at), zone) if settled_at else ""
    match one.state:
        case State.POSTED:
            return f"Found by its marker as transaction {one.details.get('invoice_id')}, number {one.details.get('number')}: it is posted, and was not sent again."
        case State.EXISTS:
            return "Its number stands on a sale without its marker, so it was not sent again."
        case State.UNKNOWN:
            return (
                f"Not there yet{f'; it may still turn up until {until}' if until else ''}. Nothing was sent."
            )
    if one.details.get("why") == Why.LATE:
        return "Not there: now it is certain that Saasu never took it."
    return f"Not there{f', which counts from {until} on' if until else ''}: only now may it be sent again."


def read_back(order: Order) -> Step:
    """What Saasu has, beside what was expected."""
    expected = {span["name"]: Decimal(span["books"]) for span in order.bridge}
    parts = [
        beside(name, found, expected.get(key))
        for name, key, found in (("total", "Total", order.books_total), ("GST", "GST", order.books_tax))
        if found is not None
    ]
    said = " and ".join(parts) if parts else "Saasu’s list does not tell its total"
    return Step(at=order.read_back_at, words=f"Read back from Saasu: {said}.")


def beside(name: str, found: Decimal, expected: Decimal | None) -> str:
    """A figure of Saasu's, beside the one that was expected where that is known."""
    return f"{name} {dollars(found)}" + (f" ({dollars(expected)} expected)" if expected is not None else "")
