"""Error pages: a sentence and a reference number that the log has too, never a traceback."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from portal.database import db
from tests.cast import Cast, Member

SignIn = Callable[[Member], FlaskClient]
REFERENCE = re.compile(r'class="reference">([0-9A-F]{8})<')


def lines(printed: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def test_a_fault_of_ours_shows_a_reference_that_the_log_has_with_its_traceback(
    app: Flask,
    cast: Cast,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> str:
        raise RuntimeError("a fault with a name")

    monkeypatch.setitem(app.view_functions, "health.alive", fail)
    answer = app.test_client().get("/healthz")
    reference = REFERENCE.findall(answer.text)
    logged = [line for line in lines(capsys.readouterr().out) if line.get("reference") in reference]
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "a fault with a name" not in answer.text and "Traceback" not in answer.text
    assert len(logged) == 1
    assert "a fault with a name" in logged[0]["exception"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "This did not arrive as it should"),
        (403, "You may not do that"),
        (404, "There is nothing here"),
        (413, "That is too large"),
        (429, "Too many tries"),
        (503, "Out of reach for a moment"),
    ],
)
def test_each_error_has_its_words_and_a_number(
    app: Flask, monkeypatch: pytest.MonkeyPatch, status: int, words: str
) -> None:
    monkeypatch.setitem(app.view_functions, "health.alive", lambda: abort(status))
    answer = app.test_client().get("/healthz")
    assert answer.status_code == status
    assert words in answer.text
    assert REFERENCE.search(answer.text)


def test_whoever_asks_for_json_gets_the_error_as_json(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json is not None and answer.json.keys() == {"error", "advice", "reference"}


def test_a_form_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "x" * 600_000})
    assert answer.status_code == 413
    assert "half a megabyte" in answer.text


def test_a_form_without_its_token_is_told_to_reload(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post("/sign-in", data={"email": "alice@example.com"})
    assert answer.status_code == 400
    assert "reload the page and send it again" in answer.text


def test_while_the_database_is_away_pages_say_so_and_the_probe_fails(
    app: Flask, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alice = sign_in(cast.alice)
    with app.app_context():
        url = f"sqlite:///{tmp_path}/missing/portal.sqlite3"
        from sqlalchemy import create_engine

        monkeypatch.setitem(db.engines, None, create_engine(url))
    page, probe = alice.get("/"), app.test_client().get("/healthz")
    assert (page.status_code, probe.status_code) == (503, 503)
    assert "The database does not answer." in page.text
    assert page.headers["Retry-After"] == "60"
    assert REFERENCE.search(page.text)


def test_a_page_that_is_only_posted_to_says_so(client: FlaskClient, cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.alice).get("/sign-out")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_the_probes_answer_while_everything_is_there(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"ok": True}
    assert client.get("/readyz").json == {"ok": True, "database": True, "queue": True}


def test_a_missing_page_keeps_the_frame_of_whoever_is_signed_in(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.alice).get("/nowhere")
    assert answer.status_code == 404
    assert "Sign out" in answer.text
