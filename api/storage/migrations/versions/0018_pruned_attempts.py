"""How many attempts at deliveries were pruned."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pruned_attempts",
        sa.Column("receiver", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "result", name="pk_pruned_attempts"),
    )


def downgrade() -> None:
    op.drop_table("pruned_attempts")
