"""Add Saasu files: sign in to Saasu once, then choose among the files that login reaches."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from portal.models.accounts import Role
from portal.models.connections import SaasuLogin
from portal.services import desk, files
from portal.sync.failures import CodeWanted, CredentialsRefused, RemoteFailure
from portal.web.access import current_firm, needs

blueprint = Blueprint("files", __name__)


class SaasuSignInForm(FlaskForm):
    """The sign-in that is exchanged for tokens; the password is not kept."""

    username = StringField(
        "Saasu e-mail",
        validators=[DataRequired("Give the e-mail you sign in to Saasu with."), Length(max=254)],
    )
    password = PasswordField(
        "Saasu password", validators=[DataRequired("Give the password."), Length(max=1024)]
    )
    code = StringField("Verification code", validators=[Length(max=20)])


class TimeZoneForm(FlaskForm):
    """The time zone of the files to be added; the files themselves are checkboxes of the page."""

    time_zone = SelectField(
        "Time zone", choices=[(zone, zone.replace("_", " ")) for zone in files.AUSTRALIAN_ZONES]
    )


@blueprint.route("/add-saasu-files", methods=["GET", "POST"])
@needs(Role.PREPARER)
def sign_in() -> ResponseReturnValue:
    """Sign in to Saasu."""
    form = SaasuSignInForm()
    code_wanted = False
    if form.validate_on_submit():
        try:
            login = files.sign_in_to_saasu(
                desk.session(), desk.outside(), current_firm().id,
                (form.username.data or "").strip(), form.password.data or "", (form.code.data or "").strip(),
            )  # fmt: skip
        except RemoteFailure as failure:
            code_wanted = isinstance(failure, CodeWanted)
            field = form.code if code_wanted else form.password
            field.errors = [*field.errors, sign_in_sentence(failure)]
        else:
            return redirect(url_for("files.choose", login_id=login.id))
    code_wanted = code_wanted or bool(form.code.data)
    status = 422 if form.errors else 200
    return render_template("files/sign_in.html", form=form, code_wanted=code_wanted), status


def sign_in_sentence(failure: RemoteFailure) -> str:
    """What a failed sign-in means, for a person."""
    if isinstance(failure, CodeWanted):
        return "Saasu has sent a verification code. Type your password again together with the code."
    if isinstance(failure, CredentialsRefused):
        return "Saasu does not accept this e-mail and password. Check both, or reset the password in Saasu."
    return f"Saasu could not be asked: {failure.sentence} Try again in a minute."


def login_or_404(login_id: str) -> SaasuLogin:
    """The firm's login."""
    return files.login_of(desk.session(), current_firm().id, login_id) or abort(404)


@blueprint.route("/add-saasu-files/<string(length=22):login_id>", methods=["GET", "POST"])
@needs(Role.PREPARER)
def choose(login_id: str) -> ResponseReturnValue:
    """Choose among the files of a login."""
    login = login_or_404(login_id)
    form = TimeZoneForm()
    try:
        choices = files.choices(desk.session(), desk.outside(), login)
    except RemoteFailure as failure:
        flash(sign_in_sentence(failure), "error")
        return redirect(url_for("files.sign_in"))
    if form.validate_on_submit():
        wanted = set(request.form.getlist("file"))
        chosen = [one.identity for one in choices if str(one.identity.file_id) in wanted and one.usable]
        if chosen:
            files.add_files(desk.session(), desk.outside(), login, chosen, form.time_zone.data)
            flash(f"Added {len(chosen)} {'file' if len(chosen) == 1 else 'files'}.", "success")
            return redirect(url_for("clients.board"))
        flash("Tick at least one file.", "error")
    return render_template("files/choose.html", form=form, choices=choices, login=login)
