"""The connector page says what the last run ended with, where that is mended."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient

from portal.models.accounts import Firm
from portal.sync.problems import MEANINGS, Code
from tests.cast import Cast, Member
from tests.factories import make_connection, make_file, make_order
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
HEADING = "How the last run ended"


@pytest.fixture
def connector(rows: Rows, cast: Cast, sign_in: SignIn) -> Callable[..., str]:
    """The page of a connection whose last run ended with this problem, as Pat sees it."""

    def page(code: Code | None, *, enabled: bool = True, flood: bool = False) -> str:
        with rows() as session:
            file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
            file.items_read_to = datetime.now(UTC)
            connection = make_connection(session, file, enabled=enabled)
            if code is not None:
                connection.problem_code, connection.problem_sentence = code, MEANINGS[code].sentence
            session.commit()
            if flood:
                make_order(session, connection, 120, "seen", flood_at=datetime.now(UTC), turn="you")
            address = f"/connections/{connection.id}"
        return unescape(sign_in(cast.pat).get(address).text)

    return page


@pytest.mark.parametrize(
    ("code", "turn"),
    [
        (Code.STORE_CREDENTIALS, "The client’s turn."),
        (Code.SAASU_FILE, "Your turn."),
        (Code.STORE_UNREACHABLE, "Nobody’s turn: it mends itself."),
    ],
)
def test_the_problem_stands_above_the_fields_with_what_to_do(
    connector: Callable[..., str], code: Code, turn: str
) -> None:
    page = connector(code)

    head = page.partition('id="connector"')[0]
    assert HEADING in head
    assert MEANINGS[code].sentence in head
    assert MEANINGS[code].to_do in head
    assert turn in head
    assert ("Sign in to Saasu again</a>" in head) is (code is Code.SAASU_FILE)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_connection_that_is_well_or_off_tells_no_last_problem(
    connector: Callable[..., str], enabled: bool
) -> None:
    assert HEADING not in connector(None if enabled else Code.STORE_CREDENTIALS, enabled=enabled)


def test_a_flood_is_asked_about_once(connector: Callable[..., str]) -> None:
    page = connector(Code.FLOOD, flood=True)

    assert "/flood/post" in page
    assert HEADING not in page
