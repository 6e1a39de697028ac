"""Saasu's own block: one call too many shuts a file for 24 hours, for every program (SYNC §9, SA §2). Pure.

No copy of a refused answer exists, so three signs are read: the time that Saasu names, words of a day, and a refusal that lasts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.sync.allowance import DAY
from portal.sync.forecast import day_and_time

PAUSE = timedelta(minutes=1)
"""How long a file is left alone after a refusal that says nothing: most often another program called in the same second. While it goes
on, the pause doubles."""
LASTING = timedelta(minutes=50)
"""Refusals over so long with no good answer between them are the block of a day; hourly runs are not an hour apart to the second."""
SHORT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Block:
    """Since when Saasu refuses the calls to a file, and until when it is asked nothing more."""

    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Whether nothing may be asked now."""
        return now < self.until


def block_after(known: Block | None, now: datetime, *, asked: timedelta | None, names_a_day: bool) -> Block:
    """The block after one more refusal, given the one that is known of a file that has answered nothing since.

    `asked` is the wait that Saasu names. The day counts from the first refusal.
    """
    since = known.since if known is not None and now - known.since < DAY else now
    if asked is not None:
        return Block(since, now + min(asked, DAY))
    if names_a_day or now - since >= LASTING:
        return Block(since, since + DAY)
    return Block(since, now + max(PAUSE, now - since))


def block_words(block: Block, now: datetime, zone: ZoneInfo) -> str:
    """Why nothing is asked, and when it goes on, by the file's calendar."""
    when = day_and_time(block.until, now, zone)
    if block.until - block.since < SHORT:
        return f"Saasu says too many calls were made to this file. It goes on {when}."
    return f"Saasu blocked this file for every program: too many calls were made to it in a day. It goes on {when}."
