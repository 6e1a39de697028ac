"""A page with every component in every state; registered by tests alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

from flask import Flask, render_template, render_template_string
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from wtforms import BooleanField, Form, PasswordField, SelectField, StringField

from portal.models.accounts import Role
from portal.sync.problems import MEANINGS, Code, item_not_found
from portal.web.access import needs

STRIP = [
    "",
    "good",
    "good",
    "good",
    "needs",
    "good",
    "idle",
    "good",
    "incomplete",
    "good",
    "failed",
    "good",
    "good",
    "good",
]

SPANS = [
    {"name": "Goods", "shop": "120.00", "books": "120.00", "words": "2 × Hoodie 60.00"},
    {"name": "Discount", "shop": "-12.00", "books": "-12.00", "words": "coupon WINTER10 12.00, shared over 2 lines"},
    {"name": "Shipping", "shop": "12.00", "books": "12.00", "words": "shipping 9.00 + handling 2.00 + wrapping 1.00"},
    {"name": "Total", "shop": "120.00", "books": "120.00", "words": ""},
    {"name": "GST", "shop": "10.91", "books": "10.90", "words": ""},
]  # fmt: skip


def questions() -> list[SimpleNamespace]:
    """Every question a connection asks; one of them is switched off, and there are more than are shown at once."""
    now = datetime.now(UTC)
    asked = [
        ("FLOOD", 62),
        ("WHILE_OFF", 14),
        ("STATUS", 1),
        ("BEFORE_START", 3),
        ("WHILE_OFF", 1),
        ("STATUS", 2),
    ]
    return [
        SimpleNamespace(
            connection=SimpleNamespace(
                id=f"connection-of-number-{number}", enabled=number != 4, file=SimpleNamespace(name=f"Client {number}")
            ),
            asked=name, orders=orders, dollars=Decimal("1212.40"), first=now - timedelta(days=2), last=now, until=now,
        )
        for number, (name, orders) in enumerate(asked)
    ]  # fmt: skip


class GalleryForm(Form):
    enabled = BooleanField("Enable BigCommerce", default=True)
    prefix = StringField("Order prefix", default="S O")
    token = PasswordField("Access Token")
    fresh = PasswordField("Client Secret")
    item = SelectField(
        "Shipping Item", choices=[(str(number), f"ITEM-{number} · Item {number}") for number in range(40)]
    )


def register(app: Flask) -> None:
    """Add `/gallery` to an app of the tests."""
    app.extensions["gallery_rows"] = []
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(Path(__file__).parent), app.jinja_loader or FileSystemLoader([])]
    )

    @app.get("/gallery")
    @needs(Role.READER)
    def gallery() -> str:
        form = GalleryForm()
        form.prefix.errors = ["A prefix has no blanks and no < or >."]
        return render_template(
            "gallery.html",
            form=form,
            strip=STRIP,
            spans=SPANS,
            now=datetime.now(UTC),
            questions=questions(),
            run=SimpleNamespace(done=184, expected=412),
            problem=item_not_found(999, "sh-hoodie-with-logo"),
            meanings={code.value: MEANINGS[code] for code in Code},
        )

    @app.get("/gallery/live")
    @needs(Role.READER)
    def live() -> str:
        page = """{% extends "base.html" %}{% block scripts %}<script src="{{ asset('js/live.js') }}" defer></script>{% endblock %}
        {% block content %}<h1>Live</h1><div data-live="/gallery/rows" data-live-every="50">{{ rows }}</div>{% endblock %}"""
        return render_template_string(page, rows=rows())

    @app.get("/gallery/rows")
    @needs(Role.READER)
    def rows() -> Markup:
        """The rows a test put there, newest first."""
        given: list[str] = app.extensions["gallery_rows"]
        lines = (
            Markup('<tr data-row="{0}"><th scope="row">{0}</th></tr>').format(row) for row in reversed(given)
        )
        done = Markup("<span data-live-done hidden></span>") if "done" in given else Markup("")
        return done + Markup("<table><tbody>{}</tbody></table>").format(Markup("").join(lines))
