"""What stands around every page: who reads it, where one can go, the version, and the addresses of its assets."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, send_file, url_for

from portal import reports
from portal.services import desk
from portal.settings import project_folder
from portal.web.access import Visitor, current_firm, visitor

blueprint = Blueprint("assets", __name__)
NEEDS_YOU = "needs_you"
COUNT = "X-Needs-You"
CLIENTS = frozenset({"clients", "files", "connections", "previews"})


@dataclass(frozen=True, slots=True)
class Link:
    """One way to go from the frame; `count` is how much waits there, and `counts` whether a live page keeps it up to date."""

    name: str
    url: str
    here: bool
    count: int = 0
    counts: bool = False


def setup_frame(app: Flask) -> None:
    """Register what `base.html` calls."""
    app.context_processor(around)
    app.after_request(with_count)
    app.jinja_env.globals.update(
        frame_links=frame_links, asset=asset, bootstrap_url=bootstrap_url, version=version()
    )


def around() -> dict[str, Any]:
    """What every template knows. On an error page nobody is looked up: the database may be what failed."""
    return {"visitor": known_visitor()}


def with_count(answer: Response) -> Response:
    """Tell a page that keeps itself up to date how many orders need somebody now, so that its frame says so too."""
    asked = request.headers.get("X-Requested-With") == "fetch" and request.method == "GET"
    if asked and answer.status_code == 200 and known_visitor() is not None:
        answer.headers[COUNT] = str(reports.needs_you_count(desk.session(), current_firm().id))
    return answer


def known_visitor() -> Visitor | None:
    """The visitor, if the guard could find out who it is."""
    return visitor() if "_login_user" in g else None


def frame_links(*, count: bool) -> Sequence[Link]:
    """The pages one can go to from everywhere; with `count`, how many orders need somebody."""
    at = request.blueprint
    waiting = NEEDS_YOU in request.args.getlist("state")
    needing = reports.needs_you_count(desk.session(), current_firm().id) if count else 0
    return (
        Link("Clients", url_for("clients.board"), at in CLIENTS),
        Link(
            "Needs you", url_for("orders.listing", state=NEEDS_YOU), at == "orders" and waiting, needing, True
        ),
        Link("Runs", url_for("runs.history"), at == "runs"),
        Link("Orders", url_for("orders.listing"), at == "orders" and not waiting),
    )


@cache
def version() -> str:
    """The product's version, from its one place."""
    project = tomllib.loads((project_folder() / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def asset(name: str) -> str:
    """The address of one of our own files; it changes with the content, so that browsers may keep it."""
    digest = content_digest(Path(current_app.static_folder or "") / name)
    return url_for("static", filename=name, v=digest)


@cache
def content_digest(path: Path) -> str:
    """A few characters that change when a file does."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@cache
def bootstrap_sheet() -> Path:
    """Bootstrap's one sheet inside the Bootstrap-Flask wheel; nothing else of that wheel is served (STACK: pages)."""
    spec = find_spec("flask_bootstrap")
    if spec is None or spec.origin is None:
        raise RuntimeError("Bootstrap-Flask is not installed")
    return Path(spec.origin).parent / "static" / "bootstrap5" / "css" / "bootstrap.min.css"


@blueprint.get("/assets/bootstrap.css")
def bootstrap() -> Response:
    """Bootstrap's sheet, from this host."""
    return send_file(bootstrap_sheet(), mimetype="text/css", max_age=0)


def bootstrap_url() -> str:
    """The sheet's address; it changes with its content."""
    return url_for("assets.bootstrap", v=content_digest(bootstrap_sheet()))
