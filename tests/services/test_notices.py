"""What a run came to is mailed as the connection chose, by rows written with the run's end (SYNC §10)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.backfills import Backfill, BackfillState
from portal.models.mails import Mail, MailAddress, MailMemory
from portal.models.runs import Run, RunKind, RunState
from portal.reports import board, needing, needs_you_count
from portal.services import notices, runs
from portal.services.notices import tell_of_run
from portal.sync.problems import Code, about_order
from tests.factories import NOON, make_connection, make_file, make_firm, make_run
from tests.mailroom import Mailroom
from tests.services.telling import ADA, BO, DEAD, Books, books, confirmed


def test_a_run_that_posts_and_leaves_something_undone_is_told_with_the_documents_lines(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    failed = jam.needs(999, "1180.40")

    run = jam.run(1000, 1001, during=lambda: jam.exists(120, "32.00"))
    mailroom.post(session)

    (came,) = mailroom.came(ADA)
    lines = came["text"].splitlines()
    assert came["subject"] == "Jam Tin Pty Ltd: 2 posted, 2 need you ($1,212.40)"
    assert "* Order #999: Unable to find product with BigCommerce sku/code=sh-hoodie-with-logo" in lines
    assert "* Order #120: Invoice with number SHO120 already exists." in lines
    assert f"  http://127.0.0.1:8000/orders/{failed.id}" in lines
    assert f"Open the run: http://127.0.0.1:8000/runs/{run.id}" in lines
    assert "Posted                   2       $40.00" in lines
    assert jam.mails()[0].run_id == run.id


def test_the_mails_addresses_are_pages_of_this_portal(
    app: Flask, session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    jam.needs(999)
    jam.run()
    mailroom.post(session)

    text = mailroom.came(ADA)[0]["text"]
    paths = {
        word.removeprefix("http://127.0.0.1:8000").partition("?")[0] for word in text.split() if "://" in word
    }
    rules = app.url_map.bind("127.0.0.1")
    endpoints = {rules.match(path, method="GET")[0] for path in paths}

    assert endpoints == {"orders.show", "runs.show", "connections.edit", "mails.stop"}


def test_nothing_posted_and_the_same_problems_is_no_mail(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.needs(999)

    jam.run()
    jam.run()
    jam.run()
    jam.needs(1000)
    jam.run()

    assert jam.subjects() == ["0 posted, 1 need you ($60.00)", "0 posted, 2 need you ($120.00)"]


def test_an_invoice_that_exists_is_told_once(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.run()

    jam.run(during=lambda: jam.exists(120))
    jam.run()

    assert jam.subjects() == ["0 posted, 1 need you ($60.00)"]


@pytest.mark.parametrize(
    ("when", "told"),
    [("changed", ["2 posted, 0 need you ($0.00)"]), ("every", ["0 posted, 0 need you ($0.00)", "2 posted, 0 need you ($0.00)"]), ("needed", []), ("daily", [])],
)  # fmt: skip
def test_each_choice_has_its_mails(session: Session, mailroom: Mailroom, when: str, told: list[str]) -> None:
    jam = books(session, mailroom, when)

    jam.run()
    jam.run(7, 8)

    assert jam.subjects() == told


def test_solved_orders_are_named_in_the_next_mail(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.needs(999)
    jam.run()
    jam.solve(999)
    jam.run()
    mailroom.post(session)

    assert "Solved since the last mail\n\n- #999\n" in mailroom.came(ADA)[-1]["text"]


def test_an_address_that_is_not_confirmed_or_has_stopped_gets_nothing(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom, to=f"{ADA}, {BO}")
    jam.needs(999)
    bo = confirmed(session, mailroom, jam.connection.firm_id, BO)
    bo.confirmed_at = None
    session.commit()
    jam.run()
    bo.confirmed_at, bo.stopped_at = NOON, NOON
    session.commit()
    jam.run(7)

    assert [len(jam.mails(to)) for to in (ADA, BO)] == [2, 0]


def test_while_nobody_can_be_told_nothing_counts_as_told(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    ada = confirmed(session, mailroom, jam.connection.firm_id, ADA)
    ada.confirmed_at = None
    session.commit()
    jam.needs(999)
    jam.run()
    jam.run(problem=DEAD)
    ada.confirmed_at = NOON
    session.commit()

    jam.run(problem=DEAD)

    assert [mail.kind for mail in jam.mails()] == ["stopped"]
    assert "1 need you" in jam.subjects()[0]


def test_a_connection_that_does_not_notify_is_silent(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.connection.notify = False
    session.commit()
    jam.needs(999)

    jam.run(7)

    assert session.scalars(select(Mail)).all() == []


def test_a_replay_of_days_gone_by_tells_nobody(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    run = make_run(session, jam.connection)

    tell_of_run(session, replace(mailroom.outside, silent=True), run, None)
    session.commit()

    assert session.scalars(select(Mail)).all() == []


def test_a_sweep_tells_nothing_and_does_not_say_that_it_works_again(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    jam.run(problem=DEAD)

    jam.run(kind=RunKind.SWEEP)

    assert [mail.kind for mail in jam.mails()] == ["stopped"]


def test_what_mends_itself_and_what_was_left_out_stand_apart_from_the_errors(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom, "every")
    jam.needs(5, problem=about_order(Code.INCOMPLETE_READ, 5, "the shop did not give all its lines"))
    jam.order(6, state="ignored", ignored_reason="BEFORE_START", look_once=True)
    jam.order(7, state="ignored", ignored_reason="BEFORE_START")
    jam.order(8, state="posted", look_once=True, turn="you", problems=[
        {"code": "POSTED_TOTAL_DIFFERS", "sentence": "Order #8: Saasu shows another total", "subject": ""}
    ])  # fmt: skip

    jam.run()
    mailroom.post(session)

    text = mailroom.came(ADA)[0]["text"]
    assert jam.subjects() == ["0 posted, 1 need you ($60.00)"]
    assert "* Order #8: Saasu shows another total" in text
    assert "- Order #5: the shop did not give all its lines" in text
    assert "- 1 order, $60.00: older than the start of this connection" in text


def test_what_changed_after_posting_is_told_by_what_it_asks_for_and_names_no_customer(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom, "needed")
    what, means = (
        "Billed to Robin Example, 1 High Street",
        "Cancelled in the shop after it was posted: take it back.",
    )
    jam.order(
        7, "120.00", state="posted", look_once=True, changes={"at": "", "what": [what], "means": [means]}
    )
    jam.order(
        8, "9.00", state="posted", look_once=False, changes={"at": "", "what": [what], "means": [means]}
    )
    jam.order(9, "9.00", state="posted", look_once=True, changes={"at": "", "what": [what], "means": []})

    jam.run()
    jam.run()
    mailroom.post(session)

    (came,) = mailroom.came(ADA)
    assert f"- Order #7: {means}" in came["text"]
    assert "Changed afterwards       1      $120.00" in came["text"]
    assert "Robin" not in came["text"] + came["html"]
    assert "Order #8" not in came["text"]
    assert "Order #9" not in came["text"]


def backfill_of(jam: Books) -> Backfill:
    made = Backfill(
        firm_id=jam.connection.firm_id, connection_id=jam.connection.id, orders_from=NOON.date(), since=NOON, until=NOON,
        asked_at=NOON,
    )  # fmt: skip
    jam.session.add(made)
    jam.session.commit()
    return made


def test_the_slices_of_a_backfill_are_told_together_when_all_is_taken(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    backfill = backfill_of(jam)
    jam.order(3, "10.00", state="posted", backfill_id=backfill.id)
    jam.run(4, kind=RunKind.BACKFILL, backfill_id=backfill.id)
    during = jam.subjects()
    jam.order(5, "10.00", state="posted", backfill_id=backfill.id)
    backfill.state = BackfillState.FINISHED
    session.commit()

    jam.run(6, kind=RunKind.BACKFILL, backfill_id=backfill.id)

    mailroom.post(session)
    assert during == []
    assert (
        f"Open the backfill: http://127.0.0.1:8000/backfills/{backfill.id}\n" in mailroom.came(ADA)[0]["text"]
    )
    assert jam.subjects() == ["2 posted, 0 need you ($0.00)"]


def test_a_fault_in_a_notice_costs_the_mail_and_never_the_runs_end(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    jam = books(session, mailroom)
    jam.needs(999)

    def break_down(*_: object) -> None:
        session.add(MailMemory(connection_id="nowhere"))
        session.flush()

    monkeypatch.setattr(notices, "report_of_run", break_down)
    run = jam.run()

    assert session.get_one(Run, run.id).state == "finished"
    assert session.scalars(select(Mail)).all() == []


def test_mails_and_the_runs_end_are_written_together_or_not_at_all(
    session: Session, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    jam = books(session, mailroom)
    jam.needs(999)

    def die() -> None:
        raise KeyboardInterrupt

    run = make_run(session, jam.connection, at=NOON)
    runs.begin(session, run.id, 1, NOON)
    with monkeypatch.context() as dying:
        dying.setattr(session, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            runs.finish(
                session, run, 1, RunState.FINISHED, None, NOON,
                lambda ended: tell_of_run(session, mailroom.outside, ended, None),
            )  # fmt: skip
    session.rollback()

    assert session.get_one(Run, run.id).state == "running"
    assert session.scalars(select(Mail)).all() == []


def test_without_a_mail_server_a_notice_is_kept_as_not_sent(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.needs(999)
    run = make_run(session, jam.connection)
    run.state = "finished"

    tell_of_run(session, mailroom.without_server, run, None)
    session.commit()

    assert [mail.trouble for mail in jam.mails()] == ["This portal has no mail server set up."]


def test_unticking_forgets_the_standstill_and_the_digest(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.run(problem=DEAD)
    jam.memory().next_digest_at = NOON
    jam.connection.notify = False

    notices.choice_saved(session, mailroom.outside, jam.connection)
    session.commit()

    assert (jam.memory().alarm, jam.memory().next_digest_at) == ("", None)


def test_a_saved_choice_asks_its_new_addresses(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    jam.connection.notification_email = f"{ADA}, {BO}"

    notices.choice_saved(session, mailroom.outside, jam.connection)
    session.commit()

    assert [mail.to_address for mail in session.scalars(select(Mail))] == [BO]
    assert len(session.scalars(select(MailAddress)).all()) == 2


def test_a_firm_of_another_name_is_not_told(session: Session, mailroom: Mailroom) -> None:
    jam = books(session, mailroom)
    other = books(session, mailroom, file=make_file(session, make_firm(session, "Banksia Books")))
    jam.needs(999)

    jam.run()

    assert other.mails() == []
    assert {mail.firm_id for mail in session.scalars(select(Mail))} == {jam.connection.firm_id}


def test_a_mail_counts_what_needs_somebody_as_the_board_does_the_disputed_and_a_flood_among_it(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    jam.needs(999, "100.00")
    disputed = {"state": "ignored", "ignored_reason": "STATUS", "look_once": True, "turn": "you"}
    jam.order(1000, "20.50", **disputed)
    jam.order(1001, "30.00", state="seen", flood_at=mailroom.clock.now(), turn="you")
    jam.order(1002, "7.00", state="ignored", ignored_reason="WHILE_OFF", look_once=True)
    jam.needs(1003, "9.00", about_order(Code.INCOMPLETE_READ, 1003, "not all its lines"))
    jam.run()

    (row,) = board(session, jam.connection.firm_id, mailroom.clock.now()).rows

    assert (row.needs_you.orders, row.needs_you.dollars) == (3, Decimal("150.50"))
    assert needs_you_count(session, jam.connection.firm_id) == 3
    assert jam.subjects() == ["0 posted, 3 need you ($150.50)"]


def test_the_board_and_a_mail_count_one_connection_apart_from_another(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    jam.needs(999, "100.00")
    other = make_connection(session, jam.connection.file, "othershop")

    assert set(needing(session, jam.connection.firm_id)) == {jam.connection.id}
    assert needing(session, jam.connection.firm_id, other.id) == {}
    assert needing(session, "another firm") == {}
