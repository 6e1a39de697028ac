"""A standstill is told at once and once, whatever the choice; what several files have in common is told once for all of them (SYNC §10)."""

import pytest
from sqlalchemy.orm import Session

from portal.models.connections import SaasuFile
from portal.services.selection import ignore_held
from portal.sync.problems import Code, Problem
from tests.factories import NOON
from tests.mailroom import Mailroom
from tests.services.telling import ADA, BO, DEAD, books

AWAY = Problem(Code.STORE_UNREACHABLE, "BigCommerce could not be read: it did not answer.")
SIGNED_OUT = Problem(Code.SAASU_CREDENTIALS, "Saasu refused the saved sign-in.")


@pytest.mark.parametrize("when", ["changed", "needed", "daily"])
def test_credentials_that_die_are_told_at_once_and_once_and_so_is_that_it_works_again(
    session: Session, mailroom: Mailroom, when: str
) -> None:
    jam = books(session, mailroom, when)
    jam.run()

    for _ in range(3):
        jam.run(problem=DEAD)
    jam.run()
    jam.run()

    assert jam.subjects() == [
        "0 posted, 0 need you ($0.00). Stopped: BigCommerce refused the Access Token.",
        "0 posted, 0 need you ($0.00). It works again.",
    ]
    assert [mail.kind for mail in jam.mails()] == ["stopped", "resumed"]
    assert jam.memory().alarm == ""


def test_a_shop_that_is_away_is_told_after_a_day(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom, "needed")
    jam.run()

    for _ in range(23):
        jam.run(problem=AWAY)
    before = jam.subjects()
    jam.run(problem=AWAY)

    assert before == []
    assert [mail.kind for mail in jam.mails()] == ["stopped"]


def file_of_same_login(session: Session, other: SaasuFile) -> SaasuFile:
    file = SaasuFile(
        firm_id=other.firm_id, login_id=other.login_id, file_id=other.file_id + 1, name="Fig Tin Pty Ltd", currency="AUD",
        created_at=NOON,
    )  # fmt: skip
    session.add(file)
    session.commit()
    return file


def test_a_saasu_login_that_dies_is_told_once_for_all_its_files_and_so_is_its_end(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    fig = books(session, mailroom, file=file_of_same_login(session, jam.connection.file), to=f"{ADA}, {BO}")

    for one in (jam, fig, jam, fig):
        one.run(problem=SIGNED_OUT)
    for one in (fig, jam, fig):
        one.run()

    assert [mail.kind for mail in jam.mails()] == ["stopped", "resumed"]
    assert fig.mails() == []
    assert [mail.kind for mail in fig.mails(BO)] == ["stopped", "resumed"]


def test_what_a_file_posts_while_another_tells_the_end_of_their_standstill_is_told_all_the_same(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    fig = books(session, mailroom, file=file_of_same_login(session, jam.connection.file))
    jam.run(problem=SIGNED_OUT)
    fig.run(problem=SIGNED_OUT)

    fig.run(7)

    assert [(mail.kind, mail.subject) for mail in fig.mails()] == [
        ("run", "Fig Tin Pty Ltd: 1 posted, 0 need you ($0.00)")
    ]
    assert fig.memory().alarm == ""


def test_the_dead_token_of_one_shop_is_told_for_each(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    fig = books(session, mailroom, file=file_of_same_login(session, jam.connection.file))

    jam.run(problem=DEAD)
    fig.run(problem=DEAD)

    assert [len(one.mails()) for one in (jam, fig)] == [1, 1]


def test_a_flood_is_told_at_once_and_is_over_when_somebody_answered_it(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom, "needed")
    held = jam.order(120, state="seen", flood_at=NOON, turn="you")
    jam.run(problem=Problem(Code.FLOOD, "51 orders came at once."))
    jam.run()
    before = [mail.kind for mail in jam.mails()]

    ignore_held(session, jam.connection, NOON, "", "Alice", mailroom.clock.now())
    jam.run()

    assert held.state == "ignored"
    assert before == ["stopped"]
    assert [mail.kind for mail in jam.mails()] == ["stopped", "resumed"]
