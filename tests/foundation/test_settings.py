"""Settings are read once, whole or not at all, and every fault is told at once."""

import base64
import json
import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from portal.settings import BIGCOMMERCE, SAASU, VARIABLES, Settings, SettingsError

KEY = base64.b64encode(bytes(range(32))).decode()
SOUND = {
    "DATABASE_URL": "postgresql://portal:quince-jelly@db.example.com/portal",
    "REDIS_URL": "redis://:damson-cheese@queue.example.com:6379/0",
    "SECRET_KEY": "rosella-and-riberry-and-quandong-01",
    "CREDENTIAL_KEYS": f"2026-07:{KEY}",
    "BASE_URL": "https://portal.example.com/",
}
WRONG = {
    "APP_ENV": "staging",
    "DATABASE_URL": "mysql://db.example.com/portal",
    "REDIS_URL": "http://queue.example.com",
    "SECRET_KEY": "short",
    "CREDENTIAL_KEYS": "2026-07:c2hvcnQ=",
    "BASE_URL": "portal.example.com",
    "BIGCOMMERCE_API_URL": "https://shop.example.com",
    "SAASU_API_URL": "https://books.example.com",
    "SAASU_CALLS_PER_SECOND": "often",
    "MAIL_URL": "pigeon://loft",
    "MAIL_FROM": "the office",
}


