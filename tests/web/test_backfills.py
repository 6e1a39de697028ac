"""The page of a backfill in each of its states, its buttons, and what the connector, the board and a file's page say of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.backfills import Backfill
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.models.runs import Run, RunKind, RunState
from tests.cast import Cast, Member
from tests.factories import NOON, make_backfill, make_connection, make_file, make_order, make_run
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
QUOTA = "The older orders wait for Saasu calls. It goes on tomorrow at 9:05 am."


@dataclass(frozen=True, slots=True)
class Seen:
    """A backfill of Acacia with some of its orders decided."""

    id: str
    connection: str
    file: str

    @property
    def url(self) -> str:
        return f"/backfills/{self.id}"


@pytest.fixture
def seen(rows: Rows, cast: Cast) -> Seen:
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        connection = make_connection(session, file)
        backfill = make_backfill(
            session, connection, read_to_end=True, read=1240, known=3, state="running",
            acts=[{"at": NOON.isoformat(), "actor": "Alice", "act": "asked for orders from 12 February 2026 on"}],
        )  # fmt: skip
        for number in range(1200):
            session.add(order_of(connection, backfill, 100 + number, "posted", Decimal("10.50")))
        for number in range(37):
            session.add(order_of(connection, backfill, 2000 + number, "seen", Decimal("2.00"), held=True))
        session.commit()
        make_order(
            session, connection, 5000, "failed", turn="you", backfill_id=backfill.id, total=Decimal("99.95")
        )
        make_order(session, connection, 5001, "ignored", ignored_reason="STATUS", backfill_id=backfill.id)
        make_order(session, connection, 6000, "posted")
        return Seen(backfill.id, connection.id, file.id)


def order_of(
    connection: Connection, backfill: Backfill, number: int, state: str, total: Decimal, **more: Any
) -> Order:
    return Order(
        firm_id=connection.firm_id, connection_id=connection.id, saasu_file_id=connection.file.file_id,
        store_hash=connection.store_hash, order_id=number, state=state, total=total, backfill_id=backfill.id,
        order_created_at=NOON, order_modified_at=NOON, first_seen_at=NOON, decided_at=NOON, **more,
    )  # fmt: skip


def change(rows: Rows, seen: Seen, **values: Any) -> None:
    with rows() as session:
        session.execute(update(Backfill).where(Backfill.id == seen.id).values(**values))
        session.commit()


def words(client: FlaskClient, url: str) -> str:
    """What a page says, without its markup."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    body = answer.text.split("<main", 1)[1].split("<footer", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def buttons(client: FlaskClient, url: str) -> list[str]:
    return re.findall(r"<button[^>]*>([^<]+)</button>", client.get(url).text.split("<main", 1)[1])


def test_the_page_knows_its_total_and_counts_orders_and_dollars(
    seen: Seen, cast: Cast, sign_in: SignIn
) -> None:
    said = words(sign_in(cast.pat), seen.url)

    assert "1,202 of 1,239 orders, done by" in said
    assert "Posted 1,200 $12,600.00" in said
    assert "Needs you 1 $99.95" in said
    assert "Waiting 37 $74.00" in said
    assert "All 1,239 $12,784.95" in said
    assert "1,240 orders read; 3 of them were known already and left as they were." in said
    assert (
        "1,500 Saasu calls a day allowed, 300 kept for the hourly runs; 0 used in the last 24 hours." in said
    )
    assert "Alice asked for orders from 12 February 2026 on" in said


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"read_to_end": False, "read": 750}, "Running Reading the shop: 750 orders so far."),
        ({"state": "paused"}, "Paused No older order is posted until somebody resumes this."),
        ({"state": "stopped", "finished_at": NOON}, "Stopped What was posted stays in Saasu."),
        (
            {"state": "finished", "finished_at": NOON},
            "Finished Every order is decided; 1 order still needs somebody",
        ),
        ({"problem_code": "SAASU_QUOTA", "problem_sentence": QUOTA}, f"Will mend itself {QUOTA}"),
        ({"problem_code": "STORE_CREDENTIALS", "problem_sentence": "Refused."}, "Needs you Refused."),
        ({}, "Running The next part begins in a moment."),
    ],
)
def test_the_page_says_what_goes_on(
    seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn, values: dict[str, Any], sentence: str
) -> None:
    if values:
        change(rows, seen, **values)

    assert sentence in words(sign_in(cast.bob), seen.url)


def test_the_page_says_which_run_is_at_work(seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.bob)
    with rows() as session:
        run_id = make_run(session, session.get_one(Connection, seen.connection)).id
    assert "Gives way to a run of this hour" in words(client, seen.url)
    with rows() as session:
        session.execute(
            update(Run).where(Run.id == run_id).values(kind=RunKind.BACKFILL, backfill_id=seen.id)
        )
        session.commit()

    assert "Posting now: this part" in words(client, seen.url)


