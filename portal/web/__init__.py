"""Pages: one module a screen family, form and route together."""

from flask import Flask
from flask_wtf import CSRFProtect

from portal.web import (
    accounts,
    aliases,
    backfills,
    clients,
    connections,
    files,
    frame,
    health,
    line_prices,
    mails,
    orders,
    previews,
    problems,
    runs,
    selection,
)
from portal.web.access import setup_access
from portal.web.errors import setup_errors
from portal.web.filters import setup_filters
from portal.web.frame import setup_frame
from portal.web.throttle import setup_throttle

PAGES = (
    accounts,
    aliases,
    clients,
    files,
    connections,
    backfills,
    line_prices,
    runs,
    orders,
    selection,
    previews,
    problems,
    mails,
    health,
    frame,
)


def register(app: Flask) -> None:
    """Register every page with the app. The guard stands before the check of the form's token and before the throttle."""
    setup_access(app)
    # A form lives as long as the session it belongs to: accountants leave pages open over lunch.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    CSRFProtect(app)
    setup_throttle(app)
    setup_errors(app)
    setup_filters(app)
    setup_frame(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
