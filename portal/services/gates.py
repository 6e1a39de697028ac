"""No call goes to a file beyond its day's allowance, nor to one whose calls Saasu refuses until its block is over, by any worker (SYNC §9)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal import budget
from portal.clients.answers import Answer
from portal.clients.saasu_refusals import is_throttled, names_a_day, throttled
from portal.models.connections import SaasuFile
from portal.services.login_calls import REFRESH, files_of_login
from portal.sync.allowance import Allowance, again_at
from portal.sync.blocking import Block, block_after, block_words
from portal.sync.failures import Blocked
from portal.sync.forecast import day_and_time

PREVIEW = "preview"
"""The purpose under which the calls of previews are counted, of some days or of one order."""


class Gate:
    """The gate of one file: asked before every call, told of every answer."""

    def __init__(
        self, session: Session, file: SaasuFile, now: Callable[[], datetime], *, previewing: bool = False
    ) -> None:
        self._session = session
        self._file_pk = file.id
        self._account = f"saasu:{file.file_id}"
        self._zone = ZoneInfo(file.time_zone)
        self._now = now
        self._previewing = previewing
        self._known: Block | None = None

    def spend(self, purpose: str) -> None:
        """Count the call that is sent next, a renewal of the token for all files of the login, every other call of a preview as such.

        Commits. Raises `Blocked`, and counts nothing, where the day's allowance is used up.
        """
        now = self._now()
        file = self._session.get_one(SaasuFile, self._file_pk)
        beside = files_of_login(self._session, file.login_id) if purpose == REFRESH else ()
        counted_as = PREVIEW if self._previewing and purpose != REFRESH else purpose
        given = budget.spend_call(self._session, file, counted_as, now, beside)
        if given is not None:
            raise Blocked(used_up(given, again_at(given, 1, now), now, self._zone))

    def ask(self) -> None:
        """Raises `Blocked` while nothing may be asked."""
        self._known = budget.block_of(self._session, self._account)
        self._session.commit()
        now = self._now()
        if self._known is not None and self._known.holds(now):
            raise Blocked(block_words(self._known, now, self._zone))

    def hear(self, answer: Answer) -> None:
        """Remember a refusal of too many calls, and forget it with the next good answer. Commits. Raises `Blocked` for a refusal."""
        if is_throttled(answer):
            self._shut(answer)
        if answer.ok and self._known is not None:
            budget.lift_block(self._session, self._account, self._known)
            self._session.commit()
            self._known = None

    def _shut(self, answer: Answer) -> None:
        now, seconds = self._now(), throttled(answer).retry_after
        asked = None if seconds is None else timedelta(seconds=seconds)
        # Another worker may have been refused meanwhile; whoever has to wait longer is right.
        present = budget.block_of(self._session, self._account)
        block = block_after(present, now, asked=asked, names_a_day=names_a_day(answer))
        self._known = present if present is not None and present.until > block.until else block
        budget.keep_block(self._session, self._account, self._known)
        self._session.commit()
        raise Blocked(block_words(self._known, now, self._zone), retry_after=seconds, status=answer.status)


def used_up(given: Allowance, again: datetime, now: datetime, zone: ZoneInfo) -> str:
    """That the day's allowance is used up, and when it goes on, by the file's calendar."""
    when = day_and_time(again, now, zone)
    return f"This file’s Saasu calls of the day are used up: {given.used:,} of the {given.allowed:,} allowed. It goes on {when}."
