"""The mailbox's web side: a page for people, one for each mail, and the control address."""

import re
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from sandbox.clock import moment
from sandbox.control import PREFIX, Control, obey, read_object
from sandbox.mailbox.state import Mailbox

FOLDER: Final = Path(__file__).parent
LISTED: Final = 200
POLICY: Final = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
# A mail's own HTML: no script, no picture, no form; its links open beside the page.
MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")


def create(mailbox: Mailbox, control: Control) -> Flask:
    """The app over a mailbox."""
    app = Flask("sandbox.mailbox", root_path=str(FOLDER))
    control.install(app)
    views = Views(mailbox)
    app.add_url_rule("/", "page mails", views.home)
    app.add_url_rule("/pages/mails/<int:number>", "page mail", views.show)
    app.add_url_rule("/pages/mails/<int:number>/html", "page html", views.html)
    app.add_url_rule(f"{PREFIX}/mails", "control mails", views.mails, methods=["GET", "DELETE"])
    app.add_url_rule(
        f"{PREFIX}/refusals", "control refusals", views.refusals, methods=["GET", "POST", "DELETE"]
    )
    app.add_template_filter(linked)
    app.add_template_filter(when)
    app.after_request(own_assets_only)
    return app


class Views:
    """The pages and the control calls."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def home(self) -> str:
        """The mails, newest first."""
        found = self.mailbox.mails(request.args.get("to", ""))
        return render_template("mails.html", mails=found[::-1][:LISTED], count=len(found))

    def show(self, number: int) -> str:
        """One mail in both of its forms."""
        return render_template("mail.html", mail=self._found(number))

    def html(self, number: int) -> Response:
        """A mail's HTML, for the frame that holds it apart from the page."""
        words = self._found(number)["html"]
        answer = Response(words.replace("<head>", '<head><base target="_blank">', 1))
        answer.headers["Content-Security-Policy"] = MAIL_POLICY
        return answer

    def mails(self) -> ResponseReturnValue:
        """All mails as JSON, oldest first; or throw them away."""
        if request.method == "DELETE":
            self.mailbox.clear()
            return "", 204
        return jsonify(mails=self.mailbox.mails(request.args.get("to", "")))

    def refusals(self) -> ResponseReturnValue:
        """Order refusals, list or forget them."""
        if request.method == "DELETE":
            self.mailbox.forget_refusals()
            return "", 204
        if request.method == "POST":
            return jsonify(obey(self.mailbox.refuse, read_object())), 201
        return jsonify(refusals=self.mailbox.refusals())

    def _found(self, number: int) -> dict[str, Any]:
        return self.mailbox.mail(number) or abort(404)


def linked(words: str) -> Markup:
    """A text with its web addresses as links, and nothing else in it that HTML would read."""
    whole, end = Markup(""), 0
    for found in ADDRESS.finditer(words):
        whole += escape(words[end : found.start()])
        whole += Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(found[0])
        end = found.end()
    return whole + escape(words[end:])


def when(text: str) -> str:
    """A moment as the list shows it."""
    return f"{moment(text):%d %b %Y %H:%M:%S} UTC"


def own_assets_only(answer: Response) -> Response:
    """Pages load nothing but their own sheet and the framed mail."""
    if answer.mimetype == "text/html":
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
