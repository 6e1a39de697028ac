"""What the tests of the pretend Saasu stand on."""

import pytest

from tests.sandbox.saasu.books import Books


@pytest.fixture
def books() -> Books:
    """A pretend Saasu with one file, signed in, without a limit a second."""
    return Books()
