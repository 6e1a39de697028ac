"""Leases, intents and settle times go by one clock, whatever the clock of a worker's machine says (SYNC §7)."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal import database
from portal.database import db
from portal.services.remotes import Outside
from portal.services.runs import SystemClock


class WrongClock(datetime):
    """A machine that is ten minutes ahead."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        del tz
        return datetime.now(UTC) + timedelta(minutes=10)


def test_every_worker_goes_by_the_databases_clock(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = db.engine.dialect.name == "postgresql"
    monkeypatch.setattr(database, "datetime", WrongClock)
    ahead = timedelta(minutes=0 if shared else 10)

    for moment in (SystemClock().now(), Outside.of(app).now()):
        assert moment.tzinfo is UTC
        assert abs(moment - datetime.now(UTC) - ahead) < timedelta(minutes=2)


def test_looking_at_the_clock_leaves_a_transaction_as_it_is(session: Session) -> None:
    session.connection()
    before = session.get_transaction()
    first = SystemClock().now()

    assert SystemClock().now() >= first
    assert session.get_transaction() is before
