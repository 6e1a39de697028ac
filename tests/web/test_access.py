"""The guard: deny by default, and what every answer carries."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portal.models.accounts import Person
from portal.web.errors import POLICY
from tests.cast import Cast, Member
from tests.factories import NOON
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]


def test_a_page_without_a_role_is_refused_to_everybody(app: Flask, cast: Cast, sign_in: SignIn) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert app.test_client().get("/forgotten").status_code == 302
    assert sign_in(cast.alice).get("/forgotten").status_code == 403


def test_a_script_that_asks_for_rows_is_told_plainly_that_nobody_is_signed_in(client: FlaskClient) -> None:
    assert client.get("/board-rows", headers={"X-Requested-With": "fetch"}).status_code == 401


def test_a_made_up_cookie_opens_nothing(client: FlaskClient) -> None:
    client.set_cookie("cartledger", "x" * 43)
    assert client.get("/").status_code == 302


def test_a_disabled_person_is_out_at_once(cast: Cast, sign_in: SignIn, rows: Rows) -> None:
    bob = sign_in(cast.bob)
    assert bob.get("/").status_code == 200
    with rows() as session:
        session.execute(update(Person).where(Person.id == cast.bob.id).values(disabled_at=NOON))
        session.commit()
    assert bob.get("/").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/nowhere",
        "/static/css/portal.css",
        "/static/none.css",
        "/healthz",
        "/assets/bootstrap.css",
    ],
)
def test_every_answer_carries_the_safety_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY and POLICY.startswith("default-src 'none';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_pages_are_kept_nowhere_and_assets_for_good(client: FlaskClient, cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.bob).get("/").headers["Cache-Control"] == "no-store"
    assert client.get("/nowhere").headers["Cache-Control"] == "no-store"
    assert (
        client.get("/static/css/portal.css?v=1").headers["Cache-Control"]
        == "public, max-age=31536000, immutable"
    )


def test_a_page_asks_no_other_host_for_anything_and_holds_no_script_or_style(
    cast: Cast, sign_in: SignIn
) -> None:
    for path in ("/", "/orders", "/runs", "/add-saasu-files", "/nowhere"):
        page = sign_in(cast.alice).get(path).text
        assert "http:" not in page and "https:" not in page, path
        assert "<style" not in page and " style=" not in page and " onclick" not in page, path
        assert page.count("<script") == page.count("<script src="), path


def test_the_frame_shows_who_is_signed_in_where_and_the_way_out(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.bob).get("/").text
    for words in (
        "Acacia Accounting",
        "Bob Boronia",
        "Reader of Acacia Accounting",
        "Sign out",
        "Skip to the content",
        "Times in A",
    ):
        assert words in page
    assert 'href="/" aria-current="page"' in page


def test_nothing_of_the_bootstrap_wheel_is_served_but_its_sheet(client: FlaskClient) -> None:
    sheet = client.get("/assets/bootstrap.css")
    assert sheet.mimetype == "text/css" and "Bootstrap" in sheet.text[:200]
    assert client.get("/bootstrap/static/bootstrap5/js/bootstrap.min.js").status_code == 404
