"""What a case's legal use was decided on, in both languages and in data."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("legal_why", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("cases", sa.Column("legal_basis", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "legal_basis")
    op.drop_column("cases", "legal_why")
