"""Matching (dedupe): whether an episode is a sighting of an open case, and which cases are prior.

On the map, two sightings are one violation if their error circles meet: not farther apart than the
sum of their accuracies (each contains the true place with 95 %), whichever cameras and flights saw
them. `reach` in `kinds.yaml` bounds that sum for each kind: from below, since an object has a size
and two views of it pick different points of it; from above, since with poorer positions a neighbour
would be matched, and two cases of one violation cost a minute while one case of two violations
hides one. A case keeps the position of its first sighting that had one, so that a row of neighbours
does not merge link by link.

In the picture, for a fixed camera that has seen the case before, and if a position is missing: the
same zone, and overlapping boxes for kinds that can stand side by side in a zone.

If both are about a registered asset, the asset alone decides, whichever cameras saw it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, load_only, selectinload

from api.cases.proximity import about, among, apart, around, is_fixed, located, position, seen_by
from api.cases.stages import OPEN, PERSON_CONFIRMED, SHOWN, UNFOUNDED, Stage
from api.storage.tables import CaseRow, SightingRow
from vision.episodes import Episode
from vision.geo import Position
from vision.kinds import catalogue
from vision.rules.sight import overlap
from vision.site import Camera
from vision.site.rule_settings import RuleSettings

SAME_BOX_IOU = 0.3
"""Boxes that overlap less are two different bins, or structures, of one zone."""
MEMORY = timedelta(days=365)
"""Default for how far back prior cases are looked up."""
MOST_PRIOR = 50
"""Maximum of prior cases: a daily street vendor would fill a webhook; the newest are enough."""
_READ_AT_ONCE = 100
_PLACE = (
    load_only(
        CaseRow.id,
        CaseRow.kind,
        CaseRow.asset,
        CaseRow.lon,
        CaseRow.lat,
        CaseRow.accuracy_m,
        CaseRow.method,
    ),
    selectinload(CaseRow.sightings).load_only(
        SightingRow.camera,
        SightingRow.zone,
        SightingRow.box,
        SightingRow.opened_at,
        SightingRow.last_seen_at,
    ),
)


LastSeen = Callable[[str, str], datetime | None]
"""When a camera (id) last saw an episode (id) that it goes on holding; None if it does not."""


@dataclass(frozen=True, slots=True)
class Match:
    """An open case that an episode is a sighting of. Metres are None where pictures decided."""

    case: CaseRow
    apart_m: float | None = None
    reach_m: float | None = None


class Matching:
    """Cases of one episode's kind at one episode's place."""

    def __init__(
        self,
        session: Session,
        camera: Camera,
        episode: Episode,
        settings: RuleSettings,
        fixed: Collection[str],
        *,
        last_seen: LastSeen,
    ) -> None:
        self._session = session
        self._episode = episode
        self._moves = not is_fixed(camera)
        # Pictures of one camera at two presets cannot be compared.
        self._views = _zones_beside(camera, episode.zone) if camera.presets else None
        self._where = located(episode.where)
        self._dedupe: timedelta | Literal["until_cleared"] | None = settings.dedupe
        self._memory = settings.memory or MEMORY
        self._horizon = settings.horizon or MEMORY
        self._fixed, self._last_seen = fixed, last_seen
        self._one_is = catalogue().kind(episode.kind).place

    def current(self) -> Match | None:
        """Return the open case that the episode matches, locked; the nearest, then the newest."""
        if self._one_is == "pass" or self._dedupe is None:
            return None
        query = self._here().where(CaseRow.stage.in_([s.value for s in OPEN]))
        if isinstance(self._dedupe, timedelta):
            query = query.where(
                or_(
                    CaseRow.last_seen_at >= self._episode.opened_at - self._dedupe,
                    CaseRow.ended_at.is_(None),
                ),
                CaseRow.first_seen_at <= self._episode.last_seen_at + self._dedupe,
            )
        else:
            # A flight that is imported late may show a violation that has cleared since.
            at = self._episode.last_seen_at
            then = and_(CaseRow.first_seen_at <= at, CaseRow.cleared_at >= at)
            query = query.where(or_(CaseRow.cleared_at.is_(None), then))
        rows = self._session.scalars(query.order_by(CaseRow.id.desc()))
        found = [
            match
            for row in rows
            if self._still_open(row) and (match := self._match(row)) is not None
        ]
        match = min(found, key=lambda m: m.apart_m or 0.0, default=None)
        if match is not None:
            # A person may be confirming it: wait for the lock, then read the result.
            self._session.refresh(match.case, with_for_update=True)
        return match

    def _still_open(self, case: CaseRow) -> bool:
        """Whether a case that was never seen cleared may still match (`horizon`).

        It may if another fixed camera holds it, since that camera sees it now, whenever it reported
        it. A sighting held by this camera would not have been reported again.
        """
        timed = self._dedupe if isinstance(self._dedupe, timedelta) else None
        if timed is None and self._was_over(case):
            return False
        if case.ended_at is not None and (timed is not None or case.cleared_at is not None):
            return True
        held = [
            s
            for s in case.sightings
            if s.ended_at is None and s.camera != self._episode.camera and s.camera in self._fixed
        ]
        if timed is None and held:
            return True  # a state, as long as no look shows it gone
        since = self._episode.opened_at - (self._horizon if timed is None else timed)
        told = [self._last_seen(s.camera, s.episode_id) for s in held]
        return max([case.last_seen_at, *(at for at in told if at is not None)]) >= since

    def _was_over(self, case: CaseRow) -> bool:
        """Whether an episode that is reported late was over before a case began.

        A fixed camera that reported the case as another had seen the end of this one by then.
        """
        seen_at = self._episode.last_seen_at
        if case.first_seen_at <= seen_at:
            return False
        told_anew = any(s.camera == self._episode.camera for s in case.sightings)
        return (told_anew and not self._moves) or case.first_seen_at > seen_at + self._horizon

    def prior(self) -> list[str]:
        """Return ids of cases here that were over before the episode opened, latest seen first."""
        if self._one_is == "pass":
            return []
        opened = self._episode.opened_at
        window = self._dedupe if isinstance(self._dedupe, timedelta) else self._horizon
        over = or_(
            CaseRow.cleared_at.is_not(None),
            CaseRow.last_seen_at < opened - window,
            CaseRow.stage == Stage.CLOSED.value,
        )
        founded = or_(
            CaseRow.outcome.is_(None), CaseRow.outcome.not_in([o.value for o in UNFOUNDED])
        )
        query = self._here().where(
            CaseRow.stage.in_([s.value for s in SHOWN]),
            over,
            founded,
            CaseRow.last_seen_at.between(opened - self._memory, opened),
        )
        query = query.order_by(CaseRow.last_seen_at.desc(), CaseRow.id.desc()).options(*_PLACE)
        # A zone of many bins has many cases in a year: only the columns that give the place are
        # read, and only as many rows as are needed.
        with self._session.scalars(query.execution_options(yield_per=_READ_AT_ONCE)) as rows:
            return list(islice((r.id for r in rows if self._match(r)), MOST_PRIOR))

    def _here(self) -> Select[CaseRow]:
        kind, ids = self._episode.kind, []
        if self._where is not None:
            ids.append(around(self._where, _bounds(kind)[1], kind))
        if self._episode.asset is not None:
            ids.append(about(self._episode.asset))
        if self._where is None or not self._moves:
            ids.append(seen_by(self._episode.camera, self._episode.zone))
        query = select(CaseRow).where(CaseRow.kind == kind, among(*ids))
        return query.options(selectinload(CaseRow.sightings))

    def _match(self, case: CaseRow) -> Match | None:
        own = [s for s in case.sightings if s.camera == self._episode.camera]
        own = [s for s in own if self._views is None or s.zone in self._views]
        if self._episode.asset is not None and case.asset is not None:
            two = any(_at_once(s, self._episode) for s in own)
            return Match(case) if case.asset == self._episode.asset and not two else None
        there = position(case)
        # A fixed camera that has seen the case matches better by its picture than by the map; a
        # flying camera's picture gives no place.
        if self._where is not None and there is not None and (self._moves or not own):
            metres, limit = apart(there, self._where), reach(case.kind, there, self._where)
            # Two sightings of one camera at the same time are two violations, however near.
            if metres > limit or any(_at_once(s, self._episode) for s in own):
                return None
            return Match(case, metres, limit)
        if self._moves and there is not None:
            return None
        known = [s for s in own if s.zone == self._episode.zone]
        if self._one_is == "spot":
            known = [s for s in known if _overlap(s, self._episode)]
        return Match(case) if known else None


def confirmed_of(session: Session, prior: Collection[str]) -> int:
    """How many of these cases people have confirmed."""
    if not prior:
        return 0
    stages = [stage.value for stage in PERSON_CONFIRMED]
    query = select(func.count()).where(CaseRow.id.in_(prior), CaseRow.stage.in_(stages))
    return session.scalar(query) or 0


def reach(kind: str, one: Position, other: Position) -> float:
    """How far apart in metres two sightings of one violation of this kind may be."""
    least, most = _bounds(kind)
    return min(most, max(least, (one.accuracy_m or 0.0) + (other.accuracy_m or 0.0)))


def _bounds(kind: str) -> tuple[float, float]:
    found = catalogue().kind(kind).reach
    assert found is not None, "what passes is matched with nothing"
    return found


def _zones_beside(camera: Camera, zone: str) -> set[str]:
    """Return the names of the zones at the same preset."""
    presets = {known.name: known.preset for known in camera.zones}
    return {name for name, preset in presets.items() if preset == presets.get(zone)}


def _at_once(seen: SightingRow, episode: Episode) -> bool:
    return seen.opened_at <= episode.last_seen_at and episode.opened_at <= seen.last_seen_at


def _overlap(seen: SightingRow, episode: Episode) -> bool:
    left, top, right, bottom = seen.box
    return overlap((left, top, right, bottom), episode.box)[0] >= SAME_BOX_IOU
