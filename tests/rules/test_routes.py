"""Routes: none is open by accident, none can be reached by a stranger, and none was forgotten here (ARCHITECTURE law 1)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from portal.database import db
from portal.models.accounts import Firm, Role
from portal.models.connections import ItemAlias
from portal.models.mails import Mail, MailAddress
from portal.models.orders import Order
from portal.models.previews import PreviewedOrder
from portal.services.mail_links import digest_of
from portal.services.remotes import firm_vault
from portal.sync.previewing import as_posted
from portal.vault import Vault
from portal.web.access import NEEDS, PUBLIC, SAFE
from tests import builders
from tests.cast import Cast, Member, gather, signed_in
from tests.factories import NOON, RING, make_backfill, make_connection, make_file, make_run
from tests.portal_app import app_for
from tests.preview_desk import keep_preview

KEBAB = re.compile(r"/|(/([a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?|<[^>]+>))+")
TYPED = re.compile(r"<(string\(length=22\)|int|path):\w+>")
MARKER = "marker of another firm"


class Reach(NamedTuple):
    """One way into the portal."""

    rule: Rule
    method: str


@dataclass(frozen=True, slots=True)
class Town:
    """The app, the cast, and what each argument of an address stands for in Acacia."""

    app: Flask
    cast: Cast
    ids: dict[str, str]

    def url(self, rule: Rule) -> str:
        with self.app.test_request_context():
            missing = rule.arguments - self.ids.keys()
            assert not missing, f"{rule.rule}: say in this test what {missing} stands for"
            return str(
                self.app.url_map.bind("127.0.0.1").build(
                    rule.endpoint, {name: self.ids[name] for name in rule.arguments}
                )
            )

    def reaches(self) -> Iterator[Reach]:
        for rule in self.app.url_map.iter_rules():
            for method in sorted(rule.methods or ()):
                if method not in {"HEAD", "OPTIONS"}:
                    yield Reach(rule, method)

    def guarded(self) -> list[Reach]:
        return [reach for reach in self.reaches() if reach.rule.endpoint not in PUBLIC]

    def role_of(self, rule: Rule) -> Role | None:
        role: Role | None = getattr(self.app.view_functions[rule.endpoint], NEEDS, None)
        return role


@pytest.fixture
def town(empty_database: str, empty_redis: str) -> Iterator[Town]:
    app = app_for(empty_database, empty_redis)
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        cast = gather(db.session())
        ids = make_acacia(cast.alice.firm_id)
        db.session.remove()
    yield Town(app, cast, ids)
    with app.app_context():
        db.engine.dispose()


def make_acacia(firm_id: str) -> dict[str, str]:
    """A file, a connection, a run and an order of Acacia, each named with the marker; what each argument stands for."""
    session = db.session()
    file = make_file(session, session.get_one(Firm, firm_id), name=MARKER)
    seal_tokens(file.login.id, firm_id)
    connection = make_connection(session, file)
    run = make_run(session, connection)
    order = Order(
        firm_id=firm_id, connection_id=connection.id, saasu_file_id=file.file_id, store_hash=connection.store_hash, order_id=999,
        state="failed", turn="you", order_created_at=NOON, order_modified_at=NOON, first_seen_at=NOON, decided_at=NOON,
    )  # fmt: skip
    address = MailAddress(
        firm_id=firm_id, address="ada@example.com", asked_at=NOON, token_digest=digest_of("t" * 22)
    )
    mail = Mail(
        firm_id=firm_id, connection_id=connection.id, kind="run", to_address="ada@example.com", subject=MARKER, text=b"sealed",
        created_at=NOON, due_at=NOON, gave_up_at=NOON, trouble=MARKER,
    )  # fmt: skip
    alias = ItemAlias(firm_id=firm_id, file_pk=file.id, sku=MARKER, item_code=MARKER, created_at=NOON)
    session.add_all([order, address, mail, alias])
    session.commit()
    preview = keep_preview(
        session, connection, as_posted(builders.order(), builders.rules(), builders.catalogue())
    )
    previewed = session.scalars(select(PreviewedOrder)).one()
    return {
        "filename": "css/portal.css",
        "preview_id": preview.run_id,
        "previewed_pk": previewed.id,
        "file_id": file.id,
        "login_id": file.login_id,
        "connection_id": connection.id,
        "run_id": run.id,
        "order_pk": order.id,
        "mail_id": mail.id,
        "address_id": address.id,
        "token": "t" * 22,
        "alias_id": alias.id,
        "backfill_id": make_backfill(session, connection).id,
    }


def seal_tokens(login_id: str, firm_id: str) -> None:
    """Give a login tokens that open, so that a page is refused for its reader and not for its secrets."""
    from portal.models.connections import SaasuLogin

    session = db.session()
    login = session.get_one(SaasuLogin, login_id)
    keys = firm_vault(session, Vault(RING), firm_id)
    login.access_token = keys.seal(login_id, "access_token", "token")
    login.refresh_token = keys.seal(login_id, "refresh_token", "token")
    session.commit()


def every_row(app: Flask) -> dict[str, list[object]]:
    """All the rows there are, but the times at which sessions were last seen."""
    with app.app_context():
        rows = {
            table.name: sorted(map(str, db.session.execute(select(table))))
            for table in db.metadata.sorted_tables
            if table.name not in {"web_sessions", "call_counts"}
        }
        db.session.remove()
    return {name: list(found) for name, found in rows.items()}


def refused(town: Town, member: Member, allowed: Callable[[Reach], bool], status: int) -> list[str]:
    """Go everywhere as somebody; every way not allowed that answers other than `status`, with what it answered."""
    client: FlaskClient = signed_in(town.app, member)
    wrong = []
    for reach in town.guarded():
        if allowed(reach):
            continue
        answer = client.open(town.url(reach.rule), method=reach.method)
        if answer.status_code != status or MARKER in answer.text:
            wrong.append(f"{reach.method} {reach.rule.rule}: {answer.status_code}")
    return wrong


def test_every_page_is_public_by_name_or_demands_a_role(town: Town) -> None:
    open_by_accident = [reach.rule.rule for reach in town.guarded() if town.role_of(reach.rule) is None]
    endpoints = {rule.endpoint for rule in town.app.url_map.iter_rules()}
    assert open_by_accident == []
    assert endpoints >= PUBLIC


def test_addresses_are_kebab_case_and_their_ids_typed(town: Town) -> None:
    rules = [rule.rule for rule in town.app.url_map.iter_rules()]
    arguments = [argument for rule in rules for argument in re.findall(r"<[^>]+>", rule)]
    assert [rule for rule in rules if not KEBAB.fullmatch(rule)] == []
    assert [argument for argument in arguments if not TYPED.fullmatch(argument)] == []
    assert arguments


def test_what_changes_something_is_a_post(town: Town) -> None:
    assert {reach.method for reach in town.reaches()} <= {"GET", "POST"}
    before = every_row(town.app)
    alice = signed_in(town.app, town.cast.alice)
    for reach in town.reaches():
        if reach.method in SAFE:
            alice.open(town.url(reach.rule), method=reach.method)
    assert every_row(town.app) == before


def test_nobody_gets_anywhere_without_signing_in(town: Town) -> None:
    client = town.app.test_client()
    before = every_row(town.app)
    answers = {
        (reach.method, reach.rule.rule): client.open(town.url(reach.rule), method=reach.method)
        for reach in town.guarded()
    }
    wrong = {
        way: answer.status
        for way, answer in answers.items()
        if not leads_to_sign_in(answer.status_code, answer.location)
    }
    assert wrong == {}
    assert answers
    assert every_row(town.app) == before


def leads_to_sign_in(status: int, location: str | None) -> bool:
    return status == 302 and (location or "").startswith("/sign-in")


def test_a_stranger_finds_nothing_of_another_firm(town: Town) -> None:
    before = every_row(town.app)
    wrong = refused(town, town.cast.charlie, lambda reach: not reach.rule.arguments, 404)
    assert wrong == []
    assert every_row(town.app) == before


def test_pages_without_an_id_show_a_stranger_nothing_of_another_firm(town: Town) -> None:
    charlie = signed_in(town.app, town.cast.charlie)
    pages = [reach for reach in town.guarded() if reach.method == "GET" and not reach.rule.arguments]
    seen = {reach.rule.rule: charlie.get(town.url(reach.rule)) for reach in pages}
    assert {path for path, answer in seen.items() if answer.status_code != 200} == set()
    assert {path for path, answer in seen.items() if MARKER in answer.text} == set()


@pytest.mark.parametrize("name", ["connection", "state", "page"])
def test_a_query_does_not_open_another_firms_rows(town: Town, name: str) -> None:
    charlie = signed_in(town.app, town.cast.charlie)
    given = {"connection": town.ids["connection_id"], "state": "needs_you", "page": "1"}[name]
    pages = [charlie.get(path, query_string={name: given}) for path in ("/", "/runs", "/orders", "/mails")]
    assert {page.status_code for page in pages} == {200}
    assert not any(MARKER in page.text for page in pages)


def test_a_reader_may_look_and_change_nothing(town: Town) -> None:
    before = every_row(town.app)
    wrong = refused(town, town.cast.bob, lambda reach: town.role_of(reach.rule) == Role.READER, 403)
    writes = [
        reach
        for reach in town.guarded()
        if reach.method == "POST" and town.role_of(reach.rule) == Role.READER
    ]
    assert wrong == []
    assert [reach.rule.endpoint for reach in writes] == ["accounts.sign_out"]
    assert every_row(town.app) == before


def test_every_form_wants_its_token(town: Town) -> None:
    town.app.config["WTF_CSRF_ENABLED"] = True
    before = every_row(town.app)
    alice = signed_in(town.app, town.cast.alice)
    posts = [reach for reach in town.reaches() if reach.method not in SAFE]
    answers = {
        reach.rule.rule: alice.open(town.url(reach.rule), method=reach.method).status_code for reach in posts
    }
    assert {path: status for path, status in answers.items() if status != 400} == {}
    assert answers
    assert every_row(town.app) == before


def test_a_form_from_another_site_is_refused_whatever_it_carries(town: Town) -> None:
    alice = signed_in(town.app, town.cast.alice)
    before = every_row(town.app)
    posts = [reach for reach in town.reaches() if reach.method not in SAFE]
    for headers in (
        {"Origin": "https://elsewhere.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answers = {
            alice.open(town.url(reach.rule), method=reach.method, headers=headers).status_code
            for reach in posts
        }
        assert answers == {400}, headers
    assert every_row(town.app) == before
