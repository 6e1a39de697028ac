"""Previews: a period, or one order, as it would be posted; nothing is written to Saasu or to the ledger (issue 3: preview)."""

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField
from wtforms.validators import InputRequired, Optional

from portal import reports
from portal.models.accounts import Role
from portal.models.connections import Connection
from portal.models.previews import Preview
from portal.models.runs import OPEN
from portal.services import connections, desk, preview_orders, previews, runs
from portal.services.preview_reports import report_of
from portal.services.previews import NotPreviewed
from portal.services.runs import SystemClock
from portal.sync.previewing import Verdict
from portal.sync.problems import MEANINGS, REASONS, Code, Problem, RunStopped
from portal.web.access import current_firm, current_person, needs
from portal.web.connections import unless_saved
from portal.web.filters import in_zone_of
from portal.web.previews_in_words import LIMIT_OF_NUMBERS, anchor_of, verdict_chip

blueprint = Blueprint("previews", __name__)
LONGEST_NUMBER = 19  # digits
OF_CONNECTION = "/connections/<string(length=22):connection_id>/previews"
PREVIEW = "/previews/<string(length=22):preview_id>"


class PeriodForm(FlaskForm):
    """The days of a preview; the connector's page sends its *Orders From* alone."""

    orders_from = DateField("From", validators=[InputRequired("Choose the first day of the preview.")])
    until = DateField("To", validators=[Optional()])


def connection_or_404(connection_id: str) -> Connection:
    """The firm's connection."""
    return connections.connection_of(desk.session(), current_firm().id, connection_id) or abort(404)


def preview_or_404(preview_id: str) -> Preview:
    """The firm's preview."""
    return previews.preview_of(desk.session(), current_firm().id, preview_id) or abort(404)


def today_of(connection: Connection) -> date:
    """Today by the file's calendar."""
    return previews.day_of(desk.now(), connection)


@blueprint.get(OF_CONNECTION)
@needs(Role.READER)
def of_connection(connection_id: str) -> ResponseReturnValue:
    """The previews of a connection, and the ways to make one."""
    return page_of_connection(connection_or_404(connection_id))


