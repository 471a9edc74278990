"""Cases that have gone to another division or site; division codes without filling zeros."""

import sqlalchemy as sa
from alembic import op

from vision.registers.divisions import canonical

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("from_division", sa.String(length=32), nullable=False),
        sa.Column("to_division", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("peer", sa.String(length=40), nullable=True),
        sa.Column("peer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("package", sa.String(length=64), nullable=True),
        sa.Column("receipt", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("origin", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_transfers_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
    )
    op.create_index("ix_transfers_case_id", "transfers", ["case_id"])
    op.create_index("ix_transfers_from_division_id", "transfers", ["from_division", "id"])
    op.create_index("ix_transfers_to_division_id", "transfers", ["to_division", "id"])
    _drop_zeros(op.get_bind())


def downgrade() -> None:
    op.drop_table("transfers")


def _drop_zeros(connection: sa.Connection) -> None:
    """A key for 421300 saw nothing of 421303: from now on it is one for 4213 and sees the city."""
    cases = sa.table("cases", sa.column("division", sa.String()))
    for (code,) in connection.execute(sa.select(cases.c.division).distinct()).all():
        if (short := _canonical(code)) != code:
            connection.execute(
                sa.update(cases).where(cases.c.division == code).values(division=short)
            )
    for name in ("api_keys", "users"):
        table = sa.table(name, sa.column("id", sa.String()), sa.column("divisions", sa.JSON()))
        limited = sa.select(table.c.id, table.c.divisions)
        for row_id, codes in connection.execute(limited).all():
            if codes is None:
                continue
            shorter = sorted({_canonical(code) for code in codes})
            if shorter != codes:
                connection.execute(
                    sa.update(table).where(table.c.id == row_id).values(divisions=shorter)
                )


def _canonical(code: str) -> str:
    try:
        return canonical(code)
    except ValueError:  # of before codes were looked at: it stays what it was
        return code
