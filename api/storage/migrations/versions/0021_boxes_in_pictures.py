"""Where in each picture of a case the violation is."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("boxes", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("evidence", "boxes")