def page_of_connection(
    connection: Connection, *, fault: str = "", problem: Problem | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page, with what went wrong with the last wish."""
    in_zone_of(connection.file)
    today = today_of(connection)
    form = PeriodForm(formdata=None, orders_from=connection.orders_from or today.replace(day=1), until=today)
    found = previews.previews_of(desk.session(), current_firm().id, connection.id)
    told = {"fault": fault, "problem": problem, "number": request.args.get("number", "")}
    return render_template(
        "previews/of_connection.html", connection=connection, form=form, previews=found, open=OPEN, **told
    ), status


@blueprint.post(OF_CONNECTION)
@needs(Role.PREPARER)
def start(connection_id: str) -> ResponseReturnValue:
    """Preview the orders of some days."""
    connection = connection_or_404(connection_id)
    if (as_typed := unless_saved(connection, "Preview")) is not None:
        return as_typed
    form = PeriodForm()
    wanted: date | None = form.orders_from.data if form.validate() else None
    if wanted is None:
        flash("Choose the first day of the preview, then press Preview.", "error")
        return redirect(url_for("previews.of_connection", connection_id=connection.id))
    try:
        run = previews.request_preview(
            desk.session(),
            connection,
            wanted,
            form.until.data or today_of(connection),
            current_person().name,
            desk.now(),
            desk.ring,
        )
    except NotPreviewed as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("previews.of_connection", connection_id=connection.id))
    return redirect(url_for("previews.show", preview_id=run.id))


@blueprint.get(f"{OF_CONNECTION}/order")
@needs(Role.PREPARER)
def order(connection_id: str) -> ResponseReturnValue:
    """One order by its number, fetched from the shop and shown as it would be posted now."""
    connection = connection_or_404(connection_id)
    typed = request.args.get("number", "").strip().lstrip("#")
    digits = typed.lstrip("0") if typed.isascii() and typed.isdigit() else ""
    if not 0 < len(digits) <= LONGEST_NUMBER or int(digits) >= LIMIT_OF_NUMBERS:
        return page_of_connection(connection, fault="Type the number of an order, in digits alone.")
    try:
        found = preview_orders.preview_number(
            desk.session(), desk.outside(), connection, int(digits), SystemClock()
        )
    except RunStopped as stopped:
        return page_of_connection(connection, problem=stopped.problem)
    if found is None:
        shop = connection.store_name or connection.store_hash
        words = f"BigCommerce has no order #{typed} in the shop {shop}."
        return page_of_connection(connection, fault=words, status=404)
    return one_order(connection, found)


@blueprint.get("/orders/<string(length=22):order_pk>/preview")
@needs(Role.PREPARER)
def record(order_pk: str) -> ResponseReturnValue:
    """An order of the ledger as it would be posted now, from what was kept of it."""
    row = reports.order_of(desk.session(), current_firm().id, order_pk) or abort(404)
    connection, number = row.connection, row.order_id
    try:
        found = preview_orders.preview_record(desk.session(), desk.outside(), row, SystemClock())
    except RunStopped as stopped:
        return page_of_connection(connection, problem=stopped.problem)
    if found is None:
        words = f"BigCommerce does not show order #{number} any more, and nothing was kept of it."
        return page_of_connection(connection, fault=words, status=404)
    return one_order(connection, found)


def one_order(connection: Connection, found: preview_orders.OrderPreview) -> str:
    """The page of one order as it would be posted now."""
    in_zone_of(connection.file)
    return render_template(
        "previews/order_now.html",
        connection=connection,
        found=found,
        chip_word=verdict_chip(found.verdict, found.problems),
        meanings=meanings(),
    )


@blueprint.get(PREVIEW)
@needs(Role.READER)
def show(preview_id: str) -> ResponseReturnValue:
    """One preview: what it found, what to do first, what it would cost, every order."""
    return render_template("previews/show.html", **contents(preview_or_404(preview_id)))


@blueprint.get(f"{PREVIEW}/live")
@needs(Role.READER)
def live(preview_id: str) -> ResponseReturnValue:
    """What changes on a preview's page while it is made."""
    return render_template("previews/_live.html", **contents(preview_or_404(preview_id)))


def contents(preview: Preview) -> dict[str, Any]:
    """Everything a preview's page shows, for the orders asked for."""
    session, connection = desk.session(), preview.run.connection
    in_zone_of(connection.file)
    page = request.args.get("page", 1, type=int)
    chosen = request.args.get("show", "")
    verdict = Verdict(chosen) if chosen in set(Verdict) else None
    code = request.args.get("code", "")
    check = (Code(code), request.args.get("subject", "")) if code in set(Code) else None
    report = report_of(session, desk.outside(), preview)
    orders = (
        previews.orders_with(session, preview, *check, page=page)
        if check
        else previews.previewed_orders(session, preview, verdict=verdict, page=page)
    )
    return {
        "preview": preview,
        "run": preview.run,
        "connection": connection,
        "is_open": preview.run.state in OPEN,
        "is_read": previews.is_read_already(session, preview),
        "progress": previews.progress_of(preview),
        "reaches_today": preview.day_to >= today_of(connection),
        "report": report,
        "counts": previews.counts_of(session, preview),
        "orders": orders,
        "more": len(orders) == previews.PAGE,
        "page": page,
        "verdict": verdict,
        "check": check,
        "held": next((len(one.orders) for one in report.checks if check and one.is_about(*check)), 0),
        "meanings": meanings(),
        "reasons": REASONS,
        "anchor_of": anchor_of,
        "verdict_chip": verdict_chip,
    }


def meanings() -> dict[str, Any]:
    """What each code means, by its name in a row."""
    return {code.value: MEANINGS[code] for code in Code}


@blueprint.post(f"{PREVIEW}/stop")
@needs(Role.PREPARER)
def stop(preview_id: str) -> ResponseReturnValue:
    """Stop reading; what was found so far is kept."""
    preview = preview_or_404(preview_id)
    runs.ask_to_stop(desk.session(), preview.run)
    return redirect(url_for("previews.show", preview_id=preview.run_id))


@blueprint.get("/previewed-orders/<string(length=22):previewed_pk>")
@needs(Role.READER)
def kept_order(previewed_pk: str) -> ResponseReturnValue:
    """One order of a preview: its bridge and the sale order as it would be sent."""
    row = previews.previewed_of(desk.session(), current_firm().id, previewed_pk) or abort(404)
    connection = row.preview.run.connection
    in_zone_of(connection.file)
    return render_template(
        "previews/order_kept.html",
        row=row,
        sale=previews.sale_of(desk.session(), desk.outside(), row),
        connection=connection,
        chip_word=verdict_chip(row.verdict, row.problems),
        meanings=meanings(),
    )
