"""A page about one file is in that file's zone, and says so at its head where the firm's pages are in another."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.models.accounts import Firm
from tests.cast import Cast, Member
from tests.factories import make_order
from tests.web.conftest import Rows
from tests.web.order_pages import at_acacia, words_of

SignIn = Callable[[Member], FlaskClient]


@pytest.mark.parametrize(
    ("zone", "told"),
    [("Australia/Perth", "AWST"), ("Australia/Melbourne", ""), ("Australia/Brisbane", "AEST"), ("Australia/Sydney", "")],
)  # fmt: skip
def test_the_zone_of_a_file_is_named_where_it_is_not_the_firms(
    rows: Rows, cast: Cast, sign_in: SignIn, zone: str, told: str
) -> None:
    with at_acacia(rows, cast) as (session, connection):
        session.get_one(Firm, cast.alice.firm_id).time_zone = "Australia/Sydney"
        connection.file.time_zone = zone
        address = f"/orders/{make_order(session, connection, 100).id}"
        session.commit()
    client = sign_in(cast.pat)

    page = words_of(client.get(address).text)

    words = f"Times on this page are in {told}, the time zone of its file."
    assert ("Times on this page" in page, words in page) == (bool(told), bool(told))
    assert "Times on this page" not in client.get("/runs").text
