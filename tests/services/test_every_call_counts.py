"""Not one Saasu call goes beyond the day's allowance, however many workers ask at once (SYNC §9)."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.budget import calls_since, count_call, spend_call
from portal.database import db
from portal.models.connections import SaasuFile
from portal.services.gates import Gate
from portal.sync.failures import Blocked
from tests.factories import NOON, make_file, make_firm


@pytest.fixture
def file(session: Session) -> SaasuFile:
    """A file of a plan of 200 calls a day, of which half are ours."""
    made = make_file(session, make_firm(session))
    made.daily_calls = 200
    session.commit()
    return made


def used(session: Session, file: SaasuFile) -> int:
    found = calls_since(session, f"saasu:{file.file_id}", NOON - timedelta(days=2))
    session.rollback()
    return found


def test_the_last_call_of_the_day_is_let_through_and_the_next_is_not(
    session: Session, file: SaasuFile
) -> None:
    gate = Gate(session, file, lambda: NOON)
    for _ in range(100):
        gate.spend("post")

    with pytest.raises(Blocked, match=r"used up: 100 of the 100 allowed. It goes on tomorrow at"):
        gate.spend("post")

    assert used(session, file) == 100


def test_calls_of_a_day_ago_are_free_again(session: Session, file: SaasuFile) -> None:
    for _ in range(100):
        count_call(session, f"saasu:{file.file_id}", "post", NOON - timedelta(hours=24))
    session.commit()
    later = NOON.replace(minute=0) + timedelta(hours=1)

    assert spend_call(session, file, "post", NOON) is not None
    assert spend_call(session, file, "post", later) is None


def test_a_share_of_the_plan_is_left_to_others_unless_there_are_none(
    session: Session, file: SaasuFile
) -> None:
    file.sole_user = True
    session.commit()
    spent = [spend_call(session, file, "post", NOON) for _ in range(161)]
    assert (spent[:160], spent[160] is not None) == ([None] * 160, True)


def test_many_workers_at_the_end_of_the_allowance_use_it_up_to_the_call(
    app: Flask, session: Session, file: SaasuFile
) -> None:
    file_pk, results = file.id, []
    for _ in range(90):
        count_call(session, f"saasu:{file.file_id}", "items", NOON)
    session.commit()
    start = threading.Barrier(6)

    def work(number: int) -> None:
        with app.app_context():
            start.wait()
            for _ in range(5):
                mine = db.session()
                found = mine.get_one(SaasuFile, file_pk)
                results.append(spend_call(mine, found, f"purpose {number}", NOON) is None)
                db.session.remove()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (len(results), sum(results), used(session, file)) == (30, 10, 100)
