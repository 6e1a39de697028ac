"""Who may see what: deny by default, roles, and the firm through which every record is reached (ARCHITECTURE law 1)."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import BadRequest

from portal.models.accounts import Role
from portal.services import accounts, desk
from portal.services.accounts import CurrentFirm, CurrentPerson, SignedIn

P = ParamSpec("P")
R = TypeVar("R")

UNWATCHED = frozenset({"static", "assets.bootstrap", "health.alive", "health.ready", "health.favicon"})
"""Public, and the same for everybody: no session is looked up."""

PUBLIC = UNWATCHED | {"accounts.sign_in", "accounts.sign_up", "mails.confirm", "mails.stop"}
RANK = {Role.READER: 1, Role.PREPARER: 2, Role.OWNER: 3}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NEEDS = "needs_role"
NUL = "\x00"


class Visitor(UserMixin):
    """A signed-in person in their firm, as Flask-Login knows them."""

    def __init__(self, signed_in: SignedIn) -> None:
        self.id = signed_in.person.id
        self.person = signed_in.person
        self.firm = signed_in.firm
        self.role = signed_in.role


class FromElsewhere(BadRequest):
    """A form that was sent from another site (ASVS 3.5.1)."""


def setup_access(app: Flask) -> None:
    """Sign-in by the session cookie, and the guard before every request."""
    login = LoginManager()
    login.session_protection = None
    login.request_loader(load_visitor)
    login.init_app(app, add_context_processor=False)
    app.before_request(refuse_unkeepable)
    app.before_request(guard)


def cookie_name() -> str:
    """The session cookie's name: bound to this host where the address is https."""
    return "__Host-cartledger" if current_app.extensions["settings"].cookies_secure else "cartledger"


def session_token() -> str:
    """The token that the browser sent, or blank."""
    return request.cookies.get(cookie_name(), "")


def load_visitor(_request: object) -> Visitor | None:
    """The person whose session the cookie opens."""
    token = session_token()
    signed_in = accounts.session_for(desk.session(), token, desk.now()) if token else None
    return Visitor(signed_in) if signed_in else None


def visitor() -> Visitor | None:
    """The signed-in person with firm and role, or `None`; looked up once a request."""
    here = current_user._get_current_object()
    return here if isinstance(here, Visitor) else None


def refuse_unkeepable() -> None:
    """Refuse a request that holds the one character no text of PostgreSQL can: nothing a person sends does."""
    given = [request.path, *request.args.keys(), *(text for _, text in request.args.items(multi=True))]
    if request.method not in SAFE:
        given += [text for _, text in request.form.items(multi=True)]
    if any(NUL in text for text in given):
        abort(400)


def guard() -> ResponseReturnValue | None:
    """Refuse everything that is neither public nor allowed to this person; strangers' records are the views' 404."""
    endpoint = request.endpoint
    if endpoint in UNWATCHED:
        return None
    if request.method not in SAFE and not from_here():
        raise FromElsewhere
    here = visitor()
    if endpoint is None or endpoint in PUBLIC:
        return None
    if here is None:
        return to_sign_in()
    role = getattr(current_app.view_functions[endpoint], NEEDS, None)
    if role is None or RANK[here.role] < RANK[role]:
        abort(403)
    return None


def from_here() -> bool:
    """Whether the browser says that a form came from this portal; one that says nothing has the form's token alone."""
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    base_url: str = current_app.extensions["settings"].base_url
    return origin == base_url or (origin != "null" and urlsplit(origin).netloc == request.host)


def to_sign_in() -> ResponseReturnValue:
    """The way in; a script that asks for rows is told plainly."""
    if (
        request.headers.get("X-Requested-With") == "fetch"
        or request.accept_mimetypes.best == "application/json"
    ):
        abort(401)
    after = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=after if after != "/" else None))


def needs(role: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view as needing at least this role; the guard reads the mark."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        setattr(view, NEEDS, role)
        return view

    return mark


def signed_in() -> Visitor:
    """The signed-in person; only behind `needs`."""
    here = visitor()
    return here if here is not None else abort(401)


def current_firm() -> CurrentFirm:
    """The firm of the signed-in person."""
    return signed_in().firm


def current_person() -> CurrentPerson:
    """The signed-in person."""
    return signed_in().person


def may(role: str) -> bool:
    """Whether the signed-in person has at least this role; for templates."""
    here = visitor()
    return here is not None and RANK[here.role] >= RANK[Role(role)]
