"""The connector page: the source document's fields, under its names and in its order."""

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import (
    BooleanField,
    DateField,
    Field,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Length, Optional, Regexp

from portal import reports
from portal.models.accounts import Role
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import LineShape
from portal.models.runs import RunKind
from portal.services import backfills, choices, connections, desk, orders, overdue, progress, runs
from portal.services.connections import Draft, NotSaved
from portal.services.progress import Underway
from portal.sync.failures import RemoteFailure, books_problem
from portal.sync.problems import Problem
from portal.sync.rules import INCOMPLETE, STATUSES, SYNCED_BY_DEFAULT, Item, TaxCode
from portal.sync.shapes import WORDS
from portal.web.access import current_firm, current_person, needs
from portal.web.connection_choices import ChoicesFields
from portal.web.filters import in_zone_of, plural
from portal.web.notifications import NotificationFields, around_notifications
from portal.web.orders import asked_of

blueprint = Blueprint("connections", __name__)
FILE = "/files/<string(length=22):file_id>/connector"
TYPE_AGAIN = "Nothing was saved, and a secret is never sent back to the page: type it again."
CONNECTION = "/connections/<string(length=22):connection_id>"


ON_THE_PAGE = "client_id"
"""A field by which a form that the connector page sent is known."""
NEVER_UNSAVED = frozenset({"csrf_token", "store_hash", "orders_from"})


class ConnectorForm(ChoicesFields, NotificationFields):
    """The connector as the source document names its fields."""

    enabled = BooleanField("Enable BigCommerce")
    store_hash = StringField("Shop Code", validators=[Length(max=200)])
    client_id = StringField("Client ID", validators=[Length(max=200)])
    client_secret = PasswordField("Client Secret", validators=[Length(max=500)])
    access_token = PasswordField("Access Token", validators=[Length(max=500)])
    prefix = StringField(
        "Order prefix",
        validators=[
            Optional(),
            Length(max=20),
            Regexp(r"^[^\s<>]+$", message="A prefix has no blanks and no < or >."),
        ],
    )
    shipping_item = SelectField("Shipping Item", coerce=str)
    discount_item = SelectField("Discount Item", coerce=str)
    statuses = SelectMultipleField("Order statuses to sync", coerce=int)
    orders_from = DateField("Orders From", validators=[Optional()])

    def offer(
        self, items: Sequence[Item], tax_codes: Sequence[TaxCode], connection: Connection | None
    ) -> None:
        """Fill the choices."""
        codes = [(str(item.id), f"{item.code} · {item.name}" if item.name else item.code) for item in items]
        self.shipping_item.choices = [("", "none: orders that charge shipping will need you"), *codes]
        self.discount_item.choices = [("", "none: spread as a percentage over the lines"), *codes]
        self.offer_choices(items, tax_codes, connection)
        self.statuses.choices = [(one.id, one.name) for one in STATUSES if one.id != INCOMPLETE]

    def show(self, connection: Connection) -> None:
        """Fill the fields from what is saved; secrets stay where they are."""
        self.enabled.data = connection.enabled
        self.store_hash.data = connection.store_hash
        self.client_id.data = connection.client_id
        self.prefix.data = connection.prefix
        self.shipping_item.data = str(connection.shipping_item_id or "")
        self.discount_item.data = str(connection.discount_item_id or "")
        self.show_notifications(connection)
        self.statuses.data = list(connection.statuses)
        self.orders_from.data = connection.orders_from
        self.show_choices(connection)

    def draft(self, connection: Connection | None) -> Draft:
        """The page as filled in; the Shop Code of a saved connection never changes."""
        return Draft(
            enabled=bool(self.enabled.data),
            store_hash=connection.store_hash if connection else (self.store_hash.data or "").strip(),
            client_id=(self.client_id.data or "").strip(),
            client_secret=(self.client_secret.data or "").strip(),
            access_token=(self.access_token.data or "").strip(),
            prefix=(self.prefix.data or "").strip(),
            shipping_item_id=int(self.shipping_item.data) if self.shipping_item.data else None,
            discount_item_id=int(self.discount_item.data) if self.discount_item.data else None,
            statuses=tuple(self.statuses.data or ()),
            choices=self.choices_made(),
            **self.notifications(),
        )

    def unsaved(self, connection: Connection) -> tuple[str, ...]:
        """The labels of the fields that were changed on the page and not saved; *Orders From* belongs to the buttons beside it."""
        saved = ConnectorForm(formdata=None)
        saved.show(connection)
        ticked = {"nobodys_emails"} if request.form.getlist("suggested_emails") else set()
        return tuple(
            field.label.text
            for field in self
            if field.name in ticked
            or (field.name not in NEVER_UNSAVED and is_changed(field, saved[field.name].data))
        )

    def tell(self, faults: dict[str, str]) -> None:
        """Put each sentence beside its field."""
        for name, sentence in faults.items():
            field = self[name if name in self else "store_hash"]
            field.errors = [*field.errors, sentence]

    def ask_for_secrets(self) -> None:
        """Say beside each secret that was typed that it must be typed again: a page that was not saved never carries it back."""
        for field in (self.client_secret, self.access_token):
            if field.data:
                field.errors = [*field.errors, TYPE_AGAIN]


def is_changed(field: Field, saved: object) -> bool:
    """Whether a field says something else than what is saved; a saved choice that is not offered any more shows as the first."""
    as_shown = saved
    if isinstance(field, SelectField) and not isinstance(field, SelectMultipleField):
        offered = [choice[0] for choice in field.choices or ()]
        as_shown = saved if saved in offered else offered[0]
    return meant_by(field, field.data) not in (meant_by(field, saved), meant_by(field, as_shown))


def meant_by(field: Field, value: object) -> object:
    """What a field's content comes to, however it is written."""
    if isinstance(value, str):
        value = value.strip()
    if isinstance(field, SelectMultipleField):
        chosen = set(value) if isinstance(value, list) else set()
        return chosen & {choice[0] for choice in field.choices or ()}
    return value or ""


def file_or_404(file_id: str) -> SaasuFile:
    """The firm's file."""
    return connections.file_of(desk.session(), current_firm().id, file_id) or abort(404)


def connection_or_404(connection_id: str) -> Connection:
    """The firm's connection."""
    return connections.connection_of(desk.session(), current_firm().id, connection_id) or abort(404)


def filled_form(file: SaasuFile, connection: Connection | None) -> tuple[ConnectorForm, Problem | None]:
    """The form with its item lists; and what Saasu said if the items could not be read."""
    form = ConnectorForm()
    try:
        items = connections.file_items(desk.session(), desk.outside(), file)
        refused = None
    except RemoteFailure as failure:
        items, refused = connections.known_items(desk.session(), file), books_problem(failure)
    form.offer(items, choices.sale_codes(desk.session(), file), connection)
    if not form.is_submitted():
        form.statuses.data = sorted(SYNCED_BY_DEFAULT)
        if connection is not None:
            form.show(connection)
            form.orders_from.data = asked_date() or connection.orders_from
    return form, refused


def asked_date() -> date | None:
    """The date that the address carries back after *Start Processing* was refused."""
    try:
        return date.fromisoformat(request.args.get("orders_from", ""))
    except ValueError:
        return None


def page(
    form: ConnectorForm,
    file: SaasuFile,
    connection: Connection | None,
    refused: Problem | None,
    unsaved: tuple[str, ...] = (),
    wish: str = "",
) -> ResponseReturnValue:
    """The connector page; `unsaved` are the labels of the fields that must be saved before the button `wish` can be pressed."""
    in_zone_of(file)
    return render_template(
        "connections/connector.html",
        form=form,
        file=file,
        connection=connection,
        refused=refused,
        statuses=STATUSES,
        backfills=progress.backfills_of(desk.session(), file.firm_id, connection.id) if connection else (),
        underway=underway_of(connection) if connection else None,
        shop_names=choices.shop_statuses(desk.session(), current_firm().id, connection.id)
        if connection
        else {},
        questions=asked_of(connection.id) if connection else (),
        last_problem=overdue.problem_of(connection) if connection else None,
        **around_notifications(connection),
        made=choices.choices_made(connection) if connection else 0,
        suggested=choices.suggested_emails(desk.session(), desk.outside(), connection) if connection else (),
        shapes=line_shapes(connection),
        unsaved=unsaved,
        wish=wish,
    ), (422 if form.errors or unsaved else 200)


def unless_saved(connection: Connection, wish: str) -> ResponseReturnValue | None:
    """The connector page as it was filled in, where the button `wish` was pressed on it with changes that are not saved; else `None`.

    The button works with what is saved, and what was typed must not get lost.
    """
    if ON_THE_PAGE not in request.form:
        return None
    form, refused = filled_form(connection.file, connection)
    unsaved = form.unsaved(connection)
    if not unsaved:
        return None
    form.ask_for_secrets()
    return page(form, connection.file, connection, refused, unsaved, wish)


def underway_of(connection: Connection) -> Underway | None:
    """The connection's open backfill in short."""
    return progress.underway(desk.session(), connection.firm_id, connection.id).get(connection.id)


def line_shapes(connection: Connection | None) -> list[tuple[str, LineShape | None]]:
    """Every kind of line whose rounding has to be proved, in words, with what its first order in this file came to."""
    if connection is None:
        return []
    known = reports.line_shapes(desk.session(), connection.firm_id, connection.file_pk)
    return [(words, known.get(shape)) for shape, words in WORDS.items()]


@blueprint.route(FILE, methods=["GET", "POST"])
@needs(Role.PREPARER)
def connect(file_id: str) -> ResponseReturnValue:
    """Connect a shop to a file."""
    return shown_or_saved(file_or_404(file_id), None)


@blueprint.route(CONNECTION, methods=["GET", "POST"])
@needs(Role.PREPARER)
def edit(connection_id: str) -> ResponseReturnValue:
    """Change a connection."""
    connection = connection_or_404(connection_id)
    return shown_or_saved(connection.file, connection)


def shown_or_saved(file: SaasuFile, connection: Connection | None) -> ResponseReturnValue:
    """The connector page, or the way back to it once it is saved."""
    form, refused = filled_form(file, connection)
    if form.is_submitted():
        saved = save(form, file, connection) if form.validate() else None
        if saved is not None:
            wanted = form.orders_from.data
            kept = wanted if wanted != saved.orders_from else None
            return redirect(url_for("connections.edit", connection_id=saved.id, orders_from=kept))
        form.ask_for_secrets()
    return page(form, file, connection, refused)


def save(form: ConnectorForm, file: SaasuFile, connection: Connection | None) -> Connection | None:
    """Save the form, or tell it why not."""
    was_on, draft = connection is not None and connection.enabled, form.draft(connection)
    try:
        backfills.refuse_future(file, form.orders_from.data, desk.now())
        saved = connections.save_connection(desk.session(), desk.outside(), file, connection, draft)
    except NotSaved as refusal:
        form.tell(refusal.faults)
        return None
    problem = None
    if draft.access_token or (saved.enabled and not was_on):
        problem = connections.refused_by_shop(desk.session(), desk.outside(), saved)
    tell_saved(saved, problem)
    return saved


def tell_saved(saved: Connection, problem: Problem | None) -> None:
    """Say that the page is saved, and where the shop does not take what was saved."""
    name = saved.store_name or saved.store_hash
    if problem is not None:
        flash(f"{name} is saved.", "success")
        flash(f"{problem.sentence} {problem.meaning.to_do}", "warning")
        return
    words = "syncs every hour" if saved.enabled else "is saved but not enabled, so nothing syncs"
    flash(f"Saved. {name} {words}.{words_of_waiting(saved)}", "success")


def words_of_waiting(saved: Connection) -> str:
    """What becomes of the orders that could not be posted and may wait for what was saved; blank where there are none."""
    waiting = orders.tried_next(desk.session(), saved, desk.now())
    if not waiting:
        return ""
    are = "is" if waiting == 1 else "are"
    return f" {plural(waiting, 'order')} that could not be posted {are} tried again by the next run; Sync now does it at once."


@blueprint.post(f"{FILE}/test")
@needs(Role.PREPARER)
def test_new(file_id: str) -> ResponseReturnValue:
    """Test Connection before anything is saved."""
    return tested(file_or_404(file_id), None)


@blueprint.post(f"{CONNECTION}/test")
@needs(Role.PREPARER)
def test_saved(connection_id: str) -> ResponseReturnValue:
    """Test Connection with what the page holds; nothing is saved."""
    connection = connection_or_404(connection_id)
    return tested(connection.file, connection)


def tested(file: SaasuFile, connection: Connection | None) -> ResponseReturnValue:
    """The answer of Test Connection."""
    form, _ = filled_form(file, connection)
    form.validate()
    try:
        found = connections.test_connection(
            desk.session(), desk.outside(), file, connection, form.draft(connection)
        )
    except NotSaved as refusal:
        return render_template(
            "connections/_tested.html", sentence=" ".join(refusal.faults.values()), found=None
        )
    own = form.unlisted(found.store.emails if found.store else ())
    return render_template("connections/_tested.html", found=found, sentence="", own_emails=own)


@blueprint.post(f"{CONNECTION}/start")
@needs(Role.PREPARER)
def start(connection_id: str) -> ResponseReturnValue:
    """Start Processing back to Orders From."""
    connection = connection_or_404(connection_id)
    if (as_typed := unless_saved(connection, "Start Processing")) is not None:
        return as_typed
    form, _ = filled_form(connection.file, connection)
    wanted: date | None = form.orders_from.data
    if wanted is None:
        return not_started(connection, "Choose a date for Orders From, then press Start Processing.")
    try:
        backfill = backfills.start_processing(
            desk.session(), desk.outside(), connection, wanted, current_person().name, desk.ring
        )
    except NotSaved as refusal:
        return not_started(connection, " ".join(refusal.faults.values()), wanted)
    return redirect(url_for("backfills.show", backfill_id=backfill.id))


def not_started(connection: Connection, sentence: str, wanted: date | None = None) -> ResponseReturnValue:
    """Back to the connector, which keeps the date that was asked for."""
    flash(sentence, "error")
    return redirect(url_for("connections.edit", connection_id=connection.id, orders_from=wanted))


@blueprint.post(f"{CONNECTION}/sync-now")
@needs(Role.PREPARER)
def sync_now(connection_id: str) -> ResponseReturnValue:
    """Start a run by hand."""
    connection = connection_or_404(connection_id)
    if not connection.enabled:
        flash("This connection is not enabled. Tick Enable BigCommerce and save first.", "error")
        return redirect(url_for("connections.edit", connection_id=connection.id))
    run = runs.request_run(
        desk.session(), connection, RunKind.MANUAL, current_person().name, desk.now(), desk.ring
    )
    return redirect(url_for("runs.show", run_id=run.id))
