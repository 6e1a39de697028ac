"""A page with every component in every state; registered by tests alone."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from flask import Flask, render_template
from jinja2 import ChoiceLoader, FileSystemLoader
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
            now=datetime.now(UTC),
            run=SimpleNamespace(done=184, expected=412),
            problem=item_not_found(999, "sh-hoodie-with-logo"),
            meanings={code.value: MEANINGS[code] for code in Code},
        )
