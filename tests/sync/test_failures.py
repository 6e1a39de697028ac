"""What a failure of either remote is for the run: its code and its sentence, word for word (BC §1, SA §1, §2, §4)."""

import pytest

from portal.sync.failures import (
    CodeWanted,
    CredentialsRefused,
    Denied,
    OutcomeLost,
    Refused,
    RemoteFailure,
    StaleRecord,
    StoreClosed,
    Throttled,
    Unreachable,
    books_problem,
    shop_problem,
)
from portal.sync.problems import Code, Problem, Turn


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (
            CredentialsRefused("401"),
            Problem(Code.STORE_CREDENTIALS, "BigCommerce refused the Access Token."),
        ),
        (
            Denied("403"),
            Problem(
                Code.STORE_SCOPE,
                "BigCommerce says this Access Token may not read the store's orders, or the Shop Code is wrong.",
            ),
        ),
        (
            StoreClosed("503"),
            Problem(Code.STORE_SUSPENDED, "BigCommerce says the store is suspended or under maintenance."),
        ),
        (
            Unreachable("no answer within 30 seconds"),
            Problem(Code.STORE_UNREACHABLE, "BigCommerce could not be read: no answer within 30 seconds"),
        ),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, RemoteFailure) else one.code,
)
def test_a_failure_of_the_shop_is_told_in_a_sentence(failure: RemoteFailure, problem: Problem) -> None:
    assert shop_problem(failure) == problem


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (
            CodeWanted("401"),
            Problem(Code.SAASU_TWO_FACTOR, "Saasu wants a verification code for this login."),
        ),
        (CredentialsRefused("401"), Problem(Code.SAASU_CREDENTIALS, "Saasu refused the saved sign-in.")),
        (
            Denied("no item layouts", plan=True),
            Problem(Code.SAASU_PLAN, "Saasu says the file's plan does not allow this: no item layouts"),
        ),
        (
            Denied("not your file"),
            Problem(Code.SAASU_FILE, "Saasu says this login may not do that in this file: not your file"),
        ),
        (
            Throttled("429"),
            Problem(Code.SAASU_QUOTA, "Saasu says too many calls were made to this file."),
        ),
        (
            OutcomeLost("the connection ended"),
            Problem(Code.SAASU_UNREACHABLE, "Saasu could not be reached: the connection ended"),
        ),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, RemoteFailure) else one.code,
)
def test_a_failure_of_the_books_is_told_in_a_sentence(failure: RemoteFailure, problem: Problem) -> None:
    assert books_problem(failure) == problem


def test_a_failure_keeps_what_the_remote_said() -> None:
    plain = RemoteFailure("no", status=502, request_id="r-1")
    assert (plain.args, plain.sentence, plain.status, plain.request_id) == (("no",), "no", 502, "r-1")
    assert (RemoteFailure("no").status, RemoteFailure("no").request_id) == (None, "")


def test_a_throttled_call_says_when_to_come_back() -> None:
    told = Throttled("slow down", retry_after=7, status=503)
    assert (told.sentence, told.retry_after, told.status) == ("slow down", 7, 503)
    assert (Throttled("slow down").retry_after, Throttled("slow down").status) == (None, 429)


def test_a_denial_says_whether_the_plan_is_why() -> None:
    denied = Denied("no", plan=True, status=401)
    assert (denied.sentence, denied.plan, denied.status) == ("no", True, 401)
    assert (Denied("no").plan, Denied("no").status) == (False, 403)


@pytest.mark.parametrize(
    ("kind", "turn", "again_helps"),
    [
        (RemoteFailure, Turn.WAIT, True),
        (Refused, Turn.YOU, False),
        (StaleRecord, Turn.YOU, True),
        (Denied, Turn.YOU, False),
        (CredentialsRefused, Turn.YOU, False),
        (StoreClosed, Turn.CLIENT, True),
    ],
)
def test_each_failure_knows_whose_turn_it_is(
    kind: type[RemoteFailure], turn: Turn, *, again_helps: bool
) -> None:
    assert (kind.turn, kind.again_helps) == (turn, again_helps)
