"""What orders the queue and lists: repeats, moments of deadlines, indexes; saved searches."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)
_WAITS = "stage IN ('pending_review', 'second_review')"
_CONFIRMED = (
    *("confirmed", "emitted", "filed", "dispatched", "handled", "verified", "returned"),
    *("noticed", "grace", "reobserved", "accepted", "transferred", "closed"),
)
_UNFOUNDED = ("permitted", "no_legal_basis", "withdrawn", "overturned")
INDEXES = (
    ("ix_cases_deadline_at_id", ["deadline_at", "id"]),
    ("ix_cases_address_id", ["address", "id"]),
    ("ix_cases_zone_id", ["zone", "id"]),
    ("ix_cases_grid_id", ["grid", "id"]),
)


CASES = sa.table(
    "cases",
    sa.column("id", sa.String),
    sa.column("stage", sa.String),
    sa.column("outcome", sa.String),
    sa.column("prior_cases", sa.JSON(none_as_null=True)),
    sa.column("repeats", sa.Integer),
    sa.column("deadline", sa.JSON(none_as_null=True)),
    sa.column("deadline_at", _WHEN),
)


def upgrade() -> None:
    op.add_column("cases", sa.Column("deadline_at", _WHEN, nullable=True))
    repeats = sa.Column("repeats", sa.Integer(), nullable=False, server_default="0")
    op.add_column("cases", repeats)
    connection = op.get_bind()
    _count_repeats(connection)
    _keep_moments(connection)
    op.create_index(
        "ix_cases_waiting",
        "cases",
        [
            *("stage", "kind", "division", "created_at", "score", "ended_at", "repeats"),
            *("deadline_at", "claimed_until", "claimed_key", "id"),
        ],
        sqlite_where=sa.text(_WAITS),
        postgresql_where=sa.text(_WAITS),
    )
    for name, columns in INDEXES:
        op.create_index(name, "cases", columns)
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("made_at", _WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
        sa.UniqueConstraint("owner", "name", name="uq_saved_searches_owner_name"),
    )


def _count_repeats(connection: sa.Connection) -> None:
    """Of those that wait; of all others it orders nothing any more."""
    waiting = sa.select(CASES.c.id, CASES.c.prior_cases).where(sa.text(_WAITS))
    for case, prior in connection.execute(waiting).all():
        if prior:
            founded = sa.or_(CASES.c.outcome.is_(None), CASES.c.outcome.not_in(_UNFOUNDED))
            confirmed = (
                sa.select(sa.func.count())
                .select_from(CASES)
                .where(CASES.c.id.in_(prior), CASES.c.stage.in_(_CONFIRMED), founded)
            )
            count = connection.scalar(confirmed)
            connection.execute(sa.update(CASES).where(CASES.c.id == case).values(repeats=count))


def _keep_moments(connection: sa.Connection) -> None:
    with_one = sa.select(CASES.c.id, CASES.c.deadline).where(CASES.c.deadline.is_not(None))
    known = [
        {"case": case, "at": datetime.fromisoformat(deadline["at"])}
        for case, deadline in connection.execute(with_one)
        if deadline
    ]
    if known:
        change = sa.update(CASES).where(CASES.c.id == sa.bindparam("case"))
        connection.execute(change.values(deadline_at=sa.bindparam("at")), known)


def downgrade() -> None:
    op.drop_table("saved_searches")
    for name in ("ix_cases_waiting", *(name for name, _ in INDEXES)):
        op.drop_index(name, table_name="cases")
    op.drop_column("cases", "repeats")
    op.drop_column("cases", "deadline_at")
