"""Other names of a file's items: a SKU of the shop that stands for an item with another code, and the orders that wait for one."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length

from portal.models.accounts import Role
from portal.models.connections import SaasuFile
from portal.models.runs import Run
from portal.services import aliases, connections, desk, order_lines
from portal.services.aliases import NotNamed
from portal.sync.failures import RemoteFailure, books_problem
from portal.sync.problems import Problem
from portal.web.access import current_firm, current_person, needs
from portal.web.filters import in_zone_of, plural

blueprint = Blueprint("aliases", __name__)
NAMES = "/files/<string(length=22):file_id>/item-names"
LONGEST = 500


class AliasForm(FlaskForm):
    """A SKU of the shop, and the item of the file that it stands for."""

    sku = StringField(
        "SKU in the shop", validators=[DataRequired("Give the SKU as the shop has it."), Length(max=LONGEST)]
    )
    item = SelectField("Item in Saasu", coerce=str, validators=[DataRequired("Choose the item.")])


def file_or_404(file_id: str) -> SaasuFile:
    """The firm's file."""
    return connections.file_of(desk.session(), current_firm().id, file_id) or abort(404)


def filled_form(file: SaasuFile) -> tuple[AliasForm, Problem | None]:
    """The form with the file's items; and what Saasu said if they could not be read."""
    form = AliasForm(sku=request.args.get("sku", "")[:LONGEST])
    try:
        items = connections.file_items(desk.session(), desk.outside(), file)
        refused = None
    except RemoteFailure as failure:
        items, refused = (), books_problem(failure)
    codes = [(item.code, f"{item.code} · {item.name}" if item.name else item.code) for item in items]
    form.item.choices = [("", "choose the item"), *codes]
    return form, refused


@blueprint.get(NAMES)
@needs(Role.READER)
def names(file_id: str) -> ResponseReturnValue:
    """The file's aliases, and the SKUs for which orders wait."""
    file = file_or_404(file_id)
    form, refused = filled_form(file)
    return page(file, form, refused)


def page(file: SaasuFile, form: AliasForm, refused: Problem | None) -> ResponseReturnValue:
    """The page of a file's other names."""
    in_zone_of(file)
    missing = aliases.missing_in(desk.session(), file)
    waiting, skus = aliases.waiting_orders(desk.session(), file), [one.sku for one in missing]
    return render_template(
        "files/item_names.html",
        file=file,
        form=form,
        refused=refused,
        missing=missing,
        names=order_lines.product_names(desk.session(), desk.outside(), file.firm_id, waiting, skus),
    ), (422 if form.errors else 200)


@blueprint.post(NAMES)
@needs(Role.PREPARER)
def add(file_id: str) -> ResponseReturnValue:
    """Add a name by hand; the orders that wait for it are decided again."""
    file = file_or_404(file_id)
    form, refused = filled_form(file)
    if not form.validate_on_submit():
        return page(file, form, refused)
    try:
        return named(file, form.sku.data or "", form.item.data)
    except NotNamed as fault:
        form.item.errors = [str(fault)]
        return page(file, form, refused)


@blueprint.post(f"{NAMES}/use")
@needs(Role.PREPARER)
def use(file_id: str) -> ResponseReturnValue:
    """Use the likely item for a SKU, with one press."""
    file = file_or_404(file_id)
    sku = request.form.get("sku", "")
    try:
        return named(file, sku, request.form.get("item", ""))
    except NotNamed as fault:
        flash(str(fault), "error")
        return redirect(url_for("aliases.names", file_id=file.id, sku=sku))


@blueprint.post(f"{NAMES}/retry")
@needs(Role.PREPARER)
def retry(file_id: str) -> ResponseReturnValue:
    """Decide again about the orders that wait for a SKU, because Saasu has its item by now."""
    file, sku = file_or_404(file_id), request.form.get("sku", "").strip()[:LONGEST]
    again, found = aliases.retry_waiting(
        desk.session(), file, sku, "Asked to retry.", current_person().name, desk.now(), desk.ring
    )
    flash(
        f"{plural(again, 'order')} decided again now." if again else "No order waits for it any more.", "info"
    )
    return to_runs(file, found)


def named(file: SaasuFile, sku: str, code: str) -> ResponseReturnValue:
    """Keep the name and show what came of it: the run that decides again, or the names. Raises `NotNamed`."""
    again, runs = aliases.name_item(
        desk.session(), file, sku, code, current_person().name, desk.now(), desk.ring
    )
    words = f"{sku.strip()} is the item {code} from now on."
    flash(f"{words} {plural(again, 'order')} decided again now." if again else words, "success")
    return to_runs(file, runs)


def to_runs(file: SaasuFile, runs: Sequence[Run]) -> ResponseReturnValue:
    """The run that decides again, or where there are several or none the names."""
    if len(runs) == 1:
        return redirect(url_for("runs.show", run_id=runs[0].id))
    return redirect(url_for("aliases.names", file_id=file.id))


@blueprint.post(f"{NAMES}/<string(length=22):alias_id>/forget")
@needs(Role.PREPARER)
def forget(file_id: str, alias_id: str) -> ResponseReturnValue:
    """Take a name away."""
    file = file_or_404(file_id)
    alias = aliases.alias_of(desk.session(), file, alias_id) or abort(404)
    sku = alias.sku
    aliases.forget_alias(desk.session(), file, alias)
    flash(f"{sku} is no other name any more. What was posted stays as it is.", "success")
    return redirect(url_for("aliases.names", file_id=file.id))
