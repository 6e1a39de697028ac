"""How values look on a page: money, moments, states, plurals (SCREENS: the language)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask, g
from markupsafe import Markup

from portal import reports
from portal.models.connections import SaasuFile
from portal.money import cents, dollars
from portal.web.access import may, visitor

USUAL_ZONE = "Australia/Sydney"
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
FIVE_MINUTES, HOUR, TWO_HOURS = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks: its word, its shape (drawn in components/ledger.html) and the tone of its colour."""

    word: str
    shape: str
    tone: str


LOOKS = {
    "needs_you": Look("Needs you", "triangle", "act"),
    "mends": Look("Will mend itself", "quarter", "mend"),
    "waiting": Look("Waiting", "dots", "wait"),
    "unknown": Look("Outcome unknown", "question", "unsure"),
    "posted": Look("Posted", "tick", "good"),
    "posted_look": Look("Posted, look once", "tick-look", "mend"),
    "exists": Look("Already in Saasu", "equal", "calm"),
    "ignored": Look("Ignored", "dash", "calm"),
    "paused": Look("Paused", "pause", "calm"),
    "unstarted": Look("Not enabled yet", "ring", "calm"),
    "late": Look("Late", "clock", "mend"),
    "unconnected": Look("No shop yet", "ring", "calm"),
    "would_post": Look("Would post", "tick", "good"),
    "queued": Look("Waiting", "dots", "wait"),
    "running": Look("Running", "turning", "wait"),
    "finished": Look("Finished", "tick", "good"),
    "incomplete": Look("Incomplete", "quarter", "mend"),
    "failed": Look("Failed", "triangle", "act"),
    "stopped": Look("Stopped", "pause", "calm"),
    "sent": Look("Sent", "tick", "good"),
    "not_sent": Look("Not sent", "triangle", "act"),
}
STATES = {state: (look.shape, look.word) for state, look in LOOKS.items()}
STRIP = {
    "": "no run",
    "idle": "idle",
    "good": "without new failures",
    "incomplete": "incomplete",
    "needs": "orders need you",
    "failed": "failed",
}
IGNORED = {
    "STATUS": "its status in the shop is not one that is synced",
    "CURRENCY": "it is not in Australian dollars",
    "BEFORE_START": "it is older than the start of this connection",
    "WHILE_OFF": "it came while the connection was off",
    "DELETED": "it is archived in the shop",
    "BY_PERSON": "somebody chose to ignore it",
}
REASONS = {
    "STATUS": "Status",
    "CURRENCY": "Currency",
    "BEFORE_START": "Before the start",
    "WHILE_OFF": "While off",
    "DELETED": "Archived",
    "BY_PERSON": "By a person",
}
QUESTIONS = {
    "FLOOD": (
        "waits until you say so",
        "came at once, far more than this shop takes in an hour; none is posted until you say so",
    ),
    "WHILE_OFF": (
        "came or changed while the connection was off",
        "came or changed while the connection was off",
    ),
    "STATUS": (
        "was disputed or partly refunded in the shop before it was synced; taken, it is posted in full",
        "were disputed or partly refunded in the shop before they were synced; taken, they are posted in full",
    ),
    "BEFORE_START": (
        "is older than the start of this connection and changed since",
        "are older than the start of this connection and changed since",
    ),
}
KINDS = {
    "hourly": "Hourly",
    "manual": "By hand",
    "backfill": "Orders From",
    "retry": "Retry",
    "sweep": "Daily comparison",
    "preview": "Preview",
}
VERDICTS = {
    "would_post": "Would post",
    "problem": "Held back",
    "ignored": "Ignored",
    "posted": "Posted already",
    "exists": "In Saasu already",
    "unsettled": "Looked up",
}
TURNS = {
    "you": "Your turn.",
    "client": "The client’s turn.",
    "us": "Our turn.",
    "wait": "Nobody’s turn: it mends itself.",
}


HISTORY = {
    "seen": "recorded, to be posted",
    "sending": "about to be sent",
    "unknown": "sent, the answer was lost",
    "posted": "posted to Saasu",
    "exists": "Saasu has a sale with this number that we did not write",
    "failed": "not posted",
    "ignored": "ignored",
}


def setup_filters(app: Flask) -> None:
    """Register what templates call."""
    for one in (
        money,
        amount,
        day,
        long_day,
        moment,
        instant,
        instant_words,
        clock_time,
        plural,
        lasted,
        share,
    ):
        app.add_template_filter(one)
    for another in (calendar_day, by_when, plain, price, sum_of):
        app.add_template_filter(another)
    app.jinja_env.globals.update(
        states=STATES,
        look_of=look_of,
        strip_words=strip_words,
        ignored_words=IGNORED,
        reason_words=REASONS,
        question_words=question_words,
        kinds=KINDS,
        turns=TURNS,
        chip_of=reports.chip,
        may=may,
        zone_name=zone_name,
        page_zone=zone,
        page_zone_note=page_zone_note,
        verdict_words=VERDICTS,
        difference=difference,
        history_words=HISTORY,
    )


def look_of(state: str) -> Look:
    """How a state looks; one that nobody drew shows its own name."""
    return LOOKS.get(state) or Look(state.replace("_", " ").capitalize(), "ring", "calm")


def question_words(asked: str, orders: int) -> str:
    """What a connection asks about so many orders, as the rest of a sentence."""
    one, many = QUESTIONS[asked]
    return one if orders == 1 else many


def strip_words(days: Sequence[str]) -> str:
    """A strip in words, for whoever cannot see it: `12 without new failures, 1 failed`."""
    counts = Counter(days)
    return ", ".join(f"{counts[word]} {STRIP.get(word, word)}" for word in dict.fromkeys(days))


