"""The fixtures `app` and `session`: the portal on an empty database, within the app's context."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.database import db
from tests.portal_app import app_for


@pytest.fixture
def app(empty_database: str, empty_redis: str) -> Iterator[Flask]:
    app = app_for(empty_database, empty_redis)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Session:
    assert app is not None
    return db.session()
