"""The page of a run about one order, and its line in the history, say which order it is about."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from portal.models.accounts import Firm
from portal.models.orders import Attempt
from portal.models.runs import RunKind
from tests.cast import Cast, Member
from tests.factories import NOON, make_connection, make_file, make_order, make_run
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_a_retry_pressed_on_an_order_leads_to_a_run_that_names_it(
    cast: Cast, rows: Rows, sign_in: SignIn
) -> None:
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        connection = make_connection(session, file)
        order = make_order(session, connection, 120, "failed", document=b"sealed", turn="you")
        order_pk = order.id
    client = sign_in(cast.pat)

    answer = client.post(f"/orders/{order_pk}/retry")

    assert "/runs/" in answer.location
    run = words_of(client.get(answer.location).get_data(as_text=True))
    assert "Retry of order #120" in run
    assert "This order alone · 0 posted" in run
    assert "Retry of #120" in words_of(client.get("/runs").get_data(as_text=True))
    assert "Asked to retry." in words_of(client.get(f"/orders/{order_pk}").get_data(as_text=True))


@pytest.mark.parametrize(
    "kept", ["manual run", "Ann Ash"], ids=["as it is kept", "as older versions kept it"]
)
def test_the_history_names_a_person_for_what_she_did_by_hand_and_the_run_for_what_it_decided(
    cast: Cast, rows: Rows, sign_in: SignIn, kept: str
) -> None:
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        order = make_order(session, make_connection(session, file), 120, "failed", turn="you")
        run = make_run(session, order.connection, RunKind.MANUAL)
        run.actor = "Ann Ash"
        for run_id, actor, note in ((run.id, kept, "not posted"), (None, "Ann Ash", "Asked to retry.")):
            session.add(
                Attempt(
                    firm_id=order.firm_id, order_pk=order.id, run_id=run_id, at=NOON, actor=actor,
                    state="failed", note=note,
                )
            )  # fmt: skip
        session.commit()
        address, run_link = f"/orders/{order.id}", f'href="/runs/{run.id}">run asked for by Ann Ash</a>'

    page = sign_in(cast.pat).get(address).text

    history = words_of(page).partition("History")[2]
    assert "22/05/2026 Ann Ash: Asked to retry." in history
    assert "22/05/2026 run asked for by Ann Ash : not posted" in history
    assert run_link in page


MISSING = "Order #120: Unable to find product with BigCommerce sku/code=MUG"
SAME = "It was tried again and still cannot be posted, for the same reason as before."


@pytest.mark.parametrize(
    ("run_state", "order_state", "said", "unsaid"),
    [
        ("finished", "failed", SAME, "Nothing"),
        ("finished", "unknown", "Nothing new was decided about this order.", SAME),
        ("running", "failed", "as it stands now", SAME),
        ("failed", "failed", "this run did not come to its end", SAME),
    ],
)
def test_the_run_of_one_order_shows_that_order_as_it_stands(
    cast: Cast, rows: Rows, sign_in: SignIn, run_state: str, order_state: str, said: str, unsaid: str
) -> None:
    problems = [{"code": "ITEM_NOT_FOUND", "sentence": MISSING, "subject": "MUG"}]
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        connection = make_connection(session, file)
        order = make_order(session, connection, 120, order_state, turn="you", problems=problems)
        make_order(session, connection, 121, "failed", turn="you")
        run = make_run(session, connection, RunKind.RETRY)
        run.only_order, run.state, order.run_id = 120, run_state, run.id
        session.commit()
        order_pk, address = order.id, f"/runs/{run.id}"
    client = sign_in(cast.pat)

    for page in (client.get(address).text, client.get(f"{address}/live").text):
        words = words_of(page)
        assert f'href="/orders/{order_pk}"' in page
        assert f'data-state="{"needs_you" if order_state == "failed" else order_state}"' in page
        assert MISSING in words
        assert said in words and unsaid not in words
        assert "#121" not in words


def test_an_order_that_was_posted_by_its_run_is_named_by_its_sale(
    cast: Cast, rows: Rows, sign_in: SignIn
) -> None:
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        connection = make_connection(session, file)
        order = make_order(session, connection, 120, "posted", number="JT120", posted_at=NOON)
        run = make_run(session, connection, RunKind.RETRY)
        run.only_order, run.state = 120, "finished"
        attempt = Attempt(
            firm_id=order.firm_id, order_pk=order.id, run_id=run.id, at=NOON, state="posted",
            details={"number": "JT120"},
        )  # fmt: skip
        session.add(attempt)
        session.commit()
        address = f"/runs/{run.id}"

    page = words_of(sign_in(cast.pat).get(address).text)

    assert "Order #120 as it stands now Posted as JT120" in page
    assert "Nothing new was decided" not in page
