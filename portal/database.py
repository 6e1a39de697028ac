"""The database: SQLAlchemy typed models on a plain base, alike on SQLite and PostgreSQL (STACK: database).

SQLite runs in WAL with `BEGIN IMMEDIATE`: a transaction that will write asks for the lock at once, so none is lost or refused later.
One that only reads says so beforehand (`begin_reading`) and then waits for nobody.
"""

import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, current_app
from flask_migrate import Migrate
from flask_migrate import upgrade as migrate_upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Engine, MetaData, String, TypeDecorator, event, text
from sqlalchemy.engine import Connection, CursorResult, Dialect, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session

from portal.settings import project_folder

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


AMOUNT_DIGITS = 40
# The option is ours for SQLite, the driver's for PostgreSQL.
READING = {"only_reads": True, "postgresql_readonly": True}


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMES)


class AwareDateTime(TypeDecorator[datetime]):
    """A moment in aware UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments; store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone may not be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back aware UTC, which SQLite forgets."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact decimal kept as text, the same on every database."""

    impl = String(AMOUNT_DIGITS)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Store the plain digits; whatever is no exact amount, or too long for the column, is refused."""
        del dialect
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError("only an exact decimal may be stored as an amount")
        digits = format(value, "f")
        if len(digits) > AMOUNT_DIGITS:
            raise ValueError("an amount is too long to be stored")
        return digits

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Read the digits back."""
        del dialect
        return None if value is None else Decimal(value)


class IdList(TypeDecorator[list[int]]):
    """A short list of ids kept as JSON."""

    impl = JSON
    cache_ok = True


db = SQLAlchemy(model_class=Base)
migrate = Migrate()


def present() -> datetime:
    """The present moment by the database's clock, which all workers share, whatever the clocks of their machines say (SYNC §7).

    SQLite belongs to one machine, so there it is the machine's. Read on a connection of its own: a transaction under way is not touched.
    """
    if db.engine.dialect.name == "sqlite":
        return datetime.now(UTC)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment.astimezone(UTC)


def changed_rows(result: Any) -> int:
    """How many rows a conditional UPDATE changed."""
    assert isinstance(result, CursorResult)
    return result.rowcount


def new_id() -> str:
    """A random public id: 22 characters, 128 bits, safe in an address, and on the command line, where a hyphen begins an option."""
    while (made := secrets.token_urlsafe(16)).startswith("-"):
        continue
    return made


def setup_database(app: Flask, url: str) -> None:
    """Connect the app to its database and to its migrations."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(project_folder() / "migrations"), render_as_batch=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            listen_sqlite(db.engine)


def engine_options(url: str) -> dict[str, Any]:
    """How the engine is made for this kind of database."""
    if make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 30, "check_same_thread": False}, "hide_parameters": True}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "hide_parameters": True}


def listen_sqlite(engine: Engine) -> None:
    """Set each SQLite connection up, and begin each transaction with the write lock taken."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("only_reads")
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def session() -> Session:
    """The session of the present request, command or job."""
    return db.session()


def begin_reading() -> Session:
    """The same session, beginning a transaction that only reads: on SQLite it takes no lock and waits for no writer.

    Where a transaction is under way already, it stays what it is. Commit or roll back before writing.
    """
    present = session()
    if not present.in_transaction():
        present.connection(execution_options=READING)
    return present


def upgrade(app: Flask) -> None:
    """Bring the tables up to date."""
    with app.app_context():
        migrate_upgrade()


def is_alive() -> bool:
    """Whether the database answers, however busy its writers are."""
    try:
        with db.engine.connect() as connection:
            connection.execution_options(**READING).execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def dispose_after_fork() -> None:
    """Forget the parent's connections in a forked child without closing them."""
    with current_app.app_context():
        db.engine.dispose(close=False)
