"""After an upgrade the addresses that were typed before are asked once, without anybody saving a form (SYNC §10)."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.models.mails import Mail, MailAddress
from portal.services import addresses, unasked
from tests.factories import make_connection, make_file, make_firm
from tests.mailroom import Mailroom

ADA, BO = "ada@example.com", "bo@example.net"


def typed(session: Session, firm: Firm, words: str, store: str = "jamtin", **more: Any) -> Connection:
    """A connection as an older version saved it: no address of it was ever asked."""
    connection = make_connection(session, make_file(session, firm), store)
    connection.notify, connection.notification_email = True, words
    for name, value in more.items():
        setattr(connection, name, value)
    session.commit()
    return connection


def asked(session: Session) -> list[tuple[str, str]]:
    return sorted((mail.kind, mail.to_address) for mail in session.scalars(select(Mail)))


def test_each_address_is_asked_once_whatever_connections_name_it(
    session: Session, mailroom: Mailroom
) -> None:
    firm = make_firm(session)
    typed(session, firm, f"{ADA}, {BO}")
    typed(session, firm, ADA.upper(), "teapot")

    assert unasked.ask_unasked(session, mailroom.outside) == 2
    assert unasked.ask_unasked(session, mailroom.outside) == 0

    assert asked(session) == [("confirm", ADA), ("confirm", BO)]
    mailroom.post(session)
    assert len(mailroom.came(ADA)) == 1


def test_two_firms_ask_the_same_address_each_for_itself(session: Session, mailroom: Mailroom) -> None:
    for name in ("Acacia Accounting", "Banksia Books"):
        typed(session, make_firm(session, name), ADA)

    assert unasked.ask_unasked(session, mailroom.outside) == 2

    assert {row.address for row in session.scalars(select(MailAddress))} == {ADA}


def test_of_what_was_kept_unchecked_the_addresses_are_asked(session: Session, mailroom: Mailroom) -> None:
    connection = typed(session, make_firm(session), f"the office, {ADA}")

    assert unasked.ask_unasked(session, mailroom.outside) == 1

    assert addresses.kept(connection) == (ADA,)


@pytest.mark.parametrize(
    "more", [{"notify": False}, {"enabled": False}, {"notification_email": ""}, {"notification_email": "x"}]
)
def test_nobody_is_asked_for_a_connection_that_sends_nothing(
    session: Session, mailroom: Mailroom, more: dict[str, Any]
) -> None:
    typed(session, make_firm(session), ADA, **more)

    assert unasked.ask_unasked(session, mailroom.outside) == 0
    assert asked(session) == []


@pytest.mark.parametrize("state", ["waiting", "confirmed", "stopped"])
def test_who_was_asked_before_is_not_asked_again(session: Session, mailroom: Mailroom, state: str) -> None:
    firm = make_firm(session)
    typed(session, firm, ADA)
    addresses.ask_new(session, mailroom.outside, firm.id, [ADA])
    (row,) = addresses.rows_of(session, firm.id, [ADA])
    row.confirmed_at = mailroom.clock.now() if state == "confirmed" else None
    row.stopped_at = mailroom.clock.now() if state == "stopped" else None
    session.commit()
    mailroom.clock.forward(days=30)

    assert unasked.ask_unasked(session, mailroom.outside) == 0


def test_without_a_mail_server_they_are_asked_once_there_is_one(session: Session, mailroom: Mailroom) -> None:
    typed(session, make_firm(session), ADA)

    assert unasked.ask_unasked(session, mailroom.without_server) == 0
    assert session.scalars(select(MailAddress)).all() == []
    assert unasked.ask_unasked(session, mailroom.outside) == 1


def test_more_than_a_day_allows_are_asked_the_day_after(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "QUESTIONS_OF_FIRM", 1)
    typed(session, make_firm(session), f"{ADA}, {BO}")

    assert unasked.ask_unasked(session, mailroom.outside) == 1
    assert unasked.ask_unasked(session, mailroom.outside) == 0
    mailroom.clock.forward(days=1)
    assert unasked.ask_unasked(session, mailroom.outside) == 1
    assert asked(session) == [("confirm", ADA), ("confirm", BO)]


def test_another_clock_that_was_faster_leaves_one_question(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = make_firm(session)
    typed(session, firm, ADA)
    unasked.ask_unasked(session, mailroom.outside)
    firm_id = firm.id
    monkeypatch.setattr(unasked, "unasked", lambda _session: [(firm_id, ADA)])

    assert unasked.ask_unasked(session, mailroom.outside) == 0
    assert asked(session) == [("confirm", ADA)]
