"""What can come back from a remote instead of an answer, drawn by what it means for the act that was tried.

RemoteFailure             what happened, whose turn it is, whether trying again can help
├── Refused               certainly not done: the remote said no and why (400, 404, 422)
│   ├── NumberTaken       a sale with that number is there already
│   ├── StaleRecord       the record changed since it was read (SA §4)
│   └── PeriodLocked      the date lies in a locked period
├── Throttled             certainly not done: too many calls (429); `retry_after` in seconds where the remote said so
│   └── Blocked           the account is asked nothing more for some time; the sentence says until when
├── Denied                the credentials are good, the right is missing (403); `plan` where the subscription forbids it
├── CredentialsRefused    the credentials are not good (401, after one renewal)
│   └── CodeWanted        a two-factor code is wanted
├── StoreClosed           the store is suspended or under maintenance (BC §1)
├── Unreachable           nothing was done that matters: a read failed, or a write was never sent
│   └── StillWriting      a customer is being written, and whether that was done is not known yet; Saasu was not asked
└── OutcomeLost           a write may or may not have been done: time-out, reset, 408, 409, 5xx, HTML, a cut answer (SYNC §7.4)
"""

from portal.sync.problems import Code, Problem, Turn


class RemoteFailure(Exception):
    """A call that did not bring an answer. `sentence` is for a person; `status` is the HTTP status where there was one."""

    turn = Turn.WAIT
    again_helps = True

    def __init__(self, sentence: str, *, status: int | None = None, request_id: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.request_id = request_id


class Refused(RemoteFailure):
    """Certainly not done: the remote said no. `sentence` is the remote's own."""

    turn = Turn.YOU
    again_helps = False


class NumberTaken(Refused):
    """Saasu has a transaction with that invoice number."""


class StaleRecord(Refused):
    """The record changed since it was read; read it again and repeat once."""

    again_helps = True


class PeriodLocked(Refused):
    """The date lies in a locked period of the file."""


class Throttled(RemoteFailure):
    """Certainly not done: too many calls."""

    def __init__(self, sentence: str, *, retry_after: int | None = None, status: int | None = 429) -> None:
        super().__init__(sentence, status=status)
        self.retry_after = retry_after


class Blocked(Throttled):
    """Certainly not done: the account is asked nothing more for some time. `sentence` is ours and says until when."""


class Denied(RemoteFailure):
    """Certainly not done: these credentials lack the right. `plan` is true where the file's subscription forbids it."""

    turn = Turn.YOU
    again_helps = False

    def __init__(self, sentence: str, *, plan: bool = False, status: int | None = 403) -> None:
        super().__init__(sentence, status=status)
        self.plan = plan


class CredentialsRefused(RemoteFailure):
    """The credentials are not good; nothing was done."""

    turn = Turn.YOU
    again_helps = False


class CodeWanted(CredentialsRefused):
    """The login is protected by two-factor and a code is wanted."""


class StoreClosed(RemoteFailure):
    """The store is suspended or under maintenance."""

    turn = Turn.CLIENT


class Unreachable(RemoteFailure):
    """No usable answer to a read, or a write that was never sent."""


class StillWriting(Unreachable):
    """A customer is being written by somebody, or the answer to it was lost a moment ago; nothing was asked (SYNC §7.9)."""


class OutcomeLost(RemoteFailure):
    """A write was sent and its answer was lost: it may or may not have been done."""


def shop_problem(failure: RemoteFailure) -> Problem:
    """The run's problem for a failure of the shop's API (BC §1)."""
    if isinstance(failure, CredentialsRefused):
        return Problem(Code.STORE_CREDENTIALS, "BigCommerce refused the Access Token.")
    if isinstance(failure, Denied):
        return Problem(
            Code.STORE_SCOPE,
            "BigCommerce says this Access Token may not read the store's orders, or the Shop Code is wrong.",
        )
    if isinstance(failure, StoreClosed):
        return Problem(Code.STORE_SUSPENDED, "BigCommerce says the store is suspended or under maintenance.")
    return Problem(Code.STORE_UNREACHABLE, f"BigCommerce could not be read: {failure.sentence}")


def books_problem(failure: RemoteFailure) -> Problem:
    """The run's problem for a failure of Saasu's API (SA §1, §2, §4)."""
    if isinstance(failure, CodeWanted):
        return Problem(Code.SAASU_TWO_FACTOR, "Saasu wants a verification code for this login.")
    if isinstance(failure, CredentialsRefused):
        return Problem(Code.SAASU_CREDENTIALS, "Saasu refused the saved sign-in.")
    if isinstance(failure, Denied) and failure.plan:
        return Problem(Code.SAASU_PLAN, f"Saasu says the file's plan does not allow this: {failure.sentence}")
    if isinstance(failure, Denied):
        return Problem(
            Code.SAASU_FILE, f"Saasu says this login may not do that in this file: {failure.sentence}"
        )
    if isinstance(failure, Blocked):
        return Problem(Code.SAASU_QUOTA, failure.sentence)
    if isinstance(failure, Throttled):
        return Problem(Code.SAASU_QUOTA, "Saasu says too many calls were made to this file.")
    return Problem(Code.SAASU_UNREACHABLE, f"Saasu could not be reached: {failure.sentence}")
