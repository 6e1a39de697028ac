"""Pages are tested through a browser's eyes: requests in, pages out; rows are made in a context of their own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.database import db
from tests.cast import Cast, Member, gather, signed_in
from tests.portal_app import app_for

Rows = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def app(empty_database: str, empty_redis: str) -> Iterator[Flask]:
    """The app without form tokens; those who test them switch them on."""
    app = app_for(empty_database, empty_redis)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def rows(app: Flask) -> Rows:
    """For making and reading rows outside of any request."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with app.app_context():
            yield db.session()
            db.session.remove()

    return opened


@pytest.fixture
def cast(rows: Rows) -> Cast:
    with rows() as session:
        return gather(session)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Member], FlaskClient]:
    """A browser in which somebody of the cast is signed in."""
    return lambda member: signed_in(app, member)
