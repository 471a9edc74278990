"""Legal hold of cases; which evidence was purged, and the proof of it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("hold", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("evidence", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "purges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_purges_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purges")),
    )
    op.create_index(op.f("ix_purges_case_id"), "purges", ["case_id"])
    op.create_index(op.f("ix_purges_sha256"), "purges", ["sha256"])
    op.create_index("ix_purges_removed_at_id", "purges", ["removed_at", "id"])


def downgrade() -> None:
    op.drop_table("purges")
    op.drop_column("evidence", "purged_at")
    op.drop_column("cases", "hold")
