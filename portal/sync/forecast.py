"""What posting the previewed orders would cost: Saasu calls, time at the pace of calls, and the day on which it would be done (SYNC §9).

The estimate is made from what the engine does: one call posts an order; who is billed is looked up by e-mail or name, and who
receives by name where that is somebody else, unless there is a copy of the file's contacts; what was posted is read back. Whether a contact must be written is known only when
Saasu is asked, so each different one is counted as if it had to be created once: the calls are fewer where they are there already.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.sync.allowance import Allowance, done_by

STANDING_CALLS = 2
"""What a run reads of the file before it posts: the items and the contacts that changed."""
READ_BACK_AT_ONCE = 80
"""Posted orders that are read back with one call."""
MINUTE, HOUR = 60, 3600
EXACT_BELOW = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Calls to Saasu by purpose: orders to post, look-ups of contacts, writes of different contacts.

    `shapes` are the kinds of line of which the first order is read back at once, because the file has not shown yet how it rounds
    them (SYNC §7.8).
    """

    posts: int
    look_ups: int
    writes: int
    shapes: int = 0

    @property
    def read_backs(self) -> int:
        """Calls that read back what was posted."""
        return -(-self.posts // READ_BACK_AT_ONCE) + min(self.shapes, self.posts)

    @property
    def calls(self) -> int:
        """All of them; none where nothing would be posted."""
        whole = self.posts + self.look_ups + self.writes + self.read_backs + STANDING_CALLS
        return whole if self.posts else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The work, the pace in calls a second, the file's allowance, and when it would be done if it began `now`."""

    work: Work
    per_second: Decimal
    given: Allowance
    now: datetime

    @property
    def seconds(self) -> int:
        """How long it takes at the pace of calls, waiting for no allowance."""
        return int(self.work.calls / self.per_second)

    @property
    def ends(self) -> datetime:
        """When it would be done."""
        return done_by(self.work.calls, self.given, self.per_second, self.now)

    def words(self, zone: ZoneInfo) -> str:
        """The forecast as a person reads it, dates in this zone."""
        if not self.work.calls:
            return "Nothing would be posted, so it would take no Saasu calls."
        pace = f"{in_words(self.seconds)} at {rate(self.per_second)}"
        return (
            f"About {about(self.work.calls)} Saasu calls: {pace}, done {day(self.ends, self.now, zone)}. "
            f"Your file may use {self.given.allowed:,} a day, of which {self.given.reserve:,} are kept for the hourly runs; "
            f"{self.given.used:,} {'was' if self.given.used == 1 else 'were'} used in the last 24 hours."
        )


def about(count: int) -> str:
    """A count as an estimate is told: to the ten where it is not small."""
    return f"{count:,}" if count < EXACT_BELOW else f"{(count + 5) // 10 * 10:,}"


def in_words(seconds: int) -> str:
    """`40 seconds`, `14 minutes`, `3 hours`: rounded up, so that it is a promise."""
    for size, name in ((HOUR, "hour"), (MINUTE, "minute")):
        if 2 * seconds > 3 * size:
            return counted(-(-seconds // size), name)
    return counted(max(seconds, 1), "second")


def rate(per_second: Decimal) -> str:
    """`1 call a second`."""
    return f"{per_second.normalize():f} {'call' if per_second == 1 else 'calls'} a second"


def day(when: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`today`, `tomorrow` or `on 3 December 2026`."""
    there = when.astimezone(zone).date()
    days = (there - now.astimezone(zone).date()).days
    return {0: "today", 1: "tomorrow"}.get(days, f"on {there.day} {there:%B %Y}")


def clock_time(when: datetime, zone: ZoneInfo) -> str:
    """`2:40 pm`; the minute is rounded up, so that it is a promise."""
    there = (when + timedelta(seconds=59)).astimezone(zone)
    return f"{there.hour % 12 or 12}:{there:%M} {'am' if there.hour < 12 else 'pm'}"


def day_and_time(when: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`today at 2:40 pm`, `tomorrow at 9:05 am` or `on 3 December 2026 at 9:05 am`."""
    return f"{day(when, now, zone)} at {clock_time(when, zone)}"


def counted(count: int, name: str) -> str:
    """A count with its word."""
    return f"{count:,} {name if count == 1 else name + 's'}"
