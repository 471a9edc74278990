"""Context: a rule's camera, zone, settings and registers; and the `Rule` protocol."""

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
        settings: complete settings: every field that the kind needs is set.
        threshold: the minimum score of a detection, 0..1.
        timezone: the site's time zone, for the zone's hours.
        ground: homography from the camera's picture to the map, where it is known.
        permits: the permits that may apply to this kind and camera.
        assets: the registered assets that this kind may be about.
        holidays: the site's holidays.
        baseline: the known structures, if the site has them on the map.
        memory: folder for the state that must outlive the process, or None.
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
        """Nominal time between two looks at this camera."""
        return timedelta(seconds=1 / self.camera.analyse_fps)

    def where(self, frame: Frame, u: float, v: float) -> Position | None:
        """Return the ground position at a point of the picture (fractions of it), if it is known.

        A drone's pose takes precedence over the camera's ground, as it belongs to this picture.
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
        every_look: the objects move, so each look needs inference, also in an unchanged scene.
        has_candidates: there is a candidate, which more frequent looks would decide sooner.
        idle: the rule has no state, so past looks do not affect future decisions.
        episodes: the confirmed episodes that are ongoing.
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
        """Return the episodes that this look opened, confirmed, cleared, ended or dropped.

        The rule receives every look, also outside the zone's hours: there it only ends the episodes
        that end with the hours, and ignores the detections.
        """
        ...

    def remember(self) -> Any:
        """Return the rule's state, ready for JSON.

        It is asked for after every look. A rule whose state is large may have a `remember_json` as
        well, which returns the same as JSON text (bytes, one line) in less time.

        A rule may have `under_way(state, frame, detections)`, too: what is under way in a state
        that this gave, after this look (`vision.rules.under_way.UnderWay`). It touches nothing of
        the rule that a look changes: another thread asks.
        """
        ...

    def recall(self, state: Any) -> None:
        """Restore the state that `remember` gave; ValueError or KeyError if it cannot be read."""
        ...


def name_of(rule: Rule) -> str:
    """A rule's name among those of its camera."""
    return f"{rule.context.zone.name}/{rule.kind}"
