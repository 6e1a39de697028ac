"""An app on a database of its own, without any table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

import portal.models as models
from portal.database import db, setup_database
from tests import databases


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database of its own, without any table."""
    assert models.__all__
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        own = f"sqlite:///{tmp_path}/empty.sqlite3"
    else:
        own = databases.create_on(database_url, f"{url.database}_migrations")
    app = Flask("portal")
    setup_database(app, own)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
