"""A call of a Saasu login is counted for every file that it reaches, as Saasu does (SYNC §9)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.database import db
from portal.models.accounts import Firm
from portal.models.connections import SaasuFile
from portal.models.mirrors import CallCount
from portal.services import files
from portal.services.remotes import Outside, books_for
from portal.sync.failures import Blocked, CodeWanted, CredentialsRefused
from sandbox.saasu import access
from sandbox.serve import Running, running
from sandbox.world import File, Login, World
from tests.factories import make_firm
from tests.portal_app import app_for

FILES = (41, 42, 43)
CODE = "246810"
BOOKS, KEYS = "books@example.com", "twokeys@example.com"
WORD = "sandbox-books-1"


@pytest.fixture
def servers() -> Iterator[Running]:
    """A Saasu with three files behind one login, and behind another one that is asked for a code."""
    pretend = World(
        name="logins",
        began=datetime.now(UTC).replace(microsecond=0),
        stores=(),
        files=tuple(File(id=number, name=f"File {number}", plan="Growing") for number in FILES),
        logins=(
            Login(username=BOOKS, password=WORD, file_ids=FILES),
            Login(username=KEYS, password=WORD, file_ids=FILES, two_factor_code=CODE),
        ),
    )
    with running(pretend) as started:
        started.saasu.change_settings({"calls_per_second": None})
        yield started


@pytest.fixture
def desk(servers: Running, empty_database: str, empty_redis: str) -> Iterator[tuple[Session, Outside, Firm]]:
    app: Flask = app_for(empty_database, empty_redis, SAASU_API_URL=servers.saasu_url)
    with app.app_context():
        session = db.session()
        yield session, Outside.of(app), make_firm(session)
        db.session.remove()
        db.engine.dispose()


def ours(session: Session) -> dict[int, dict[str, int]]:
    """What we counted for each file, by purpose."""
    found = session.execute(
        select(CallCount.account, CallCount.purpose, func.sum(CallCount.calls)).group_by(
            CallCount.account, CallCount.purpose
        )
    )
    counts: dict[int, dict[str, int]] = {number: {} for number in FILES}
    for account, purpose, calls in found:
        counts[int(account.removeprefix("saasu:"))][purpose] = calls
    session.rollback()
    return counts


def theirs(servers: Running) -> dict[int, int]:
    """What Saasu counted for each file; the list of files is not among it."""
    return {number: len(servers.saasu.allowance.tally(servers.saasu.files[number]).day) for number in FILES}


def as_theirs(session: Session) -> dict[int, int]:
    return {
        number: sum(calls for purpose, calls in by.items() if purpose != "files")
        for number, by in ours(session).items()
    }


def added(desk: tuple[Session, Outside, Firm], *wanted: int) -> list[SaasuFile]:
    """A login signed in, and these of its files added."""
    session, outside, firm = desk
    login = files.sign_in_to_saasu(session, outside, firm.id, BOOKS, WORD)
    found = [one.identity for one in files.choices(session, outside, login)]
    chosen = [one for one in found if one.file_id in wanted]
    return files.add_files(session, outside, login, chosen, "Australia/Sydney")


def test_the_first_sign_in_counts_for_files_that_are_not_ours_yet(
    servers: Running, desk: tuple[Session, Outside, Firm]
) -> None:
    session, outside, firm = desk

    login = files.sign_in_to_saasu(session, outside, firm.id, BOOKS, WORD)
    assert ours(session) == {number: {"sign in": 1} for number in FILES}

    files.choices(session, outside, login)
    assert ours(session) == {number: {"sign in": 1, "files": 1} for number in FILES}
    assert as_theirs(session) == theirs(servers) == dict.fromkeys(FILES, 1)


def test_signing_in_again_counts_once_for_each_file_whether_it_is_ours_or_not(
    servers: Running, desk: tuple[Session, Outside, Firm]
) -> None:
    session, outside, firm = desk
    added(desk, 42)

    login = files.sign_in_to_saasu(session, outside, firm.id, BOOKS, WORD)
    files.choices(session, outside, login)

    assert ours(session) == {number: {"sign in": 2, "files": 2} for number in FILES}
    assert as_theirs(session) == theirs(servers)


def test_a_sign_in_with_a_code_counts_the_two_calls_that_had_it_sent(
    servers: Running, desk: tuple[Session, Outside, Firm]
) -> None:
    session, outside, firm = desk
    with pytest.raises(CodeWanted):
        files.sign_in_to_saasu(session, outside, firm.id, KEYS, WORD)
    assert ours(session) == {number: {} for number in FILES}, "nobody knows yet which files it reaches"

    files.sign_in_to_saasu(session, outside, firm.id, KEYS, WORD, CODE)

    assert ours(session) == {number: {"sign in": 3} for number in FILES}
    assert min(as_theirs(session)[number] - theirs(servers)[number] for number in FILES) >= 0


def test_a_sign_in_that_is_refused_counts_for_the_files_known_to_be_behind_it(
    desk: tuple[Session, Outside, Firm],
) -> None:
    session, outside, firm = desk
    added(desk, 41, 42)

    with pytest.raises(CredentialsRefused):
        files.sign_in_to_saasu(session, outside, firm.id, BOOKS, "not the password")

    assert {number: by["sign in"] for number, by in ours(session).items()} == {41: 2, 42: 2, 43: 1}


def test_a_renewed_token_counts_for_every_file_of_its_login(
    servers: Running, desk: tuple[Session, Outside, Firm]
) -> None:
    session, outside, _firm = desk
    one, _other = added(desk, 41, 42)
    access.end_tokens(servers.saasu, BOOKS)

    books_for(session, outside, one).contacts_by_email("nobody@example.com")

    assert {number: by.get("refresh") for number, by in ours(session).items()} == {41: 1, 42: 1, 43: 1}
    assert ours(session)[41]["contacts"] == 2
    assert as_theirs(session)[42] == theirs(servers)[42]
    assert as_theirs(session)[43] == theirs(servers)[43]


def test_a_token_renewed_while_the_files_are_listed_counts_as_well(
    servers: Running, desk: tuple[Session, Outside, Firm]
) -> None:
    session, outside, _firm = desk
    (file,) = added(desk, 41)
    file.login.access_expires_at = outside.now() + timedelta(seconds=1)
    session.commit()

    files.choices(session, outside, file.login)

    assert ours(session) == {number: {"sign in": 1, "files": 2, "refresh": 1} for number in FILES}
    assert as_theirs(session) == theirs(servers)


def test_a_renewal_that_a_used_up_day_holds_back_is_counted_for_no_file(
    servers: Running, desk: tuple[Session, Outside, Firm]
) -> None:
    session, outside, _firm = desk
    one, _other = added(desk, 41, 42)
    one.daily_calls, one.sole_user = 2, False
    session.commit()
    before, seen = ours(session), theirs(servers)
    access.end_tokens(servers.saasu, BOOKS)
    one.login.access_expires_at = outside.now()
    session.commit()

    with pytest.raises(Blocked):
        books_for(session, outside, one).contacts_by_email("nobody@example.com")

    assert (ours(session), theirs(servers)) == (before, seen)
