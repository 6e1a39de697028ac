"""The desk of the services' tests: see `tests/sandbox_desk.py`."""

from collections.abc import Iterator

import pytest

from tests.sandbox_desk import Desk, desk_in


@pytest.fixture
def desk(empty_database: str, empty_redis: str) -> Iterator[Desk]:
    with desk_in(empty_database, empty_redis) as desk:
        yield desk
