"""Receivers: those that have failed for long, or that are in the site file no longer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.delivery.failing import AFTER, failing, told_of
from api.delivery.queue import left_behind
from api.monitoring.health import Check
from api.storage.database import Database
from api.storage.tables import FailingRow


def receivers(database: Database, names: Collection[str]) -> Iterator[Check]:
    """A check for each receiver that is in trouble; none stops the others.

    Args:
        database: the case database.
        names: of the site's receivers.

    Raises:
        DatabaseUnavailable: the database cannot be read now.
    """
    now = datetime.now(UTC)
    with database.read() as session:
        for row in failing(session, names):
            if row.since <= now - AFTER:
                yield _check(row.name, told_of(row))
        for name, waiting in left_behind(session, names).items():
            yield _check(
                name,
                f"{waiting} deliveries are for a webhook {name} that is not in the site file: put "
                "it back, and they are sent",
            )


def failing_seconds(session: Session) -> Metric:
    """How long each receiver that fails now has failed."""
    gauge = GaugeMetricFamily(
        "streetwarden_receiver_failing_seconds",
        "Since a receiver accepted nothing; absent while it accepts",
        labels=["receiver"],
    )
    now = datetime.now(UTC)
    for row in session.scalars(select(FailingRow).where(FailingRow.recovered_at.is_(None))):
        gauge.add_metric([row.name], max(0.0, (now - row.since).total_seconds()))
    return gauge


def _check(name: str, detail: str) -> Check:
    return Check(name=f"webhook {name}", ready=False, required=False, detail=detail)
