"""The 20-digit id by GB/T 28181 of the camera that saw a case first."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("device_id", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "device_id")
