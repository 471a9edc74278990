"""Dirty truck: an uncovered load, mud, or a spill on the road, on enough frames of one pass.

Every truck is inspected; empty and covered ones are not reported. The plate is kept for the
reviewer. A standing truck, an object that as many looks classify as a car or a bus, and one that is
too small to read are not judged; a look in which the picture's edge cuts the truck off does not
count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic_core import to_json

from vision.detections import Detections
from vision.episodes import NormBox, Reason
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules.context import Context
from vision.rules.dirty_truck.followed import SAME_TRUCK
from vision.rules.dirty_truck.spills import Spills
from vision.rules.pass_through import PassThroughRule
from vision.rules.passes import Charge, Pass
from vision.rules.plain import Plain, tracks_of
from vision.rules.reasons import ReasonCode, measured, on_frames, spilt
from vision.rules.sight import Sight, area, find_sights, overlap, touching

# A plate belongs to a truck if at least this share of it is in the truck's box.
_INSIDE = 0.8
# Minimum score of a reading; 0.5 is chance for two states.
_MIN_READING = 0.6
# By attribute: the value that is a violation, and its sub-type.
_BAD = {"load": ("open", "not_sealed"), "dirt": ("muddy", "mud_on_wheels")}
# A box within this share of the picture's sides of its edge is cut off: a model's boxes end a few
# pixels short of the edge.
_EDGE = 0.01
# A box that overlaps a truck's box at least this much is the same object.
_SAME = 0.5
_VEHICLES = ("truck", "bus", "car")
_SPILL, _LOADED = "spill", ("not_sealed",)
_READ = {"not_sealed": ReasonCode.OPEN_LOAD, "mud_on_wheels": ReasonCode.MUDDY}


class DirtyTruck(PassThroughRule):
    """Pass-through rule with one episode for each pass of a truck with a violation."""

    kind = "dirty_truck"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._spills = Spills(context)

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`."""
        return {**super().remember(), "spills": self._spills.remember()}

    def remember_json(self) -> bytes:
        """See `vision.rules.context.Rule.remember`."""
        passes = self.passes_json()[:-1]
        return b'%b,"spills":%b}' % (passes, to_json(self._spills.remember()))

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`; the state of earlier versions has no road."""
        super().recall(state)
        if "spills" in state:
            self._spills.recall(state["spills"])

    def sights(self, frame: Frame, detections: Detections) -> Sequence[Sight]:
        """Return the trucks whose state was read."""
        if len(detections) == 0 or "load" not in detections.data:
            return []
        found = find_sights(
            frame,
            detections,
            catalogue().kind(self.kind).seen_as,
            self.context.zone,
            min_score=self.context.threshold,
            reach=None,
        )
        if not found:
            return []
        loads = np.asarray(detections.data["load"]).tolist()
        largest_first = sorted(
            (s for s in found if loads[s.indexes[0]]), key=lambda s: -area(s.box)
        )
        trucks: list[Sight] = []
        for sight in largest_first:
            if all(overlap(t.box, sight.box)[1] < SAME_TRUCK for t in trucks):
                trucks.append(sight)
        return trucks

    def in_view(self, frame: Frame, detections: Detections) -> Mapping[int, NormBox]:
        """Return all vehicles: a truck may be misclassified for a moment."""
        look = Plain.of(frame, detections)
        vehicles, tracks = look.indexes(_VEHICLES), tracks_of(detections)
        return {tracks[n]: look.boxes[n] for n in vehicles if tracks[n] >= 0}

    def against(self, sight: Sight, detections: Detections) -> Mapping[str, float | None]:
        """Return the readings of its crop, if the truck is wholly in the picture."""
        if min(sight.box[0], sight.box[1], 1 - sight.box[2], 1 - sight.box[3]) < _EDGE:
            return {}
        said: dict[str, float | None] = {}
        for attribute, (bad, subtype) in _BAD.items():
            value = str(np.asarray(detections.data[attribute])[sight.indexes[0]])
            score = float(np.asarray(detections.data[f"{attribute}_score"])[sight.indexes[0]])
            sure = value and score >= _MIN_READING
            said[subtype] = (score if value == bad else 0.0) if sure else None
        return said

    def judged(self, one: Pass) -> bool:
        """Whether it moves, and its class votes are steadily for a truck, not a car or a bus."""
        return super().judged(one) and one.course.is_steadily("truck")

    def details(self, box: NormBox, frame: Frame, detections: Detections) -> tuple[int, ...]:
        """Plates in a truck's box."""
        look = Plain.of(frame, detections)
        return tuple(
            n for n in look.indexes(("plate",)) if overlap(box, look.boxes[n])[1] >= _INSIDE
        )

    def aftermath(
        self, frame: Frame, detections: Detections, passes: Sequence[Pass], seen: Mapping[int, int]
    ) -> None:
        """Charge spills; on a moving camera, what is new on the road cannot be determined.

        A pass with contradictory readings, which may be two trucks, is not charged. A spill that is
        seen only after the truck has gone is shown by the truck alone.
        """
        self._take_for(frame, detections, passes)
        if self.context.camera.type != "cctv":
            return
        both = self._spills.look(frame, detections, seen, {one.number for one in passes})
        alone = {number: (index,) for index, number in seen.items()}
        for one in passes:
            spill = self._spills.of(one.number)
            two = any(one.charges[s].doubtful for s in _LOADED if s in one.charges)
            if spill is not None and not two:
                one.charges[_SPILL] = Charge(
                    list(spill.scores), spill.chances, spill.box, places=len(spill.scores)
                )
            elif one.episode is None:  # the spill may be attributed to another truck by now
                one.charges.pop(_SPILL, None)
            for focus in (alone.get(one.number), both.get(one.number)):
                if focus is not None:
                    self.looks.say(one.number, _SPILL, focus, frame, detections)

    def _take_for(self, frame: Frame, detections: Detections, passes: Sequence[Pass]) -> None:
        """Add this look's class votes to each pass: of its tracks and of boxes that overlap it."""
        look, tracks = Plain.of(frame, detections), tracks_of(detections)
        vehicles = look.indexes(_VEHICLES)
        votes = {n: (look.names[n], look.scores[n]) for n in vehicles}
        of_track: dict[int, list[int]] = defaultdict(list)
        for n in vehicles:
            of_track[tracks[n]].append(n)
        of_box: dict[int, list[int]] = defaultdict(list)
        here = [one for one in passes if one.index == frame.index]
        if here and vehicles:
            at, boxes = [one.box for one in here], [look.boxes[n] for n in vehicles]
            for i, n in touching(at, boxes):
                if overlap(at[i], boxes[n])[0] >= _SAME:
                    of_box[here[i].number].append(vehicles[n])
        for one in passes:
            same = {n for track in one.tracks for n in of_track.get(track, ())}
            one.course.take_for([votes[n] for n in same.union(of_box.get(one.number, ()))])
        for track, course in self._courses.coming.items():
            course.take_for([votes[n] for n in of_track.get(track, ())])

    def reasons(self, subtype: str, one: Pass) -> Sequence[Reason]:
        """Return why: on how many frames of the pass, or after it, and how reliable that is."""
        charge, spill = one.charges[subtype], self._spills.of(one.number)
        frames, score = charge.looks, charge.score
        if subtype == _SPILL and spill is not None and spill.passage is not None:
            since, free = spill.first - spill.passage.at, spill.passage.free
            return [spilt(frames, charge.chances, score, since, free)]
        described = catalogue().kind(self.kind).subtype(subtype)
        needed = self.needed(described)
        told = on_frames(_READ[subtype], frames, charge.chances, score=score, needed=needed)
        return [told, *([measured(described.read)] if described.read is not None else [])]
