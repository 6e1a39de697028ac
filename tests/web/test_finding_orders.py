"""Finding an order by its number: as a page writes it, as Saasu has it, and what is no number at all."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from portal.models.accounts import Firm
from tests.cast import Cast, Member
from tests.factories import make_connection, make_file, make_order
from tests.web.conftest import Rows
from tests.web.order_pages import at_acacia, words_of

SignIn = Callable[[Member], FlaskClient]


@dataclass(frozen=True, slots=True)
class Clients:
    """Two clients of one firm: the ids of their connections."""

    wattle: str
    other: str


@pytest.fixture
def clients(rows: Rows, cast: Cast) -> Clients:
    with at_acacia(rows, cast) as (session, wattle):
        wattle.file.name, wattle.prefix = "Wattle Books", "WB"
        other = make_connection(
            session, make_file(session, session.get_one(Firm, cast.alice.firm_id)), "other"
        )
        other.file.name, other.prefix = "Other Goods", "OG"
        make_order(session, wattle, 252, "posted", number="WB252")
        make_order(session, wattle, 253, "failed", turn="you")
        make_order(session, wattle, 254, "posted", number="IV-77")
        make_order(session, wattle, 255, "posted", number="INV 12/A")
        make_order(session, other, 252, "failed", turn="you")
        session.commit()
        return Clients(wattle.id, other.id)


def found(client: FlaskClient, **asked: str) -> list[str]:
    """The orders a search lists: number and file."""
    page = words_of(client.get("/orders", query_string=asked).text)
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return sorted(
        row.partition('">#')[2].partition("<")[0] + row.partition('"File">')[2].partition("<")[0]
        for row in rows
    )


@pytest.mark.parametrize(
    ("typed", "listed"),
    [
        ("252", ["252Other Goods", "252Wattle Books"]),
        (" #252 ", ["252Other Goods", "252Wattle Books"]),
        ("WB252", ["252Wattle Books"]),
        ("wb252", ["252Wattle Books"]),
        ("WB253", ["253Wattle Books"]),
        ("IV-77", ["254Wattle Books"]),
        ("inv 12/a", ["255Wattle Books"]),
        ("OG253", []),
        ("999999", []),
        ("99999999999999999999", []),
        ("abc", []),
        ("#", []),
        ("252 or so", []),
    ],
)
def test_an_order_is_found_as_a_person_writes_its_number(
    clients: Clients, cast: Cast, sign_in: SignIn, typed: str, listed: list[str]
) -> None:
    assert found(sign_in(cast.pat), number=typed) == listed


@pytest.mark.parametrize("typed", ["abc", "999999"])
def test_what_no_order_has_is_said_and_what_was_typed_is_kept(
    clients: Clients, cast: Cast, sign_in: SignIn, typed: str
) -> None:
    client = sign_in(cast.pat)

    page = words_of(client.get("/orders", query_string={"number": typed}).text)
    mine = words_of(client.get("/orders", query_string={"number": typed, "connection": clients.other}).text)

    assert f"No order has the number “{typed}”." in page
    assert f"No order of Other Goods has the number “{typed}”." in mine
    assert f'value="{typed}"' in page
    assert "Nothing waits here." not in page
    assert "Nothing waits here." in words_of(client.get("/orders?state=unknown").text)


def test_the_client_stands_as_a_chip_that_can_be_removed_and_the_search_keeps_it(
    clients: Clients, cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.pat)
    page = words_of(client.get(f"/orders?connection={clients.wattle}&state=posted").text)

    assert f'<input type="hidden" name="connection" value="{clients.wattle}">' in page
    assert (
        'Client: <b>Wattle Books</b> <a href="/orders?state=posted" aria-label="Show the orders of all clients">'
        in page
    )
    assert found(client, number="252", connection=clients.wattle) == ["252Wattle Books"]
    assert 'name="connection"' not in words_of(client.get("/orders").text)
    assert 'class="filter-chip"' not in words_of(client.get("/orders?connection=nobody").text)
