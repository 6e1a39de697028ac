"""What Saasu's refusals mean, by status and by sentence; pure (SA §4, §8; SYNC §7.4).

Saasu's body has no fixed form and some sentences come under more than one status, so both are looked at.
"""

import re

from portal.clients.answers import Answer, asked_wait, sentence
from portal.sync.failures import (
    Denied,
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    RemoteFailure,
    StaleRecord,
    Throttled,
    Unreachable,
)

AMBIGUOUS = frozenset({408, 409, 423, 425, 499})
"""Statuses under 500 after which a write may or may not have been done (SYNC §7.4)."""

STALE = re.compile(r"changed since (it was )?last read", re.IGNORECASE)
NUMBER = re.compile(r"\bnumbers?\b|InvoiceNumber|\binvoice\b.*\balready exists", re.IGNORECASE)
TAKEN = re.compile(r"duplicate|already|exists|\bin use\b|\btaken\b|(must be|not|isn't) unique", re.IGNORECASE)
LOCKED = re.compile(
    r"\b(locked|closed)\b.*\b(period|dates?|before|after|books?|year)\b"
    r"|\b(period|dates?|before|after|books?|year)\b.*\b(locked|closed)\b|\bperiod lock|\block (date|period)",
    re.IGNORECASE,
)
OF_A_DAY = re.compile(
    r"\b24[ -]?h((ou)?rs?)?\b|\bdaily\b.*\b(limit|quota|allowance|calls?|requests?)\b|\b(calls?|requests?|limit|quota)\b.*\b(a|per) day\b",
    re.IGNORECASE,
)
PLAN = re.compile(r"\bsubscription\b|\bplans?\b|\bupgrade\b", re.IGNORECASE)


def saasu_failure(
    answer: Answer, *, write: bool, invoice: bool = False, secrets: tuple[str, ...] = ()
) -> RemoteFailure:
    """The failure that a refusal, or a web page under whatever status, stands for; 401 is not decided here.

    `write` says whether something was to be done, `invoice` whether it was an invoice, whose number may be taken.
    """
    said = sentence(answer, secrets)
    status = answer.status
    request_id = answer.request_id
    if is_throttled(answer):
        return throttled(answer)
    if status in {402, 403} and not answer.is_html:
        plan = status == 402 or PLAN.search(said) is not None
        return Denied(said or "Saasu says this login may not do that.", plan=plan, status=status)
    if not answer.is_html and status in {400, 409, 422}:
        kind = told_by_sentence(said, invoice=invoice)
        if kind is not None:
            return kind(said, status=status, request_id=request_id)
    lost = answer.ok or answer.is_html or status < 400 or status >= 500 or status in AMBIGUOUS
    if not lost:
        return Refused(
            said or f"Saasu answered {status} without a reason.", status=status, request_id=request_id
        )
    words = "a web page" if answer.is_html else f"status {status}"
    words = f"Saasu answered with {words}{f': {said}' if said and not answer.ok else ''}."
    return (OutcomeLost if write else Unreachable)(words, status=status, request_id=request_id)


def told_by_sentence(said: str, *, invoice: bool) -> type[Refused] | None:
    """The refusal that only its sentence tells apart (SA §4, §8.1, §8.16), or `None`."""
    if STALE.search(said):
        return StaleRecord
    if invoice and TAKEN.search(said) and NUMBER.search(said):
        return NumberTaken
    return PeriodLocked if LOCKED.search(said) else None


def is_throttled(answer: Answer) -> bool:
    """Whether an answer refuses the call because there were too many; under whatever status where it speaks of a day (SA §2.4)."""
    return answer.status == 429 or (answer.status in {402, 403} and names_a_day(answer))


def names_a_day(answer: Answer) -> bool:
    """Whether a refusal speaks of the day's calls or of 24 hours: Saasu's block, not a call in the same second (SA §2.1)."""
    return OF_A_DAY.search(sentence(answer)) is not None


def throttled(answer: Answer) -> Throttled:
    """Too many calls; the wait in seconds where Saasu names one (SA §2.4)."""
    asked = asked_wait(answer.headers)
    return Throttled(
        "Saasu says too many calls were made.", retry_after=None if asked is None else -(-asked // 1000)
    )
