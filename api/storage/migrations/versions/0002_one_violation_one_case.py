"""Positions with their accuracy, sightings with their zone, earlier cases, silence, inhibition."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("accuracy_m", sa.Float(), nullable=True))
    op.add_column("cases", sa.Column("method", sa.String(length=32), nullable=True))
    op.add_column("cases", sa.Column("prior_cases", sa.JSON(), nullable=True))
    op.add_column("cases", sa.Column("silenced_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("inhibited_by", sa.String(length=40), nullable=True))
    op.add_column("sightings", sa.Column("zone", sa.Text(), nullable=False, server_default=""))
    # Until now a case had the place of its camera, and sightings of one camera and zone only.
    op.execute("UPDATE cases SET method = 'camera_registered' WHERE lon IS NOT NULL")
    op.execute(
        "UPDATE sightings SET zone = "
        "(SELECT cases.zone FROM cases WHERE cases.id = sightings.case_id)"
    )
    op.drop_index("ix_cases_place", table_name="cases")
    op.create_index("ix_cases_kind_lat", "cases", ["kind", "lat"], unique=False)
    op.create_index("ix_sightings_camera_zone", "sightings", ["camera", "zone"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("cases merged over cameras cannot be taken apart again")
