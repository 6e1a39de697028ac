"""The migrations are numbered, go up and down, and end where the models are."""

import re
import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.schema import CheckConstraint

from portal.database import db
from portal.models.accounts import Firm
from portal.models.connections import SaasuFile
from portal.settings import project_folder
from tests import databases
from tests.factories import make_file, make_firm

FOLDER = project_folder() / "migrations"
REBUILD = '''"""Make a table anew, as SQLite must to change a column."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade() -> None:
    with op.batch_alter_table("firms", recreate="{recreate}") as batch_op:
        batch_op.alter_column("name", existing_type=sa.String(200), type_=sa.String(300))


def downgrade() -> None:
    pass
'''
FAIL = '''"""Half a change."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO nowhere VALUES (1)")


def downgrade() -> None:
    pass
'''


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {databases.VERSION_TABLE}


def last_revision() -> str:
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    assert head
    return head


def with_one_more(tmp_path: Path, source: str) -> str:
    """The folder of the migrations with one more at its end."""
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    recreate = "always" if db.engine.dialect.name == "sqlite" else "never"
    written = source.replace("{last}", last_revision()).replace("{recreate}", recreate)
    (folder / "versions" / "9999_one_more.py").write_text(written)
    return str(folder)


def test_from_nothing_the_migrations_make_every_table_of_the_models(app: Flask) -> None:
    upgrade()

    assert tables() == set(db.metadata.tables)


def test_the_migrations_end_exactly_where_the_models_are(app: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )

        assert compare_metadata(context, db.metadata) == []


def test_every_check_of_the_models_is_in_the_database(app: Flask) -> None:
    upgrade()
    declared = {
        (table.name, str(check.name))
        for table in db.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    found = {
        (name, str(check["name"]))
        for name in tables()
        for check in inspect(db.engine).get_check_constraints(name)
    }

    assert found == declared
    assert ("people", "ck_people_email_is_lower_case") in found


def test_all_the_way_down_nothing_is_left_and_up_again_all_is_there(app: Flask) -> None:
    upgrade()
    downgrade(revision="base")

    assert tables() == set()
    upgrade()
    assert tables() == set(db.metadata.tables)


def test_a_second_upgrade_changes_nothing(app: Flask) -> None:
    upgrade()
    make_firm(db.session())
    upgrade()

    assert db.session().scalars(select(Firm.name)).one() == "Acacia Accounting"


def test_a_migration_that_makes_a_table_anew_keeps_the_rows_that_point_to_it(
    app: Flask, tmp_path: Path
) -> None:
    upgrade()
    make_file(db.session(), make_firm(db.session()))
    db.session().close()

    upgrade(directory=with_one_more(tmp_path, REBUILD))

    kept = db.session().scalars(select(SaasuFile)).one()
    assert db.session().get_one(Firm, kept.firm_id).name == "Acacia Accounting"
    if db.engine.dialect.name == "sqlite":
        assert db.session().scalar(text("PRAGMA foreign_keys")) == 1


def test_a_migration_that_fails_leaves_nothing_half_done(app: Flask, tmp_path: Path) -> None:
    upgrade()
    folder = with_one_more(tmp_path, FAIL)

    with pytest.raises(Exception, match="nowhere"):
        upgrade(directory=folder)

    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == last_revision()
    assert tables() == set(db.metadata.tables)


def test_the_migrations_are_numbered_in_one_row_and_say_what_they_do() -> None:
    scripts = list(ScriptDirectory(str(FOLDER)).walk_revisions())[::-1]

    assert [script.revision for script in scripts] == [f"{n:04}" for n in range(1, len(scripts) + 1)]
    for script in scripts:
        assert re.fullmatch(rf"{script.revision}_[a-z0-9_]+\.py", Path(script.path).name)
        assert script.doc
