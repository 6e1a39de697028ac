"""Orders whose number stands on a sale that we did not write ask for one look: earlier versions never compared them with it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE orders SET look_once = true WHERE state = 'exists' AND dealt_with_at IS NULL AND NOT look_once"
        )
    )


def downgrade() -> None:
    """Nothing is taken back: an older version shows them as well."""
