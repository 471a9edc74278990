"""Second opinions: what a model said of a case, which orders the queue; who is to be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)
_WAITS = sa.text("stage IN ('pending_review', 'second_review')")
_ORDERED_BY = ("stage", "kind", "division", "created_at", "score", "ended_at", "repeats")
_CLAIMED = ("deadline_at", "claimed_until", "claimed_key", "id")


def upgrade() -> None:
    op.add_column("cases", sa.Column("opinion", sa.JSON(), nullable=True))
    op.add_column("cases", sa.Column("opinion_says", sa.String(length=8), nullable=True))
    _waiting(*_ORDERED_BY, "opinion_says", *_CLAIMED)
    told = sa.text("opinion_says IS NOT NULL")
    op.create_index(
        "ix_cases_opinion_says_stage",
        "cases",
        ["opinion_says", "stage"],
        sqlite_where=told,
        postgresql_where=told,
    )
    op.create_table(
        "opinions",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("next_attempt_at", _WHEN, nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_opinions_case_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_opinions"),
    )
    op.create_index("ix_opinions_state_next_attempt_at", "opinions", ["state", "next_attempt_at"])
    op.create_table(
        "opinion_counts",
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("result", name="pk_opinion_counts"),
    )


def _waiting(*columns: str) -> None:
    op.drop_index("ix_cases_waiting", table_name="cases")
    op.create_index(
        "ix_cases_waiting",
        "cases",
        list(columns),
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def downgrade() -> None:
    op.drop_table("opinion_counts")
    op.drop_table("opinions")
    op.drop_index("ix_cases_opinion_says_stage", table_name="cases")
    _waiting(*_ORDERED_BY, *_CLAIMED)
    op.drop_column("cases", "opinion_says")
    op.drop_column("cases", "opinion")
