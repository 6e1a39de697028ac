"""The control address of the pretend Saasu: files, logins, records and switches, for tests and the demo."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from flask import Flask, Response, request

from sandbox.control import PREFIX, ControlRefusal
from sandbox.saasu import access, invoice_rules, seeding
from sandbox.saasu.invoices import contact_names
from sandbox.saasu.settings import PLANS
from sandbox.saasu.state import KEYS, File, Login, State, file_fields
from sandbox.saasu.wire import Record, Refusal, answer, load

RECORDS: Final = f"{PREFIX}/files/<int:file_id>/<any(items,contacts,invoices):table>"
FILE_KINDS: Final[dict[str, type]] = {
    "name": str,
    "plan": str,
    "currency": str,
    "country": str,
    "zone": str,
    "tax_registered": bool,
    "item_layout": bool,
    "multi_currency": bool,
    "next_number": int,
}
ADD: Final = {
    "items": seeding.add_item,
    "contacts": seeding.add_contact,
    "invoices": seeding.add_invoice,
}
CHANGE: Final = {
    "items": seeding.change_item,
    "contacts": seeding.change_contact,
    "invoices": seeding.change_invoice,
}


def install(app: Flask, state: State) -> None:
    """Add the addresses of the books to `app`; the shared ones and the guard are there already."""
    books = _Books(state)
    for method, path, view in (
        ("GET", f"{PREFIX}/settings", books.settings),
        ("PATCH", f"{PREFIX}/settings", books.change_settings),
        ("GET", f"{PREFIX}/logins", books.logins),
        ("POST", f"{PREFIX}/logins", books.add_login),
        ("POST", f"{PREFIX}/tokens/expire", books.expire_tokens),
        ("GET", f"{PREFIX}/files", books.files),
        ("POST", f"{PREFIX}/files", books.add_file),
        ("GET", f"{PREFIX}/files/<int:file_id>", books.file),
        ("PATCH", f"{PREFIX}/files/<int:file_id>", books.change_file),
        ("POST", f"{PREFIX}/files/<int:file_id>/totals", books.total_up),
        ("GET", RECORDS, books.records),
        ("POST", RECORDS, books.add_record),
        ("PATCH", f"{RECORDS}/<key>", books.change_record),
        ("DELETE", f"{RECORDS}/<key>", books.remove_record),
    ):
        app.add_url_rule(path, f"books {method} {path}", _guarded(state, view), methods=[method])


def _guarded(state: State, view: Callable[..., Response]) -> Callable[..., Response]:
    """Run a view under the lock, all its writes as one; the rules' refusals become the control's."""

    def guarded(**values: Any) -> Response:
        try:
            with state.lock, state.shelf.batch():
                return view(**values)
        except Refusal as refusal:
            raise ControlRefusal(refusal.sentence, refusal.status) from refusal
        except ValueError as fault:
            raise ControlRefusal(str(fault)) from fault

    return guarded


class _Books:
    """The views. Each is run under the state's lock."""

    def __init__(self, state: State) -> None:
        self.state = state

    def settings(self) -> Response:
        return answer(self.state.settings.listed())

    def change_settings(self) -> Response:
        self.state.change_settings(_body())
        return self.settings()

    def logins(self) -> Response:
        return answer([_login(login) for login in self.state.logins.values()])

    def add_login(self) -> Response:
        body = _body()
        before = self.state.logins.get(str(body.get("username", "")).casefold())
        old = {"password": before.password, "files": before.files, "code": before.code} if before else {}
        given = {"files": [], "code": None, **old, **body}
        unknown = given.keys() - {"username", "password", "files", "code"}
        texts = [given.get("username"), given.get("password")]
        if unknown or not all(isinstance(text, str) and text for text in texts):
            raise ValueError("A login has username, password, files and code.")
        if not isinstance(given["files"], list) or not all(isinstance(one, int) for one in given["files"]):
            raise ValueError("files is a list of file ids.")
        if not isinstance(given["code"], str | None):
            raise ValueError("code is a text or null.")
        self.state.add_login(Login(**given))
        return answer(_login(self.state.logins[given["username"].casefold()]), 200 if before else 201)

    def expire_tokens(self) -> Response:
        username = _body().get("username")
        return answer({"expired": access.end_tokens(self.state, username)})

    def files(self) -> Response:
        return answer([self._shown(file) for file in self.state.files.values()])

    def _shown(self, file: File) -> Record:
        tally = self.state.allowance.tally(file)
        counts = {table: len(file.tables[table]) for table in ("items", "contacts", "invoices")}
        calls = {"calls_today": len(tally.day), "throttled": tally.throttled, "daily_limit": file.daily_limit}
        return {**file_fields(file), **calls, **counts}

    def file(self, file_id: int) -> Response:
        return answer(self._shown(self._file(file_id)))

    def _file(self, file_id: int) -> File:
        if file_id not in self.state.files:
            raise ControlRefusal(f"There is no file {file_id}.", 404)
        return self.state.files[file_id]

    def add_file(self) -> Response:
        body = _body()
        file_id, name = body.pop("id", None) or self.state.new_id(), body.pop("name", None)
        logins, charges = _texts(body.pop("logins", [])), body.pop("charges", None)
        if not isinstance(file_id, int) or file_id in self.state.files:
            raise ValueError("id must be a whole number that no file has.")
        if not isinstance(name, str) or not name:
            raise ValueError("A file needs a name.")
        known = [self.state.logins.get(username.casefold()) for username in logins]
        file = File(file_id, name)
        self._apply(file, body)
        seeding.furnish(self.state, file, None if charges is None else _texts(charges))
        for login in known:
            if login is not None and file_id not in login.files:
                login.files.append(file_id)
                self.state.add_login(login)
        return answer(self._shown(file), 201)

    def change_file(self, file_id: int) -> Response:
        file = self._file(file_id)
        self._apply(file, _body())
        self.state.save_file(file)
        return answer(self._shown(file))

    def _apply(self, file: File, changes: Record) -> None:
        """Change a file's own fields; nothing changes when one is wrong. Raises `ValueError`."""
        for name, value in changes.items():
            _check_file_field(name, value)
        for name, value in changes.items():
            if name == "locked_until":
                file.locked_until = date.fromisoformat(value) if value else None
            elif name == "blocked" and value:
                self.state.allowance.block(file)
            elif name == "blocked":
                self.state.allowance.unblock(file)
            else:
                setattr(file, name, value)

    def records(self, file_id: int, table: str) -> Response:
        file = self._file(file_id)
        return answer({table: [self._full(file, table, record) for record in file.tables[table].values()]})

    def _full(self, file: File, table: str, record: Record) -> Record:
        """A record with everything in it: items with what is committed, invoices with lines and contact names."""
        if table == "items":
            return {**record, "Committed": file.committed().get(record["Id"], 0)}
        if table == "invoices":
            billing = contact_names(file, "Billing", record["BillingContactId"])
            return {**record, **billing, **contact_names(file, "Shipping", record["ShippingContactId"])}
        return record

    def total_up(self, file_id: int) -> Response:
        """Every invoice totalled anew under the rounding in force, as if it were saved again; versions and times stay."""
        file, rules = self._file(file_id), self.state.settings.rules
        rates = invoice_rules.rates_of(file)
        for record in file.invoices.values():
            invoice_rules.total_up(record, rates, rules)
            self.state.put(file, "invoices", record)
        names = ("TransactionId", "PurchaseOrderNumber", "TotalAmount", "TotalTaxAmount")
        return answer({"invoices": [[record[name] for name in names] for record in file.invoices.values()]})

    def add_record(self, file_id: int, table: str) -> Response:
        """One record, or those of `{"records": [...]}`, which answers their ids."""
        file, body = self._file(file_id), _body()
        several = body.get("records")
        if not isinstance(several, list):
            return answer(self._full(file, table, ADD[table](self.state, file, body)), 201)
        made = [ADD[table](self.state, file, one) for one in several]
        return answer({"ids": [record[KEYS.get(table, "Id")] for record in made]}, 201)

    def change_record(self, file_id: int, table: str, key: str) -> Response:
        file = self._file(file_id)
        record = CHANGE[table](self.state, file, _found(file, table, key), _body())
        return answer(self._full(file, table, record))

    def remove_record(self, file_id: int, table: str, key: str) -> Response:
        file = self._file(file_id)
        record = _found(file, table, key)
        self.state.remove(file, table, record[KEYS.get(table, "Id")], "control")
        return Response(b"", 204)


