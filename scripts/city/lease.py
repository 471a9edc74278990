"""Leases: the right of one process to watch cameras, in a city, as rows with an end.

A lock of the kernel's (`vision.workers.lease`) ends at the machine's edge, and a session's lock of
PostgreSQL outlives a machine that was cut off for as long as TCP is patient. A row with an end
says by itself when another may take it, and its holder knows that too: it counts from before it
asked, so that it is always the first to know, and ends its own process `MARGIN_S` earlier.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import Any

from sqlalchemy import Connection, Engine, text

from api.errors import DatabaseUnavailable
from api.storage.engine import explained
from vision.errors import StreetwardenError

_log = logging.getLogger(__name__)

TTL_S = 10.0
"""Seconds that a lease lasts after it was renewed: so long a lost machine's cameras are its."""
MARGIN_S = 2.0
"""Seconds before that at which its holder ends itself: for clocks that run apart, and to die in."""
RENEW_S = 2.0
"""Seconds between two renewals."""
PATIENCE_S = TTL_S + 5.0
"""Seconds to wait for another holder's leases: if it is gone they end within `TTL_S`."""
_RETRY_S = 0.25

_TAKE = text("""
INSERT INTO city_leases (camera, holder, node, until, told)
SELECT camera, :holder, :node, clock_timestamp() + make_interval(secs => :ttl), '{}'
FROM unnest(CAST(:cameras AS text[])) AS camera ORDER BY camera
ON CONFLICT (camera) DO UPDATE
SET holder = excluded.holder, node = excluded.node, until = excluded.until, told = excluded.told
WHERE city_leases.until < clock_timestamp() OR city_leases.holder = excluded.holder
RETURNING camera
""")
_RENEW = text("""
UPDATE city_leases SET until = clock_timestamp() + make_interval(secs => :ttl), told = new.told
FROM jsonb_each(CAST(:told AS jsonb)) AS new(name, told)
WHERE camera = new.name AND holder = :holder AND until > clock_timestamp()
""")
_MINE = text("""
SELECT camera FROM city_leases
WHERE camera = :camera AND holder = :holder AND until > clock_timestamp() FOR SHARE
""")
_RELEASE = text("DELETE FROM city_leases WHERE holder = :holder")
_GIVE_BACK = text("""
DELETE FROM city_leases WHERE holder = :holder AND camera = ANY(CAST(:cameras AS text[]))
""")
_HELD = text("SELECT camera, holder, node, told FROM city_leases WHERE until > clock_timestamp()")
_SEEN = text("SELECT told -> 'sightings' ->> :episode FROM city_leases WHERE camera = :camera")


class LeaseLost(StreetwardenError):  # noqa: N818 - a state
    """Another process may watch the camera by now."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that has not ended: of whom, where, and how that one says it goes."""

    holder: str
    node: str
    told: Mapping[str, Any]


