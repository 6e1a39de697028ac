"""Faults to order: what goes wrong between a caller and a server, before or after the server did the work."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

NAMES: Final = (
    "reset_before",
    "reset_after",
    "error_before",
    "error_after",
    "timeout",
    "cut",
    "duplicate_rows",
    "reorder_rows",
    "late_commit",
    "throttle",
    "slow",
    "html",
    "malformed",
)
DEFAULT_SECONDS: Final = {"timeout": 30, "late_commit": 2, "slow": 2}
DEFAULT_STATUS: Final = {"error_before": 500, "error_after": 500, "throttle": 429, "html": 200}
_FIELDS: Final = {"match", "fault", "times", "skip", "status", "seconds", "headers", "body", "commit"}
_MATCH_FIELDS: Final = {"method", "path", "scope", "query", "body"}
_MAINTENANCE: Final = (
    "<!DOCTYPE html><html><head><title>Down for maintenance</title></head>"
    "<body><h1>We will be back soon</h1><p>The service is being looked after.</p></body></html>"
)
Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as counts and faults see it."""

    method: str
    path: str
    endpoint: str
    scope: str
    query: dict[str, str]
    body: bytes


class Dropped(Exception):
    """The connection ends here: by a TCP reset, or politely; `part` is the answer of which half is sent."""

    def __init__(self, reset: bool = True, part: Answer | None = None) -> None:
        super().__init__("connection dropped")
        self.reset = reset
        self.part = part


@dataclass(slots=True)
class Fault:
    """One order: which calls, what happens to them, how many to let pass first and how many to hit."""

    number: int
    match: dict[str, Any]
    name: str
    times: int = 1
    skip: int = 0
    status: int = 500
    seconds: float = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    commit: bool = False
    hits: int = 0

    def concerns(self, call: Call) -> bool:
        """Whether this order is about `call`."""
        wanted = self.match
        if wanted.get("method", call.method).upper() != call.method:
            return False
        if str(wanted.get("scope", call.scope)) != call.scope or wanted.get(
            "body", ""
        ) not in call.body.decode("utf-8", "replace"):
            return False
        if any(call.query.get(name) != str(value) for name, value in wanted.get("query", {}).items()):
            return False
        endpoint = call.endpoint.partition(" ")[2]
        return _path_matches(wanted.get("path", "*"), call.path) or _path_matches(
            wanted.get("path", "*"), endpoint
        )

    def shown(self) -> dict[str, Any]:
        """The order as the control address lists it."""
        names = ("match", "times", "skip", "status", "seconds", "headers", "body", "commit", "hits")
        return {"id": self.number, "fault": self.name} | {name: getattr(self, name) for name in names}


class Faults:
    """The orders of one server. `stopping` ends every wait."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._orders: list[Fault] = []
        self._count = 0

    def order(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Take an order. Raises `ValueError` with a sentence."""
        _check(wanted)
        name = wanted["fault"]
        with self._lock:
            self._count += 1
            fault = Fault(
                number=self._count,
                match=wanted.get("match", {}),
                name=name,
                times=wanted.get("times", 1),
                skip=wanted.get("skip", 0),
                status=wanted.get("status", DEFAULT_STATUS.get(name, 500)),
                seconds=wanted.get("seconds", DEFAULT_SECONDS.get(name, 0)),
                headers=wanted.get("headers", {}),
                body=wanted.get("body"),
                commit=wanted.get("commit", False),
            )
            self._orders.append(fault)
            return fault.shown()

    def take(self, call: Call) -> Fault | None:
        """The oldest order about this call that has hits left; calls to skip are counted here."""
        with self._lock:
            for fault in self._orders:
                if fault.hits >= fault.times or not fault.concerns(call):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Every order, those that are used up too, with their hits."""
        with self._lock:
            return [fault.shown() for fault in self._orders]

    def clear(self) -> None:
        """Forget every order."""
        with self._lock:
            self._orders.clear()


def rearranged(body: bytes, arrange: Callable[[list[str]], list[str]]) -> bytes:
    """A JSON body with the rows of its first list arranged anew, every row left as it was written."""
    text = body.decode()
    start = text.find("[")
    if start < 0:
        return body
    decoder, rows, at = json.JSONDecoder(), [], start + 1
    while True:
        while text[at] in " \t\r\n,":
            at += 1
        if text[at] == "]":
            break
        _, end = decoder.raw_decode(text, at)
        rows.append(text[at:end])
        at = end
    return (text[: start + 1] + ",".join(arrange(rows)) + text[at:]).encode()


def plain_error(status: int) -> tuple[dict[str, str], bytes]:
    """The body of an ordered error where a server has none of its own."""
    body = json.dumps({"status": status, "title": words(status)})
    return {"Content-Type": "application/json"}, body.encode()


def maintenance_page(fault: Fault) -> Answer:
    """A page of HTML where JSON was expected."""
    body = (fault.body or _MAINTENANCE).encode()
    return fault.status, [("Content-Type", "text/html; charset=utf-8"), *fault.headers.items()], body


def _path_matches(wanted: str, path: str) -> bool:
    wanted, path = wanted.casefold(), path.casefold()
    return path.startswith(wanted[:-1]) if wanted.endswith("*") else path == wanted


def _check(wanted: dict[str, Any]) -> None:
    unknown = wanted.keys() - _FIELDS
    if unknown:
        raise ValueError(f"A fault has no field {min(unknown)!r}; it has {', '.join(sorted(_FIELDS))}.")
    if wanted.get("fault") not in NAMES:
        raise ValueError(f"There is no fault {wanted.get('fault')!r}; there are {', '.join(NAMES)}.")
    match = wanted.get("match", {})
    if not isinstance(match, dict) or match.keys() - _MATCH_FIELDS:
        raise ValueError(f"match is an object with any of {', '.join(sorted(_MATCH_FIELDS))}.")
    if not all(isinstance(match.get(name, ""), str) for name in ("method", "path", "body")):
        raise ValueError("method, path and body of a match are texts.")
    if not isinstance(match.get("query", {}), dict):
        raise ValueError("query of a match is an object.")
    for name in ("times", "skip", "status", "seconds"):
        value = wanted.get(name, 1)
        whole = isinstance(value, int) or (name == "seconds" and isinstance(value, float))
        if isinstance(value, bool) or not whole or value < 0:
            raise ValueError(f"{name} must be a number, 0 or more.")
    _check_answer(wanted)


def _check_answer(wanted: dict[str, Any]) -> None:
    headers = wanted.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError("headers is an object of texts.")
    if not isinstance(wanted.get("body"), str | None):
        raise ValueError("body is the text of the answer.")
    if not isinstance(wanted.get("commit", False), bool):
        raise ValueError("commit is true or false.")
    if not 200 <= wanted.get("status", 500) <= 599:
        raise ValueError("status is an HTTP status from 200 to 599.")


def words(status: int) -> str:
    """The reason phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"
