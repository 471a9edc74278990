"""Records: the case log as a signed chain; what is there already is chained unsigned."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from ulid import ULID

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ZEROS = "0" * 64
APPEND_ONLY = ("records", "site_keys", "time_stamps")
BATCH = 1000
LOG = sa.table(
    "case_log",
    sa.column("id", sa.Integer),
    sa.column("case_id", sa.String),
    sa.column("at", TIME),
    *(sa.column(name, sa.String) for name in ("actor", "key_id", "action", "stage", "reason")),
    sa.column("data", sa.JSON),
)


def upgrade() -> None:
    op.create_table(
        "records",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("site_no", sa.Integer(), nullable=False),
        sa.Column("site_prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=88), nullable=True),
        sa.Column("signed_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["log_id"], ["case_log.id"], name=op.f("fk_records_log_id")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_records")),
        sa.UniqueConstraint("case_id", "no", name=op.f("uq_records_case_id_no")),
        sa.UniqueConstraint("site_no", name=op.f("uq_records_site_no")),
    )
    head = op.create_table(
        "chain_head",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("site_no", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "site_keys",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("from_no", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=True),
        sa.Column("signature", sa.String(length=88), nullable=False),
        sa.Column("previous_signature", sa.String(length=88), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_site_keys")),
    )
    op.create_table(
        "time_stamps",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["records.log_id"], name=op.f("fk_time_stamps_log_id")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_time_stamps")),
    )
    site = str(ULID())
    site_no, hash_ = _chain(site)
    op.bulk_insert(head, [{"site": site, "site_no": site_no, "hash": hash_, "key": None}])
    for table in APPEND_ONLY:
        _refuse_changes(table)


def _chain(site: str) -> tuple[int, str]:
    """Make unsigned records of all entries, in the order of their ids; give the last."""
    records = sa.table(
        "records",
        *(
            sa.column(n)
            for n in ("log_id", "case_id", "no", "prev", "site_no", "site_prev", "hash")
        ),
    )
    heads: dict[str, tuple[int, str]] = {}
    site_no, site_prev = 0, ZEROS
    for batch in _batches():
        made = []
        for row in batch:
            site_no += 1
            no, prev = heads.get(row.case_id, (0, ZEROS))
            links = {"no": no + 1, "prev": prev, "site_no": site_no, "site_prev": site_prev}
            hash_ = _hash(site, row, links)
            heads[row.case_id] = (no + 1, hash_)
            site_prev = hash_
            made.append({"log_id": row.id, "case_id": row.case_id, **links, "hash": hash_})
        op.bulk_insert(records, made)
    return site_no, site_prev


def _batches() -> Iterator[Any]:
    last = 0
    while True:
        query = sa.select(LOG).where(LOG.c.id > last).order_by(LOG.c.id).limit(BATCH)
        rows = op.get_bind().execute(query).all()
        if not rows:
            return
        last = rows[-1].id
        yield rows


def _hash(site: str, row: Any, links: dict[str, Any]) -> str:
    """As `api.records.chain` had it in version 1 of records; a migration never changes."""
    record = {
        "v": 1,
        "site": site,
        "case": row.case_id,
        "at": _timed(row.at),
        "actor": row.actor,
        "key_id": row.key_id,
        "action": row.action,
        "stage": row.stage,
        "reason": row.reason,
        # Nothing refused NaN until now.
        "data": json.loads(json.dumps(row.data), parse_constant=lambda _: None),
        **links,
    }
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    lone = re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)
    return hashlib.sha256(lone.encode()).hexdigest()


def _timed(at: datetime) -> str:
    utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("a chain of records is never dropped")