def money(value: Decimal | str) -> str:
    """`$1,212.40`, with a minus sign where it is negative."""
    return dollars(Decimal(value))


def amount(value: Decimal | str) -> str:
    """The same without the dollar, for a column whose head has it."""
    return money(value).replace("$", "")


def plain(number: Decimal | str) -> str:
    """A number without idle noughts: `2`, `0.5`."""
    value = Decimal(number)
    return f"{value:,f}".rstrip("0").rstrip(".") if value % 1 else f"{value.to_integral_value():,f}"


def price(value: Decimal | str) -> str:
    """A price per piece, to the cent or as fine as it is: `$27.50`, `$12.3456`."""
    exact = Decimal(value)
    if exact == cents(exact):
        return money(exact)
    return f"{'−' if exact < 0 else ''}${plain(abs(exact))}"


def sum_of(rows: Sequence[Mapping[str, str]], field: str) -> Decimal:
    """The sum of one field of rows whose amounts are text."""
    return sum((Decimal(row[field]) for row in rows), Decimal(0))


def calendar_day(when: date | str) -> str:
    """`22 May 2026`, of a day by somebody's calendar or its ISO text; no zone moves it."""
    on = date.fromisoformat(when) if isinstance(when, str) else when
    return f"{on.day} {on:%B %Y}"


def in_zone_of(file: SaasuFile) -> None:
    """Let the page be in the zone of the one file that it is about, as Saasu's own pages and the sentences kept with it are."""
    g.zone_of_page = ZoneInfo(file.time_zone)


def zone() -> ZoneInfo:
    """The one zone of a page: its file's where it is about one file, else the reader's."""
    kept: ZoneInfo | None = g.get("zone_of_page")
    if kept is not None:
        return kept
    here = visitor()
    return ZoneInfo(here.firm.time_zone if here is not None else USUAL_ZONE)


def zone_name() -> str:
    """The page's zone as its foot names it: AEST, AEDT, AWST."""
    return datetime.now(zone()).strftime("%Z")


def page_zone_note() -> str:
    """The page's zone where its times may differ from the firm's pages: `AWST`; blank where they never do."""
    here = visitor()
    if here is None or winter_and_summer(zone()) == winter_and_summer(ZoneInfo(here.firm.time_zone)):
        return ""
    return zone_name()


def winter_and_summer(zone: ZoneInfo) -> tuple[timedelta | None, ...]:
    """How far a zone is from UTC in July and in January."""
    return tuple(datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (7, 1))


def day(when: datetime) -> str:
    """`22/05/2026` in the page's zone."""
    return when.astimezone(zone()).strftime("%d/%m/%Y")


def long_day(when: datetime) -> str:
    """`22 May 2026` in the page's zone."""
    local = when.astimezone(zone())
    return f"{local.day} {local:%B %Y}"


def by_when(when: datetime) -> str:
    """When something will be done, rounded up to what an estimate can tell: `2:45 pm today`, `26 Nov 2026, 4 pm`."""
    now = datetime.now(UTC)
    step = FIVE_MINUTES if when - now < TWO_HOURS else HOUR
    up = when + (EPOCH - when) % step
    local = up.astimezone(zone())
    days = (local.date() - now.astimezone(zone()).date()).days
    minutes = f":{local:%M}" if local.minute else ""
    time = f"{local.hour % 12 or 12}{minutes} {'am' if local.hour < 12 else 'pm'}"
    soon = {0: "today", 1: "tomorrow"}.get(days)
    return f"{time} {soon}" if soon else f"{local.day} {local:%b %Y}, {time}"


def clock_time(when: datetime) -> str:
    """`9:12 am`."""
    local = when.astimezone(zone())
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def instant(when: datetime) -> str:
    """`2026-05-22T02:00:00Z`, for machines."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_words(when: datetime) -> str:
    """`Friday 22 May 2026, 12:00:00 pm AEST`, for the hover."""
    local = when.astimezone(zone())
    half = "am" if local.hour < 12 else "pm"
    return f"{local:%A} {long_day(when)}, {local.hour % 12 or 12}:{local:%M:%S} {half} {local:%Z}"


def moment(when: datetime | None) -> Markup:
    """`today 9:12 am`, `yesterday 4:40 pm` or `22/05/2026`, with the exact instant on hover."""
    if when is None:
        return Markup('<span class="quiet">–</span>')
    days = (datetime.now(zone()).date() - when.astimezone(zone()).date()).days
    words = {
        0: f"today {clock_time(when)}",
        1: f"yesterday {clock_time(when)}",
        -1: f"tomorrow {clock_time(when)}",
    }.get(days, day(when))
    whole = Markup('<time datetime="{}" title="{}">{}</time>')
    return whole.format(instant(when), instant_words(when), words)


def plural(count: int, one: str, many: str = "") -> str:
    """`1 order`, `2 orders`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def share(part: int, whole: int, *, short: bool = False) -> str:
    """`38 %`; a part is never told as nothing nor as all: `less than 1 %`, `more than 99 %`; `short`: `< 1 %`, `> 99 %`."""
    percent = (200 * part + whole) // (2 * whole) if whole else 0
    if 0 < 100 * part < whole:
        return "< 1 %" if short else "less than 1 %"
    if percent == 100 and part < whole:
        return "> 99 %" if short else "more than 99 %"
    return f"{percent} %"


def lasted(start: datetime | None, end: datetime | None) -> str:
    """How long something took: `4 s`, `3 min`."""
    if start is None or end is None:
        return "–"
    seconds = int((end - start).total_seconds())
    return f"{seconds} s" if seconds < 90 else f"{seconds // 60} min"


def difference(span: dict[str, str]) -> Decimal:
    """Saasu's figure less the shop's, of a kept bridge."""
    return Decimal(span["books"]) - Decimal(span["shop"])
