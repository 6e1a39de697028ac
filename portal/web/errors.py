"""Error pages: a sentence, a reference number, never a traceback; and the headers of every answer."""

import secrets

from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.logs import log
from portal.services.desk import DatabaseAway

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
WORDS = {
    400: ("That did not arrive whole", "Go back, reload the page and try again."),
    403: ("You may not do that", "Ask an owner of your firm to do it, or to give you the right."),
    404: ("There is nothing here", "The address is wrong, or what was here belongs to another firm."),
    405: ("That did not arrive whole", "Go back, reload the page and try again."),
    413: ("That is too large", "Send less at once."),
    429: ("Too many tries", "Wait five minutes, then try again."),
    500: (
        "Something went wrong on our side",
        "Nothing was lost. Try again; if it stays, send us the reference number.",
    ),
    503: (
        "Out of reach for a moment",
        "The database does not answer. Try again in a minute; nothing was lost.",
    ),
}


def setup_errors(app: Flask) -> None:
    """Register the error pages and the headers."""
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(CSRFError, on_csrf)
    for kind in DatabaseAway:
        app.register_error_handler(kind, on_database)
    app.register_error_handler(Exception, on_fault)
    app.after_request(headers)


def page(status: int, sentence: str = "") -> ResponseReturnValue:
    """One error page with its reference number, which the log has too."""
    reference = secrets.token_hex(4).upper()
    heading, advice = WORDS.get(status, WORDS[500])
    log().info("error page", status=status, reference=reference, path=request.path)
    if request.accept_mimetypes.best == "application/json":
        return {"error": heading, "advice": sentence or advice, "reference": reference}, status
    return render_template(
        "errors/error.html", heading=heading, advice=sentence or advice, reference=reference, status=status
    ), status


def on_http(error: HTTPException) -> ResponseReturnValue:
    """Errors the web knows; redirects pass."""
    if error.code is None or error.code < 400:
        return error
    return page(error.code)


def on_csrf(error: CSRFError) -> ResponseReturnValue:
    """A form without its token."""
    del error
    return page(
        400, "This form had been open too long, or came from elsewhere. Reload the page and send it again."
    )


def on_database(error: Exception) -> ResponseReturnValue:
    """The database does not answer."""
    log().error("database away", error=type(error).__name__)
    return page(503)


def on_fault(error: Exception) -> ResponseReturnValue:
    """A fault of ours: logged whole, told in a sentence."""
    log().error("fault", exc_info=error, path=request.path)
    return page(500)


def headers(answer: Response) -> Response:
    """What every answer carries (ASVS 3.4)."""
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if current_app.extensions["settings"].cookies_secure:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint not in {"static", "bootstrap.static"}:
        answer.headers["Cache-Control"] = "no-store"
    return answer
