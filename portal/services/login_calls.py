"""A call of a Saasu login counts against every file it reaches: those we have before it is sent, the others once an answer names them (SYNC §9)."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.budget import count_calls
from portal.models.connections import SaasuFile

SIGN_IN = "sign in"
REFRESH = "refresh"
CALLS_FOR_A_CODE = 2
"""Whoever types a code was sent it by two calls, the sign-in without one and the one that asked for it (SA §1.11)."""


def files_of_login(session: Session, login_id: str) -> set[int]:
    """The files that we have by a login, by Saasu's ids."""
    return set(session.scalars(select(SaasuFile.file_id).where(SaasuFile.login_id == login_id)))


def count_beside(session: Session, login_id: str, reached: Iterable[int], now: datetime) -> None:
    """Count a renewal, whose answer names the files reached, for those that we do not have by this login. The caller commits."""
    count_calls(session, set(reached) - files_of_login(session, login_id), REFRESH, now)


class LoginCalls:
    """Counts the calls of one sign-in or of the list of files. `login_id` is `None` where the login is new to us."""

    def __init__(
        self, session: Session, login_id: str | None, now: Callable[[], datetime], *, with_code: bool = False
    ) -> None:
        self._session = session
        self._now = now
        self._known = set() if login_id is None else files_of_login(session, login_id)
        self._sent = [SIGN_IN] * CALLS_FOR_A_CODE if with_code else []

    def pace(self, purpose: str) -> None:
        """Count a call that is about to be sent, for the files that we have. Commits."""
        count_calls(self._session, self._known, purpose, self._now())
        self._session.commit()
        if purpose != REFRESH:  # its answer names its files to whoever renews
            self._sent.append(purpose)

    def reached(self, file_ids: Iterable[int]) -> None:
        """Count what was sent for the files that only an answer named. The caller commits."""
        others = set(file_ids) - self._known
        for purpose in self._sent:
            count_calls(self._session, others, purpose, self._now())
        self._sent = []
