"""Runs the migrations on the portal's database, in a transaction."""

from alembic import context
from flask import current_app

from portal.database import AwareDateTime, IdList, Money, db


def render_item(kind, value, autogen_context):
    """Write our column types as they are stored."""
    if kind == "type" and isinstance(value, AwareDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, Money):
        return "sa.String(length=40)"
    if kind == "type" and isinstance(value, IdList):
        return "sa.JSON()"
    return False


def run() -> None:
    """Upgrade or downgrade on a live connection."""
    with db.engine.connect() as connection:
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
