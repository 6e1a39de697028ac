"""What was typed on the connector page is never lost to a button that works with what is saved: the page comes back as it was filled in."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from portal import mirrors
from portal.models.accounts import Firm
from portal.models.backfills import Backfill
from portal.models.connections import Connection, SaasuFile
from portal.models.mirrors import MirroredItem
from portal.models.runs import Run
from portal.sync.failures import Unreachable
from tests.builders import item
from tests.cast import Cast, Member
from tests.factories import NOON, make_connection, make_file
from tests.web.conftest import Rows
from tests.web.test_choices import CODES

SignIn = Callable[[Member], FlaskClient]
Fields = dict[str, list[str]]
DAY = (datetime.now(UTC) - timedelta(days=800)).date().isoformat()


class Sent(HTMLParser):
    """Reads what a browser would send of the connector's form, untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = {}
        self.action = ""
        self._inside = False
        self._list = ""
        self._first: str | None = None
        self._selected: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        here = dict(attrs)
        name, value = here.get("name") or "", here.get("value") or ""
        if tag == "form":
            self._inside, self.action = here.get("id") == "connector", here.get("action") or self.action
        if not self._inside or "disabled" in here:
            return
        if tag == "input" and name and (here.get("type") != "checkbox" or "checked" in here):
            self.fields.setdefault(name, []).append(value)
        if tag == "select":
            self._list, self._first, self._selected = name, None, None
        if tag == "option":
            self._first = value if self._first is None else self._first
            self._selected = value if "selected" in here else self._selected

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._inside:
            self.fields[self._list] = [self._selected or self._first or ""]
        if tag == "form":
            self._inside = False


def sent_by(page: str) -> Fields:
    """The fields of the connector's form as the page shows them."""
    reader = Sent()
    reader.feed(page)
    return reader.fields


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


@pytest.fixture
def address(rows: Rows, cast: Cast) -> str:
    """The page of a connection of Acacia with choices of every kind, one of them an item that is gone."""
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        shelf = [item("SHIP", 1), item("CARD FEE", 3)]
        mirrors.write_catalogue(session, file, shelf, CODES, datetime.now(UTC))
        connection = make_connection(session, file)
        connection.shipping_item_id, connection.discount_item_id = 1, 999
        connection.statuses, connection.taxable_code, connection.nobodys_emails = (
            [11, 2],
            "G9",
            "till@example.com",
        )
        session.commit()
        return f"/connections/{connection.id}"


def count(rows: Rows, kind: type[Backfill | Run]) -> int:
    with rows() as session:
        return session.query(kind).count()


@pytest.mark.parametrize(("button", "lands"), [("start", "/backfills/"), ("previews", "/previews/")])
def test_a_button_of_an_untouched_page_works(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows, button: str, lands: str
) -> None:
    pat = sign_in(cast.pat)
    fields = sent_by(pat.get(address).text) | {"orders_from": [DAY]}

    answer = pat.post(f"{address}/{button}", data=fields)

    assert (answer.status_code, answer.location.startswith(lands)) == (302, True), words_of(answer.text)
    assert count(rows, Run) == 1


@pytest.mark.parametrize(("button", "wish"), [("start", "Start Processing"), ("previews", "Preview")])
def test_changes_that_are_not_saved_stop_the_button_and_come_back(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows, button: str, wish: str
) -> None:
    pat = sign_in(cast.pat)
    changed: Fields = {
        "prefix": ["NEW"], "shipping_item": ["3"], "statuses": ["11"], "access_token": ["a-typed-token"],
        "orders_from": [DAY],
    }  # fmt: skip
    fields = sent_by(pat.get(address).text) | changed

    answer = pat.post(f"{address}/{button}", data=fields)

    assert answer.status_code == 422
    assert (
        f"{wish} works with what is saved, and this page holds what is not: Access Token, Order prefix, Shipping Item, "
        f"Order statuses to sync. Nothing was started. Press Save, then {wish}." in words_of(answer.text)
    )
    assert (count(rows, Backfill), count(rows, Run)) == (0, 0)
    again = sent_by(answer.text)
    assert {name: again[name] for name in changed} == {
        "prefix": ["NEW"], "shipping_item": ["3"], "statuses": ["11"], "access_token": [""], "orders_from": [DAY],
    }  # fmt: skip
    assert "a-typed-token" not in answer.text and "type it again" in answer.text
    assert f'action="{address}" data-unsaved' in answer.text

    del again["enabled"]  # no token is set, so it cannot be on
    saved = pat.post(address, data=again)
    assert saved.location == f"{address}?orders_from={DAY}", re.findall(r'fault">([^<]+)', saved.text)
    with rows() as session:
        assert session.query(Connection).one().prefix == "NEW"
    assert "data-unsaved" not in pat.get(address).text


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Saasu does not answer any more when it is asked for items."""

    def fail(*_: object, **__: object) -> None:
        raise Unreachable("no answer")

    return lambda: monkeypatch.setattr(mirrors, "read_catalogue", fail)


@pytest.mark.parametrize(("shipping", "started"), [("1", True), ("3", False)])
def test_an_item_that_is_chosen_while_saasu_cannot_be_asked_is_a_change_all_the_same(
    address: str,
    cast: Cast,
    sign_in: SignIn,
    rows: Rows,
    away: Callable[[], None],
    shipping: str,
    started: bool,
) -> None:
    pat = sign_in(cast.pat)
    fields = sent_by(pat.get(address).text) | {"orders_from": [DAY], "shipping_item": [shipping]}
    with rows() as session:
        session.query(SaasuFile).one().items_read_to = None
        session.query(MirroredItem).delete()
        session.commit()
    away()

    answer = pat.post(f"{address}/start", data=fields)

    assert (answer.status_code == 302) is started, words_of(answer.text)
    assert ("this page holds what is not: Shipping Item." in words_of(answer.text)) is not started
    assert count(rows, Backfill) == started


def test_the_items_that_were_read_last_are_offered_where_saasu_cannot_be_asked(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows, away: Callable[[], None]
) -> None:
    pat = sign_in(cast.pat)
    with rows() as session:
        session.query(SaasuFile).one().items_read_to = NOON
        session.commit()
    away()

    page = pat.get(address).text

    assert 'class="flash flash-error" role="status"' in page
    assert sent_by(page)["shipping_item"] == ["1"]


def test_a_box_that_is_unticked_and_an_address_that_is_ticked_are_changes(
    address: str, cast: Cast, sign_in: SignIn
) -> None:
    pat = sign_in(cast.pat)
    fields = sent_by(pat.get(address).text) | {"orders_from": [DAY], "suggested_emails": ["shop@example.com"]}
    del fields["enabled"]

    page = words_of(pat.post(f"{address}/start", data=fields).text)

    assert "this page holds what is not: Nobody’s e-mails, Enable BigCommerce. Nothing was started." in page


def test_the_page_asks_before_it_is_left_by_a_script_of_its_own(
    address: str, cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.pat).get(address).text
    assert re.search(r'<script src="/static/js/unsaved\.js\?v=\w+" defer></script>', page)
