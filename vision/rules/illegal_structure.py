"""Illegal structure: a structure that is not in the baseline of the view.

Every look is registered to the first one (`Overlay`), so that two flights over a place are two
looks at it; boxes and zones are in the first look's coordinates. `Known` holds the baseline. A
structure remains *suspected*: unless the register has a permit, the rule cannot know of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from vision.detections import Detections
from vision.episodes import EpisodeEvent, NormBox, Reason
from vision.frames import Frame
from vision.geo.drone_pose import DronePose
from vision.geo.errors import NoGround
from vision.kinds import catalogue
from vision.rules.context import Context
from vision.rules.known import Known
from vision.rules.overlay import Overlay
from vision.rules.reasons import covers, not_known
from vision.rules.sight import Sight, find_sights, hull_of
from vision.rules.stationary import StationaryRule
from vision.rules.stay import Stay
from vision.rules.under_way import UnderWay
from vision.rules.visits import visit_of
from vision.view.registration import LaidPose

# While learning, a doubtful roof counts as known: missing it would make it "new" later.
_LEARN_SCORE = 0.1


class IllegalStructure(StationaryRule):
    """Stationary rule in which each new structure is a place of its own."""

    kind = "illegal_structure"
    gaps_count = True
    endures = True
    stands_on = "centre"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._known = Known(context)
        self._overlay: Overlay | None = None

    @property
    def idle(self) -> bool:
        """See `vision.rules.context.Rule`."""
        return super().idle and not self._known.learning

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`."""
        return {**self._known.remember(), "places": super().remember()}

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`."""
        super().recall(state["places"])
        self._known.recall(state)

    def under_way(self, state: Any, frame: Frame, detections: Detections) -> list[UnderWay]:
        """Where they lie in this look, as far as it shows them; none where it is not registered."""
        overlay = Overlay.of(frame, detections)
        if overlay is None:
            return []
        told = super().under_way(state["places"], frame, detections)
        return [
            replace(one, box=hull_of([overlay.back(one.box)]))
            for one in told
            if overlay.shows(one.box)
        ]

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """Learn the baseline first, then report structures that are not in it."""
        if not self.context.watching(frame):
            return []
        self._overlay = overlay = Overlay.of(frame, detections)
        if overlay is None:
            return []
        at, laid = frame.captured_at, overlay.detections
        if overlay.view is not None:
            self._known.reach(overlay.view, at)
        if self._known.learns(frame, visit_of(detections, at)):
            self._known.learn(at, self._structures(frame, laid, _LEARN_SCORE))
            return []
        pose = frame.pose
        if isinstance(pose, DronePose) and overlay.from_reference is not None:
            pose = LaidPose.of(pose, overlay.from_reference)
        events = super().look(replace(frame, pose=pose), laid)
        return [replace(event, frame=frame, detections=detections) for event in events]

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """Structures that are not in the baseline."""
        return self._known.new(self._structures(frame, detections, self.context.threshold))

    def in_view(self, stay: Stay, frame: Frame, detections: Detections) -> bool:  # noqa: ARG002 - the overlay knows the look
        """Whether the drone's picture, laid over the first one, shows the spot."""
        return self._overlay is None or self._overlay.shows(stay.box)

    def subtype(self, stays: Sequence[Stay]) -> str:  # noqa: ARG002 - one sub-type so far
        """Unauthorised building; whether a permit exists is for a person to check."""
        return "unauthorised_building"

    def reasons(self, lead: Stay, occupied: timedelta) -> tuple[Reason, ...]:
        """Add what the baseline is, and the structure's size where it can be measured."""
        baseline = not_known(len(self._known.boxes), self._known.until)
        return (baseline, *self._size(lead.box), *super().reasons(lead, occupied))

    def _size(self, box: NormBox) -> list[Reason]:
        if self.context.ground is None:
            return []
        try:
            return [covers(*self.context.ground.area(box))]
        except NoGround:
            return []

    def _structures(self, frame: Frame, detections: Detections, score: float) -> list[Sight]:
        # One by one: neighbouring roofs touch, and joined they would be one.
        return find_sights(
            frame,
            detections,
            catalogue().kind(self.kind).seen_as,
            self.context.zone,
            min_score=score,
            stands_on=self.stands_on,
            reach=None,
        )
