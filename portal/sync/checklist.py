"""What a preview says of many orders: one sentence, the totals on both sides, and the check-list of what to do first.

In the sentence, the totals and the months every order counts exactly once; on the check-list it stands under each of its problems.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.money import ZERO
from portal.sync.previewing import Tally, Verdict
from portal.sync.problems import MEANINGS, Code, Ignored, Meaning, Problem

HOME_CURRENCY = "AUD"
"""The currency of every file; amounts in others are never added to it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How orders of one kind are told after their number: `1 misses an item`, `12 miss an item`. Kinds of a lower `place` come first."""

    place: int
    one: str
    many: str

    def told(self, count: int) -> str:
        """The count with its words."""
        return f"{count:,} {self.one if count == 1 else self.many}"


WOULD_POST = Kind(0, "would post", "would post")
DIFFERS = Kind(1, "differs", "differ")
UNREADABLE = Kind(1, "could not be read", "could not be read")
OTHER_PROBLEM = Kind(1, "needs somebody", "need somebody")
PROBLEM_KINDS = {
    Code.ITEM_NOT_FOUND: Kind(1, "misses an item", "miss an item"),
    Code.ITEM_UNUSABLE: Kind(1, "has an item that cannot be sold", "have an item that cannot be sold"),
    Code.LINE_WITHOUT_SKU: Kind(1, "has a line without a SKU", "have a line without a SKU"),
    Code.SHIPPING_ITEM_MISSING: Kind(1, "needs a Shipping Item", "need a Shipping Item"),
    Code.FEE_ITEM_MISSING: Kind(1, "needs a Fee Item", "need a Fee Item"),
    Code.TAX_CODE_MISSING: Kind(1, "misses a tax code", "miss a tax code"),
    Code.TAX_RATE_UNKNOWN: Kind(1, "has a tax rate that is not GST", "have a tax rate that is not GST"),
    Code.TOTALS_DIFFER: DIFFERS,
    Code.GST_DIFFERS: DIFFERS,
    Code.INCOMPLETE_READ: UNREADABLE,
    Code.ORDER_UNREADABLE: UNREADABLE,
    Code.ORDER_ID_REUSED: Kind(1, "reuses an earlier number", "reuse an earlier number"),
}
THERE_KINDS = {
    Verdict.POSTED: Kind(2, "posted already", "posted already"),
    Verdict.EXISTS: Kind(2, "in Saasu already", "in Saasu already"),
    Verdict.UNSETTLED: Kind(2, "being looked up in Saasu", "being looked up in Saasu"),
}
IGNORED_KINDS = {
    Ignored.STATUS: Kind(3, "with a status that is not synced", "with a status that is not synced"),
    Ignored.CURRENCY: Kind(3, "in another currency", "in other currencies"),
    Ignored.BEFORE_START: Kind(3, "from before the start", "from before the start"),
    Ignored.WHILE_OFF: Kind(3, "from while it was off", "from while it was off"),
    Ignored.DELETED: Kind(3, "archived in the shop", "archived in the shop"),
    Ignored.BY_PERSON: Kind(3, "left out by a person", "left out by a person"),
}
LEFT_OUT = Kind(3, "left out", "left out")

HEADINGS = {
    Code.ITEM_NOT_FOUND: "No Saasu item has the code {subject}",
    Code.ITEM_UNUSABLE: "The Saasu item {subject} is inactive or not sold",
    Code.LINE_WITHOUT_SKU: "“{subject}” costs something and has no SKU",
    Code.SHIPPING_ITEM_MISSING: "Shipping is charged, and no Shipping Item is chosen",
    Code.FEE_ITEM_MISSING: "A fee is charged, and no Fee Item is chosen",
    Code.TAX_CODE_MISSING: "The Saasu file has no active sale tax code {subject}",
    Code.TAX_RATE_UNKNOWN: "Tax at a rate that is neither nil nor 10 % on {subject}",
    Code.TOTALS_DIFFER: "The parts of the order do not add up to its total",
    Code.GST_DIFFERS: "Saasu would compute another GST than the shop charged",
    Code.INCOMPLETE_READ: "The shop did not give all lines of the order",
    Code.ORDER_UNREADABLE: "The order could not be read",
    Code.ORDER_ID_REUSED: "The shop shows another order under a known number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """How many orders, and their totals on both sides in dollars. Orders in other currencies count without their amounts."""

    orders: int = 0
    shop: Decimal = ZERO
    books: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        """Saasu's total less the shop's."""
        return self.books - self.shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The orders of one month of the file's calendar; `first` is its first day."""

    first: date
    orders: Sum
    would_post: Sum
    held_back: Sum


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Every previewed order once: what would post, what is held back by a problem, what is there already, what is left out."""

    would_post: Sum
    held_back: Sum
    there: Sum
    left_out: Sum

    @property
    def orders(self) -> int:
        """All of them."""
        return sum(part.orders for part in (self.would_post, self.held_back, self.there, self.left_out))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the check-list: a problem by its code and subject, the orders that have it, and their dollars in the shop."""

    code: Code
    subject: str
    orders: tuple[int, ...]
    dollars: Decimal

    @property
    def heading(self) -> str:
        """What is the matter, in words without an order's number."""
        return HEADINGS.get(self.code, self.meaning.why).format(subject=self.subject)

    @property
    def meaning(self) -> Meaning:
        """Why it happens, whose turn it is, what to do."""
        return MEANINGS[self.code]

    def is_about(self, code: Code, subject: str) -> bool:
        """Whether it is the line of this problem and subject."""
        return self.code is code and folded(self.subject) == folded(subject)


