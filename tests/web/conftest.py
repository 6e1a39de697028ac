"""Pages are tested through a browser's eyes: requests in, pages out; rows are made in a context of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.database import db
from tests.cast import Cast, Member, gather, signed_in
from tests.factories import NOON, make_order
from tests.portal_app import app_for
from tests.web.order_pages import Rows, at_acacia, words_of

__all__ = ["Rows"]


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


@pytest.fixture
def order_page(rows: Rows, cast: Cast, sign_in: Callable[[Member], FlaskClient]) -> Callable[..., str]:
    """The page of an order posted with these values, as Pat sees it."""

    def page(member: Member = cast.pat, **more: Any) -> str:
        values: dict[str, Any] = {
            "number": "JT100",
            "invoice_id": 9,
            "posted_at": NOON,
            "read_back_at": NOON,
            "books_total": Decimal("11.00"),
            "books_tax": Decimal("1.00"),
        }
        with at_acacia(rows, cast) as (session, connection):
            order = make_order(session, connection, 100, **({"state": "posted"} | values | more))
            address = f"/orders/{order.id}"
        return words_of(sign_in(member).get(address).get_data(as_text=True))

    return page
