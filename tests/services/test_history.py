"""An order's history names a person for what she did by hand alone; what a run decided is the run's, whoever asked for it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunKind
from portal.services.history import COMMAND_LINE, in_words, runs_of
from portal.services.life_text import life_lines
from portal.services.orders import retry
from tests.factories import NOON, make_connection, make_file, make_firm, make_order, make_run
from tests.selection_desk import Counter, silent

MUG = [{"sku": "mug-blue", "name": "Mug", "price": "5.00", "quantity": 1}]


@pytest.mark.parametrize(
    ("kind", "actor", "words"),
    [
        (RunKind.HOURLY, "", "hourly run"),
        (RunKind.SWEEP, "", "daily comparison"),
        (RunKind.MANUAL, "Ann", "run asked for by Ann"),
        (RunKind.BACKFILL, "Ann", "Orders From run asked for by Ann"),
        (RunKind.RETRY, "Ann", "retry asked for by Ann"),
        (RunKind.PREVIEW, "Ann", "preview asked for by Ann"),
        (RunKind.MANUAL, COMMAND_LINE, "run asked for on the command line"),
    ],
)
def test_a_run_is_named_by_what_it_is_and_then_by_who_asked_for_it(
    kind: RunKind, actor: str, words: str
) -> None:
    assert in_words(Run(kind=kind, actor=actor)) == words


def test_what_a_run_decides_is_kept_as_the_runs_and_what_a_person_asks_as_hers(shop: Counter) -> None:
    number = shop.place(lines=MUG)
    shop.run()
    run = retry(shop.desk.session, shop.order(number), "Ann", shop.clock.now(), silent)
    assert run is not None
    shop.desk.add_item("mug-blue")
    shop.carry_out(run)

    order = shop.order(number)
    kept = [(one.actor, one.run_id == run.id) for one in order.attempts if one.note or one.state == "posted"]
    assert [one.state for one in order.attempts][-1] == "posted"
    assert kept[-3:] == [("Ann", False), ("retry run", True), ("retry run", True)]
    told = list(life_lines(shop.desk.session, order, shop.clock.now()))
    assert any(one.endswith("failed    Ann, by hand: Asked to retry.") for one in told)
    assert any(f"  posted    retry run {run.id} asked for by Ann" in one for one in told)


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


def test_a_line_in_which_an_older_version_named_the_person_is_told_as_the_runs(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "ignored", ignored_reason="STATUS")
    run = make_run(session, connection, RunKind.BACKFILL)
    run.actor = "Ann"
    session.add(
        Attempt(
            firm_id=order.firm_id, order_pk=order.id, run_id=run.id, at=NOON, actor="Ann", state="ignored",
            details={"problems": [], "ignored": "STATUS"},
        )
    )  # fmt: skip
    session.commit()
    session.refresh(order)

    (line,) = [one for one in life_lines(session, order, NOON) if "Ann" in one]

    assert line.endswith(f"  ignored   backfill run {run.id} asked for by Ann")


def test_an_order_without_a_run_asks_for_none(session: Session, connection: Connection) -> None:
    make_order(session, connection, 120, "seen")

    assert runs_of(session, session.scalars(select(Order)).one()) == {}
