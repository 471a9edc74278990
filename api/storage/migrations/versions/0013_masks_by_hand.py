"""Derivatives in which a person has masked more."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("replaced_by", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("evidence", "replaced_by")
