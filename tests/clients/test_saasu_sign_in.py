"""Signing in to Saasu: tokens, two-factor codes, and what is never repeated to anybody."""

import pytest
import requests
import responses

from portal.clients.exact_json import dump
from portal.clients.saasu import SaasuSignIn, Tokens
from portal.sync.failures import (
    CodeWanted,
    CredentialsRefused,
    Denied,
    RemoteFailure,
    Throttled,
    Unreachable,
)
from tests.clients.wire import BOOKS, Noted, body_of, example, examples

TOKEN = f"{BOOKS}/authorisation/token"
CODE = f"{BOOKS}/authorisation/token-2fa"
REFRESH = f"{BOOKS}/authorisation/refresh"
FILES = f"{BOOKS}/FileIdentities"
GRANT = {
    "access_token": "access-1",
    "token_type": "Bearer",
    "expires_in": 10800,
    "refresh_token": "refresh-1",
    "scope": "full fileid:1 fileid:1234 fileid:x",
}


def door() -> SaasuSignIn:
    return SaasuSignIn(Noted().transport(), BOOKS)


@responses.activate
def test_a_password_becomes_tokens() -> None:
    responses.post(TOKEN, body=dump(GRANT))
    tokens = door().sign_in("jo@example.com", "pa$$word")
    assert tokens == Tokens(access="access-1", refresh="refresh-1", seconds=10_800, file_ids=(1, 1234))
    assert body_of() == {
        "grant_type": "password",
        "username": "jo@example.com",
        "password": "pa$$word",
        "scope": "full",
    }
    assert "access-1" not in repr(tokens)
    assert "refresh-1" not in repr(tokens)


@responses.activate
def test_the_contracts_answer_is_read() -> None:
    responses.post(TOKEN, body=dump(example("saasu", "token-response.json")))
    assert door().sign_in("a", "b").file_ids == (12_356,)


@responses.activate
def test_a_protected_login_has_a_code_sent_and_asks_for_it() -> None:
    wanted = (examples("saasu") / "token-2fa-required.response.json").read_text()
    responses.post(TOKEN, status=401, body=wanted)
    responses.post(CODE, status=401, body=wanted)
    with pytest.raises(CodeWanted):
        door().sign_in("jo@example.com", "pa$$word")
    assert [call.request.url for call in responses.calls] == [TOKEN, CODE]
    responses.replace(responses.POST, CODE, body=dump(GRANT))
    assert door().sign_in("jo@example.com", "pa$$word", " 123456 ").access == "access-1"
    assert body_of(2)["verification_code"] == "123456"


@responses.activate
def test_a_wrong_code_is_said_to_be_one() -> None:
    responses.post(CODE, status=401, body='{"error": "invalid_2fa_code"}')
    with pytest.raises(CredentialsRefused, match="verification code") as caught:
        door().sign_in("jo@example.com", "pa$$word", "000000")
    assert type(caught.value) is CredentialsRefused


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, '{"error": "invalid_grant"}', CredentialsRefused),
        (400, '{"error": "invalid_grant"}', CredentialsRefused),
        (401, "", CredentialsRefused),
        (403, '"No."', Denied),
        (429, "", Throttled),
        (500, "", Unreachable),
        (200, "<html></html>", Unreachable),
        (200, "nonsense", Unreachable),
        (200, "{}", Unreachable),
    ],
)
def test_each_refusal_is_told_apart(status: int, body: str, kind: type[RemoteFailure]) -> None:
    responses.post(TOKEN, status=status, body=body)
    with pytest.raises(kind) as caught:
        door().sign_in("jo@example.com", "pa$$word")
    assert type(caught.value) is kind
    assert len(responses.calls) == 1


@responses.activate
def test_a_password_said_back_is_not_repeated() -> None:
    responses.post(
        TOKEN, status=401, body='{"error": "x", "error_description": "The password pa$$word is wrong."}'
    )
    with pytest.raises(CredentialsRefused) as caught:
        door().sign_in("jo@example.com", "pa$$word")
    assert "pa$$word" not in caught.value.sentence
    assert "is wrong" in caught.value.sentence


@responses.activate
def test_a_lost_answer_to_a_sign_in_can_be_repeated() -> None:
    responses.post(REFRESH, body=requests.ReadTimeout())
    with pytest.raises(Unreachable):
        door().refresh("refresh-1")


@responses.activate
def test_a_refresh_keeps_its_token_where_none_comes_back() -> None:
    responses.post(REFRESH, body='{"access_token": "access-2", "expires_in": "soon"}')
    assert door().refresh("refresh-1") == Tokens(access="access-2", refresh="refresh-1")
    assert body_of() == {"grant_type": "refresh_token", "refresh_token": "refresh-1", "scope": ""}
    responses.replace(
        responses.POST, REFRESH, body=dump(GRANT | {"refresh_token": "refresh-2", "expires_in": 1})
    )
    assert door().refresh("refresh-1") == Tokens(access="access-1", refresh="refresh-2", file_ids=(1, 1234))


@responses.activate
def test_the_files_of_a_login_are_listed_once_each() -> None:
    rows = [
        {
            "Id": number,
            "Name": f"File {number}",
            "CurrencyCode": "AUD",
            "SubscriptionName": "Small",
            "IsTaxRegistered": True,
        }
        for number in range(1, 101)
    ]
    responses.get(FILES, body=dump({"FileIdentities": rows}))
    responses.get(FILES, body=dump({"FileIdentities": [*rows[-1:], {"Name": "without an id"}]}))
    found = door().files("access-1")
    assert len(found) == 100
    assert (found[0].file_id, found[0].name, found[0].subscription, found[0].tax_registered) == (
        1,
        "File 1",
        "Small",
        True,
    )
    assert responses.calls[0].request.headers["Authorization"] == "Bearer access-1"
    assert "FileId=" not in str(responses.calls[0].request.url)


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"), [(401, "", CredentialsRefused), (200, "{}", Unreachable)]
)
def test_files_that_cannot_be_listed_say_why(status: int, body: str, kind: type[RemoteFailure]) -> None:
    responses.get(FILES, status=status, body=body)
    with pytest.raises(kind):
        door().files("access-1")
