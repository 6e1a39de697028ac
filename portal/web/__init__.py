"""Pages: one module a screen family, form and route together."""

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from portal.web import accounts, clients, connections, files, health, orders, runs
from portal.web.access import setup_access
from portal.web.errors import setup_errors
from portal.web.filters import setup_filters
from portal.web.throttle import setup_throttle

PAGES = (accounts, clients, files, connections, runs, orders, health)


def register(app: Flask) -> None:
    """Register every page with the app."""
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    CSRFProtect(app)
    setup_throttle(app, app.extensions["settings"].redis_url)
    setup_access(app)
    setup_errors(app)
    setup_filters(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
