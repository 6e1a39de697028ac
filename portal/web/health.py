"""`/healthz` says that the portal is ready; `/readyz` the same with the queue."""

from flask import Blueprint, current_app, send_from_directory
from flask.typing import ResponseReturnValue

from portal.services import desk

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """The app and its database answer."""
    database = desk.database_answers()
    return {"ok": database}, 200 if database else 503


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """The queue answers as well."""
    database, queue = desk.database_answers(), desk.queue_answers()
    ok = database and queue
    return {"ok": ok, "database": database, "queue": queue}, 200 if ok else 503


@blueprint.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """The icon, for browsers that ask for it by its old name."""
    return send_from_directory(current_app.static_folder or "", "img/favicon.svg", mimetype="image/svg+xml")
