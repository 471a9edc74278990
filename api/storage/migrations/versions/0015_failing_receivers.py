"""Receivers that fail: since when, why, who has been told."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "failing_receivers",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("since", _WHEN, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=True),
        sa.Column("recovered_at", _WHEN, nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_failing_receivers"),
    )


def downgrade() -> None:
    op.drop_table("failing_receivers")
