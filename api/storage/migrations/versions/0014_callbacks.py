"""What case systems say of cases; their numbers found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NUMBERS = ("task_no", "file_no")


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_callbacks_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_callbacks"),
        sa.UniqueConstraint(
            "sender", "event_id", "digest", name="uq_callbacks_sender_event_id_digest"
        ),
    )
    op.create_index("ix_callbacks_case_id_id", "callbacks", ["case_id", "id"])
    op.create_index("ix_callbacks_state_id", "callbacks", ["state", "id"])
    for name in _NUMBERS:
        op.create_index(f"ix_cases_{name}_id", "cases", [name, "id"])


def downgrade() -> None:
    for name in _NUMBERS:
        op.drop_index(f"ix_cases_{name}_id", table_name="cases")
    op.drop_table("callbacks")
