"""Error pages: a sentence, a reference number, never a traceback; and the headers of every answer (ASVS 3.4, 16.5.1)."""

import secrets

from flask import Flask, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.logs import log
from portal.services.desk import DatabaseAway
from portal.web.access import FromElsewhere
from portal.web.throttle import wait_seconds

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HTTPS_ONLY = "max-age=31536000; includeSubDomains"
RELOAD = "Go back, reload the page and send it again."
WORDS = {
    400: ("This did not arrive as it should", RELOAD),
    401: ("You are signed out", "Sign in again; then go on where you were."),
    403: ("You may not do that", "Your role in this firm does not allow it. Ask an owner of the firm to do it, or to give you the right."),
    404: ("There is nothing here", "The address is mistyped, or what was here is gone."),
    405: ("This address takes no such request", RELOAD),
    413: ("That is too large", "Send less at once: a form of this portal takes up to half a megabyte."),
    429: ("Too many tries", "Wait a few minutes, then try again."),
    500: ("Something went wrong on our side", "Our fault, and it is in our log. Try again; if it stays, tell us the reference number."),
    503: ("Out of reach for a moment", "The database does not answer. What you sent was not saved. Try again in a minute."),
}  # fmt: skip
OTHER = ("This request cannot be answered", RELOAD)
FORM_REFUSED = "This form had been open since an earlier sign-in, or came from another site. " + RELOAD


def setup_errors(app: Flask) -> None:
    """Register the error pages and the headers."""
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(CSRFError, on_foreign_form)
    app.register_error_handler(FromElsewhere, on_foreign_form)
    app.register_error_handler(RateLimitExceeded, on_too_many)
    for kind in DatabaseAway:
        app.register_error_handler(kind, on_database_away)
    app.register_error_handler(Exception, on_fault)
    app.after_request(headers)


def page(status: int, advice: str = "", fault: Exception | None = None) -> Response:
    """One error page with its reference number, which the log has too; JSON for whoever asks for JSON."""
    reference = secrets.token_hex(4).upper()
    heading, usual = WORDS.get(status, WORDS[500] if status > 500 else OTHER)
    told = {"status": status, "reference": reference, "path": request.path, "method": request.method}
    if status >= 500:
        log().error("error page", exc_info=fault, **told)
    else:
        log().info("error page", **told)
    if request.accept_mimetypes.best == "application/json":
        words = {"error": heading, "advice": advice or usual, "reference": reference}
        return make_response(words, status)
    return make_response(
        render_template(
            "errors/error.html", heading=heading, advice=advice or usual, reference=reference, status=status
        ),
        status,
    )


def on_http(error: HTTPException) -> ResponseReturnValue:
    """Errors the web knows; redirects pass."""
    if error.code is None or error.code < 400:
        return error
    answer = page(error.code, fault=error if error.code >= 500 else None)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def on_foreign_form(_error: Exception) -> ResponseReturnValue:
    """A form without its token, or from another site."""
    return page(400, FORM_REFUSED)


def on_too_many(_error: RateLimitExceeded) -> ResponseReturnValue:
    """A throttle was hit."""
    seconds = wait_seconds()
    minutes = -(-(seconds or 300) // 60)
    words = "a minute" if minutes == 1 else f"{minutes} minutes"
    answer = page(429, f"To keep guessers out, this is refused for now. Wait {words}, then try again.")
    answer.headers["Retry-After"] = str(seconds or 300)
    return answer


def on_database_away(error: Exception) -> ResponseReturnValue:
    """The database does not answer."""
    answer = page(503, fault=error)
    answer.headers["Retry-After"] = "60"
    return answer


def on_fault(error: Exception) -> ResponseReturnValue:
    """A fault of ours: logged whole, told in a sentence."""
    return page(500, fault=error)


def headers(answer: Response) -> Response:
    """What every answer carries; a page is kept nowhere, an asset may be."""
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if current_app.extensions["settings"].cookies_secure:
        answer.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
    asset = request.endpoint in {"static", "assets.bootstrap"} and answer.status_code < 400
    if not asset:
        answer.headers["Cache-Control"] = "no-store"
    elif "v" in request.args:
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
