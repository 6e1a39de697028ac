"""Which orders are taken: the buttons of an order's page, of the lists and of what a connection asks (SYNC §3)."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length, Optional

from portal.models.accounts import Role
from portal.models.connections import Connection
from portal.models.runs import Run
from portal.services import desk, selection
from portal.sync.problems import Ignored
from portal.web.access import current_person, needs
from portal.web.connections import CONNECTION, connection_or_404
from portal.web.filters import plural
from portal.web.orders import ORDER, order_or_404

blueprint = Blueprint("selection", __name__)
PAUSED = "This connection is not enabled. Tick Enable BigCommerce and save first."


class ReasonForm(FlaskForm):
    """For which reason orders were ignored, and whether only those shown as a question are meant."""

    reason = SelectField(choices=[(one.value, one.value) for one in Ignored])
    shown = BooleanField()


class WhyForm(FlaskForm):
    """Why somebody sets orders aside, in her own words; and until when they had been held back."""

    why = StringField("Why, if you like", validators=[Optional(), Length(max=selection.LONGEST_REASON)])
    until = StringField()

    def held_until(self) -> datetime:
        """The moment that the page named. Answers 400 where it named none."""
        try:
            return datetime.fromisoformat(self.until.data or "").astimezone(UTC)
        except (ValueError, OverflowError):
            abort(400)


def reason_or_400() -> tuple[Ignored, bool]:
    """What the form names."""
    form = ReasonForm()
    return (Ignored(form.reason.data), bool(form.shown.data)) if form.validate_on_submit() else abort(400)


def why_or_400() -> WhyForm:
    """The words somebody gave."""
    form = WhyForm()
    return form if form.validate_on_submit() else abort(400)


def after(run: Run | None, connection: Connection, done: str) -> ResponseReturnValue:
    """To the run that was started; where none was, back to the connection with what happened."""
    if run is not None:
        flash(done, "success")
        return redirect(url_for("runs.show", run_id=run.id))
    flash("There was nothing left to take." if connection.enabled else PAUSED, "error")
    return redirect(url_for("connections.edit", connection_id=connection.id))


@blueprint.post(f"{ORDER}/take")
@needs(Role.PREPARER)
def take(order_pk: str) -> ResponseReturnValue:
    """Take one ignored order."""
    order = order_or_404(order_pk)
    run = selection.take(desk.session(), order, current_person().name, desk.now(), desk.ring)
    if run is not None:
        return redirect(url_for("runs.show", run_id=run.id))
    flash("This order cannot be taken." if order.connection.enabled else PAUSED, "error")
    return redirect(url_for("orders.show", order_pk=order.id))


@blueprint.post(f"{ORDER}/leave")
@needs(Role.PREPARER)
def leave(order_pk: str) -> ResponseReturnValue:
    """Leave one order out that was shown as a question."""
    order = order_or_404(order_pk)
    if selection.leave(desk.session(), order, current_person().name, desk.now()):
        flash("Left out. You can still take it here.", "success")
    return redirect(url_for("orders.show", order_pk=order.id))


@blueprint.post(f"{ORDER}/ignore")
@needs(Role.PREPARER)
def ignore(order_pk: str) -> ResponseReturnValue:
    """Set one order aside."""
    order = order_or_404(order_pk)
    words = why_or_400().why.data or ""
    if selection.ignore(desk.session(), order, words, current_person().name, desk.now()):
        flash("Ignored. It is not posted unless you undo this.", "success")
    else:
        flash("This order is being sent, or is in Saasu already; it cannot be ignored.", "error")
    return redirect(url_for("orders.show", order_pk=order.id))


@blueprint.post(f"{CONNECTION}/take")
@needs(Role.PREPARER)
def take_all(connection_id: str) -> ResponseReturnValue:
    """Take every order of a connection that was ignored for one reason, or those that were shown."""
    connection = connection_or_404(connection_id)
    reason, shown = reason_or_400()
    taken, run = selection.take_all(
        desk.session(), connection, reason, current_person().name, desk.now(), desk.ring, shown=shown
    )
    return after(run, connection, f"{plural(taken, 'order')} taken.")


@blueprint.post(f"{CONNECTION}/leave")
@needs(Role.PREPARER)
def leave_all(connection_id: str) -> ResponseReturnValue:
    """Leave out what a connection shows as a question."""
    connection = connection_or_404(connection_id)
    reason, _ = reason_or_400()
    left = selection.leave_all(desk.session(), connection, reason, current_person().name, desk.now())
    flash(f"{plural(left, 'order')} left out. They stay under Orders, Ignored.", "success")
    return redirect(url_for("connections.edit", connection_id=connection.id))


@blueprint.post(f"{CONNECTION}/flood/post")
@needs(Role.PREPARER)
def post_held(connection_id: str) -> ResponseReturnValue:
    """Post the orders that the flood guard held back."""
    connection = connection_or_404(connection_id)
    until = why_or_400().held_until()
    done, run = selection.post_held(
        desk.session(), connection, until, current_person().name, desk.now(), desk.ring
    )
    return after(run, connection, f"{plural(done, 'order')} will be posted.")


@blueprint.post(f"{CONNECTION}/flood/ignore")
@needs(Role.PREPARER)
def ignore_held(connection_id: str) -> ResponseReturnValue:
    """Set the orders aside that the flood guard held back."""
    connection = connection_or_404(connection_id)
    form = why_or_400()
    until, words = form.held_until(), form.why.data or ""
    done = selection.ignore_held(desk.session(), connection, until, words, current_person().name, desk.now())
    flash(f"{plural(done, 'order')} ignored. They stay under Orders, Ignored.", "success")
    return redirect(url_for("connections.edit", connection_id=connection.id))
