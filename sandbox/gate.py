"""The gate before a server: counts each call, stamps each answer with the sandbox's time, and breaks what was ordered."""

import threading
from collections.abc import Callable, Iterable
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.test import run_wsgi_app

from sandbox.control import Control, call_of
from sandbox.faults import Answer, Dropped, Fault, maintenance_page, rearranged, words


class Gate:
    """Stands before an app: counts each call, stamps each answer with the sandbox's time, and breaks what was ordered."""

    def __init__(self, app: Callable[..., Iterable[bytes]], control: Control) -> None:
        self.app = app
        self.control = control

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer one request. Raises `Dropped` where the connection is to end without a whole answer."""
        if not self.control.counted(environ["PATH_INFO"]):
            status, headers, body = self._ask(environ)
        else:
            sent = environ["wsgi.input"].read()
            environ["wsgi.input"].seek(0)
            query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
            call = call_of(environ["REQUEST_METHOD"], environ["PATH_INFO"], query, sent)
            self.control.arrived(call)
            fault = self.control.faults.take(call)
            status, headers, body = self._broken(fault, environ) if fault else self._ask(environ)
            self.control.answered(status)
        date = format_datetime(self.control.clock.now().replace(microsecond=0), usegmt=True)
        headers = [(name, value) for name, value in headers if name.lower() != "date"] + [("Date", date)]
        start_response(f"{status} {words(status)}", headers)
        return [body]

    def _ask(self, environ: dict[str, Any]) -> Answer:
        chunks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return int(status.split()[0]), list(headers.items()), b"".join(chunks)

    def _broken(self, fault: Fault, environ: dict[str, Any]) -> Answer:
        name = fault.name
        if name in {"error_before", "throttle"}:
            return self._error(fault)
        if name == "reset_before":
            raise Dropped
        if name == "late_commit":
            self._commit_later(fault, environ)
            raise Dropped
        if name == "html" and not fault.commit:
            return maintenance_page(fault)
        if name == "timeout":
            if fault.commit:
                self._ask(environ)
            self._wait(fault)
            raise Dropped(reset=False)
        if name == "slow":
            self._wait(fault)
        return self._spoilt(fault, self._ask(environ))

    def _spoilt(self, fault: Fault, answer: Answer) -> Answer:
        """What becomes of an answer after the work was done."""
        status, headers, body = answer
        if fault.name == "reset_after":
            raise Dropped
        if fault.name == "cut":
            raise Dropped(reset=False, part=answer)
        if fault.name == "error_after":
            return self._error(fault)
        if fault.name == "html":
            return maintenance_page(fault)
        if fault.name == "malformed":
            return status, headers, body[: max(1, len(body) * 2 // 3)] + b'"]'
        if fault.name == "duplicate_rows":
            return status, headers, rearranged(body, lambda rows: [row for row in rows for _ in (1, 2)])
        if fault.name == "reorder_rows":
            return status, headers, rearranged(body, lambda rows: rows[::-1])
        return answer

    def _error(self, fault: Fault) -> Answer:
        headers, body = self.control.error(fault.status)
        if fault.body is not None:
            body = fault.body.encode()
        given = {name.lower() for name in fault.headers}
        kept = [(name, value) for name, value in headers.items() if name.lower() not in given]
        # A header ordered as "" is left out.
        return fault.status, [*kept, *((name, value) for name, value in fault.headers.items() if value)], body

    def _commit_later(self, fault: Fault, environ: dict[str, Any]) -> None:
        later = {name: value for name, value in environ.items() if name != "werkzeug.socket"}

        def commit() -> None:
            if not self.control.faults.stopping.wait(fault.seconds):
                self._ask(later)

        threading.Thread(target=commit, daemon=True).start()

    def _wait(self, fault: Fault) -> None:
        if self.control.faults.stopping.wait(fault.seconds):
            raise Dropped
