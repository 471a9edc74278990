"""Alone: one city at a time has a database, and begins when nobody watches its cameras."""

from __future__ import annotations

import time
from collections.abc import Collection

from sqlalchemy import Connection, Engine, text

from scripts.city.lease import PATIENCE_S, held_leases
from vision.errors import StreetwardenError

_HEAD_LOCK = 0x5EE7A4E1
"""As `api.storage.database` has: any constant that every process of this project uses."""
_LOOK_S = 0.25


def be_alone(database: Engine) -> Connection:
    """Hold a lock for as long as this process and the connection that it gives last.

    Two heads that both run cost no camera: the leases are what counts.

    Raises:
        StreetwardenError: another city runs.
    """
    alone = database.connect().execution_options(isolation_level="AUTOCOMMIT")
    until = time.monotonic() + PATIENCE_S
    while not alone.execute(
        text("SELECT pg_try_advisory_lock(:key)"), {"key": _HEAD_LOCK}
    ).scalar_one():
        if time.monotonic() > until:
            alone.close()
            raise StreetwardenError("another city of this database runs; stop that first")
        time.sleep(_LOOK_S)
    return alone


def wait_until_unwatched(database: Engine, cameras: Collection[str]) -> None:
    """Wait for the leases of a city that has ended.

    Raises:
        StreetwardenError: they are renewed.
        DatabaseUnavailable: the database does not answer.
    """
    until = time.monotonic() + PATIENCE_S
    while watched := [h for c, h in held_leases(database).items() if c in cameras]:
        if time.monotonic() > until:
            raise StreetwardenError(
                f"{len(watched)} cameras are watched by another city, such as on "
                f"{watched[0].node}; stop that first"
            )
        time.sleep(_LOOK_S)