def faults(**changes: str) -> list[str]:
    """What is said about sound settings with these changes."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(SOUND | changes)
    return caught.value.faults


def test_sound_settings_are_read() -> None:
    settings = Settings.from_env(SOUND)

    assert settings.database_url == "postgresql+psycopg://portal:quince-jelly@db.example.com/portal"
    assert settings.credential_keys == {"2026-07": bytes(range(32))}
    assert (settings.base_url, settings.mail_url) == ("https://portal.example.com", "")
    assert (settings.bigcommerce_api_url, settings.saasu_api_url) == (BIGCOMMERCE, SAASU)
    assert settings.saasu_calls_per_second == Decimal(1)


def test_it_is_production_unless_said_otherwise() -> None:
    assert Settings.from_env(SOUND).is_production
    assert not Settings.from_env(SOUND | {"APP_ENV": "development"}).is_production


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({})

    assert caught.value.faults == [f"{name} is missing." for name in SOUND]
    assert all(f"{name} is missing." in str(caught.value) for name in SOUND)


def test_every_wrong_variable_is_told_at_once_and_no_value_is_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(WRONG)

    assert [fault.split()[0].rstrip(":") for fault in caught.value.faults] == list(WRONG)
    assert not [value for value in WRONG.values() if value in str(caught.value)]


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "BASE_URL", "MAIL_URL", "BIGCOMMERCE_API_URL", "SAASU_API_URL"]
)
@pytest.mark.parametrize("address", ["http://[", "redis://[::1", "smtp://mail:port", "https://x:99999", "::"])
def test_an_address_that_is_none_is_a_fault_and_no_crash(name: str, address: str) -> None:
    assert len(faults(**{name: address})) == 1


@pytest.mark.parametrize("name", ["BIGCOMMERCE_API_URL", "SAASU_API_URL"])
@pytest.mark.parametrize("address", ["http://127.0.0.1:9000", "https://books.example.com"])
def test_an_api_address_may_not_be_changed_in_production(name: str, address: str) -> None:
    assert faults(**{name: address}) == [f"{name} may not be changed in production."]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9000", "http://localhost:9000/", "http://[::1]:9000"])
def test_in_development_an_api_address_may_point_at_this_machine(address: str) -> None:
    settings = Settings.from_env(SOUND | {"APP_ENV": "development", "SAASU_API_URL": address})

    assert settings.saasu_api_url == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "https://books.example.com",
        "http://0.0.0.0:9000",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@books.example.com",
        "http://books.example.com\\@127.0.0.1",
        "http://books.example.com#@127.0.0.1",
        "http://127.0.0.1/\tevil",
        "file:///etc/passwd",
    ],
)
def test_in_development_an_api_address_points_nowhere_else(address: str) -> None:
    found = faults(APP_ENV="development", SAASU_API_URL=address)

    assert found == ["SAASU_API_URL may only point at this machine (127.0.0.1)."]


def test_the_usual_api_address_may_be_spelt_out_anywhere() -> None:
    assert Settings.from_env(SOUND | {"SAASU_API_URL": SAASU + "/"}).saasu_api_url == SAASU


def test_more_than_one_saasu_call_a_second_is_for_development_alone() -> None:
    development = Settings.from_env(SOUND | {"APP_ENV": "development", "SAASU_CALLS_PER_SECOND": "40"})

    assert development.saasu_calls_per_second == Decimal(40)
    assert Settings.from_env(SOUND | {"SAASU_CALLS_PER_SECOND": "0.5"}).saasu_calls_per_second == Decimal(
        "0.5"
    )
    assert "may not be above 1 in production" in faults(SAASU_CALLS_PER_SECOND="1.01")[0]


@pytest.mark.parametrize("sender", ["books@example.com", "Cartledger <no-reply@mail.example.com>"])
def test_mails_come_from_an_address(sender: str) -> None:
    given = SOUND | {"MAIL_URL": "smtp://mail.example.com", "MAIL_FROM": sender}

    assert Settings.from_env(given).mail_from == sender
    assert Settings.from_env(SOUND).mail_from == ""
    assert faults(MAIL_URL="smtp://mail.example.com") == ["MAIL_FROM is missing: MAIL_URL is set."]


@pytest.mark.parametrize(
    "sender",
    [
        "nobody",
        "a@b@example.com",
        "x@example.com\nBcc: all@example.com",
        "<>",
        "a b@example.com",
        "ä@example.com",
    ],
)
def test_mails_come_from_nothing_else(sender: str) -> None:
    assert faults(MAIL_FROM=sender) == ["MAIL_FROM must be an e-mail address, or Name <address>."]


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "often"])
def test_a_rate_is_a_number_above_zero(rate: str) -> None:
    assert faults(SAASU_CALLS_PER_SECOND=rate) == ["SAASU_CALLS_PER_SECOND must be a number above 0."]


def test_a_plain_http_address_is_for_this_machine_alone() -> None:
    settings = Settings.from_env(SOUND | {"BASE_URL": "http://127.0.0.1:8000"})

    assert not settings.cookies_secure
    assert Settings.from_env(SOUND).cookies_secure
    assert faults(BASE_URL="http://portal.example.com") == [
        "BASE_URL must be https:// unless it is this machine."
    ]


@pytest.mark.parametrize("given", ["postgres://h/p", "postgresql://h/p", "postgresql+psycopg://h/p"])
def test_every_spelling_of_postgresql_takes_the_one_driver(given: str) -> None:
    assert Settings.from_env(SOUND | {"DATABASE_URL": given}).database_url == "postgresql+psycopg://h/p"


def test_files_and_sockets_on_this_machine_are_addresses_too() -> None:
    settings = Settings.from_env(
        SOUND | {"DATABASE_URL": "sqlite:////srv/portal.sqlite3", "REDIS_URL": "unix:///srv/redis.sock"}
    )

    assert settings.database_url == "sqlite:////srv/portal.sqlite3"
    assert settings.redis_url == "unix:///srv/redis.sock"
    assert faults(DATABASE_URL="sqlite://", REDIS_URL="unix://") == [
        "DATABASE_URL must be a postgresql:// or sqlite:///path address.",
        "REDIS_URL must be redis://host:port or unix:///path.",
    ]


def test_the_key_ring_keeps_its_order_newest_first() -> None:
    other = base64.b64encode(bytes(32)).decode()
    settings = Settings.from_env(SOUND | {"CREDENTIAL_KEYS": f"new:{other}, old:{KEY}"})

    assert list(settings.credential_keys.items()) == [("new", bytes(32)), ("old", bytes(range(32)))]


@pytest.mark.parametrize(
    "ring",
    [
        ",",
        KEY,
        f":{KEY}",
        f"k1:{KEY},",
        f"k1:{KEY},k1:{KEY}",
        "k1:not base64",
        "k1:c2hvcnQ=",
        f"{41 * 'k'}:{KEY}",
    ],
)
def test_a_key_ring_with_a_flaw_is_refused_once(ring: str) -> None:
    assert faults(CREDENTIAL_KEYS=ring) == [
        "CREDENTIAL_KEYS: each part must be `name:base64 of 32 bytes`, with names of their own."
    ]


def test_mail_goes_to_a_server_and_to_a_folder_only_in_development() -> None:
    folder = {"MAIL_URL": "file:///tmp/mail"}
    server = "smtps://portal:medlar@mail.example.com:465"
    sound = SOUND | {"MAIL_FROM": "books@example.com"}

    assert Settings.from_env(sound | {"MAIL_URL": server}).mail_url == server
    assert Settings.from_env(sound | folder | {"APP_ENV": "development"}).mail_url == "file:///tmp/mail"
    assert faults(**folder) == ["MAIL_URL may name a folder only in development."]


def test_the_folder_of_this_machine_is_beside_the_product_unless_it_is_given() -> None:
    assert Settings.from_env(SOUND).data_dir.name == "data"
    assert Settings.from_env(SOUND).data_dir.is_absolute()
    assert Settings.from_env(SOUND | {"DATA_DIR": "/srv/portal"}).data_dir == Path("/srv/portal")


def test_no_secret_is_shown_or_written_by_the_settings() -> None:
    settings = Settings.from_env(
        SOUND | {"MAIL_URL": "smtp://portal:medlar@mail.example.com", "MAIL_FROM": "books@example.com"}
    )

    shown = repr(settings) + str(settings)
    for secret in ("quince-jelly", "damson-cheese", "rosella", KEY, "medlar", repr(bytes(range(32)))):
        assert secret not in shown
    with pytest.raises(TypeError):
        pickle.dumps(settings)
    with pytest.raises(TypeError):
        json.dumps(settings)


def test_every_variable_is_documented_and_each_field_has_one() -> None:
    assert {variable.name for variable in VARIABLES} == set(SOUND) | set(WRONG) | {"DATA_DIR"}
    assert all(variable.meaning for variable in VARIABLES)
