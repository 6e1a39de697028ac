"""The rows of `prove exactly-once` are put back as they were kept, on SQLite and on PostgreSQL, whoever is connected still."""

from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from proofs._once_databases import FileRows, Rows, ServerRows
from proofs._product import migrated
from tests.factories import make_firm


def firms(rows: Rows) -> int:
    engine = create_engine(rows.url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM firms")).scalar_one()
    engine.dispose()
    return int(found)


def add_firm(rows: Rows) -> None:
    engine = create_engine(rows.url)
    with Session(engine) as session:
        make_firm(session)
    engine.dispose()


def kept_and_put_back(rows: Rows) -> list[int]:
    """How many firms there are: at first; where one was put back after a second one came; and the other way round."""
    counts = [firms(rows)]
    add_firm(rows)
    rows.keep("first")
    add_firm(rows)
    rows.keep("second")
    for name in ("first", "second"):
        rows.put_back(name)
        counts.append(firms(rows))
    return counts


def test_a_file_is_put_back(tmp_path: Path) -> None:
    assert kept_and_put_back(FileRows(tmp_path / "lane", migrated(tmp_path))) == [0, 1, 2]


def test_a_database_of_a_server_is_put_back(postgresql_url: str) -> None:
    assert kept_and_put_back(ServerRows(postgresql_url, "once_rows")) == [0, 1, 2]


def test_whoever_is_connected_still_does_not_keep_a_database_from_being_put_back(postgresql_url: str) -> None:
    rows = ServerRows(postgresql_url, "once_held")
    rows.keep("first")
    engine = create_engine(rows.url)
    left = engine.connect()
    left.execute(text("SELECT 1"))

    rows.put_back("first")

    assert firms(rows) == 0
    left.invalidate()
    engine.dispose()
