"""Who may see what: deny by default, roles, and the firm through which every record is reached (ARCHITECTURE law 1)."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from portal.models.accounts import Firm, Membership, Person, Role
from portal.services import accounts, desk

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC = frozenset(
    {
        "static",
        "bootstrap.static",
        "accounts.sign_in",
        "accounts.sign_up",
        "health.alive",
        "health.ready",
        "health.favicon",
    }
)
RANK = {Role.READER: 1, Role.PREPARER: 2, Role.OWNER: 3}
NEEDS = "needs_role"


class Visitor(UserMixin):
    """A signed-in person in their firm, as Flask-Login knows them."""

    def __init__(self, membership: Membership) -> None:
        self.id = membership.person_id
        self.membership = membership


def setup_access(app: Flask) -> None:
    """Sign-in by the session cookie, and the guard before every request."""
    login = LoginManager(app)
    login.session_protection = None
    login.request_loader(load_visitor)
    app.before_request(guard)


def cookie_name() -> str:
    """The session cookie's name: bound to this host where the address is https."""
    return "__Host-cartledger" if current_app.extensions["settings"].cookies_secure else "cartledger"


def load_visitor(_request: object) -> Visitor | None:
    """The person whose session the cookie opens."""
    token = request.cookies.get(cookie_name(), "")
    found = accounts.session_for(desk.session(), token, desk.now()) if token else None
    membership = accounts.membership_of(desk.session(), found.person) if found else None
    return Visitor(membership) if membership else None


def guard() -> ResponseReturnValue | None:
    """Refuse everything that is neither public nor allowed to this person."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in PUBLIC:
        return None
    role = getattr(current_app.view_functions[endpoint], NEEDS, None)
    if not current_user.is_authenticated:
        after = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.sign_in", next=after))
    if role is None or RANK[Role(current_membership().role)] < RANK[role]:
        abort(403)
    return None


def needs(role: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view as needing at least this role."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            return view(*args, **kwargs)

        setattr(guarded, NEEDS, role)
        return guarded

    return mark


def current_membership() -> Membership:
    """The signed-in person's place."""
    membership: Membership = current_user.membership
    return membership


def current_firm() -> Firm:
    """The firm of the signed-in person."""
    if "firm" not in g:
        g.firm = current_membership().firm
    firm: Firm = g.firm
    return firm


def current_person() -> Person:
    """The signed-in person."""
    return current_membership().person


def may(role: str) -> bool:
    """Whether the signed-in person has at least this role; for templates."""
    return current_user.is_authenticated and RANK[Role(current_membership().role)] >= RANK[Role(role)]
