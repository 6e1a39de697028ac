"""Runs the migrations on the portal's database, each whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from portal.database import AwareDateTime, IdList, Money, db


def render_item(kind: str, value: Any, _context: object) -> str | bool:
    """Write our column types as they are stored."""
    if kind == "type" and isinstance(value, AwareDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, Money):
        return "sa.String(length=40)"
    if kind == "type" and isinstance(value, IdList):
        return "sa.JSON()"
    return False


@contextmanager
def foreign_keys_rest(connection: Connection) -> Iterator[None]:
    """Let SQLite rebuild a table that others point to: it changes a column by dropping and making the table again.

    The setting is the connection's and counts only outside a transaction, hence the driver's own connection.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if lost := driver.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"rows point to rows that are not there: {lost[:5]}")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    """Upgrade or downgrade on a live connection."""
    with db.engine.connect() as connection, foreign_keys_rest(connection):
        context.configure(
            connection=connection,
            target_metadata=current_app.extensions["migrate"].db.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
