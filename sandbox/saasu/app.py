"""The pretend Saasu as a web application: routes, order of checks, and the shapes of what goes wrong."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.control import Control
from sandbox.documents import Documents
from sandbox.faults import words
from sandbox.saasu import access, books_control, contacts, invoices, items, pages, registers
from sandbox.saasu.fields import Call
from sandbox.saasu.filters import Query
from sandbox.saasu.reloading import reload
from sandbox.saasu.seeding import seed
from sandbox.saasu.state import State
from sandbox.saasu.wire import Record, Refusal, answer, dump, load
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Handler = Callable[..., Record]

ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/fileidentity", registers.file_identity),
    ("GET", "/taxcodes", registers.tax_codes),
    ("GET", "/taxcode/<int:record_id>", registers.tax_code),
    ("GET", "/accounts", registers.accounts),
    ("GET", "/account/<int:record_id>", registers.account),
    ("GET", "/deletedentities", registers.deleted_entities),
    ("GET", "/companies", contacts.companies),
    ("POST", "/company", contacts.create_company),
    ("GET", "/company/<int:record_id>", contacts.company),
    ("PUT", "/company/<int:record_id>", contacts.update_company),
    ("DELETE", "/company/<int:record_id>", contacts.delete_company),
    ("GET", "/contacts", contacts.listed),
    ("POST", "/contact", contacts.create),
    ("GET", "/contact/<int:record_id>", contacts.one),
    ("PUT", "/contact/<int:record_id>", contacts.update),
    ("DELETE", "/contact/<int:record_id>", contacts.delete),
    ("GET", "/items", items.listed),
    ("POST", "/item", items.create),
    ("GET", "/item/<int:record_id>", items.one),
    ("PUT", "/item/<int:record_id>", items.update),
    ("DELETE", "/item/<int:record_id>", items.delete),
    ("POST", "/item/<int:record_id>/build", items.build),
    ("GET", "/invoices", invoices.listed),
    ("POST", "/invoice", invoices.create),
    ("GET", "/invoice/<int:record_id>", invoices.one),
    ("PUT", "/invoice/<int:record_id>", invoices.update),
    ("DELETE", "/invoice/<int:record_id>", invoices.delete),
)

MAINTENANCE: Final = """<!DOCTYPE html>
<html lang="en"><head><title>Back soon</title></head>
<body><h1>We are making some improvements</h1><p>Please come back in a few minutes.</p></body></html>
"""


class AnyCase:
    """Paths without regard to case, save those of the control address (FACTS §1.13)."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self.inner = inner

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer with the path in lower case."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/_control"):
            environ["PATH_INFO"] = path.lower()
        return self.inner(environ, start_response)


def create(world: World, control: Control, store: Documents) -> Flask:
    """The whole server over `world`, or over what `store` kept of an earlier start.

    Its `State` is in `extensions["state"]`, reached by tests as `Running.saasu`.
    """
    state = State(control.clock.now, store)
    if not reload(state):
        seed(state, world)
    app = api(state)
    control.error = ordered_error
    control.install(app)
    books_control.install(app, state)
    pages.install(app, state)
    app.extensions["state"] = state
    return app


def ordered_error(status: int) -> tuple[dict[str, str], bytes]:
    """What an ordered fault answers: an object, as a fault of Saasu's own would be."""
    return {"Content-Type": "application/json; charset=utf-8"}, dump({"Message": words(status)})


def api(state: State) -> Flask:
    """The API alone, over `state`."""
    app = Flask("sandbox.saasu", static_folder=None)
    app.wsgi_app = AnyCase(app.wsgi_app)  # type: ignore[method-assign]
    for method, path, handler in ROUTES:
        app.add_url_rule(path, f"{method} {path}", _view(state, handler), methods=[method])
    _add_grants(app, state)
    app.register_error_handler(Refusal, lambda refusal: refusal.answer())
    app.register_error_handler(HTTPException, _odd)
    return app


def _odd(error: HTTPException) -> Response:
    """A path or method that nobody serves."""
    return answer({"Message": error.name}, error.code or 500)


def _view(state: State, handler: Handler) -> Callable[..., Response]:
    """One resource call: token, then FileId, then the counts, then the body, then the record."""

    def view(**values: int) -> Response:
        with state.lock:
            if state.settings.maintenance:
                return _maintenance(state.settings.maintenance)
            query = Query(request.args.items(multi=True))
            login = access.caller(state, request.headers.get("Authorization", ""))
            file = access.file_of(state, login, query)
            state.allowance.count(file)
            body = _body() if request.method in {"POST", "PUT"} else None
            with state.shelf.batch():
                return answer(handler(Call(state, login, file, query, request.host_url, body), **values))

    return view


def _maintenance(status: int) -> Response:
    return Response(MAINTENANCE, status, content_type="text/html; charset=utf-8")


def _body() -> Any:
    """The JSON body. Raises `Refusal` (400) without a Content-Type or when it is no JSON (FACTS §1.16)."""
    if request.mimetype != "application/json":
        raise Refusal(400, "Please include a Content-Type of application/json.", "object")
    try:
        return load(request.get_data())
    except (msgspec.DecodeError, ArithmeticError, UnicodeDecodeError):
        raise Refusal(400, "The body could not be read.", "object") from None


def _add_grants(app: Flask, state: State) -> None:
    """Tokens, ping and the list of files: the calls without a FileId."""

    def grant(with_code: bool, renewing: bool) -> Response:
        with state.lock:
            if state.settings.maintenance:
                return _maintenance(state.settings.maintenance)
            body = _grant_body()
            login, given = access.renew(state, body) if renewing else access.sign_in(state, body, with_code)
            for file_id in login.files:
                if file_id in state.files:
                    state.allowance.count(state.files[file_id], login=True)
            return answer(given)

    def ping() -> Response:
        with state.lock:
            access.caller(state, request.headers.get("Authorization", ""))
            return answer("OK")

    def file_identities() -> Response:
        with state.lock:
            if state.settings.maintenance:
                return _maintenance(state.settings.maintenance)
            login = access.caller(state, request.headers.get("Authorization", ""))
            query = Query(request.args.items(multi=True))
            return answer(registers.file_identities(state, login, query, request.host_url))

    app.add_url_rule("/authorisation/token", "token", lambda: grant(False, False), methods=["POST"])
    app.add_url_rule("/authorisation/token-2fa", "token-2fa", lambda: grant(True, False), methods=["POST"])
    app.add_url_rule("/authorisation/refresh", "refresh", lambda: grant(False, True), methods=["POST"])
    app.add_url_rule("/authorisation/ping", "ping", ping)
    app.add_url_rule("/fileidentities", "file identities", file_identities)


def _grant_body() -> Any:
    """The body of a grant: JSON only, not form-encoded (FACTS §1.3). Raises `Refusal` (401)."""
    if request.mimetype != "application/json":
        raise Refusal(401, "invalid_request", "grant")
    try:
        return load(request.get_data())
    except (msgspec.DecodeError, ArithmeticError, UnicodeDecodeError):
        raise Refusal(401, "invalid_request", "grant") from None
