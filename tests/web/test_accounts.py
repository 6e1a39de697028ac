"""Signing up, in and out through the pages."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.models.accounts import Firm, WebSession
from portal.web.accounts import local_path
from portal.web.throttle import limiter
from tests.cast import PASSWORD, Cast, Member
from tests.portal_app import app_for
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
WRONG = "E-mail and password do not fit together."
NEW_FIRM = {"firm_name": "Wattle Works", "name": "Wendy", "email": "wendy@example.com", "password": PASSWORD}


def sign_in_as(
    client: FlaskClient, member: Member, password: str = PASSWORD, after: str = ""
) -> TestResponse:
    return client.post(f"/sign-in{after}", data={"email": member.email, "password": password})


def cookies_of(answer: TestResponse) -> str:
    return "\n".join(answer.headers.getlist("Set-Cookie"))


def test_a_new_firm_is_signed_in_at_once_and_led_to_its_clients(client: FlaskClient) -> None:
    answer = client.post("/sign-up", data=NEW_FIRM)
    board = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/")
    assert board.status_code == 200
    assert "Wattle Works" in board.text


def test_a_sign_up_that_cannot_be_says_why_beside_the_field_and_keeps_the_rest(
    client: FlaskClient, rows: Rows
) -> None:
    answer = client.post("/sign-up", data=NEW_FIRM | {"password": "short", "email": "wendy"})
    assert answer.status_code == 422
    assert "Use at least 12 characters" in answer.text
    assert "This is not an e-mail address." in answer.text
    assert 'value="Wattle Works"' in answer.text
    assert "short" not in re.findall(r'value="([^"]*)"', answer.text)
    with rows() as session:
        assert session.scalar(select(func.count()).select_from(Firm)) == 0


def test_an_unknown_address_and_a_wrong_password_get_the_very_same_answer(
    client: FlaskClient, cast: Cast
) -> None:
    wrong = client.post("/sign-in", data={"email": cast.bob.email, "password": "not the right words"})
    unknown = client.post(
        "/sign-in", data={"email": "zoe@acacia.example.com", "password": "not the right words"}
    )
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert WRONG in wrong.text
    assert wrong.text.replace(cast.bob.email, "") == unknown.text.replace("zoe@acacia.example.com", "")


def test_the_sign_in_leads_back_to_where_somebody_wanted_to_go(client: FlaskClient, cast: Cast) -> None:
    refused = client.get("/orders?state=needs_you")
    assert refused.location == "/sign-in?next=/orders?state%3Dneeds_you"
    assert (
        sign_in_as(client, cast.bob, after=refused.location.removeprefix("/sign-in")).location
        == "/orders?state=needs_you"
    )


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example.com",
        "//elsewhere.example.com",
        "/\\elsewhere.example.com",
        "/\r\nSet-Cookie: a=b",
        "javascript:1",
        "",
        None,
    ],
)
def test_the_sign_in_leads_nowhere_else(app: Flask, target: str | None) -> None:
    with app.test_request_context():
        assert local_path(target) == "/"
        assert local_path("/runs?page=2") == "/runs?page=2"


def test_a_copied_cookie_opens_nothing_after_signing_out(app: Flask, cast: Cast, sign_in: SignIn) -> None:
    alice = sign_in(cast.alice)
    cookie = alice.get_cookie("cartledger")
    thief = app.test_client()
    assert cookie is not None
    thief.set_cookie("cartledger", cookie.value)
    assert thief.get("/").status_code == 200
    out = alice.post("/sign-out")
    assert out.location == "/sign-in"
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert thief.get("/").status_code == 302


def test_each_sign_in_has_a_session_of_its_own_and_ends_the_browsers_former_one(
    client: FlaskClient, cast: Cast, rows: Rows
) -> None:
    sign_in_as(client, cast.alice)
    first = client.get_cookie("cartledger")
    sign_in_as(client, cast.bob)
    second = client.get_cookie("cartledger")
    assert first is not None and second is not None and first.value != second.value
    with rows() as session:
        ended = session.scalars(
            select(WebSession.ended_at.is_not(None)).order_by(WebSession.created_at)
        ).all()
    assert list(ended) == [True, False]


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(client: FlaskClient, cast: Cast) -> None:
    cookies = cookies_of(sign_in_as(client, cast.alice))
    assert re.search(r"^cartledger=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax$", cookies, re.MULTILINE)


def test_over_https_the_cookies_are_bound_to_the_host(
    empty_database: str, empty_redis: str, cast: Cast
) -> None:
    app = app_for(empty_database, empty_redis, BASE_URL="https://books.example.com")
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    data = {"email": cast.alice.email, "password": PASSWORD}
    answer = client.post("/sign-in", data=data, base_url="https://books.example.com")
    assert re.search(
        r"^__Host-cartledger=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Lax$",
        cookies_of(answer),
        re.MULTILINE,
    )
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert client.get("/", base_url="https://books.example.com").status_code == 200


def test_the_eleventh_try_within_five_minutes_is_refused_for_that_account(
    client: FlaskClient, cast: Cast
) -> None:
    def attempt(number: int, member: Member) -> TestResponse:
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        return client.post(
            "/sign-in", data={"email": member.email, "password": PASSWORD + "?"}, environ_base=address
        )

    tries = [attempt(number, cast.alice).status_code for number in range(10)]
    eleventh = attempt(11, cast.alice)
    assert tries == [422] * 10
    assert eleventh.status_code == 429
    assert re.search(r"Wait [1-5] minutes?, then try again\.", eleventh.text)
    assert 0 < int(eleventh.headers["Retry-After"]) <= 300
    assert attempt(12, cast.bob).status_code == 422


def test_one_address_may_not_try_many_accounts(client: FlaskClient) -> None:
    tries = [
        client.post("/sign-in", data={"email": f"{n}@example.com", "password": "x"}).status_code
        for n in range(11)
    ]
    elsewhere = client.post(
        "/sign-in",
        data={"email": "a@example.com", "password": "x"},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert tries == [422] * 10 + [429]
    assert elsewhere.status_code == 422


def test_an_address_signs_up_five_firms_an_hour_and_slips_of_the_pen_do_not_count(
    client: FlaskClient,
) -> None:
    slips = [client.post("/sign-up", data={"email": str(n)}).status_code for n in range(6)]
    firms = [
        client.post("/sign-up", data=NEW_FIRM | {"email": f"wendy{n}@example.com"}).status_code
        for n in range(6)
    ]
    assert (slips, firms) == ([422] * 6, [302] * 5 + [429])


def test_nobody_guesses_by_the_hundred_which_addresses_are_signed_up(client: FlaskClient) -> None:
    tries = [client.post("/sign-up", data={"email": str(n)}).status_code for n in range(41)]
    assert tries == [422] * 40 + [429]


def test_tries_are_counted_even_while_redis_is_away(empty_database: str) -> None:
    app = app_for(empty_database, "redis://127.0.0.1:1/0")
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    try:
        tries = [client.post("/sign-up", data={"email": str(n)}).status_code for n in range(41)]
    finally:
        limiter._storage_dead = False
    assert tries == [422] * 40 + [429]


def test_forms_are_filled_by_a_browsers_password_manager(client: FlaskClient) -> None:
    sign_up, sign_in = client.get("/sign-up").text, client.get("/sign-in").text
    assert 'autocomplete="new-password"' in sign_up
    assert 'autocomplete="current-password"' in sign_in
    assert 'autocomplete="username"' in sign_in


def test_a_token_of_another_browser_does_not_send_a_form(app: Flask, cast: Cast) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    mine, hers = app.test_client(), app.test_client()
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', hers.get("/sign-in").text)[0]
    data = {"email": cast.alice.email, "password": PASSWORD, "csrf_token": token}
    mine.get("/sign-in")
    assert mine.post("/sign-in", data=data).status_code == 400
    assert hers.post("/sign-in", data=data).status_code == 302
