"""The page of a run and the list of runs say how many orders were looked at, word by word; where none was, no more than the run found out."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from portal.models.accounts import Firm
from portal.models.orders import Attempt
from portal.models.runs import RunKind
from portal.sync.reading import BEHIND_SHOP_CLOCK
from tests.cast import Cast, Member
from tests.factories import NOON, make_connection, make_file, make_order, make_run
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
UNCHANGED = "Of the older ones, nothing changed in the shop since the run before."
NEWEST = "Orders of the last two minutes are read by the next run."


@pytest.fixture
def run_page(rows: Rows, cast: Cast, sign_in: SignIn) -> Callable[..., str]:
    """The page of a run in this state, as Pat sees it."""

    def page(state: str, kind: RunKind = RunKind.MANUAL) -> str:
        with rows() as session:
            file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
            run = make_run(session, make_connection(session, file), kind)
            run.state = state
            session.commit()
            address = f"/runs/{run.id}"
        return sign_in(cast.pat).get(address).text

    return page


@pytest.mark.parametrize("kind", [RunKind.MANUAL, RunKind.HOURLY, RunKind.RETRY])
def test_a_run_that_finished_says_first_which_orders_it_left_to_the_next(
    run_page: Callable[..., str], kind: RunKind
) -> None:
    page = run_page("finished", kind)

    assert f"{NEWEST} {UNCHANGED}" in page
    assert "Nothing new was decided" not in page
    assert timedelta(minutes=2) == BEHIND_SHOP_CLOCK


@pytest.mark.parametrize("state", ["failed", "stopped", "incomplete", "running", "queued"])
def test_a_run_that_did_not_read_to_the_end_does_not_speak_for_the_shop(
    run_page: Callable[..., str], state: str
) -> None:
    page = run_page(state)

    assert UNCHANGED not in page and NEWEST not in page


def test_a_daily_comparison_that_found_nothing_speaks_of_no_run_before(run_page: Callable[..., str]) -> None:
    page = run_page("finished", RunKind.SWEEP)

    assert "Nothing new was decided." in page
    assert UNCHANGED not in page and NEWEST not in page


@pytest.mark.parametrize(("kind", "told"), [(RunKind.MANUAL, True), (RunKind.HOURLY, False)])
def test_a_run_asked_by_hand_names_what_it_left_beside_the_orders_it_decided(
    rows: Rows, cast: Cast, sign_in: SignIn, kind: RunKind, told: bool
) -> None:
    with rows() as session:
        connection = make_connection(
            session, make_file(session, session.get_one(Firm, cast.alice.firm_id)), "newest"
        )
        run = make_run(session, connection, kind)
        order = make_order(session, connection, 100)
        session.add(
            Attempt(firm_id=order.firm_id, order_pk=order.id, run_id=run.id, at=NOON, state="failed", note="")
        )
        run.state = "finished"
        session.commit()
        address = f"/runs/{run.id}"

    page = sign_in(cast.pat).get(address).text

    assert "Orders of this run" in page
    assert (NEWEST in page) is told
    assert "nothing changed in the shop" not in page


@pytest.mark.parametrize(("state", "offered"), [("running", True), ("finished", False), ("stopped", False)])
def test_the_button_that_stops_a_run_is_one_that_goes_when_the_run_ends(
    run_page: Callable[..., str], state: str, offered: bool
) -> None:
    page = run_page(state)

    assert ("Stop after this order" in page) is offered
    assert ("<div data-while-live>" in page) is offered


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.fixture
def counted_run(rows: Rows, cast: Cast, sign_in: SignIn) -> Callable[..., tuple[str, str]]:
    """A finished run with these counts: its page and the list of runs, as Pat sees them."""

    def pages(**counts: int | None) -> tuple[str, str]:
        with rows() as session:
            file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
            run = make_run(session, make_connection(session, file), RunKind.MANUAL)
            run.state, run.read = "finished", 9
            for name, count in counts.items():
                setattr(run, name, count)
            session.commit()
            address = f"/runs/{run.id}"
        client = sign_in(cast.pat)
        return client.get(address).text, client.get("/runs").text

    return pages


def test_every_order_stands_under_one_word_and_those_still_failing_lead_to_the_orders(
    counted_run: Callable[..., tuple[str, str]],
) -> None:
    page, listed = counted_run(posted=1200, exists=1, ignored=2, again=4, unknown=3, waiting=5, unchanged=6)

    assert (
        "1,221 orders looked at · 1,200 posted · 1 already in Saasu · 2 ignored · 0 failed · 4 still failing "
        "( open now ) · 3 outcome unknown · 5 waiting · 6 left as they were"
    ) in words_of(page)
    assert re.search(
        r'href="/orders\?state=needs_you&amp;state=mends&amp;connection=[^"]+" title="Every order of this shop that is open now[^>]*>open now</a>',
        page,
    )
    row = words_of(listed.partition("<tbody>")[2])
    assert "1,221 1,200 2 0 4 1 already in Saasu, 3 outcome unknown, 5 waiting, 6 left as they were" in row


def test_the_bar_of_a_run_says_that_it_counts_decided_orders(
    counted_run: Callable[..., tuple[str, str]],
) -> None:
    page, _ = counted_run(expected=1640, done=1640, unchanged=1790)

    assert "1,640 of 1,640 decided" in words_of(page)
    assert "1,790 orders looked at" in words_of(page)


def test_a_preview_among_the_runs_looked_at_what_it_read(rows: Rows, cast: Cast, sign_in: SignIn) -> None:
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        run = make_run(session, make_connection(session, file), RunKind.PREVIEW)
        run.state, run.read = "finished", 9
        session.commit()

    listed = words_of(sign_in(cast.pat).get("/runs").text.partition("<tbody>")[2])

    assert "Finished – 9 0 0 0 0 –" in listed


def test_a_run_of_an_older_version_says_what_it_read_and_what_it_counted(
    counted_run: Callable[..., tuple[str, str]],
) -> None:
    page, listed = counted_run(posted=7, failed=1, again=None, waiting=None, unchanged=None)

    assert "9 orders read · 7 posted · 1 failed" in words_of(page)
    assert "looked at" not in words_of(page)
    assert "9 read 7 0 1 0 –" in words_of(listed.partition("<tbody>")[2])