class Leases:
    """The leases of one process; it ends at once when it may hold them no longer.

    Only one of these may be kept in a process: its end is timed by `faulthandler`, whose thread is
    not Python's, so that a process that hangs is ended too.

    Args:
        engine: of the city's database, with the tables of `scripts.city.tables`.
        holder: who holds them; no other process's, ever.
        node: where that is, for people.
        ttl_s: see `TTL_S`; `margin_s`: see `MARGIN_S`.
    """

    def __init__(
        self,
        engine: Engine,
        holder: str,
        node: str,
        *,
        ttl_s: float = TTL_S,
        margin_s: float = MARGIN_S,
    ) -> None:
        self._engine = engine
        self.holder, self._node = holder, node
        self._ttl_s, self._margin_s = ttl_s, margin_s
        self._cameras: tuple[str, ...] = ()
        self._over = Event()
        self._thread: Thread | None = None

    def take(self, cameras: Sequence[str], *, patience_s: float = PATIENCE_S) -> None:
        """Hold the leases of these cameras from now on; what is taken is renewed while it waits.

        Raises:
            StreetwardenError: another process holds one, and went on renewing it; none is held.
            DatabaseUnavailable: the database does not answer.
        """
        self._end_at(self._all_taken(cameras, patience_s))
        self._cameras = tuple(cameras)

    def add(self, cameras: Sequence[str], *, patience_s: float = PATIENCE_S) -> None:
        """Hold these too from now on, while `keep` goes on; those that are held already stay.

        Raises: as `take`; what was held before is held.
        """
        fresh = [camera for camera in cameras if camera not in self._cameras]
        if fresh:
            # The end of this process stays timed by what it held before, which ends first.
            self._all_taken(fresh, patience_s)
            self._cameras = (*self._cameras, *fresh)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Ids of those whose leases it holds."""
        return self._cameras

    def keep(self, tell: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
        """Renew them from now on, in a thread; it ends the process when they are lost.

        Args:
            tell: what to say of each camera, as JSON; of one that is left out, nothing.
        """
        self._thread = Thread(target=self._keep, args=(tell,), name="leases", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Let other processes watch these cameras; call it when this one looks no more.

        Raises:
            DatabaseUnavailable: they end by themselves.
        """
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        faulthandler.cancel_dump_traceback_later()
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(_RELEASE, {"holder": self.holder})

    def renew(self, told: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Hold them for as long again.

        Raises:
            LeaseLost: one is no longer held.
            DatabaseUnavailable: the database does not answer.
        """
        asked = time.monotonic()
        cameras = self._cameras  # another thread may add some meanwhile
        said = {camera: dict((told or {}).get(camera, {})) for camera in cameras}
        given = {"told": json.dumps(said), "holder": self.holder, "ttl": self._ttl_s}
        with explained(self._engine), self._engine.begin() as connection:
            renewed = connection.execute(_RENEW, given).rowcount
        if renewed != len(cameras):
            raise LeaseLost(f"{len(cameras) - renewed} leases have ended: others may watch")
        self._end_at(asked)

    def fence(self, connection: Connection, camera: str) -> None:
        """Let nobody take a camera until this transaction ends.

        Raises:
            LeaseLost: somebody may have.
        """
        given = {"camera": camera, "holder": self.holder}
        if connection.execute(_MINE, given).first() is None:
            raise LeaseLost(f"the lease of camera {camera} has ended: another may watch it")

    def _all_taken(self, cameras: Sequence[str], patience_s: float) -> float:
        """Take them all, or none; when that was asked for (monotonic seconds)."""
        until = time.monotonic() + patience_s
        while True:
            asked = time.monotonic()
            taken = self._taken(cameras)
            if len(taken) == len(set(cameras)):
                return asked
            if time.monotonic() > until:
                self._give_back(cameras)
                missing = next(camera for camera in cameras if camera not in taken)
                raise StreetwardenError(self._whose(missing))
            time.sleep(_RETRY_S)

    def _taken(self, cameras: Sequence[str]) -> set[str]:
        given = {
            "cameras": sorted(set(cameras)),
            "holder": self.holder,
            "node": self._node,
            "ttl": self._ttl_s,
        }
        with explained(self._engine), self._engine.begin() as connection:
            return set(connection.execute(_TAKE, given).scalars())

    def _give_back(self, cameras: Sequence[str]) -> None:
        given = {"holder": self.holder, "cameras": list(cameras)}
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(_GIVE_BACK, given)

    def _whose(self, camera: str) -> str:
        held = held_leases(self._engine).get(camera)
        by = f"{held.holder} on {held.node}" if held is not None else "another process"
        return f"camera {camera} is watched by {by}; stop that first"

    def _keep(self, tell: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
        while not self._over.wait(min(RENEW_S, self._ttl_s / 5)):
            try:
                self.renew(tell())
            except DatabaseUnavailable as error:
                _log.warning("leases are not renewed: %s", error)
            except LeaseLost as error:
                _log.error("%s; this process ends", error)
                logging.shutdown()
                os._exit(1)

    def _end_at(self, asked: float) -> None:
        left = asked + self._ttl_s - self._margin_s - time.monotonic()
        faulthandler.dump_traceback_later(max(left, 0.001), exit=True)


def held_leases(engine: Engine) -> dict[str, Held]:
    """The leases that have not ended, by camera.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    with explained(engine), engine.connect() as connection:
        return {row[0]: Held(*row[1:]) for row in connection.execute(_HELD)}


def refuse_watched(engine: Engine, cameras: Sequence[str]) -> None:
    """See that no city watches these cameras: one machine's locks are not seen by it.

    Raises:
        StreetwardenError: one does.
        DatabaseUnavailable: the database does not answer.
    """
    with explained(engine), engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('city_leases')")).scalar_one() is None:
            return
    held = held_leases(engine)
    watched = next((camera for camera in cameras if camera in held), None)
    if watched is not None:
        raise StreetwardenError(
            f"camera {watched} is watched by a city, on {held[watched].node}; serve beside it "
            "with --no-watch"
        )


def last_seen(engine: Engine, camera: str, episode: str) -> datetime | None:
    """When the process that watches a camera last saw a confirmed episode that goes on (UTC).

    Some seconds old; None where it holds no such episode.
    """
    with explained(engine), engine.connect() as connection:
        given = {"camera": camera, "episode": episode}
        found = connection.execute(_SEEN, given).scalar_one_or_none()
    return datetime.fromisoformat(found) if found is not None else None
