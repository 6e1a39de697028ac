"""The page of one order as somebody of the cast sees it, and what stands on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from html import unescape

from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.connections import Connection
from tests.cast import Cast
from tests.factories import NOON, make_connection, make_file

Rows = Callable[[], AbstractContextManager[Session]]
AT = NOON.isoformat()
CANCELLED = {
    "at": AT,
    "what": ["Status changed from Shipped to Cancelled"],
    "means": ["Cancelled in the shop after it was posted: delete Sale Order JT100."],
}


@contextmanager
def at_acacia(rows: Rows, cast: Cast) -> Iterator[tuple[Session, Connection]]:
    """A connection of Acacia's, whose items were read a moment ago."""
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        file.items_read_to = datetime.now(UTC)
        yield session, make_connection(session, file)


def words_of(page: str) -> str:
    return " ".join(unescape(page).split())


def chips(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('data-state="')[1:]]
