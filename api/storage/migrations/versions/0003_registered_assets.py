"""The registered asset that a case is about."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("asset", sa.String(length=64), nullable=True))
    op.create_index("ix_cases_asset", "cases", ["asset"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_cases_asset", table_name="cases")
    op.drop_column("cases", "asset")
