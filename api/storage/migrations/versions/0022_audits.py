"""Batches of photos and videos that are uploaded to be audited."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
    )
    op.create_index("ix_audits_state_queued_at", "audits", ["state", "queued_at"])
    op.create_index("ix_audits_state_changed_at", "audits", ["state", "changed_at"])
    op.create_index("ix_audits_key_id_state", "audits", ["key_id", "state"])
    op.create_table(
        "audit_files",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("audit_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_audit_files_audit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_files"),
        sa.UniqueConstraint("audit_id", "name", name="uq_audit_files_audit_id_name"),
    )


def downgrade() -> None:
    op.drop_table("audit_files")
    op.drop_table("audits")
