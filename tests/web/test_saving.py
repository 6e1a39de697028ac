"""Saving the connector page: secrets are never carried back, a refused one is told at once, and what is shown is true."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from portal import mirrors
from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.services import connections
from portal.sync.problems import Code, Problem
from tests.builders import item
from tests.cast import Cast, Member
from tests.factories import make_connection, make_file, make_order
from tests.web.conftest import Rows
from tests.web.test_choices import CODES, SAVED

SignIn = Callable[[Member], FlaskClient]
AGAIN = "type it again"
REFUSED = Problem(Code.STORE_CREDENTIALS, "BigCommerce refused the Access Token.")
SECRETS = {"client_secret": "my-client-secret", "access_token": "my-access-token"}


@pytest.fixture
def address(rows: Rows, cast: Cast) -> str:
    """The page of a connection of Acacia that is off."""
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        mirrors.write_catalogue(session, file, [item("SHIP", 1), item("FEE", 3)], CODES, datetime.now(UTC))
        return f"/connections/{make_connection(session, file, enabled=False).id}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The shops that were asked whether they take the token; each refuses it."""
    shops: list[str] = []

    def refuse(_session: object, _outside: object, saved: Connection) -> Problem:
        shops.append(saved.store_hash)
        return REFUSED

    monkeypatch.setattr(connections, "refused_by_shop", refuse)
    return shops


def fault_of(page: str, field: str) -> str:
    """What stands as the fault of a field, or blank."""
    after = page.partition(f'id="{field}-fault">')[2]
    return after.partition("<")[0]


def test_a_save_that_was_refused_asks_for_each_secret_again_and_shows_none(
    address: str, cast: Cast, sign_in: SignIn
) -> None:
    pat = sign_in(cast.pat)

    page = pat.post(address, data=SAVED | SECRETS | {"nobodys_emails": "the shop"}).text

    assert AGAIN in fault_of(page, "client_secret") and AGAIN in fault_of(page, "access_token")
    assert not any(secret in page for secret in SECRETS.values())
    page = pat.post(address, data=SAVED | {"access_token": "t", "prefix": "a b"}).text
    assert (fault_of(page, "client_secret"), AGAIN in fault_of(page, "access_token")) == ("", True)
    page = pat.post(address, data=SAVED | {"prefix": "a b"}).text
    assert AGAIN not in page


def test_a_fault_that_only_the_save_finds_asks_for_the_secrets_too(
    rows: Rows, address: str, cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.pat).post(address, data=SAVED | SECRETS | {"notify": "y"}).text

    assert "Give an e-mail address" in page
    assert AGAIN in fault_of(page, "access_token")
    with rows() as session:
        assert session.query(Connection).one().access_token is None


def test_a_token_that_the_shop_refuses_is_saved_with_a_warning(
    address: str, cast: Cast, sign_in: SignIn, asked: list[str]
) -> None:
    answer = sign_in(cast.pat).post(address, data=SAVED | SECRETS | {"enabled": "y"}, follow_redirects=True)

    assert REFUSED.sentence in answer.text
    assert "Ask the client for a new V2/V3 API token" in answer.text
    assert "syncs every hour" not in answer.text
    assert asked == ["jamtin"]


def test_the_shop_is_asked_where_a_connection_is_switched_on_and_not_at_every_save(
    rows: Rows, address: str, cast: Cast, sign_in: SignIn, asked: list[str]
) -> None:
    pat = sign_in(cast.pat)
    with rows() as session:
        session.query(Connection).one().access_token = b"sealed"
        session.commit()

    assert pat.post(address, data=SAVED).status_code == 302
    assert asked == []
    assert pat.post(address, data=SAVED | {"enabled": "y"}).status_code == 302
    assert asked == ["jamtin"]
    page = pat.post(address, data=SAVED | {"enabled": "y"}, follow_redirects=True).text
    assert asked == ["jamtin"]
    assert "jamtin syncs every hour." in page


