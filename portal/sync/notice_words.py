"""What each mail says: of a run, a day, a standstill and its end, a missed run, and the question to a new address (SYNC §10).

The sentences of problems are the ones the pages show, word for word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from portal.money import ZERO
from portal.money import dollars as dollars_words
from portal.sync.letters import Alert, Figure, Letter, Line, Section, one_line
from portal.sync.notices import Asked, ChangedOrder, Kind, Report, ToldOrder
from portal.sync.problems import MEANINGS, REASONS, Ignored, Turn

MOST_ORDERS = 200
"""Orders a list names; the rest are counted and linked."""

LONGEST_NAME = 80
ERROR, OTHER = "* ", "- "
TURNS = {
    Turn.YOU: "Your turn:",
    Turn.CLIENT: "The client’s turn:",
    Turn.US: "Our turn:",
    Turn.WAIT: "Nobody’s turn:",
}
LEFT_OUT = {
    Ignored.STATUS: "disputed or partly refunded in the shop before they were synced.",
    Ignored.WHILE_OFF: "came, or changed, while the connection was off.",
    Ignored.BEFORE_START: "older than the start of this connection, and changed since.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a mail is about and where it leads: names, the file's zone, and addresses of pages.

    `cause` is what kind of run it was. `main` is the way in: to the run, the backfill or the history; `needs_url` to all that needs somebody, `choice_url` to the
    connector's page, `stop_url` to where this reader ends the mails; `choice` is the choice in words.
    """

    firm: str
    file: str
    shop: str
    cause: str
    zone: ZoneInfo
    main: Line
    needs_url: str
    choice_url: str
    stop_url: str
    choice: str


def notice(kind: Kind, report: Report, place: Place, solved: Sequence[int]) -> Letter:
    """The mail about a run or a day. `solved`: the orders that needed somebody in the last mail and need nobody now."""
    sections = (
        *section("Errors", report.errors, ERROR, place.needs_url),
        *advice(report.errors),
        *changes(report.changed, place.needs_url),
        *questions(report.asks, place.choice_url),
        *section("Will mend themselves", report.mends, OTHER, place.needs_url),
        *solved_section(solved),
    )
    return Letter(
        subject=subject(kind, report, place),
        heading=place.file,
        intro=(
            f"{place.cause}, {moment_words(report.at, place.zone)}",
            f"BigCommerce store {place.shop}",
        ),
        alert=alert(kind, report, place),
        figures=figures(report),
        sections=sections,
        main=place.main,
        small=foot(place),
    )


def subject(kind: Kind, report: Report, place: Place) -> str:
    """`<file>: <n> posted, <m> need you ($x)`, and what else must be seen before a mail is opened."""
    orders, dollars = report.need_you
    counts = f"{report.posted:,} posted, {orders:,} need you ({dollars_words(dollars)})"
    after = {Kind.DIGEST: ", daily digest", Kind.RESUMED: ". It works again."}.get(kind, "")
    if kind is Kind.STOPPED and report.problem:
        after = f". Stopped: {report.problem.sentence}"
    return one_line(f"{short(place.file)}: {counts}{after}")[:250]


def short(name: str) -> str:
    """A name that leaves room for the rest of a subject."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def alert(kind: Kind, report: Report, place: Place) -> Alert | None:
    """The run's own problem, or that it works again."""
    before = (
        (f"The last run before it that came to its end: {moment_words(report.last_good, place.zone)}.",)
        if report.last_good and kind in (Kind.RESUMED, Kind.STOPPED)
        else ()
    )
    if kind is Kind.RESUMED:
        return Alert("It works again.", (*before, "Orders are synced every hour as before."), "good")
    problem = report.problem
    if problem is None:
        return None
    turn = f"{TURNS[problem.turn]} {problem.meaning.to_do}"
    return Alert(problem.sentence, (turn, *before), "mend" if problem.turn is Turn.WAIT else "act")


def figures(report: Report) -> tuple[Figure, ...]:
    """The counts; what is 0 and needs nobody is left out."""
    orders, dollars = report.need_you
    mends = sum((order.dollars for order in report.mends), ZERO)
    rows = [
        Figure("Posted", report.posted, report.posted_dollars, "good" if report.posted else ""),
        Figure("Need you", orders, dollars, "act" if orders else ""),
    ]
    if report.changed:
        changed = sum((order.dollars for order in report.changed), ZERO)
        rows.append(Figure("Changed afterwards", len(report.changed), changed, "mend"))
    if report.mends:
        rows.append(Figure("Will mend themselves", len(report.mends), mends, "mend"))
    if report.ignored:
        rows.append(Figure("Ignored", report.ignored))
    return tuple(rows)


