"""The portal as a Flask app; `create_app` reads like a table of contents."""

import os

from flask import Flask, abort, request

from portal import logs, models, task_queue, web
from portal.database import setup_database
from portal.settings import Settings, is_this_machine, parts_of, project_folder
from portal.vault import Vault

FORM_BYTES = 500_000


def create_app(settings: Settings | None = None) -> Flask:
    """Make the app from given settings, or from the environment. Raises `SettingsError`."""
    settings = settings or Settings.from_env(os.environ)
    folder = project_folder()
    app = Flask(
        "portal",
        template_folder=str(folder / "templates"),
        static_folder=str(folder / "static"),
        static_url_path="/static",
    )
    _setup_settings(app, settings)
    logs.configure()
    setup_database(app, settings.database_url)
    assert models.__all__
    app.extensions["vault"] = Vault(settings.credential_keys)
    app.extensions["redis"] = task_queue.connect(settings.redis_url)
    _setup_host_names(app, settings)
    web.register(app)
    return app


def _setup_settings(app: Flask, settings: Settings) -> None:
    app.extensions["settings"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=f"{'__Host-' if settings.cookies_secure else ''}cartledger_form",
        SESSION_COOKIE_SECURE=settings.cookies_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=1_000,
        PREFERRED_URL_SCHEME="https" if settings.cookies_secure else "http",
    )


def _setup_host_names(app: Flask, settings: Settings) -> None:
    """Answer to our own name, and to a probe's on this machine, alone (ASSURANCE A2, request safety)."""
    own = parts_of(settings.base_url)

    # Flask's own TRUSTED_HOSTS refuses before there is a request that could draw our error page.
    @app.before_request
    def refuse_other_names() -> None:
        asked = request.environ.get("HTTP_HOST")
        parts = parts_of(f"//{asked}")
        if asked is None or (
            own
            and parts
            and parts.netloc == asked
            and parts.username is None
            and (parts.hostname == own.hostname or is_this_machine(parts.hostname or ""))
        ):
            return
        abort(400)
