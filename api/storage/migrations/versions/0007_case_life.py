"""A case's life: outcome, flags, numbers of the case system, claims, undo, second reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)
ADDED = (
    ("claimed_by", sa.Text()),
    ("claimed_key", sa.String(length=16)),
    ("claimed_until", _WHEN),
    ("undo_until", _WHEN),
    ("outcome", sa.String(length=32)),
    ("supervised_at", _WHEN),
    ("appealed_at", _WHEN),
    ("task_no", sa.Text()),
    ("file_no", sa.Text()),
)


def upgrade() -> None:
    for name, kind in ADDED:
        op.add_column("cases", sa.Column(name, kind, nullable=True))
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_reviews_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_case_id", "reviews", ["case_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_reviews_case_id", table_name="reviews")
    op.drop_table("reviews")
    for name, _ in reversed(ADDED):
        op.drop_column("cases", name)
