"""The app is made from its settings, and refuses to start with wrong ones."""

import pytest
from flask import Flask

from portal.app import create_app
from portal.settings import Settings, SettingsError
from tests.portal_app import app_for


def test_without_settings_of_its_own_it_reads_the_environment_and_refuses_a_wrong_one() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY is missing"):
        create_app()


def test_it_holds_its_settings_vault_and_queue(app: Flask) -> None:
    settings = app.extensions["settings"]

    assert isinstance(settings, Settings)
    assert repr(app.extensions["vault"]) == "Vault(test)"
    assert app.extensions["redis"].ping()


def test_cookies_are_secure_and_bound_to_the_host_whenever_its_address_is_https(
    database_url: str, redis_url: str
) -> None:
    https = app_for(database_url, redis_url, BASE_URL="https://portal.example.com")
    plain = app_for(database_url, redis_url)

    assert https.config["SESSION_COOKIE_SECURE"]
    assert https.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert not plain.config["SESSION_COOKIE_SECURE"]
    for app in (https, plain):
        assert app.config["SESSION_COOKIE_HTTPONLY"]
        assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("portal.example.com", True),
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("PORTAL.example.com:443", True),
        ("evil@localhost", False),
        ("localhost/evil", False),
        ("localhost:port", False),
        ("evil.example.com", False),
        ("portal.example.com.evil.example.com", False),
    ],
)
def test_only_its_own_names_are_answered(database_url: str, redis_url: str, host: str, known: bool) -> None:
    app = app_for(database_url, redis_url, BASE_URL="https://portal.example.com")
    app.add_url_rule("/named", "named", lambda: "here")

    status = app.test_client().get("/named", headers={"Host": host}).status_code

    assert (status != 400) == known


def test_a_form_that_is_too_large_is_refused(app: Flask) -> None:
    from flask import request

    with (
        app.test_request_context("/", method="POST", data={"name": "x" * 600_000}),
        pytest.raises(Exception, match="exceeds"),
    ):
        assert request.form
