"""Mails leave the outbox against a real server: late at worst, known by their Message-ID, or given up with a sentence (SYNC §10)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.mails import Mail, MailAddress
from portal.services import outbox
from portal.services.remotes import firm_vault
from portal.sync.notices import Kind
from portal.vault import VaultError
from tests.factories import NOON, make_firm
from tests.mailroom import Mailroom, put


def refreshed(session: Session, mail: Mail) -> Mail:
    session.refresh(mail)
    session.commit()
    return mail


def test_a_mail_is_claimed_once_and_arrives(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)

    claimed = mailroom.post(session)

    (came,) = mailroom.came()
    assert claimed == [(mail.id, 1)]
    assert (came["to"], came["subject"]) == (["ada@example.com"], "Jam Tin: 3 posted")
    assert "* Order #999: Unable to find product" in came["text"]
    assert "* Order #999: Unable to find product" in came["html"]
    assert came["message_id"] == f"<{mail.id}@127.0.0.1>"
    assert (refreshed(session, mail).sent_at, mail.trouble) == (NOON, "")
    assert mailroom.post(session) == []


def test_the_words_of_a_mail_are_sealed_while_it_waits_and_gone_once_it_is_sent(
    session: Session, mailroom: Mailroom
) -> None:
    firm, other = make_firm(session), make_firm(session, "Banksia Books")
    mail = put(session, mailroom.outside, firm.id)
    keys = firm_vault(session, mailroom.outside.vault, firm.id)
    strangers = firm_vault(session, mailroom.outside.vault, other.id)

    assert mail.text is not None
    assert mail.html is not None
    assert b"Order" not in mail.text + mail.html
    assert "Order #999" in keys.open(mail.id, "text", mail.text)
    with pytest.raises(VaultError):
        strangers.open(mail.id, "text", mail.text)
    mailroom.post(session)
    assert session.execute(select(Mail.text, Mail.html)).one() == (None, None)


def test_a_server_that_is_down_makes_a_mail_late_and_loses_none(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    mailroom.stop()
    waits = []
    for _ in range(7):
        mailroom.post(session)
        waits.append(refreshed(session, mail).due_at - mailroom.clock.now())
        assert mail.trouble == "The mail server 127.0.0.1 does not answer."
        mailroom.clock.moment = mail.due_at
    mailroom.start()

    mailroom.post(session)

    assert [wait // timedelta(minutes=1) for wait in waits] == [1, 5, 15, 30, 60, 120, 120]
    assert len(mailroom.came()) == 1
    assert refreshed(session, mail).sent_at is not None
    assert mail.trouble == ""


def test_a_mail_is_not_tried_again_before_its_time(session: Session, mailroom: Mailroom) -> None:
    put(session, mailroom.outside, make_firm(session).id)
    mailroom.refuse(at="rcpt", code=451)
    mailroom.post(session)

    mailroom.clock.forward(seconds=59)
    too_soon = mailroom.post(session)
    mailroom.clock.forward(seconds=1)
    in_time = mailroom.post(session)

    assert (len(too_soon), len(in_time), len(mailroom.came())) == (0, 1, 1)


def test_a_refusal_for_now_is_followed_by_success(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    mailroom.refuse(at="data", code=451, words="greylisted")

    mailroom.post(session)
    told = refreshed(session, mail).trouble
    mailroom.clock.forward(minutes=1)
    mailroom.post(session)

    assert told == "The mail server refused this mail: 451 greylisted"
    assert (refreshed(session, mail).attempts, mail.sent_at) == (2, mailroom.clock.now())


def test_a_refusal_for_good_is_given_up_with_its_sentence(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    mailroom.refuse(at="rcpt", code=550, words="no such mailbox")

    mailroom.post(session)
    mailroom.clock.forward(days=1)

    assert mailroom.post(session) == []
    assert refreshed(session, mail).gave_up_at == NOON
    assert mail.trouble == "The mail server refused this address: 550 no such mailbox"
    assert mailroom.came() == []


def test_after_five_days_a_mail_is_given_up(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    mailroom.stop()
    mailroom.clock.forward(days=5, seconds=-1)
    mailroom.post(session)
    before = refreshed(session, mail).gave_up_at

    mailroom.clock.moment = mail.due_at
    mailroom.post(session)

    assert before is None
    assert refreshed(session, mail).gave_up_at == mailroom.clock.now()
    assert mail.trouble == "The mail server 127.0.0.1 does not answer."


class Killed(BaseException):
    """A worker that dies."""


def test_a_worker_killed_between_the_servers_yes_and_the_commit_leaves_a_second_copy_of_the_same_message(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(outbox, "settle", die)
        with pytest.raises(Killed):
            mailroom.post(session)
    session.rollback()
    at_once = mailroom.post(session)
    mailroom.clock.forward(minutes=5)
    again = mailroom.post(session)

    first, second = mailroom.came()
    assert (at_once, again) == ([], [(mail.id, 2)])
    assert first["message_id"] == second["message_id"] == f"<{mail.id}@127.0.0.1>"
    assert refreshed(session, mail).sent_at == mailroom.clock.now()
    assert mailroom.post(session) == []


def test_an_answer_lost_after_the_server_took_the_mail_counts_as_not_now(
    session: Session, mailroom: Mailroom
) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    mailroom.refuse(at="data", lost=True)

    mailroom.post(session)
    told = refreshed(session, mail).trouble
    mailroom.clock.forward(minutes=1)
    mailroom.post(session)

    assert told == "The mail server did not say whether it took the mail."
    assert len({came["message_id"] for came in mailroom.came()}) == 1
    assert refreshed(session, mail).sent_at is not None


def test_of_two_clocks_that_see_the_same_mail_one_has_it(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)

    assert outbox.claim(session, mail.id, 0, NOON)
    assert not outbox.claim(session, mail.id, 0, NOON)
    assert not outbox.claim(session, mail.id, 1, NOON)


def test_a_delivery_that_is_out_of_date_or_comes_twice_sends_nothing(
    session: Session, mailroom: Mailroom
) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    mailroom.clock.forward(minutes=5)
    outbox.claim(session, mail.id, 0, NOON)
    outbox.claim(session, mail.id, 1, mailroom.clock.now())

    old = outbox.deliver(session, mailroom.outside, mail.id, 1)
    new = outbox.deliver(session, mailroom.outside, mail.id, 2)
    twice = outbox.deliver(session, mailroom.outside, mail.id, 2)

    assert (old, new, twice, len(mailroom.came())) == (False, True, False, 1)
    assert not outbox.deliver(session, mailroom.outside, "x" * 22, 1)


def test_without_a_mail_server_a_mail_is_kept_as_not_sent_and_never_queued(
    session: Session, mailroom: Mailroom
) -> None:
    mail = put(session, mailroom.without_server, make_firm(session).id)

    assert (mail.gave_up_at, mail.trouble) == (NOON, "This portal has no mail server set up.")
    assert (mail.text, mail.html) == (None, None)
    assert mailroom.post(session) == []


def test_a_mail_that_waited_when_the_server_was_taken_away_says_so(
    session: Session, mailroom: Mailroom
) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    outbox.claim(session, mail.id, 0, NOON)

    outbox.deliver(session, mailroom.without_server, mail.id, 1)

    assert refreshed(session, mail).trouble == "This portal has no mail server set up."
    assert mail.gave_up_at == NOON


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_notice_goes_only_to_an_address_that_still_wants_it(
    session: Session, mailroom: Mailroom, *, confirmed: bool
) -> None:
    firm = make_firm(session)
    mail = put(session, mailroom.outside, firm.id, kind=Kind.RUN)
    if confirmed:
        session.add(
            MailAddress(
                firm_id=firm.id, address="ada@example.com", asked_at=NOON, confirmed_at=NOON, stopped_at=NOON
            )
        )
        session.commit()

    mailroom.post(session)

    assert refreshed(session, mail).trouble == "Its reader has asked for no more mails."
    assert mailroom.came() == []


def test_a_notice_carries_the_way_to_stop_it_and_a_question_does_not(
    session: Session, mailroom: Mailroom
) -> None:
    firm = make_firm(session)
    session.add(
        MailAddress(id="a" * 22, firm_id=firm.id, address="ada@example.com", asked_at=NOON, confirmed_at=NOON)
    )
    session.commit()
    put(session, mailroom.outside, firm.id)
    put(session, mailroom.outside, firm.id, kind=Kind.RUN)

    mailroom.post(session)

    fields = sorted(str(came["headers"].get("List-Unsubscribe", "")) for came in mailroom.came())
    assert fields[0] == ""
    assert fields[1].startswith(f"<http://127.0.0.1:8000/mail-addresses/{'a' * 22}/stop/")


def test_a_fault_of_ours_is_tried_again_like_a_server_that_is_down(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)

    def break_down(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(outbox, "mailer_for", break_down)
    mailroom.post(session)

    assert refreshed(session, mail).trouble == "Something went wrong on our side while sending it."
    assert (mail.gave_up_at, mail.due_at) == (None, NOON + timedelta(minutes=1))


def test_a_mail_given_up_is_sent_when_somebody_asks(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.outside, make_firm(session).id)
    mailroom.refuse(at="rcpt", code=550)
    mailroom.post(session)
    session.refresh(mail)

    assert outbox.send_again(session, mail, mailroom.clock.now())
    mailroom.post(session)

    assert len(mailroom.came()) == 1
    session.refresh(mail)
    assert not outbox.send_again(session, mail, mailroom.clock.now())


def test_a_mail_that_never_had_words_cannot_be_sent_again(session: Session, mailroom: Mailroom) -> None:
    mail = put(session, mailroom.without_server, make_firm(session).id)

    assert not outbox.send_again(session, mail, NOON)


def test_mails_are_forgotten_after_ninety_days(session: Session, mailroom: Mailroom) -> None:
    firm = make_firm(session)
    put(session, mailroom.outside, firm.id)
    mailroom.clock.forward(days=1)
    young = put(session, mailroom.outside, firm.id)

    gone = outbox.forget_old(session, NOON + timedelta(days=90, seconds=1))

    assert gone == 1
    assert session.scalars(select(Mail.id)).all() == [young.id]
