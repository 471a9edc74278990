"""When and how a case and its sightings ended: seen gone, or by the clock, a permit, unwatched."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = ("cases", "sightings")


def upgrade() -> None:
    for name in _TABLES:
        op.add_column(name, sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(name, sa.Column("ended_by", sa.String(length=16), nullable=True))
        table = sa.table(
            name, sa.column("cleared_at"), sa.column("ended_at"), sa.column("ended_by")
        )
        # Until now clean looks alone ended anything.
        op.execute(
            table.update()
            .where(table.c.cleared_at.is_not(None))
            .values(ended_at=table.c.cleared_at, ended_by="cleared")
        )


def downgrade() -> None:
    for name in _TABLES:
        op.drop_column(name, "ended_by")
        op.drop_column(name, "ended_at")