def test_orders_from_in_the_future_is_refused_in_a_sentence_whatever_is_pressed(
    rows: Rows, address: str, cast: Cast, sign_in: SignIn, asked: list[str]
) -> None:
    pat = sign_in(cast.pat)

    saved = pat.post(address, data=SAVED | {"orders_from": "2999-01-01", "enabled": "y", "access_token": "t"})
    assert saved.status_code == 422
    assert "Choose a date that is not in the future." in fault_of(saved.text, "orders_from")
    assert asked == []
    with rows() as session:
        assert session.query(Connection).one().enabled is False
        session.query(Connection).one().enabled = True
        session.commit()
    started = pat.post(f"{address}/start", data={"orders_from": "2999-01-01"}, follow_redirects=True)
    assert "Choose a date that is not in the future." in started.text


def test_a_date_that_is_not_started_yet_stays_in_its_field_after_a_save(
    address: str, cast: Cast, sign_in: SignIn, asked: list[str]
) -> None:
    page = sign_in(cast.pat).post(address, data=SAVED | {"orders_from": "2024-07-01"}, follow_redirects=True)

    assert 'value="2024-07-01"' in page.text
    assert "Saved." in page.text


def test_a_connection_that_was_never_on_is_not_called_paused(
    rows: Rows, address: str, cast: Cast, sign_in: SignIn
) -> None:
    pat = sign_in(cast.pat)
    assert ["Paused" in pat.get(page).text for page in (address, "/", "/board-rows")] == [True] * 3

    with rows() as session:
        session.query(Connection).one().start_at = None
        session.commit()

    for page in (address, "/", "/board-rows"):
        assert ("Paused" in pat.get(page).text, "Not enabled yet" in pat.get(page).text) == (False, True)


def test_only_a_page_that_keeps_itself_up_to_date_is_told_the_count(
    rows: Rows, address: str, cast: Cast, sign_in: SignIn
) -> None:
    with rows() as session:
        make_order(session, session.query(Connection).one(), 100, "failed", turn="you")
    pat, live = sign_in(cast.pat), {"X-Requested-With": "fetch"}

    assert pat.get("/board-rows", headers=live).headers["X-Needs-You"] == "1"
    assert "X-Needs-You" not in pat.get("/board-rows").headers
    assert "X-Needs-You" not in pat.get("/orders/none", headers=live).headers
    assert "data-needs-you" in pat.get("/").text


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (0, ""),
        (1, "1 order that could not be posted is tried again by the next run; Sync now does it at once."),
        (2, "2 orders that could not be posted are tried again by the next run; Sync now does it at once."),
    ],
)
def test_a_save_says_how_many_orders_that_waited_are_tried_again(
    rows: Rows, address: str, cast: Cast, sign_in: SignIn, asked: list[str], waiting: int, said: str
) -> None:
    problems = [{"code": "SHIPPING_ITEM_MISSING", "sentence": "Order #1: no Shipping Item", "subject": ""}]
    mine = {"turn": "you", "problems": problems, "document": b""}
    with rows() as session:
        connection = session.query(Connection).one()
        connection.enabled, connection.access_token = True, b"sealed"
        session.commit()
        for number in range(waiting):
            make_order(session, connection, 100 + number, "failed", **mine)
        later = datetime.now(UTC) + timedelta(days=1)
        make_order(session, connection, 110, "failed", **mine | {"retry_at": later})
        make_order(session, connection, 111, "failed", **mine | {"turn": "client"})
        make_order(session, connection, 112, "failed", **mine | {"document": None})
        make_order(session, connection, 113, "posted", **mine)
        other = make_connection(session, make_file(session, session.get_one(Firm, connection.firm_id)))
        make_order(session, other, 100, "failed", **mine)

    pat = sign_in(cast.pat)
    page = pat.post(address, data=SAVED | {"enabled": "y"}, follow_redirects=True).text

    assert f"jamtin syncs every hour. {said}".strip() in page
    assert ("tried again" in page) is bool(waiting)
    page = pat.post(address, data=SAVED, follow_redirects=True).text
    assert "nothing syncs" in page and "tried again" not in page
