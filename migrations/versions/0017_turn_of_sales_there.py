"""An order that Saasu has already, and of whose sale nothing is asked, is nobody's turn: earlier versions kept it as yours."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(sa.text("UPDATE orders SET turn = NULL WHERE state = 'exists' AND NOT look_once"))


def downgrade() -> None:
    op.execute(sa.text("UPDATE orders SET turn = 'you' WHERE state = 'exists' AND turn IS NULL"))
