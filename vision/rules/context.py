"""Context: what a rule knows of its camera, zone and settings; and the Rule protocol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from vision.detections import Detections
from vision.episodes import EpisodeEvent
from vision.frames import Frame
from vision.site import Camera, RuleSettings, Zone


@dataclass(frozen=True, slots=True)
class Context:
    """One kind watched in one zone of one camera.

    Attributes:
        settings: complete: every field that the kind needs is set.
        threshold: the score from which a detection counts, 0..1.
        timezone: the site's, for the zone's hours.
        memory: folder where a rule keeps what must outlive the process, or None.
    """

    camera: Camera
    zone: Zone
    settings: RuleSettings
    threshold: float
    timezone: ZoneInfo
    memory: Path | None = None

    @property
    def look_interval(self) -> timedelta:
        """Time between two looks at this camera when nothing is lost."""
        return timedelta(seconds=1 / self.camera.analyse_fps)

    def watching(self, frame: Frame) -> bool:
        """Whether the zone's hours include the moment of this frame."""
        return self.zone.hours.includes(frame.captured_at.astimezone(self.timezone))


class Rule(Protocol):
    """Decides one kind in one zone. Called with every look at the camera, in order of time.

    Attributes:
        every_look: what it watches moves, so an earlier look must not stand for an unchanged scene.
        eager: something is being made sure of: further looks, sooner, would decide it.
        idle: nothing is going on, so that looks so far decide nothing of what is to come.
    """

    context: Context
    kind: str
    every_look: bool

    @property
    def eager(self) -> bool: ...  # noqa: D102 - see above
    @property
    def idle(self) -> bool: ...  # noqa: D102 - see above

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """What this look changes: episodes opened, confirmed, cleared or dropped."""
        ...

    def remember(self) -> Any:
        """All that earlier looks left behind, ready for JSON."""
        ...

    def recall(self, state: Any) -> None:
        """Go on from what `remember` gave; ValueError or KeyError where it cannot be read."""
        ...
