"""What came back from a remote, and how to read a sentence, a wait or a time out of it (BC §1, §2; SA §4)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

from portal.clients.exact_json import JsonUnreadable, load
from portal.logs import masked_text

LONGEST_SENTENCE = 400
MASK = "•••"
SHORTEST_SECRET = 6
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
TITLE = re.compile(r"<(title|h1)[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)
SPEAKING = ("message", "title", "error_description", "error", "errormessage", "exceptionmessage", "detail")


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer. Header names are lower case; `text` is kept out of the repr, it may hold personal data."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    @property
    def is_html(self) -> bool:
        """Whether the body is a web page, whatever its header says."""
        start = self.text.lstrip("\ufeff \t\r\n")[:15].lower()
        return start.startswith(("<!doctype", "<html", "<head", "<body", "<?xml"))

    @property
    def request_id(self) -> str:
        """The remote's own name for this call, where it gave one."""
        names = ("x-request-id", "x-correlation-id", "request-id", "cf-ray")
        return next((self.headers[name][:100] for name in names if name in self.headers), "")


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret in it replaced. Shorter than 6 characters is no secret, it would blot out words."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    return text


def sentence(answer: Answer, secrets: Iterable[str] = ()) -> str:
    """What the remote says, on one line of at most 400 characters; empty where it says nothing.

    Takes the array of V2, the object of V3, `{"error"}`, a JSON string, plain text and a web page (BC §1, SA §4).
    """
    if answer.is_html:
        found = TITLE.search(answer.text)
        said = unescape(re.sub(r"<[^>]*>", " ", found.group(2))) if found else ""
    else:
        try:
            said = spoken(load(answer.text))
        except JsonUnreadable:
            said = answer.text
    return masked_text(masked(" ".join(CONTROL.sub(" ", said).split()), secrets))[:LONGEST_SENTENCE]


def spoken(value: object) -> str:
    """The first sentence inside a decoded error body."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next((said for said in map(spoken, value) if said), "")
    if isinstance(value, dict):
        known = {str(name).lower(): held for name, held in value.items()}
        return next(
            (known[name] for name in SPEAKING if isinstance(known.get(name), str) and known[name]), ""
        )
    return ""


def asked_wait(headers: Mapping[str, str]) -> int | None:
    """How many milliseconds a 429 asks us to wait, or `None` where it does not say (BC §2, SA §2.4)."""
    reset = header_number(headers, "x-rate-limit-time-reset-ms")
    if reset is not None:
        return reset
    for name in ("x-retry-after", "retry-after"):
        seconds = header_number(headers, name)
        if seconds is not None:
            return seconds * 1000
    return None


def header_number(headers: Mapping[str, str], name: str) -> int | None:
    """A whole number of a header, or `None` where it is absent or no number."""
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def remote_time(headers: Mapping[str, str]) -> datetime | None:
    """The remote's clock when it answered, aware UTC, from its `Date` header."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
