"""Once an hour the clock forgets the texts of orders that were done with 90 days ago."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import jobs
from portal.database import db
from portal.models.orders import Order
from tests.factories import make_connection, make_file, make_firm, make_order


@pytest.mark.parametrize(
    ("minute", "kept"), [(jobs.CLEANING_MINUTE, False), (jobs.CLEANING_MINUTE + 1, True)]
)
def test_texts_are_forgotten_in_one_minute_of_the_hour(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, minute: int, kept: bool
) -> None:
    long_ago = datetime(2026, 11, 24, tzinfo=UTC) - timedelta(days=91)
    connection = make_connection(session, make_file(session, make_firm(session)), enabled=False)
    make_order(session, connection, 100, "posted", decided_at=long_ago, document=b"sealed")
    monkeypatch.setattr(jobs, "present", lambda: datetime(2026, 11, 24, 3, minute, tzinfo=UTC))

    jobs.tick()

    assert (db.session().scalars(select(Order.document)).one() is not None) is kept
