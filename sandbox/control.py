"""The control address of a server: what it was asked, what o'clock it is, and which faults were ordered.

Everything under `/_control/` is for tests and the demo, takes and gives JSON, and answers callers on loopback only.
"""

import ipaddress
import re
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final, TypeVar

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.clock import Clock, text
from sandbox.faults import Call, Faults, plain_error
from sandbox.world import World

PREFIX: Final = "/_control"
# Pages for people: they are no API calls, so they are neither counted nor broken.
PAGES: Final = ("/_control", "/pages", "/static", "/favicon.ico")
REMEMBERED: Final = 500
_ID: Final = re.compile(r"/\d+(?=/|$)")
_STORE: Final = re.compile(r"^/stores/([^/]+)")
_T = TypeVar("_T")


class Control:
    """Counts, clock and faults of one server. The clock is shared by the servers of a process."""

    def __init__(self, name: str, clock: Clock, world: World) -> None:
        self.name = name
        self.clock = clock
        self.world = world
        self.faults = Faults()
        self.error: Callable[[int], tuple[dict[str, str], bytes]] = plain_error
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._scopes: dict[str, Counter[str]] = {}
        self._statuses: Counter[str] = Counter()
        self._latest: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    def counted(self, path: str) -> bool:
        """Whether a path belongs to the API, and so counts and can be broken."""
        return path != "/" and not any(path == page or path.startswith(f"{page}/") for page in PAGES)

    def arrived(self, call: Call) -> None:
        """Count a call by endpoint and by store or file."""
        with self._lock:
            self._counts[call.endpoint] += 1
            self._scopes.setdefault(call.scope, Counter())[call.endpoint] += 1
            self._latest.append(
                {
                    "at": text(self.clock.now()),
                    "method": call.method,
                    "path": call.path,
                    "query": call.query,
                    "endpoint": call.endpoint,
                    "scope": call.scope,
                }
            )

    def answered(self, status: int) -> None:
        """Count an answer by its status."""
        with self._lock:
            self._statuses[str(status)] += 1

    def calls(self, latest: int = 0) -> dict[str, Any]:
        """The counts, with the `latest` calls (at most 500), oldest first."""
        with self._lock:
            return {
                "total": self._counts.total(),
                "by_endpoint": dict(sorted(self._counts.items())),
                "by_scope": {
                    scope: dict(sorted(found.items())) for scope, found in sorted(self._scopes.items())
                },
                "by_status": dict(sorted(self._statuses.items())),
                "latest": list(self._latest)[-latest:] if latest else [],
            }

    def forget_calls(self) -> None:
        """Count from nothing again."""
        with self._lock:
            for found in (self._counts, self._scopes, self._statuses, self._latest):
                found.clear()

    def install(self, app: Flask) -> None:
        """Give `app` the addresses that both servers share, and guard everything under `/_control/`."""
        app.before_request(self._guard)
        app.register_error_handler(
            ControlRefusal, lambda refusal: (jsonify(error=str(refusal)), refusal.status)
        )
        for path, methods, view in (
            ("/calls", ["GET"], self._show_calls),
            ("/calls", ["DELETE"], self._forget_calls),
            ("/clock", ["GET", "PUT"], self._clock),
            ("/faults", ["GET", "POST", "DELETE"], self._faults),
            ("/world", ["GET"], self._world),
        ):
            name = f"control_{view.__name__}"
            app.add_url_rule(f"{PREFIX}{path}", name, view, methods=methods)

    def _guard(self) -> ResponseReturnValue | None:
        if not request.path.startswith(f"{PREFIX}/"):
            return None
        if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104
            return jsonify(error="The control address answers this machine only."), 403
        return None

    def _show_calls(self) -> Response:
        return jsonify(self.calls(request.args.get("latest", 0, type=int)))

    def _forget_calls(self) -> ResponseReturnValue:
        self.forget_calls()
        return "", 204

    def _clock(self) -> Response:
        if request.method == "PUT":
            obey(self.clock.set, read_object())
        return jsonify(self.clock.shown())

    def _faults(self) -> ResponseReturnValue:
        if request.method == "DELETE":
            self.faults.clear()
            return "", 204
        if request.method == "POST":
            return jsonify(obey(self.faults.order, read_object())), 201
        return jsonify(self.faults.listed())

    def _world(self) -> Response:
        return jsonify(_plain(asdict(self.world)))


class ControlRefusal(Exception):
    """An order that the control address does not take, with the sentence that says why."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def read_object() -> dict[str, Any]:
    """The JSON object of the request. Raises `ControlRefusal` (400)."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise ControlRefusal("The body must be a JSON object.")
    return body


def obey(act: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
    """Do as ordered; a `ValueError` becomes a `ControlRefusal` (400) with its sentence."""
    try:
        return act(*args, **kwargs)
    except ValueError as fault:
        raise ControlRefusal(str(fault)) from fault


def call_of(method: str, path: str, query: dict[str, str], body: bytes) -> Call:
    """What a request asks: endpoint with ids as `{id}`, and its store hash or FileId as scope."""
    store = _STORE.match(path)
    scope = store.group(1) if store else next((v for k, v in query.items() if k.lower() == "fileid"), "")
    endpoint = _ID.sub("/{id}", path[store.end() :] if store else path)
    return Call(method, path, f"{method} {endpoint}", scope, query, body)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return str(value)
    return text(value) if hasattr(value, "astimezone") else value
