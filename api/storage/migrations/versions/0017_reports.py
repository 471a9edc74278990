"""Indexes that reports read: the log by what happened and when, sightings by when."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_log_action_at_case_id", "case_log", ["action", "at", "case_id"])
    # Begins as the one it replaces does.
    op.create_index("ix_case_log_case_id_action_at", "case_log", ["case_id", "action", "at"])
    op.drop_index("ix_case_log_case_id", table_name="case_log")
    op.create_index("ix_sightings_confirmed_at_camera", "sightings", ["confirmed_at", "camera"])


def downgrade() -> None:
    op.drop_index("ix_sightings_confirmed_at_camera", table_name="sightings")
    op.create_index("ix_case_log_case_id", "case_log", ["case_id"])
    op.drop_index("ix_case_log_case_id_action_at", table_name="case_log")
    op.drop_index("ix_case_log_action_at_case_id", table_name="case_log")
