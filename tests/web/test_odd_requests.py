"""Requests that no browser sends by itself: a character that PostgreSQL cannot keep, ids of nobody, numbers beyond all bounds."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast, Member
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
NUL = "%00"
ID = NUL + "A" * 21


@pytest.mark.parametrize(
    "address",
    [
        f"/orders?reason={NUL}",
        f"/orders?connection={NUL}",
        f"/orders?state={NUL}",
        f"/runs?connection={NUL}",
        f"/orders/{ID}",
        f"/runs/{ID}",
        f"/connections/{ID}",
        f"/?anything={NUL}",
    ],
)
def test_a_character_that_no_database_keeps_is_refused_and_breaks_nothing(
    cast: Cast, sign_in: SignIn, address: str
) -> None:
    assert sign_in(cast.alice).get(address).status_code in {400, 404}


def test_such_a_character_in_a_form_is_refused(cast: Cast, sign_in: SignIn, client: FlaskClient) -> None:
    form = {"email": "alice\x00@acacia.example.com", "password": "nine\x00"}

    assert client.post("/sign-in", data=form).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "/orders?page=99999999999999999999",
        "/orders?page=-5",
        "/orders?number=99999999999999999999",
        "/orders?number=ten",
        "/orders?reason=%F0%9F%92%A9",
        "/orders?reason=" + "x" * 5_000,
        "/orders?connection=' OR 1=1 --",
    ],
)
def test_odd_questions_have_an_empty_answer(cast: Cast, sign_in: SignIn, rows: Rows, address: str) -> None:
    assert sign_in(cast.alice).get(address).status_code == 200
