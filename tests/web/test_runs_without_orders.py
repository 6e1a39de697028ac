"""The page of a run in which no order was decided says no more than that run found out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from portal.models.accounts import Firm
from portal.models.runs import RunKind
from portal.sync.reading import BEHIND_SHOP_CLOCK
from tests.cast import Cast, Member
from tests.factories import make_connection, make_file, make_run
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
UNCHANGED = "Nothing changed in the shop since the run before."
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


def test_a_run_that_finished_says_how_far_it_read(run_page: Callable[..., str]) -> None:
    page = run_page("finished")

    assert f"{UNCHANGED} {NEWEST}" in page
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
    assert UNCHANGED not in page


@pytest.mark.parametrize(("state", "offered"), [("running", True), ("finished", False), ("stopped", False)])
def test_the_button_that_stops_a_run_is_one_that_goes_when_the_run_ends(
    run_page: Callable[..., str], state: str, offered: bool
) -> None:
    page = run_page(state)

    assert ("Stop after this order" in page) is offered
    assert ("<div data-while-live>" in page) is offered
