"""Add Saasu files: sign in to Saasu once, then choose among the files that login reaches; and a file's allowance of calls."""

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from portal.models.accounts import Role
from portal.models.connections import SaasuFile, SaasuLogin
from portal.services import allowances, call_picture, connections, desk, files
from portal.services.allowances import FEWEST_CALLS, MOST_CALLS
from portal.sync.allowance import PLAN_CALLS, plan_limit
from portal.sync.failures import CodeWanted, CredentialsRefused, RemoteFailure
from portal.web.access import current_firm, needs
from portal.web.filters import in_zone_of

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


class CountField(IntegerField):
    """A whole number as people write it: `6,000` as well as `6000`."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed, without regard to commas and blanks."""
        typed = re.sub(r"[\s,]", "", valuelist[0]) if valuelist else ""
        self.data = int(typed) if re.fullmatch(r"-?[0-9]{1,9}", typed) else None
        if typed and self.data is None:
            raise ValueError("Give a whole number, like 6000.")


class AllowanceForm(FlaskForm):
    """How many calls Saasu allows the file, and who else makes some (SYNC §9)."""

    daily_calls = CountField(
        "Saasu plan: calls a day",
        validators=[
            Optional(),
            NumberRange(
                FEWEST_CALLS,
                MOST_CALLS,
                message=f"Give the plan’s calls a day, {FEWEST_CALLS:,} at least, or leave it blank.",
            ),
        ],
    )
    sole_user = BooleanField("Nothing else uses this file’s API")


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


@blueprint.route("/files/<string(length=22):file_id>/allowance", methods=["GET", "POST"])
@needs(Role.PREPARER)
def allowance(file_id: str) -> ResponseReturnValue:
    """What the file may use of its day's Saasu calls, and the two facts it follows from."""
    session = desk.session()
    file = connections.file_of(session, current_firm().id, file_id) or abort(404)
    in_zone_of(file)
    form = AllowanceForm(obj=file)
    if form.validate_on_submit():
        allowances.keep_allowance(session, file, form.daily_calls.data, sole_user=bool(form.sole_user.data))
        flash(f"Saved. {file.name} may use {allowed_words(file)}.", "success")
        return redirect(url_for("files.allowance", file_id=file.id))
    return render_template(
        "files/allowance.html",
        form=form,
        file=file,
        picture=call_picture.picture_of(session, desk.outside(), file),
        call_words=call_picture.KINDS,
        suggested=plan_limit(file.subscription),
        plans=PLAN_CALLS,
    ), (422 if form.errors else 200)


def allowed_words(file: SaasuFile) -> str:
    """`1,500 Saasu calls a day`."""
    return f"{allowances.allowance_of(desk.session(), file, desk.now()).allowed:,} Saasu calls a day"
