"""The clock rings for mails that are due, and the worker's job delivers them; a queue that is away only makes them late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import jobs, task_queue
from portal.database import db
from portal.models.mails import Mail
from portal.models.runs import Run, RunState
from tests.factories import make_connection, make_file, make_firm, make_run
from tests.mailroom import Mailroom, mailroom_for, put
from tests.services.telling import books


@pytest.fixture
def mailroom(app: Flask) -> Iterator[Mailroom]:
    """A portal with a mail server, as its settings say, at the present time."""
    with mailroom_for(app) as room:
        room.clock.moment = datetime.now(UTC)
        app.extensions["settings"] = room.outside.settings
        yield room


def ids_on_queue(app: Flask) -> list[str]:
    return [str(one) for one in task_queue.queue_of(app.extensions["redis"]).get_job_ids()]


def test_a_due_mail_is_rung_for_once_and_its_job_delivers_it(
    app: Flask, session: Session, mailroom: Mailroom
) -> None:
    mail_id = put(session, mailroom.outside, make_firm(session).id).id

    jobs.tick()
    jobs.tick()
    rung = ids_on_queue(app)
    jobs.deliver_mail(mail_id, 1)

    assert rung == [f"mail-{mail_id}-1"]
    assert len(mailroom.came()) == 1
    assert db.session().get_one(Mail, mail_id).sent_at is not None


def test_while_the_queue_is_away_a_mail_is_only_late(
    app: Flask, session: Session, mailroom: Mailroom
) -> None:
    mail_id = put(session, mailroom.outside, make_firm(session).id).id
    there = app.extensions["redis"]
    app.extensions["redis"] = task_queue.connect("redis://127.0.0.1:1/0")
    jobs.tick()
    app.extensions["redis"] = there
    mail = db.session().get_one(Mail, mail_id)
    claimed = (mail.attempts, mail.due_at > datetime.now(UTC))
    mail.due_at -= timedelta(minutes=5)
    db.session().commit()

    jobs.tick()

    assert claimed == (1, True)
    assert ids_on_queue(app) == [f"mail-{mail_id}-2"]


def test_a_tick_tells_of_a_run_that_did_not_happen(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    run = make_run(session, jam.connection, at=mailroom.clock.now() - timedelta(hours=3))
    run_id = run.id

    jobs.tick()
    jobs.tick()

    assert db.session().scalars(select(Mail.kind)).all() == ["missed"]
    assert db.session().get_one(Run, run_id).state == RunState.QUEUED


@pytest.mark.parametrize(("minute", "asked"), [(7, 1), (57, 1), (6, 0)])
def test_a_tick_asks_the_addresses_that_an_older_version_kept(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch, minute: int, asked: int
) -> None:
    connection = make_connection(session, make_file(session, make_firm(session)))
    connection.notify, connection.notification_email = True, "ada@example.com"
    connection.next_run_at = datetime(2099, 1, 1, tzinfo=UTC)
    session.commit()
    moment = datetime.now(UTC).replace(minute=minute)

    jobs.tick_mails(moment)
    jobs.tick_mails(moment)

    assert db.session().scalars(select(Mail.kind)).all() == ["confirm"] * asked
