"""The clock tells of runs that did not happen, and writes the digest of a day (SYNC §10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.mails import Mail, MailMemory
from portal.models.runs import Run, RunKind, RunState
from portal.services import overdue, runs
from tests.factories import make_file, make_run
from tests.mailroom import Mailroom
from tests.services.telling import ADA, DEAD, books, confirmed

LATE = timedelta(hours=2)


def test_a_run_that_waits_for_two_hours_is_told_once_and_so_is_that_it_works_again(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom, "daily")
    run = make_run(session, jam.connection, at=mailroom.clock.now())
    mailroom.clock.forward(minutes=119)
    too_soon = overdue.tell_missed(session, mailroom.outside, mailroom.clock.now())
    mailroom.clock.forward(minutes=1)

    told = [overdue.tell_missed(session, mailroom.outside, mailroom.clock.now()) for _ in range(3)]
    run.state = RunState.FINISHED
    session.commit()
    jam.run()
    jam.run()

    assert (too_soon, told) == (0, [1, 0, 0])
    assert jam.subjects() == [
        "no run since 22 May 2026, 12:00 pm AEST",
        "0 posted, 0 need you ($0.00). It works again.",
    ]


def test_a_run_at_work_is_not_missed_however_long_it_takes(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    run = make_run(session, jam.connection, at=mailroom.clock.now())
    runs.begin(session, run.id, 1, mailroom.clock.now())
    mailroom.clock.forward(hours=5)
    jam.connection.lease_run_id = run.id
    jam.connection.lease_until = mailroom.clock.now() + timedelta(seconds=30)
    session.commit()
    at_work = overdue.tell_missed(session, mailroom.outside, mailroom.clock.now())
    mailroom.clock.forward(seconds=31)

    assert (at_work, overdue.tell_missed(session, mailroom.outside, mailroom.clock.now())) == (0, 1)


def test_a_preview_that_waits_holds_up_no_run_and_is_not_missed(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    make_run(session, jam.connection, RunKind.PREVIEW, mailroom.clock.now())
    mailroom.clock.forward(hours=3)

    assert overdue.tell_missed(session, mailroom.outside, mailroom.clock.now()) == 0


def test_a_missed_run_is_told_once_an_address_for_all_files_of_the_firm(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    firm = jam.connection.file.firm_id
    fig = books(session, mailroom, file=make_file(session, session.get_one(Firm, firm)))
    for one in (jam, fig):
        make_run(session, one.connection, at=mailroom.clock.now())
    mailroom.clock.forward(hours=2)

    told = overdue.tell_missed(session, mailroom.outside, mailroom.clock.now())

    assert told == 2
    assert [mail.kind for mail in session.scalars(select(Mail))] == ["missed"]
    assert [row.alarm for row in session.scalars(select(MailMemory))] == ["MISSED", "MISSED"]


def test_a_paused_or_silent_connection_misses_nothing(session: Session, mailroom: Mailroom) -> None:
    paused, silent, unheard = (books(session, mailroom) for _ in range(3))
    for one in (paused, silent, unheard):
        make_run(session, one.connection, at=mailroom.clock.now())
    paused.connection.enabled = False
    silent.connection.notify = False
    confirmed(session, mailroom, unheard.connection.firm_id, ADA).confirmed_at = None
    session.commit()
    mailroom.clock.forward(hours=3)

    assert overdue.tell_missed(session, mailroom.outside, mailroom.clock.now()) == 0
    assert session.scalars(select(Mail)).all() == []


def test_what_was_told_already_is_not_told_as_missed(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.run(problem=DEAD)
    make_run(session, jam.connection, at=mailroom.clock.now())
    mailroom.clock.forward(hours=2)

    assert overdue.tell_missed(session, mailroom.outside, mailroom.clock.now()) == 0


def test_after_the_portal_was_off_one_mail_an_address_says_since_when_and_that_it_works_again(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    jam.run()
    fig = books(session, mailroom, file=make_file(session, session.get_one(Firm, jam.connection.firm_id)))
    for one in (jam, fig):
        one.connection.next_run_at = mailroom.clock.now()
    session.commit()
    mailroom.clock.forward(hours=9)

    noted = overdue.note_gap(session, mailroom.clock.now())
    runs.claim_due(session, mailroom.clock.now(), lambda *_: None)
    again = overdue.note_gap(session, mailroom.clock.now())
    for one in (jam, fig):
        session.execute(update(Run).values(state="finished"))
        session.commit()
        one.run()
    mailroom.post(session)

    (came,) = mailroom.came(ADA)
    assert (noted, again) == (2, 0)
    assert came["subject"].endswith("It works again.")
    assert "The last run before it that came to its end: 22 May 2026, 1:01 pm AEST." in came["text"]


def test_a_run_a_little_late_is_no_gap(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.connection.next_run_at = mailroom.clock.now() - LATE + timedelta(seconds=1)
    session.commit()

    assert overdue.note_gap(session, mailroom.clock.now()) == 0


def test_the_digest_of_a_day_comes_once_at_7_am_of_the_file(session: Session, mailroom: Mailroom) -> None:
    mailroom.clock.moment = datetime(2026, 5, 22, 2, 0, tzinfo=UTC)
    jam = books(session, mailroom, "daily")
    jam.connection.file.time_zone = "Australia/Perth"
    jam.needs(999)
    first = overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
    jam.run(7, 8)
    jam.run(9)
    mailroom.clock.moment = datetime(2026, 5, 22, 22, 59, 59, tzinfo=UTC)
    too_soon = overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
    mailroom.clock.forward(seconds=1)

    due = [overdue.tell_digests(session, mailroom.outside, mailroom.clock.now()) for _ in range(2)]
    mailroom.post(session)

    assert (first, too_soon, due) == (0, 0, [1, 0])
    assert jam.subjects() == ["3 posted, 1 need you ($60.00), daily digest"]
    (came,) = mailroom.came(ADA)
    assert "Since 22 May 2026, 7:00 am AWST, 23 May 2026, 7:00 am AWST" in came["text"]
    assert "Open the day’s runs: http://127.0.0.1:8000/runs?connection=" in came["text"]
    assert jam.memory().next_digest_at == datetime(2026, 5, 23, 23, 0, tzinfo=UTC)


def test_a_digest_that_was_late_takes_in_everything_since_the_one_before(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom, "daily")
    overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
    jam.run(7)
    mailroom.clock.forward(hours=60)
    jam.run(8)

    overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())

    assert jam.subjects() == ["2 posted, 0 need you ($0.00), daily digest"]


def test_a_digest_names_the_problem_the_connection_stands_still_for(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom, "daily")
    overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
    jam.run(problem=DEAD)
    mailroom.clock.forward(hours=24)

    overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
    mailroom.post(session)

    assert [mail.kind for mail in jam.mails()] == ["stopped", "digest"]
    assert DEAD.sentence in mailroom.came(ADA)[-1]["text"]
    assert jam.memory().alarm == "STORE_CREDENTIALS"


def test_a_fault_in_the_digest_of_one_connection_silences_no_other(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, jam = books(session, mailroom, "daily"), books(session, mailroom, "daily")
    overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
    mailroom.clock.forward(hours=24)
    whole = overdue.report_since

    def report(*given: Any) -> Any:
        if given[2].id == broken.connection.id:
            raise TypeError("a row that nobody expected")
        return whole(*given)

    monkeypatch.setattr(overdue, "report_since", report)

    assert overdue.tell_digests(session, mailroom.outside, mailroom.clock.now()) == 1
    assert jam.subjects() == ["0 posted, 0 need you ($0.00), daily digest"]


def test_other_choices_get_no_digest_and_nobody_unconfirmed_does(
    session: Session, mailroom: Mailroom
) -> None:
    changed, unheard = books(session, mailroom), books(session, mailroom, "daily")
    confirmed(session, mailroom, unheard.connection.firm_id, ADA).confirmed_at = None
    session.commit()
    for _ in range(3):
        overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
        mailroom.clock.forward(hours=24)

    assert session.scalars(select(Mail)).all() == []
    assert session.get(MailMemory, changed.connection.id) is None


def test_of_two_clocks_one_writes_the_digest(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom, "daily")
    overdue.tell_digests(session, mailroom.outside, mailroom.clock.now())
    due = jam.memory().next_digest_at
    session.commit()
    mailroom.clock.forward(hours=24)

    both = [
        overdue.tell_digest(session, mailroom.outside, jam.connection.id, due, mailroom.clock.now())
        for _ in range(2)
    ]

    assert both == [True, False]
    assert len(jam.mails()) == 1
