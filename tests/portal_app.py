"""The portal's app for tests, on the test command's own servers."""

import base64

from flask import Flask

from portal.app import create_app
from portal.settings import Settings
from tests.factories import RING


def settings_for(database_url: str, redis_url: str, **more: str) -> Settings:
    """Settings of a development portal on this machine."""
    keys = ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in RING.items())
    environ = {
        "APP_ENV": "development",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a secret of forty characters for tests ..",
        "CREDENTIAL_KEYS": keys,
        "BASE_URL": "http://127.0.0.1:8000",
        "SAASU_CALLS_PER_SECOND": "200",
        **more,
    }
    return Settings.from_env(environ)


def app_for(database_url: str, redis_url: str, **more: str) -> Flask:
    """The app; forms need no token in tests that do not ask for it."""
    return create_app(settings_for(database_url, redis_url, **more))
