"""Sign-in and sign-up are throttled by network address and by account, on the Redis-protocol server (ASSURANCE A2, sign-in)."""

import hashlib
from time import time

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

SIGN_IN = "10 per 5 minutes"
SIGN_IN_BY_EVERYBODY = "1000 per 5 minutes"
SIGN_UP = "5 per hour"
SIGN_UP_TRIES = "40 per hour"
"""Forms that were sent, with their slips of the pen; `SIGN_UP` counts the firms that came of them."""

limiter = Limiter(key_func=get_remote_address, headers_enabled=False)


def by_account() -> str:
    """The account somebody tries to sign in to; a digest, since the address is nobody's business here."""
    email = request.form.get("email", "").strip().lower()
    return "account:" + hashlib.sha256(email.encode()).hexdigest()


def by_everybody() -> str:
    """All of them together."""
    return "everybody"


def let_in(answer: Response) -> bool:
    """Whether a form led on: a firm was signed up."""
    return answer.status_code == 302


def setup_throttle(app: Flask) -> None:
    """Count on the Redis-protocol server; while it is away each process counts the same limits by itself."""
    app.config.update(
        RATELIMIT_STORAGE_URI="redis://",
        RATELIMIT_STORAGE_OPTIONS={"connection_pool": app.extensions["redis"].connection_pool},
        RATELIMIT_KEY_PREFIX="cartledger",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_STRATEGY="moving-window",
    )
    limiter.init_app(app)


def wait_seconds() -> int | None:
    """How long until the limit that was hit lets somebody in again; `None` when it is not known."""
    hit = limiter.current_limit
    if hit is None:
        return None
    # The moment is given in whole seconds, rounded up.
    return max(1, int(hit.reset_at) - int(time()) - 1)
