"""Orders by what became of them, and one order with its attempts."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import questions, reports
from portal.models.accounts import Role
from portal.models.orders import Order
from portal.questions import LeftOut, Question
from portal.services import (
    after_posting,
    aliases,
    connections,
    desk,
    evidence,
    history,
    order_lines,
    orders,
    sales_there,
    selection,
)
from portal.sync.problems import MEANINGS, Code
from portal.web.access import current_firm, current_person, needs
from portal.web.filters import in_zone_of

blueprint = Blueprint("orders", __name__)
ORDER = "/orders/<string(length=22):order_pk>"
LONGEST_NUMBER = 100
WORDS = ("needs_you", "mends", "waiting", "unknown", "posted_look", "posted", "exists", "ignored")


def order_or_404(order_pk: str) -> Order:
    """The firm's order."""
    return reports.order_of(desk.session(), current_firm().id, order_pk) or abort(404)


@blueprint.get("/orders")
@needs(Role.READER)
def listing() -> str:
    """The firm's orders, newest first."""
    words = [word for word in request.args.getlist("state") if word in WORDS]
    page = request.args.get("page", 1, type=int)
    number = request.args.get("number", "").strip()[:LONGEST_NUMBER]
    connection = request.args.get("connection")
    reason, asked = request.args.get("reason"), "asked" in request.args
    backfill = request.args.get("backfill")
    found = reports.orders_of(
        desk.reading(),
        current_firm().id,
        words=words,
        connection_id=connection,
        backfill_id=backfill,
        number=number,
        reason=reason,
        asked=asked,
        page=page,
    )
    return render_template(
        "orders/listing.html",
        orders=found,
        words=words,
        page=page,
        number=number,
        connection=connection,
        client=client_of(connection),
        reason=reason,
        asked=asked,
        reasons=left_out(connection) if reason or words == ["ignored"] else (),
        questions=asked_of(connection) if reason else (),
        backfill=backfill,
        more=len(found) == reports.PAGE,
    )


def client_of(connection_id: str | None) -> str:
    """The file that the firm's connection posts to; blank where none is chosen."""
    found = (
        connections.connection_of(desk.session(), current_firm().id, connection_id) if connection_id else None
    )
    return found.file.name if found else ""


def left_out(connection_id: str | None) -> Sequence[LeftOut]:
    """The reasons for which orders are ignored, with their figures."""
    return questions.left_out(desk.session(), current_firm().id, connection_id)


def asked_of(connection_id: str | None) -> Sequence[Question]:
    """What the firm's connections, or one of them, ask."""
    return questions.questions(desk.session(), current_firm().id, connection_id)


@blueprint.get(ORDER)
@needs(Role.READER)
def show(order_pk: str) -> str:
    """One order: what became of it, why, whose turn, both totals, its history."""
    order = order_or_404(order_pk)
    in_zone_of(order.connection.file)
    meanings = {code.value: MEANINGS[code] for code in Code}
    missing = {one.sku: one for one in aliases.missing_items(desk.session(), order)}
    found = {sku for sku, one in missing.items() if one.there}
    sold = order_lines.shop_lines(desk.session(), desk.outside(), order, found)
    return render_template(
        "orders/show.html",
        order=order,
        meanings=meanings,
        missing=missing,
        sold=sold,
        names={sku: sold.name_of(sku) for sku in missing} if sold else {},
        there=sales_there.sale_there(order),
        may_take=selection.may_take(order),
        proof=evidence.proof_of(order, desk.now()),
        decided_by={one.id: history.in_words(one) for one in history.runs_of(desk.session(), order).values()},
        in_full=after_posting.sentences_in_full(desk.session(), desk.outside(), order),
    )


@blueprint.post(f"{ORDER}/retry")
@needs(Role.PREPARER)
def retry(order_pk: str) -> ResponseReturnValue:
    """Decide about the order again, now."""
    order = order_or_404(order_pk)
    run = orders.retry(desk.session(), order, current_person().name, desk.now(), desk.ring)
    if run is None:
        flash(
            "This order is in Saasu already, or its connection is not enabled; there is nothing to retry.",
            "error",
        )
        return redirect(url_for("orders.show", order_pk=order.id))
    return redirect(url_for("runs.show", run_id=run.id))


@blueprint.post(f"{ORDER}/dealt-with")
@needs(Role.PREPARER)
def dealt_with(order_pk: str) -> ResponseReturnValue:
    """A person has dealt with what a posted order asked for."""
    order = order_or_404(order_pk)
    seen = request.form.get("seen", "")
    if not after_posting.deal_with(desk.session(), order, seen, current_person().name, desk.now()):
        flash("The order changed again meanwhile, or somebody else dealt with it. Look once more.", "error")
    return redirect(url_for("orders.show", order_pk=order.id))
