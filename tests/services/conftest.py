"""The desk of the services' tests, and a mail server beside them: see `tests/sandbox_desk.py` and `tests/mailroom.py`."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.mailroom import Mailroom, mailroom_for
from tests.sandbox_desk import Desk, desk_in
from tests.selection_desk import Counter, open_shop


@pytest.fixture
def desk(empty_database: str, empty_redis: str) -> Iterator[Desk]:
    with desk_in(empty_database, empty_redis) as desk:
        yield desk


@pytest.fixture
def mailroom(app: Flask) -> Iterator[Mailroom]:
    with mailroom_for(app) as room:
        yield room


@pytest.fixture
def shop(desk: Desk) -> Iterator[Counter]:
    """A shop of its own, connected an hour ago, and a clock that moves when a test says so."""
    yield open_shop(desk)
    desk.servers.clock.set({"now": None})