def kind_of(tally: Tally) -> Kind:
    """The one kind under which an order counts; with several problems the first decides."""
    if tally.verdict is Verdict.WOULD_POST:
        return WOULD_POST
    if tally.verdict is Verdict.PROBLEM:
        codes = [one.code for one in tally.problems]
        return PROBLEM_KINDS.get(codes[0], OTHER_PROBLEM) if codes else OTHER_PROBLEM
    if tally.verdict is Verdict.IGNORED:
        return IGNORED_KINDS[tally.ignored] if tally.ignored is not None else LEFT_OUT
    return THERE_KINDS[tally.verdict]


def sentence(tallies: Iterable[Tally]) -> str:
    """`412 orders: 388 would post, 12 miss an item, 3 differ, 9 in other currencies`.

    First what would post, then what is held back, what is there, what is left out; within these the largest count first.
    """
    counts = Counter(map(kind_of, tallies))
    total = counts.total()
    if not total:
        return "No orders in this period"
    ranked = sorted(counts.items(), key=lambda pair: (pair[0].place, -pair[1], pair[0].many))
    parts = ", ".join(kind.told(count) for kind, count in ranked)
    return f"{total:,} {'order' if total == 1 else 'orders'}: {parts}"


def summed(tallies: Iterable[Tally]) -> Sum:
    """The sum of some orders; what is paid in another currency adds no dollars."""
    rows = list(tallies)
    home = [row for row in rows if row.currency == HOME_CURRENCY]
    return Sum(
        orders=len(rows),
        shop=sum((row.total for row in home), ZERO),
        books=sum((row.books_total for row in home if row.books_total is not None), ZERO),
    )


def figures(tallies: Sequence[Tally]) -> Figures:
    """Every order once, in one of four sums."""
    places: list[list[Tally]] = [[], [], [], []]
    for tally in tallies:
        places[kind_of(tally).place].append(tally)
    would_post, held_back, there, left_out = (summed(rows) for rows in places)
    return Figures(would_post=would_post, held_back=held_back, there=there, left_out=left_out)


def months(tallies: Iterable[Tally], zone: ZoneInfo) -> tuple[Month, ...]:
    """The same orders by the month in which they were placed, by the file's calendar, oldest first."""
    by_month: dict[date, list[Tally]] = {}
    for tally in tallies:
        first = tally.created_at.astimezone(zone).date().replace(day=1)
        by_month.setdefault(first, []).append(tally)
    return tuple(
        Month(
            first=first,
            orders=summed(rows),
            would_post=summed(row for row in rows if row.verdict is Verdict.WOULD_POST),
            held_back=summed(row for row in rows if row.verdict is Verdict.PROBLEM),
        )
        for first, rows in sorted(by_month.items())
    )


def checklist(tallies: Iterable[Tally]) -> tuple[Check, ...]:
    """What to do before the first real post: each problem once by code and subject, the one that holds most orders back first."""
    found: dict[tuple[Code, str], tuple[str, list[Tally]]] = {}
    for tally in tallies:
        named: dict[tuple[Code, str], str] = {}
        for one in tally.problems:
            named.setdefault((one.code, folded(one.subject)), one.subject.strip())
        for key, subject in named.items():
            found.setdefault(key, (subject, []))[1].append(tally)
    checks = [
        Check(
            code=code,
            subject=subject,
            orders=tuple(row.order_id for row in rows),
            dollars=summed(rows).shop,
        )
        for (code, _), (subject, rows) in found.items()
    ]
    return tuple(sorted(checks, key=lambda one: (-len(one.orders), -one.dollars, one.code, one.subject)))


def has_problem(problems: Iterable[Problem], code: Code, subject: str) -> bool:
    """Whether an order with these problems stands under this line of the check-list."""
    return any(one.code is code and folded(one.subject) == folded(subject) for one in problems)


def folded(subject: str) -> str:
    """A subject to group by: a SKU counts once whatever its case and outer blanks."""
    return subject.strip().casefold()
