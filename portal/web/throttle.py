"""Sign-in and sign-up are throttled by address and by account, on the Redis-protocol server (ASVS 6.3.1)."""

import hashlib

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

SIGN_IN = "10 per 5 minutes"
SIGN_UP = "5 per hour"

limiter = Limiter(key_func=get_remote_address, headers_enabled=False)


def by_address() -> str:
    """The account somebody tries to sign in to; a digest, since the address is nobody's business here."""
    email = request.form.get("email", "").strip().lower()
    return "account:" + hashlib.sha256(email.encode()).hexdigest()


def setup_throttle(app: Flask, redis_url: str) -> None:
    """Count on the Redis-protocol server; in this process while it is away."""
    storage = (
        redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url
    )
    app.config.update(
        RATELIMIT_STORAGE_URI=storage,
        RATELIMIT_KEY_PREFIX="cartledger",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_IN_MEMORY_FALLBACK=["1000 per minute"],
        RATELIMIT_STRATEGY="sliding-window-counter",
    )
    limiter.init_app(app)
