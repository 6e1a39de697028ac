"""Databases for tests: made on a server, migrated, emptied."""

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url

import portal.models as models
from portal.database import db, setup_database, upgrade

VERSION_TABLE = "alembic_version"


def create_on(server: str, name: str) -> str:
    """Make an empty database on a PostgreSQL server, in place of one of that name. Returns its address."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def migrate(url: str) -> None:
    """Bring a database from nothing to the present tables, by the migrations."""
    assert models.__all__
    app = Flask("portal")
    setup_database(app, url)
    upgrade(app)
    with app.app_context():
        db.engine.dispose()


def empty(url: str) -> None:
    """Remove every row of every table, whoever made it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            _truncate(connection)
        else:
            _delete(connection)
    engine.dispose()


def _truncate(connection: Connection) -> None:
    names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


def _delete(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for table in reversed(db.metadata.sorted_tables):
        connection.execute(table.delete())
