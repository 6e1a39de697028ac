"""Sign up a firm, sign in, sign out."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from portal.models.accounts import Role
from portal.services import accounts, desk
from portal.services.accounts import LONGEST_PASSWORD, NotSignedUp
from portal.web.access import cookie_name, needs, session_token, visitor
from portal.web.throttle import (
    SIGN_IN,
    SIGN_IN_BY_EVERYBODY,
    SIGN_UP,
    SIGN_UP_TRIES,
    by_account,
    by_everybody,
    let_in,
    limiter,
)

blueprint = Blueprint("accounts", __name__)


class SignUpForm(FlaskForm):
    """A new firm and its first person."""

    firm_name = StringField("Firm name", validators=[DataRequired("Give your firm's name."), Length(max=200)])
    name = StringField("Your name", validators=[DataRequired("Give your name."), Length(max=200)])
    email = StringField("E-mail", validators=[DataRequired("Give your e-mail address."), Length(max=254)])
    password = PasswordField(
        "Password", validators=[DataRequired("Choose a password."), Length(max=LONGEST_PASSWORD)]
    )


class SignInForm(FlaskForm):
    """A sign-in."""

    email = StringField("E-mail", validators=[DataRequired("Give your e-mail address."), Length(max=254)])
    password = PasswordField(
        "Password", validators=[DataRequired("Give your password."), Length(max=LONGEST_PASSWORD)]
    )


@blueprint.route("/sign-up", methods=["GET", "POST"])
@limiter.limit(SIGN_UP, methods=["POST"], deduct_when=let_in)
@limiter.limit(SIGN_UP_TRIES, methods=["POST"])
def sign_up() -> ResponseReturnValue:
    """Sign up a firm; its first person is signed in at once."""
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            person = accounts.sign_up(
                desk.session(), desk.outside().vault, firm_name=form.firm_name.data or "", name=form.name.data or "",
                email=form.email.data or "", password=form.password.data or "", now=desk.now(),
            )  # fmt: skip
        except NotSignedUp as refusal:
            for name, sentence in refusal.faults.items():
                form[name].errors = [*form[name].errors, sentence]
        else:
            token = accounts.begin_session(desk.session(), person.id, browser(), desk.now())
            return with_cookie(redirect(url_for("clients.board")), token)
    return render_template("accounts/sign_up.html", form=form), 422 if form.errors else 200


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@limiter.limit(SIGN_IN, methods=["POST"], key_func=by_account)
@limiter.limit(SIGN_IN_BY_EVERYBODY, methods=["POST"], key_func=by_everybody)
def sign_in() -> ResponseReturnValue:
    """Sign in; a wrong address and a wrong password get the same answer."""
    if visitor() is not None and request.method == "GET":
        return redirect(url_for("clients.board"))
    form = SignInForm()
    if form.validate_on_submit():
        token = accounts.sign_in(
            desk.session(),
            email=form.email.data or "",
            password=form.password.data or "",
            browser=browser(),
            now=desk.now(),
        )
        if token is not None:
            return with_cookie(redirect(local_path(request.args.get("next"))), token)
        form.password.errors = [*form.password.errors, "E-mail and password do not fit together."]
    return render_template("accounts/sign_in.html", form=form), 422 if form.errors else 200


@blueprint.post("/sign-out")
@needs(Role.READER)
def sign_out() -> ResponseReturnValue:
    """Sign out: the session ends on the server."""
    accounts.sign_out(desk.session(), session_token(), desk.now())
    session.clear()
    answer = redirect(url_for("accounts.sign_in"))
    answer.delete_cookie(cookie_name(), path="/", secure=secure(), httponly=True, samesite="Lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def with_cookie(answer: Response, token: str) -> Response:
    """The answer with the new session's cookie; the browser's former session ends, and its form tokens with it (ASVS 7.2.4)."""
    if session_token():
        accounts.sign_out(desk.session(), session_token(), desk.now())
    session.clear()
    answer.set_cookie(cookie_name(), token, path="/", secure=secure(), httponly=True, samesite="Lax")
    return answer


def secure() -> bool:
    """Whether cookies travel over https alone."""
    return bool(current_app.extensions["settings"].cookies_secure)


def browser() -> str:
    """What the browser calls itself."""
    return request.headers.get("User-Agent", "")


def local_path(target: str | None) -> str:
    """A path of this portal to go on to; the first screen for anything else (ASVS 3.7.2)."""
    home = url_for("clients.board")
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return home
    parts = urlsplit(target)
    return target if target.isprintable() and not parts.scheme and not parts.netloc else home
