"""Indexes under which every list of cases and deliveries is a walk that ends with its page."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REPLACED = (
    ("ix_cases_first_seen_at", "cases", ["first_seen_at"]),
    ("ix_cases_stage_id", "cases", ["stage", "id"]),
    ("ix_sightings_case_id", "sightings", ["case_id"]),
)
ADDED = (
    ("ix_cases_id_seen", "cases", ["id", "first_seen_at"]),
    ("ix_cases_kind_id_seen", "cases", ["kind", "id", "first_seen_at"]),
    ("ix_cases_stage_id_seen", "cases", ["stage", "id", "first_seen_at"]),
    ("ix_cases_stage_kind_id_seen", "cases", ["stage", "kind", "id", "first_seen_at"]),
    ("ix_cases_stage_cleared_silenced", "cases", ["stage", "cleared_at", "silenced_until"]),
    ("ix_cases_lat_lon", "cases", ["lat", "lon"]),
    ("ix_cases_inhibited_by", "cases", ["inhibited_by"]),
    ("ix_sightings_camera_case_id", "sightings", ["camera", "case_id"]),
    ("ix_sightings_case_id_camera", "sightings", ["case_id", "camera"]),
    ("ix_deliveries_receiver_id", "deliveries", ["receiver", "id"]),
    ("ix_deliveries_receiver_state_id", "deliveries", ["receiver", "state", "id"]),
    ("ix_delivery_attempts_receiver_result", "delivery_attempts", ["receiver", "result"]),
)


def upgrade() -> None:
    for name, table, _ in REPLACED:
        op.drop_index(name, table_name=table)
    for name, table, columns in ADDED:
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    for name, table, _ in ADDED:
        op.drop_index(name, table_name=table)
    for name, table, columns in REPLACED:
        op.create_index(name, table, columns, unique=False)
