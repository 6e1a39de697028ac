"""Addresses are asked once, confirmed by a link, and stop their mails by another (SYNC §10)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.mails import Mail, MailAddress
from portal.services import addresses, mail_links
from portal.services.addresses import NotAsked
from portal.services.remotes import firm_vault
from tests.factories import NOON, make_connection, make_file, make_firm
from tests.mailroom import Mailroom

ADA = "ada@example.com"
LINK = re.compile(r"/mail-addresses/([\w-]{22})/(confirm|stop)/([\w-]{22})")


def ask(session: Session, mailroom: Mailroom, firm: Firm, *wanted: str) -> list[MailAddress]:
    addresses.ask_new(session, mailroom.outside, firm.id, wanted)
    session.commit()
    return list(addresses.rows_of(session, firm.id, wanted))


def token_of(mailroom: Mailroom, to: str = ADA) -> str:
    """The token in the newest mail to an address."""
    found = LINK.search(mailroom.came(to)[-1]["text"])
    assert found
    return found[3]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ()),
        (" Ada@Example.com ", (ADA,)),
        ("ada@example.com, bo@example.net;ADA@example.com,", (ADA, "bo@example.net")),
        ("ada@bücher.example.com", ("ada@xn--bcher-kva.example.com",)),
    ],
)
def test_addresses_are_read_each_once_and_in_small_letters(typed: str, found: tuple[str, ...]) -> None:
    assert addresses.addresses_in(typed) == found


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("ada@example.com, bo@", "“bo@” is not an e-mail address."),
        (
            "ada@example.com\r\nBcc: all@example.com",
            "“ada@example.com\r\nBcc: all@example.com” is not an e-mail address.",
        ),
        ("ädä@example.com", "“ädä@example.com” is not an e-mail address."),
        (",".join(f"a{n}@example.com" for n in range(11)), "Give at most 10 addresses."),
        (",".join(f"{'a' * 60}{n}@example.com" for n in range(9)), "Give at most 10 addresses."),
        (" , ", "Give an e-mail address, or untick Notification Email."),
    ],
)
def test_what_is_no_address_is_told_in_a_sentence(typed: str, sentence: str) -> None:
    assert addresses.fault_of(typed, wanted=True) == sentence


def test_ten_addresses_are_fine_and_without_the_tick_none_is_needed() -> None:
    assert addresses.fault_of(",".join(f"a{n}@example.com" for n in range(10)), wanted=True) == ""
    assert addresses.fault_of("", wanted=False) == ""
    assert addresses.fault_of("ada@", wanted=False) == "“ada@” is not an e-mail address."


def test_a_new_address_is_asked_once_and_gets_nothing_else_before_it_says_yes(
    session: Session, mailroom: Mailroom
) -> None:
    firm = make_firm(session)
    connection = make_connection(session, make_file(session, firm))
    connection.notify, connection.notification_email = True, ADA
    (row,) = ask(session, mailroom, firm, ADA)
    ask(session, mailroom, firm, ADA)
    mailroom.post(session)

    (came,) = mailroom.came()
    assert came["subject"] == "Do you want sync notifications from Acacia Accounting?"
    assert addresses.open_to(session, connection) == []
    assert [one.state for one in addresses.standings(session, connection, NOON)] == ["waiting"]

    assert addresses.confirm(session, row.id, token_of(mailroom), mailroom.clock.now())
    assert addresses.open_to(session, connection) == [row]
    assert [one.state for one in addresses.standings(session, connection, NOON)] == ["confirmed"]


def test_only_the_token_of_the_last_question_confirms_and_only_its_digest_is_kept(
    session: Session, mailroom: Mailroom
) -> None:
    (row,) = ask(session, mailroom, make_firm(session), ADA)
    mailroom.post(session)
    first = token_of(mailroom)
    mailroom.clock.forward(minutes=5)
    addresses.ask_again(session, mailroom.outside, row)
    mailroom.post(session)

    assert row.token_digest == mail_links.digest_of(token_of(mailroom))
    assert not addresses.confirm(session, row.id, first, NOON)
    assert addresses.question(session, row.id, first, NOON) is None
    assert addresses.confirm(session, row.id, token_of(mailroom), NOON)


def test_a_link_lives_for_seven_days(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    (row,) = ask(session, mailroom, firm, ADA)
    mailroom.post(session)
    token, week = token_of(mailroom), NOON + timedelta(days=7)

    found = addresses.question(session, row.id, token, week)

    assert found is not None
    assert (found.address, found.firm, found.state) == (ADA, "Acacia Accounting", "expired")
    assert not addresses.confirm(session, row.id, token, week)
    assert addresses.confirm(session, row.id, token, week - timedelta(seconds=1))


def test_saving_again_after_a_link_ran_out_asks_again(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    (row,) = ask(session, mailroom, firm, ADA)
    mailroom.clock.forward(days=7)

    ask(session, mailroom, firm, ADA)

    assert row.asked_at == mailroom.clock.now()
    assert len(session.scalars(select(Mail)).all()) == 2


def test_each_firm_asks_for_itself(session: Session, mailroom: Mailroom) -> None:
    acacia, banksia = make_firm(session), make_firm(session, "Banksia Books")
    (row,) = ask(session, mailroom, acacia, ADA)
    mailroom.post(session)
    addresses.confirm(session, row.id, token_of(mailroom), NOON)

    (other,) = ask(session, mailroom, banksia, ADA)

    assert other.confirmed_at is None
    assert addresses.address_of(session, banksia.id, row.id) is None
    assert addresses.address_of(session, banksia.id, other.id) == other


def test_a_question_is_sent_again_after_five_minutes(session: Session, mailroom: Mailroom) -> None:
    (row,) = ask(session, mailroom, make_firm(session), ADA)
    mailroom.clock.forward(seconds=299)

    with pytest.raises(NotAsked, match="was asked a moment ago"):
        addresses.ask_again(session, mailroom.outside, row)
    mailroom.clock.forward(seconds=1)
    addresses.ask_again(session, mailroom.outside, row)

    assert row.asked_at == mailroom.clock.now()


def test_five_questions_a_day_go_to_one_address_from_all_firms_together(
    session: Session, mailroom: Mailroom
) -> None:
    firms = [make_firm(session, f"Firm {number}") for number in range(6)]
    rows = [ask(session, mailroom, firm, ADA)[0] for firm in firms]

    assert [bool(row.token_digest) for row in rows] == [True] * 5 + [False]
    with pytest.raises(NotAsked, match="Too many questions were sent today"):
        addresses.ask_again(session, mailroom.outside, rows[5])
    mailroom.clock.forward(hours=24)
    addresses.ask_again(session, mailroom.outside, rows[5])
    assert rows[5].token_digest


def test_thirty_questions_a_day_leave_one_firm(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    wanted = [f"a{number}@example.com" for number in range(31)]

    rows = ask(session, mailroom, firm, *wanted)

    assert [row.address for row in rows if not row.token_digest] == ["a30@example.com"]
    assert len(session.scalars(select(Mail)).all()) == 30


def test_a_confirmed_address_is_not_asked_again(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    (row,) = ask(session, mailroom, firm, ADA)
    mailroom.post(session)
    addresses.confirm(session, row.id, token_of(mailroom), NOON)
    mailroom.clock.forward(days=8)

    ask(session, mailroom, firm, ADA)

    assert len(session.scalars(select(Mail)).all()) == 1
    with pytest.raises(NotAsked, match="is confirmed already"):
        addresses.ask_again(session, mailroom.outside, row)


def test_without_a_mail_server_nobody_can_be_asked(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    addresses.ask_new(session, mailroom.without_server, firm.id, [ADA])
    session.commit()
    (row,) = addresses.rows_of(session, firm.id, [ADA])
    mailroom.clock.forward(minutes=6)

    with pytest.raises(NotAsked, match="This portal has no mail server set up"):
        addresses.ask_again(session, mailroom.without_server, row)
    addresses.ask_again(session, mailroom.outside, row)
    mailroom.post(session)
    assert len(mailroom.came()) == 1


def test_the_reader_stops_the_mails_of_a_firm_and_is_not_asked_for_a_week(
    session: Session, mailroom: Mailroom
) -> None:
    firm = make_firm(session)
    connection = make_connection(session, make_file(session, firm))
    connection.notification_email = ADA
    (row,) = ask(session, mailroom, firm, ADA)
    mailroom.post(session)
    asked = token_of(mailroom)
    addresses.confirm(session, row.id, asked, NOON)
    token = mail_links.stop_token(firm_vault(session, mailroom.outside.vault, firm.id), row.id)

    found = addresses.stopping(session, mailroom.outside, row.id, token)
    assert found is not None
    assert (found.address, found.firm, found.state) == (ADA, "Acacia Accounting", "confirmed")
    assert addresses.stop(session, mailroom.outside, row.id, token)
    assert addresses.stop(session, mailroom.outside, row.id, token)
    assert addresses.open_to(session, connection) == []
    assert [one.state for one in addresses.standings(session, connection, NOON)] == ["stopped"]
    assert not addresses.confirm(session, row.id, asked, NOON)
    with pytest.raises(NotAsked, match="asked for no more mails"):
        addresses.ask_again(session, mailroom.outside, row)
    mailroom.clock.forward(days=8)
    ask(session, mailroom, firm, ADA)
    assert len(session.scalars(select(Mail)).all()) == 1

    addresses.ask_again(session, mailroom.outside, row)
    mailroom.post(session)
    assert addresses.confirm(session, row.id, token_of(mailroom), mailroom.clock.now())
    assert addresses.open_to(session, connection) == [row]


def test_a_strange_token_neither_confirms_nor_stops(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    ada, bo = ask(session, mailroom, firm, ADA, "bo@example.com")
    mailroom.post(session)
    keys = firm_vault(session, mailroom.outside.vault, firm.id)
    for token in ("x" * 22, token_of(mailroom, "bo@example.com"), mail_links.stop_token(keys, bo.id)):
        assert not addresses.confirm(session, ada.id, token, NOON)
        assert not addresses.stop(session, mailroom.outside, ada.id, token)
        assert addresses.stopping(session, mailroom.outside, ada.id, token) is None
    assert addresses.stopping(session, mailroom.outside, "y" * 22, "x" * 22) is None
    assert addresses.question(session, "y" * 22, "x" * 22, NOON) is None
    assert (ada.confirmed_at, ada.stopped_at) == (None, None)


def test_an_address_never_asked_is_confirmed_by_no_token(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    row = MailAddress(firm_id=firm.id, address=ADA, asked_at=NOON)
    session.add(row)
    session.commit()

    assert not addresses.confirm(session, row.id, "", NOON)
    assert mailroom.came() == []
