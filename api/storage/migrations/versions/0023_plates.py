"""What was read of a truck's number plate, what a person said it is, and whose truck that is."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("plate", sa.JSON(), nullable=True))
    op.add_column("cases", sa.Column("company", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "company")
    op.drop_column("cases", "plate")
