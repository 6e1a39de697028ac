"""What a store says of itself and what its refusals mean; pure (BC §1, §2)."""

import re
from dataclasses import dataclass
from zoneinfo import available_timezones

from portal.clients.answers import Answer, asked_wait, header_number, sentence
from portal.clients.rows import Row
from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    Refused,
    RemoteFailure,
    StoreClosed,
    Throttled,
    Unreachable,
)

STORE_HASH = re.compile(r"[a-z0-9]{1,32}")
PASTED = re.compile(r"(?:/stores/|^stores/|\bstore-)([A-Za-z0-9]{1,32})(?=[/.?#]|$)")
LOW = 5
LONGEST_PAUSE_MS = 30_000
CLOSED = re.compile(r"suspend|maintenance|upgrad", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFound:
    """What *Test Connection* learnt of a store. `None` and the notes stand for what the token may not read."""

    name: str = ""
    currency: str = ""
    zone_name: str | None = None
    price_entered_with_tax: bool | None = None
    notes: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    """The store's own addresses, which are no customer's."""


def shop_code(text: str) -> str:
    """The Shop Code in what a person pasted: the code itself, the whole *API Path*, or the control panel's address.

    Raises `ValueError` with a sentence where there is none.
    """
    found = PASTED.search(text.strip())
    code = (found.group(1) if found else text.strip()).lower()
    if not STORE_HASH.fullmatch(code):
        raise ValueError("The Shop Code is the part of the API Path after /stores/: letters and digits only.")
    return code


def store_of(value: object) -> StoreFound:
    """What `/store` says. A zone name that is no IANA name is left out."""
    row = Row.of(value)
    zone = Row.of(row.get("timezone")).text("name")
    currency = row.text("currency").upper()
    notes: tuple[str, ...] = ()
    if currency not in {"", "AUD"}:
        notes = (f"The store's own currency is {currency}; only orders paid in AUD are synced.",)
    return StoreFound(
        name=row.text("name"),
        currency=currency,
        zone_name=zone if zone in available_timezones() else None,
        price_entered_with_tax=row.flag("is_price_entered_with_tax"),
        notes=notes,
        emails=tuple(dict.fromkeys(filter(None, map(row.text, ("order_email", "admin_email"))))),
    )


def is_closed(answer: Answer) -> bool:
    """Whether a 503 says that the store is suspended or under maintenance: asking again at once cannot help (BC §1)."""
    return answer.status == 503 and CLOSED.search(sentence(answer)) is not None


def pause_after(answer: Answer) -> int:
    """Milliseconds to wait before the next call: the rest of the window when at most 5 calls are left in it (BC §2)."""
    left = header_number(answer.headers, "x-rate-limit-requests-left")
    reset = header_number(answer.headers, "x-rate-limit-time-reset-ms")
    if left is None or reset is None or left > LOW:
        return 0
    return min(reset, LONGEST_PAUSE_MS)


def failure_of(answer: Answer, token: str) -> RemoteFailure:
    """What a refusal means (BC §1). Statuses that reads have no business with are told by the shop's sentence."""
    said = sentence(answer, (token,))
    status = answer.status
    if status == 401:
        return CredentialsRefused(said or "BigCommerce refused the Access Token.", status=status)
    if status in {403, 404}:
        return Denied(said or "BigCommerce does not let this token read that.", status=status)
    if status == 429:
        asked = asked_wait(answer.headers)
        seconds = None if asked is None else -(-asked // 1000)
        return Throttled("BigCommerce says too many calls were made.", retry_after=seconds)
    if is_closed(answer):
        return StoreClosed(said, status=status)
    if 400 <= status < 500 and status not in {408, 425, 499} and not answer.is_html:
        return Refused(said or f"BigCommerce refused the call ({status}).", status=status)
    return Unreachable(f"BigCommerce answered {status}{f': {said}' if said else ''}.", status=status)
