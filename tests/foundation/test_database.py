"""The database keeps moments and amounts exactly, and lets no write be lost."""

import os
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from portal import database
from portal.database import db, new_id
from portal.models.accounts import Firm, Membership
from portal.models.mirrors import CallCount, MirroredTaxCode
from tests.factories import NOON, make_file, make_firm
from tests.portal_app import app_for

PERTH = timezone(timedelta(hours=8))


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def test_a_moment_comes_back_in_utc_whatever_its_zone_was(session: Session) -> None:
    firm = make_firm(session)
    firm.created_at = datetime(2026, 5, 22, 8, 30, 15, 123456, tzinfo=PERTH)
    session.commit()

    kept = session.scalars(select(Firm.created_at)).one()

    assert kept == datetime(2026, 5, 22, 0, 30, 15, 123456, tzinfo=UTC)
    assert kept.utcoffset() == timedelta(0)


def test_moments_of_different_zones_are_compared_as_moments(session: Session) -> None:
    make_firm(session)  # at noon in Sydney, 02:00 UTC
    just_before = datetime(2026, 5, 22, 9, 59, tzinfo=PERTH)

    assert session.scalars(select(Firm).where(Firm.created_at > just_before)).all()
    assert not session.scalars(select(Firm).where(Firm.created_at < just_before)).all()


def test_a_moment_without_a_zone_is_refused(session: Session) -> None:
    firm = make_firm(session)
    firm.created_at = datetime(2026, 5, 22, 8, 30)  # noqa: DTZ001

    with pytest.raises(StatementError, match="without a time zone"):
        session.commit()


@pytest.mark.parametrize(
    "amount", ["0.1", "19.99", "1234567890123.4567", "-0.005", "0.0000", "1E+3", "0.333333333333333333"]
)
def test_an_amount_comes_back_digit_for_digit(session: Session, amount: str) -> None:
    file = make_file(session, make_firm(session))
    session.add(MirroredTaxCode(file_pk=file.id, code="G1", rate=Decimal(amount)))
    session.commit()

    kept = session.scalars(select(MirroredTaxCode.rate)).one()

    assert (kept, format(kept, "f")) == (Decimal(amount), format(Decimal(amount), "f"))


@pytest.mark.parametrize("amount", [0.1, 1, "1.00", Decimal("NaN"), Decimal("Infinity"), Decimal("1E+40")])
def test_what_is_no_exact_amount_is_refused(session: Session, amount: object) -> None:
    file = make_file(session, make_firm(session))

    with pytest.raises(StatementError):
        session.execute(insert(MirroredTaxCode).values(file_pk=file.id, code="G1", rate=amount))


def test_ids_are_22_characters_that_an_address_can_hold() -> None:
    ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(len(one) == 22 and one.replace("-", "").replace("_", "").isalnum() for one in ids)


def test_a_row_that_points_nowhere_is_refused(session: Session) -> None:
    session.add(Membership(firm_id=new_id(), person_id=new_id(), role="owner"))

    with pytest.raises(IntegrityError):
        session.commit()


def test_sqlite_writes_ahead_waits_and_watches_its_foreign_keys(session: Session) -> None:
    if not is_sqlite():
        assert session.scalar(text("SHOW server_version_num"))
        return
    pragmas = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")

    assert [session.scalar(text(f"PRAGMA {name}")) for name in pragmas] == ["wal", 1, 30000, 1]


def test_two_writers_at_once_lose_nothing(app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(insert(CallCount).values(account="saasu:7", hour=NOON, purpose="orders", calls=0))

    def add_one_after_the_other() -> None:
        with app.app_context():
            for _ in range(25):
                with db.engine.begin() as connection:
                    calls = connection.scalar(select(CallCount.calls).with_for_update())
                    connection.execute(update(CallCount).values(calls=(calls or 0) + 1))

    writers = [threading.Thread(target=add_one_after_the_other) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    with db.engine.connect() as connection:
        assert connection.scalar(select(CallCount.calls)) == 100


def test_who_only_reads_waits_for_no_writer(app: Flask, session: Session) -> None:
    make_firm(session)
    with db.engine.begin() as writer:
        writer.execute(update(Firm).values(name="Banksia Books"))

        assert database.begin_reading().scalars(select(Firm.name)).one() == "Acacia Accounting"
        assert database.is_alive()


def test_after_reading_the_same_session_writes_as_ever(session: Session) -> None:
    make_firm(session)
    database.begin_reading().scalars(select(Firm)).one()
    session.rollback()

    session.execute(update(Firm).values(name="Banksia Books"))
    session.commit()

    assert session.scalars(select(Firm.name)).one() == "Banksia Books"


def test_reading_within_a_transaction_leaves_it_as_it_is(session: Session) -> None:
    firm = make_firm(session)
    firm.name = "Banksia Books"
    session.flush()

    assert database.begin_reading().scalars(select(Firm.name)).one() == "Banksia Books"
    session.commit()
    assert session.scalars(select(Firm.name)).one() == "Banksia Books"


def test_a_database_that_is_away_is_not_alive(redis_url: str) -> None:
    away = app_for("postgresql://nobody@127.0.0.1:1/portal", redis_url)

    with away.app_context():
        assert not database.is_alive()


def test_a_forked_child_has_connections_of_its_own_and_leaves_the_parents_alone(
    app: Flask, session: Session
) -> None:
    make_firm(session)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            database.dispose_after_fork()
            with db.engine.connect() as connection:
                status = 0 if connection.scalar(select(Firm.name)) == "Acacia Accounting" else 2
        finally:
            os._exit(status)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert session.scalars(select(Firm.name)).one() == "Acacia Accounting"


def test_an_id_never_begins_with_a_hyphen_which_would_be_an_option_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = iter(["-" * 22, "-abc", "abc-def"])
    monkeypatch.setattr("portal.database.secrets.token_urlsafe", lambda _size: next(drawn))
    assert new_id() == "abc-def"
