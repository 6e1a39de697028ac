"""The page of a run about one order, and its line in the history, say which order it is about."""

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient

from portal.models.accounts import Firm
from tests.cast import Cast, Member
from tests.factories import make_connection, make_file, make_order
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