def test_a_connection_that_is_off_keeps_its_backfill_waiting(
    seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    with rows() as session:
        session.get_one(Connection, seen.connection).enabled = False
        session.commit()

    assert "The connection is off. This goes on when somebody enables it." in words(
        sign_in(cast.bob), seen.url
    )


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, ["Pause", "Stop and leave the rest out"]),
        ({"state": "paused"}, ["Resume", "Stop and leave the rest out"]),
        (
            {"problem_code": "SAASU_QUOTA", "problem_sentence": QUOTA},
            ["Pause", "Stop and leave the rest out"],
        ),
        (
            {"problem_code": "STORE_CREDENTIALS", "problem_sentence": "No."},
            ["Try again now", "Pause", "Stop and leave the rest out"],
        ),
        ({"state": "finished"}, []),
        ({"state": "stopped"}, []),
    ],
)
def test_the_buttons_are_those_that_do_something(
    seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn, values: dict[str, Any], wanted: list[str]
) -> None:
    if values:
        change(rows, seen, **values)

    assert buttons(sign_in(cast.pat), seen.url) == wanted


def test_a_reader_sees_it_and_has_no_buttons(seen: Seen, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.bob)

    assert buttons(client, seen.url) == []
    assert "data-live-done" not in client.get(f"{seen.url}/live").text


def test_its_buttons_pause_resume_and_stop_it(seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.pat)
    states = []
    for act in ("pause", "resume", "stop"):
        assert client.post(f"{seen.url}/{act}").location == seen.url
        with rows() as session:
            states.append(session.get_one(Backfill, seen.id).state)

    assert states == ["paused", "running", "stopped"]
    said = words(client, seen.url)
    assert re.search(r"Pat Paperbark paused it .* Pat Paperbark resumed it .* Pat Paperbark stopped it", said)
    assert "data-live-done" in client.get(f"{seen.url}/live").text
    assert "Somebody was faster" in client.post(f"{seen.url}/pause", follow_redirects=True).text


def test_its_orders_are_listed_by_what_became_of_them(seen: Seen, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.bob)

    assert "#5000" in words(client, f"/orders?state=needs_you&backfill={seen.id}")
    assert "#5001" in words(client, f"/orders?state=ignored&backfill={seen.id}")
    assert "#6000" in words(client, "/orders?number=6000")
    assert "#6000" not in words(client, f"/orders?number=6000&backfill={seen.id}")


def test_the_board_and_the_connector_say_how_far_it_is(
    seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.pat)
    with rows() as session:
        session.get_one(SaasuFile, seen.file).items_read_to = datetime.now(UTC) + timedelta(minutes=5)
        session.commit()

    assert "Orders from 11 February 2026: 1,202 of 1,239" in words(client, "/")
    assert "Orders from 11 February 2026 : 1,202 of 1,239 orders decided." in words(
        client, f"/connections/{seen.connection}"
    )
    change(rows, seen, state="paused")
    assert "Orders from 11 February 2026, paused" in words(client, "/")
    change(rows, seen, state="finished", finished_at=NOON)
    assert "Orders from" not in words(client, "/")
    assert "Finished Orders from 11 February 2026" in words(client, f"/connections/{seen.connection}")


def test_a_slices_run_leads_to_the_whole_and_is_not_stopped_alone(
    seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.pat)
    with rows() as session:
        run = make_run(session, session.get_one(Connection, seen.connection), RunKind.BACKFILL)
        run.backfill_id = seen.id
        session.commit()
        run_id = run.id

    assert buttons(client, f"/runs/{run_id}") == []
    assert f'href="{seen.url}"' in client.get(f"/runs/{run_id}").text
    assert client.post(f"/runs/{run_id}/stop").location == seen.url
    with rows() as session:
        assert session.get_one(Run, run_id).stop_asked is False


def test_slices_are_no_days_of_the_boards_strip(seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.pat)
    with rows() as session:
        run = make_run(
            session, session.get_one(Connection, seen.connection), RunKind.BACKFILL, datetime.now(UTC)
        )
        run.state, run.backfill_id = RunState.STOPPED, seen.id
        session.commit()

    assert "1 incomplete" not in client.get("/").text


# --- the file's allowance -----------------------------------------------------------------------------------------------


def allowance_of(session: Session, seen: Seen) -> tuple[int | None, bool]:
    file = session.scalars(select(SaasuFile).where(SaasuFile.id == seen.file)).one()
    return file.daily_calls, file.sole_user


def test_a_person_says_what_saasu_allows_and_who_else_calls(
    seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    client, url = sign_in(cast.pat), f"/files/{seen.file}/allowance"
    assert (
        "Saasu does not name this file’s subscription; the smallest plan allows 3,000 calls a day"
        in words(client, url)
    )
    change(rows, seen, resume_at=NOON, problem_code="SAASU_QUOTA", problem_sentence=QUOTA)

    answer = client.post(url, data={"daily_calls": "6,000", "sole_user": "y"}, follow_redirects=True)

    assert "Jam Tin Pty Ltd may use 4,800 Saasu calls a day." in answer.text
    with rows() as session:
        assert allowance_of(session, seen) == (6000, True)
        assert session.get_one(Backfill, seen.id).resume_at is None
    client.post(url, data={"daily_calls": ""})
    with rows() as session:
        assert allowance_of(session, seen) == (None, False)


@pytest.mark.parametrize("calls", ["199", "-5", "1000001", "many"])
def test_a_plan_that_cannot_be_is_refused_beside_its_field(
    seen: Seen, rows: Rows, cast: Cast, sign_in: SignIn, calls: str
) -> None:
    answer = sign_in(cast.pat).post(f"/files/{seen.file}/allowance", data={"daily_calls": calls})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "200 at least" in answer.text or "Give a whole number" in answer.text
    with rows() as session:
        assert allowance_of(session, seen) == (None, False)
