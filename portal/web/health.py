"""`/healthz` says that the portal is ready; `/readyz` the same with the queue."""

from flask import Blueprint, current_app, send_from_directory
from flask.typing import ResponseReturnValue

from portal.services import desk

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """The app and its database answer."""
    desk.database_answers()
    return {"ok": True}


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """The queue answers as well."""
    desk.database_answers()
    queue = desk.queue_answers()
    return {"ok": queue, "queue": queue}, 200 if queue else 503


@blueprint.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """The icon, for browsers that ask for it by its old name."""
    return send_from_directory(current_app.static_folder or "", "img/favicon.svg", mimetype="image/svg+xml")