def section(title: str, orders: Sequence[ToldOrder], mark: str, rest_url: str) -> tuple[Section, ...]:
    """One line a problem, each with its order's page; nothing where there is none."""
    if not orders:
        return ()
    lines = [
        Line(problem.sentence, order.url) for order in orders[:MOST_ORDERS] for problem in order.problems
    ]
    return (Section(title, (*lines, *rest(len(orders), rest_url)), mark),)


def changes(orders: Sequence[ChangedOrder], rest_url: str) -> tuple[Section, ...]:
    """What changed in the shop after it was posted and what that asks for, one line each; who bought it is not told."""
    lines = [
        Line(f"Order #{order.order_id}: {words}", order.url)
        for order in orders[:MOST_ORDERS]
        for words in order.means
    ]
    lines += rest(len(orders), rest_url)
    return (Section("Changed in the shop after posting", tuple(lines), OTHER),) if lines else ()


def rest(orders: int, url: str) -> list[Line]:
    """The line that counts the orders beyond those a list names."""
    left = orders - MOST_ORDERS
    more = "1 more order" if left == 1 else f"{left:,} more orders"
    return [Line(f"and {more}: all of them on one page", url)] if left > 0 else []


def questions(asks: Sequence[Asked], url: str) -> tuple[Section, ...]:
    """One line a reason for which orders were left out that somebody should look at once."""
    lines = tuple(
        Line(f"{counted(asked.orders)}, {dollars_words(asked.dollars)}: {left_out(asked.reason)}", url)
        for asked in asks
    )
    return (Section("Left out, look once", lines, OTHER),) if lines else ()


def left_out(reason: Ignored) -> str:
    """Why orders were left out that somebody should take or leave."""
    return LEFT_OUT.get(reason) or REASONS[reason].why


def counted(orders: int) -> str:
    """`1 order`, `12 orders`."""
    return "1 order" if orders == 1 else f"{orders:,} orders"


def advice(orders: Sequence[ToldOrder]) -> tuple[Section, ...]:
    """Once for each code: whose turn it is and what to do."""
    codes = dict.fromkeys(problem.code for order in orders for problem in order.problems)
    lines = tuple(Line(f"{TURNS[MEANINGS[code].turn]} {MEANINGS[code].to_do}") for code in codes)
    return (Section("What to do", tuple(dict.fromkeys(lines)), OTHER),) if lines else ()


def solved_section(orders: Sequence[int]) -> tuple[Section, ...]:
    """The orders that need nobody any more."""
    if not orders:
        return ()
    named = ", ".join(f"#{number}" for number in orders[:MOST_ORDERS])
    left = len(orders) - MOST_ORDERS
    more = f" and {left:,} more" if left > 0 else ""
    return (Section("Solved since the last mail", (Line(f"{named}{more}"),), OTHER),)


def foot(place: Place) -> tuple[Line, ...]:
    """Why this mail came, and how to have fewer or none."""
    return (
        Line(f"{place.firm} has Cartledger send this {place.choice}."),
        Line("Change when", place.choice_url),
        Line("No more of these mails", place.stop_url),
    )


def missed(place: Place, since: datetime) -> Letter:
    """The mail that a due run did not happen. `since`: when it was due."""
    due = moment_words(since, place.zone)
    return Letter(
        subject=one_line(f"{short(place.file)}: no run since {due}"),
        heading=place.file,
        intro=(f"BigCommerce store {place.shop}",),
        alert=Alert(
            f"The run due at {due} has not happened.",
            (
                "Nothing of the shop is lost: the next run takes everything that came meanwhile.",
                "Our turn: ask whoever runs this portal whether its worker and its queue are up. Other files may stand still as well.",
                "One mail tells you when it works again.",
            ),
            "act",
        ),
        main=place.main,
        small=foot(place),
    )


def confirmation(firm: str, address: str, confirm_url: str) -> Letter:
    """The question whether an address wants mails; it goes to somebody who may never have heard of us."""
    name = plain_name(firm)
    return Letter(
        subject=f"Do you want sync notifications from {name}?",
        heading="Notifications of Cartledger",
        intro=(
            f"{name} would like to send notifications to {address}: what was posted from BigCommerce to Saasu, and what needs somebody.",
            "Nothing is sent until you confirm it. The link works for 7 days.",
        ),
        main=Line("See the question and confirm", confirm_url),
        small=(Line("You did not expect this? Do nothing, and no mail will follow."),),
    )


def plain_name(name: str) -> str:
    """A name that somebody typed, as it may stand in a mail to a stranger: short, and with nothing a mail program makes a link of."""
    return short(re.sub(r"([./:@\\])(?=\S)", r"\1 ", one_line(name)))


def moment_words(at: datetime, zone: ZoneInfo) -> str:
    """`24 November 2026, 9:12 am AEDT`."""
    local = at.astimezone(zone)
    half = "am" if local.hour < 12 else "pm"
    return f"{local.day} {local:%B %Y}, {local.hour % 12 or 12}:{local:%M} {half} {local:%Z}"
