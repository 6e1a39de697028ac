"""Tokens, refreshes, two-factor codes and the FileId rules."""

import pytest

from sandbox.saasu.state import File, Login
from tests.sandbox.saasu.books import FILE_ID, NOON, PASSWORD, USERNAME, Books


def ping(books: Books, token: str) -> int:
    return books.send("GET", "/authorisation/ping", headers={"Authorization": f"Bearer {token}"}).status


def renew(books: Books, token: str) -> dict[str, str]:
    body = {"grant_type": "refresh_token", "refresh_token": token}
    answer: dict[str, str] = books.send("POST", "/authorisation/refresh", body).value
    return answer


def test_a_login_gets_a_bearer_token_for_three_hours_and_the_files_it_reaches(books: Books) -> None:
    assert books.tokens["token_type"] == "Bearer"
    assert books.tokens["expires_in"] == 10800
    assert books.tokens["scope"] == f"full fileid:{FILE_ID}"


def test_a_token_dies_three_hours_later_by_the_sandbox_clock(books: Books) -> None:
    books.clock.set({"now": "2026-03-02T14:59:59Z"})
    assert ping(books, books.tokens["access_token"]) == 200
    books.clock.set({"now": "2026-03-02T15:00:00Z"})
    assert ping(books, books.tokens["access_token"]) == 401


def test_a_refresh_kills_the_old_access_token_at_once_and_keeps_the_refresh_token(books: Books) -> None:
    fresh = renew(books, books.tokens["refresh_token"])
    assert fresh["refresh_token"] == books.tokens["refresh_token"]
    assert ping(books, books.tokens["access_token"]) == 401
    assert ping(books, fresh["access_token"]) == 200


def test_a_switch_makes_a_refresh_answer_a_new_pair(books: Books) -> None:
    books.set(new_refresh_token=True)
    fresh = renew(books, books.tokens["refresh_token"])
    assert fresh["refresh_token"] != books.tokens["refresh_token"]
    assert renew(books, books.tokens["refresh_token"]) == {"error": "invalid_grant"}


def test_a_refresh_token_lives_twelve_months(books: Books) -> None:
    books.clock.set({"now": "2027-03-01T12:00:00Z"})
    assert "access_token" in renew(books, books.tokens["refresh_token"])
    books.clock.set({"now": "2027-03-03T12:00:00Z"})
    assert renew(books, books.tokens["refresh_token"]) == {"error": "invalid_grant"}


def test_a_refresh_token_is_no_bearer_token(books: Books) -> None:
    assert ping(books, books.tokens["refresh_token"]) == 401


@pytest.mark.parametrize(
    "changes", [{"password": "wrong"}, {"username": "nobody@example.com"}, {"grant_type": "code"}]
)
def test_a_wrong_login_is_refused(books: Books, changes: dict[str, str]) -> None:
    answer = books.sign_in(**changes)
    assert answer.status == 401
    assert "error" in answer.value


def test_a_token_call_must_be_json(books: Books) -> None:
    form = {"grant_type": "password", "username": USERNAME, "password": PASSWORD}
    assert books.client.post("/authorisation/token", data=form).status_code == 401


def test_a_login_with_two_factor_asks_for_its_code(books: Books) -> None:
    books.state.add_login(Login(USERNAME, PASSWORD, [FILE_ID], code="135790"))
    for path in ("/authorisation/token", "/authorisation/token-2fa"):
        answer = books.sign_in(path)
        assert (answer.status, answer.value) == (401, {"error": "2fa_code_required"})
    assert books.sign_in("/authorisation/token-2fa", verification_code="000000").status == 401
    assert books.sign_in("/authorisation/token-2fa", verification_code="135790").status == 200


@pytest.mark.parametrize("file_id", [None, 0, 999, "abc"])
def test_a_good_token_without_a_file_it_reaches_is_refused_with_no_body(
    books: Books, file_id: object
) -> None:
    query = {} if file_id is None else {"FileId": file_id}
    answer = books.send("GET", "/TaxCodes", None, query, books.bearer())
    assert (answer.status, answer.text) == (401, "")


def test_a_file_of_somebody_else_is_refused(books: Books) -> None:
    books.state.add_file(File(70002, "Neighbours"))
    assert books.ask("GET", "/TaxCodes", FileId=70002).status == 401


def test_paths_and_the_name_of_the_file_do_not_regard_case(books: Books) -> None:
    for path, name in (("/taxcodes", "fileid"), ("/TAXCODES", "fileId"), ("/TaxCodes", "FILEID")):
        assert books.send("GET", path, None, {name: FILE_ID}, books.bearer()).status == 200


def test_any_api_version_is_tolerated(books: Books) -> None:
    for version in ("1.0", "2.0", "0.1"):
        headers = {**books.bearer(), "X-Api-Version": version}
        assert books.send("GET", "/TaxCodes", None, {"FileId": FILE_ID}, headers).status == 200


def test_a_body_needs_a_content_type(books: Books) -> None:
    answer = books.client.post(f"/Contact?FileId={FILE_ID}", data=b"{}", headers=books.bearer())
    assert answer.status_code == 400
    assert books.file.contacts == {}


def test_a_body_that_is_no_json_is_refused(books: Books) -> None:
    headers = {**books.bearer(), "Content-Type": "application/json"}
    answer = books.client.post(f"/Contact?FileId={FILE_ID}", data=b"{nonsense", headers=headers)
    assert answer.status_code == 400


def test_the_files_of_a_login_are_listed_without_a_file_id(books: Books) -> None:
    answer = books.send("GET", "/FileIdentities", headers=books.bearer()).value
    (row,) = answer["FileIdentities"]
    assert (row["Id"], row["Name"], row["SubscriptionName"]) == (FILE_ID, "Gumnut & Co", "Growing")
    assert (row["Zone"], row["CurrencyCode"], row["IsTaxRegistered"]) == ("Australia", "AUD", True)
    assert books.ask("GET", "/FileIdentity").value["Name"] == "Gumnut & Co"


def test_a_switch_gives_the_401_a_body(books: Books) -> None:
    books.set(unauthorised_shape="object")
    assert "Message" in books.ask("GET", "/TaxCodes", FileId=0).value


def test_a_moved_clock_does_not_revive_a_replaced_token(books: Books) -> None:
    renew(books, books.tokens["refresh_token"])
    books.clock.set({"now": NOON})
    assert ping(books, books.tokens["access_token"]) == 401
