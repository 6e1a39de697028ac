"""Plain pages on which a person looks at the pretend files, and adds an item that a shop sells."""

from decimal import Decimal
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.saasu import seeding
from sandbox.saasu.state import File, State
from sandbox.saasu.wire import Record, Refusal

STYLES: Final = Path(__file__).with_name("pages.css")
LATEST: Final = 200
# The tax codes that the form offers.
OFFERED: Final = ("G1", "G1,G3")


def install(app: Flask, state: State) -> None:
    """Add the pages to `app`: `/` and everything under `/pages/`; nothing of them counts as a call."""
    pages = _Pages(state)
    app.add_template_filter(dollars)
    app.add_url_rule("/", "pages files", pages.files)
    app.add_url_rule("/pages/pages.css", "pages styles", styles)
    app.add_url_rule("/pages/files/<int:file_id>", "pages file", pages.file)
    app.add_url_rule("/pages/files/<int:file_id>/items", "pages items", pages.add_item, methods=["POST"])
    app.add_url_rule("/pages/files/<int:file_id>/invoices/<int:invoice_id>", "pages invoice", pages.invoice)
    app.after_request(_own_assets_only)


def dollars(amount: Decimal | None) -> str:
    """An amount as people write it."""
    if amount is None:
        return ""
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def styles() -> Response:
    """The style sheet."""
    return Response(STYLES.read_bytes(), content_type="text/css; charset=utf-8")


def _own_assets_only(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", "default-src 'self'; form-action 'self'")
    return response


class _Pages:
    """The views of the pages."""

    def __init__(self, state: State) -> None:
        self.state = state

    def files(self) -> str:
        with self.state.lock:
            return render_template("files.html", files=list(self.state.files.values()))

    def file(self, file_id: int) -> str:
        with self.state.lock:
            return self._file_page(self._found(file_id))

    def _found(self, file_id: int) -> File:
        if file_id not in self.state.files:
            abort(404)
        return self.state.files[file_id]

    def _file_page(self, file: File, given: Record | None = None, error: str = "") -> str:
        taxes = {code["Id"]: code["Code"] for code in file.tax_codes.values()}
        return render_template(
            "file.html",
            file=file,
            orders=list(reversed(file.invoices.values()))[:LATEST],
            committed=file.committed(),
            taxes=taxes,
            offered=[code for code in file.tax_codes.values() if code["Code"] in OFFERED],
            given=given or {},
            error=error,
            added=request.args.get("added", ""),
        )

    def add_item(self, file_id: int) -> ResponseReturnValue:
        with self.state.lock:
            file = self._found(file_id)
            given = {name: request.form.get(name, "").strip() for name in ("Code", "Description", "TaxCode")}
            try:
                item = seeding.add_item(self.state, file, {**given, "TaxCode": given["TaxCode"] or "G1"})
            except Refusal as refusal:
                return self._file_page(file, given, refusal.sentence), 400
            return redirect(f"/pages/files/{file_id}?added={item['Id']}#items", 303)

    def invoice(self, file_id: int, invoice_id: int) -> str:
        with self.state.lock:
            file = self._found(file_id)
            if invoice_id not in file.invoices:
                abort(404)
            return render_template("invoice.html", file=file, order=file.invoices[invoice_id])