def _found(file: File, table: str, key: str) -> Record:
    """A record by its id, an item also by its code, an invoice also by its number. Raises `ControlRefusal` (404)."""
    named = {"items": "Code", "invoices": "InvoiceNumber"}.get(table)
    for record in file.tables[table].values():
        if key in {str(record[KEYS.get(table, "Id")]), str(record[named]) if named else None}:
            return record
    raise ControlRefusal(f"The file has no {key} among its {table}.", 404)


def _check_file_field(name: str, value: object) -> None:
    if name in FILE_KINDS and type(value) is not FILE_KINDS[name]:
        raise ValueError(f"{name} does not take {value!r}.")
    if name == "plan" and value not in PLANS:
        raise ValueError(f"plan is one of {', '.join(PLANS)}.")
    if name == "locked_until" and value is not None:
        date.fromisoformat(str(value))
    if name not in {*FILE_KINDS, "locked_until", "blocked"}:
        raise ValueError(f"A file has no {name} to change.")


def _login(login: Login) -> Record:
    return {"username": login.username, "files": login.files, "two_factor": login.code is not None}


def _texts(value: object) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError("logins and charges are lists of texts.")
    return value


def _body() -> Record:
    """The JSON object of the request; numbers with a point are `Decimal`. Raises `ControlRefusal` (400)."""
    try:
        body = load(request.get_data() or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise ControlRefusal("The body must be a JSON object.")
    return body
