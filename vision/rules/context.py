"""Context: what a rule knows of its camera, zone and settings; and the Rule protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent
from vision.frames import Frame
from vision.geo.errors import NoGround
from vision.geo.ground import Ground
from vision.geo.position import Position
from vision.hours import turns
from vision.registers.assets import Asset
from vision.registers.baseline import Baseline
from vision.registers.permits import Permit
from vision.site import Camera, Zone
from vision.site.rule_settings import RuleSettings


@dataclass(frozen=True, slots=True)
class Context:
    """One kind watched in one zone of one camera.

    Attributes:
        settings: complete: every field that the kind needs is set.
        threshold: the score from which a detection counts, 0..1.
        timezone: the site's, for the zone's hours.
        ground: from the camera's picture to the map, where it is known.
        permits: those that may permit this kind of thing to this camera.
        assets: those that this kind of thing may be about.
        holidays: the site's.
        baseline: the structures that were known, where the site has them on the map.
        memory: folder where a rule keeps what must outlive the process, or None.
    """

    camera: Camera
    zone: Zone
    settings: RuleSettings
    threshold: float
    timezone: ZoneInfo
    ground: Ground | None = None
    permits: tuple[Permit, ...] = ()
    assets: tuple[Asset, ...] = ()
    holidays: frozenset[date] = frozenset()
    baseline: Baseline | None = None
    memory: Path | None = None

    @property
    def look_interval(self) -> timedelta:
        """Time between two looks at this camera when nothing is lost."""
        return timedelta(seconds=1 / self.camera.analyse_fps)

    def where(self, frame: Frame, u: float, v: float) -> Position | None:
        """The ground at a point of the picture (fractions of it); None where that is not known.

        A drone's pose goes before the camera's ground: it is of this very picture.
        """
        view = frame.pose or self.ground
        if view is None:
            return None
        try:
            return view.position(u, v)
        except NoGround:
            return None

    def watching(self, frame: Frame) -> bool:
        """Whether the zone's days and hours include the moment of this frame."""
        return self._watched(frame.captured_at)

    def closed_since(self, after: datetime, until: datetime) -> datetime | None:
        """When the zone's days or hours first ended, later than `after` and up to `until` (UTC)."""
        if not self.zone.hours.spans and self.zone.valid is None:
            return None
        moments = turns(self.zone.hours.times, after, until, self.timezone)
        return next((m for m in (*moments, until) if not self._watched(m)), None)

    def _watched(self, moment: datetime) -> bool:
        return self.zone.watched_at(moment.astimezone(self.timezone), self.holidays)


class Rule(Protocol):
    """Decides one kind in one zone. Called with every look at the camera, in order of time.

    Attributes:
        every_look: what it watches moves, so an earlier look must not stand for an unchanged scene.
        has_candidates: something is being made sure of: further looks, sooner, would decide it.
        idle: nothing is going on, so that looks so far decide nothing of what is to come.
        episodes: those that are confirmed and go on.
    """

    context: Context
    kind: str
    every_look: bool

    @property
    def has_candidates(self) -> bool: ...  # noqa: D102 - see above
    @property
    def idle(self) -> bool: ...  # noqa: D102 - see above

    @property
    def episodes(self) -> Sequence[Episode]: ...  # noqa: D102 - see above

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """What this look changes: episodes opened, confirmed, cleared, ended or dropped.

        Every look is given to it, also outside of the zone's hours: then it ends what the end of
        hours ends, and sees nothing.
        """
        ...

    def remember(self) -> Any:
        """All that earlier looks left behind, ready for JSON."""
        ...

    def recall(self, state: Any) -> None:
        """Go on from what `remember` gave; ValueError or KeyError where it cannot be read."""
        ...
