"""How values look on a page: money, moments, states, plurals (SCREENS: the language)."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask
from flask_login import current_user
from markupsafe import Markup

from portal import reports
from portal.money import cents
from portal.services import desk
from portal.web.access import current_firm, may

STATES = {
    "needs_you": ("▲", "Needs you"),
    "mends": ("◔", "Will mend itself"),
    "waiting": ("…", "Waiting"),
    "unknown": ("?", "Outcome unknown"),
    "posted": ("✓", "Posted"),
    "exists": ("=", "Already in Saasu"),
    "ignored": ("–", "Ignored"),
    "paused": ("‖", "Paused"),
    "unconnected": ("○", "No shop yet"),
    "queued": ("…", "Waiting"),
    "running": ("↻", "Running"),
    "finished": ("✓", "Finished"),
    "incomplete": ("◔", "Incomplete"),
    "failed": ("▲", "Failed"),
    "stopped": ("‖", "Stopped"),
}
IGNORED = {
    "STATUS": "its status in the shop is not one that is synced",
    "CURRENCY": "it is not in Australian dollars",
    "BEFORE_START": "it is older than the start of this connection",
    "WHILE_OFF": "it came while the connection was off",
    "DELETED": "it is archived in the shop",
    "BY_PERSON": "somebody chose to ignore it",
}
KINDS = {"hourly": "Hourly", "manual": "By hand", "backfill": "Orders From", "retry": "Retry"}
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
    "exists": "Saasu has this number already",
    "failed": "not posted",
    "ignored": "ignored",
}


def setup_filters(app: Flask) -> None:
    """Register what templates call."""
    for one in (money, day, moment, clock_time, plural, length, groupby_count):
        app.add_template_filter(one)
    app.jinja_env.globals.update(
        states=STATES,
        ignored_words=IGNORED,
        kinds=KINDS,
        turns=TURNS,
        chip_of=reports.chip,
        may=may,
        zone_name=zone_name,
        needs_you_count=needs_you_count,
        difference=difference,
        history_words=HISTORY,
    )


def money(amount: Decimal | str) -> str:
    """`$1,212.40`, with a minus where it is negative."""
    value = cents(Decimal(amount))
    return f"−${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def zone() -> ZoneInfo:
    """The reader's zone."""
    return (
        ZoneInfo(current_firm().time_zone) if current_user.is_authenticated else ZoneInfo("Australia/Sydney")
    )


def zone_name() -> str:
    """The reader's zone as a page names it: AEST, AEDT, AWST."""
    return datetime.now(zone()).strftime("%Z")


def day(when: datetime) -> str:
    """`22/05/2026` in the reader's zone."""
    return when.astimezone(zone()).strftime("%d/%m/%Y")


def clock_time(when: datetime) -> str:
    """`9:12 am`."""
    local = when.astimezone(zone())
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def moment(when: datetime | None) -> str:
    """`today 9:12 am`, `yesterday 4:40 pm` or `22/05/2026`, with the exact instant on hover."""
    if when is None:
        return Markup('<span class="quiet">–</span>')
    days = (datetime.now(zone()).date() - when.astimezone(zone()).date()).days
    words = {
        0: f"today {clock_time(when)}",
        1: f"yesterday {clock_time(when)}",
        -1: f"tomorrow {clock_time(when)}",
    }.get(days, day(when))
    exact = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    local = when.astimezone(zone()).strftime("%A %d %B %Y, %H:%M:%S %Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, local, words)


def plural(count: int, one: str, many: str = "") -> str:
    """`1 order`, `2 orders`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def length(start: datetime | None, end: datetime | None) -> str:
    """How long something took: `4 s`, `3 min`."""
    if start is None or end is None:
        return "–"
    seconds = int((end - start).total_seconds())
    return f"{seconds} s" if seconds < 90 else f"{seconds // 60} min"


def groupby_count(words: list[str]) -> list[tuple[str, int]]:
    """Each word with how often it comes, in the order of first coming."""
    return [(word, words.count(word)) for word in dict.fromkeys(words)]


def difference(span: dict[str, str]) -> Decimal:
    """Saasu's figure less the shop's, of a kept bridge."""
    return Decimal(span["books"]) - Decimal(span["shop"])


def needs_you_count() -> int:
    """How many orders of the firm need somebody."""
    return reports.needs_you_count(desk.session(), current_firm().id)
