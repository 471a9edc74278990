"""The rule: enough bicycles stand in the zone at once, each long enough, with nobody on or at them.

One that somebody rides, pushes or stands at is not parked for all that the picture tells, and one
behind a bus cannot be seen: such a look is neither presence nor absence of what stood there. What a
permit of the site covers (a bay that is marked for bicycles) does not count, as for every kind.
"""

from __future__ import annotations

from collections.abc import Sequence

from vision.detections import Detections
from vision.episodes import NormBox, Reason
from vision.frames import Frame
from vision.rules.plain import Plain
from vision.rules.sight import Sight, area, overlap, touching
from vision.rules.stationary import StationaryRule
from vision.rules.stay import Stay
from vision.sentence import Sentence

# Two boxes that cover each other so far are one thing, taken for a bicycle and for a motorcycle.
_ONE_THING = 0.6
# A box that holds so much of a smaller one is around both of two neighbours, which are told apart.
_WITHIN, _SMALLER = 0.75, 0.7
# Of a bicycle's box, what a rider's covers at least: seen from the side a good quarter (legs and
# hips over a frame of 1.7 m), from the front most of it. A passer-by a step away covers less.
_AT_IT = 0.12
# Of the spot, what something before it covers at least for the look to tell nothing.
_HIDDEN = 0.3
_HIDES = ("car", "bus", "truck")

_TOGETHER = Sentence(
    "区域内同时停放{count}辆（判定标准：不少于{count_needed}辆）"
    "[，其中自行车{bicycles}辆][，其中电动自行车或摩托车{e_bikes}辆]；停放时未见有人骑行、推行或在旁",
    "{count} stand in the zone at once (rule: {count_needed})[, bicycles: {bicycles}]"
    "[, e-bikes or motorcycles: {e_bikes}]; nobody was seen on or at them",
)


class ParkedBicycles(StationaryRule):
    """A zone is one place. `count` of the kind's own settings: how many make a case."""

    kind = "parked_bicycles"
    zone_is_one_place = True
    turns_add_up = False  # many who stop for a minute each park nothing
    reach = None  # those of a row touch, and each is one

    @property
    def least_objects(self) -> int:
        """See `StationaryRule`."""
        return max(1, round((self.context.settings.own or {})["count"]))

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """Return those in the zone that nobody is on or at, each once."""
        found = _each_once(super().sights(frame, detections))
        people = self._boxes(frame, detections, ("person",))
        at_them = {
            n
            for n, p in touching([s.box for s in found], people)
            if _covered(found[n].box, people[p]) >= _AT_IT
        }
        return [sight for n, sight in enumerate(found) if n not in at_them]

    def in_view(self, stay: Stay, frame: Frame, detections: Detections) -> bool:
        """Not while somebody is at the spot, or something stands before it."""
        spot = stay.box
        people = self._boxes(frame, detections, ("person",))
        if any(_covered(spot, person) >= _AT_IT for person in people):
            return False
        # What is nearer to the camera stands lower in the picture.
        before = (box for box in self._boxes(frame, detections, _HIDES) if box[3] > spot[3])
        return all(_covered(spot, box) < _HIDDEN for box in before)

    def subtype(self, stays: Sequence[Stay]) -> str:
        """By what most of them are; a zone may say more, see `kinds.yaml`."""
        return "bicycles" if 2 * _bicycles(stays) >= len(stays) else "e_bikes"

    def reasons_of_all(self, stays: Sequence[Stay]) -> tuple[Reason, ...]:
        """How many stand there at once, and of what sort."""
        data = {
            "count": len(stays),
            "count_needed": self.least_objects,
            "bicycles": _bicycles(stays),
            "e_bikes": len(stays) - _bicycles(stays),
        }
        zh, en = _TOGETHER.say("zh", data), _TOGETHER.say("en", data)
        return (Reason(en=en, zh=zh, data={**data}, code="parked_bicycles_together"),)

    def _boxes(self, frame: Frame, detections: Detections, classes: Sequence[str]) -> list[NormBox]:
        """Of these classes, however unsurely seen: in doubt, nothing is parked."""
        look = Plain.of(frame, detections)
        return [look.boxes[n] for n in look.indexes(classes)]


def _each_once(sights: Sequence[Sight]) -> list[Sight]:
    """The surest sight of each thing; of a row, its parts, so that none counts two times."""
    kept: list[Sight] = []
    for sight in sorted(sights, key=lambda s: -s.score):
        if all(overlap(sight.box, known.box)[0] < _ONE_THING for known in kept):
            kept.append(sight)
    return [s for s in kept if not any(_encloses(s.box, other.box) for other in kept)]


def _encloses(box: NormBox, other: NormBox) -> bool:
    return area(other) < _SMALLER * area(box) and _covered(other, box) >= _WITHIN


def _covered(box: NormBox, by: NormBox) -> float:
    """Share of a box that lies under another one, 0..1."""
    wide = min(box[2], by[2]) - max(box[0], by[0])
    tall = min(box[3], by[3]) - max(box[1], by[1])
    return wide * tall / area(box) if wide > 0 and tall > 0 else 0.0


def _bicycles(stays: Sequence[Stay]) -> int:
    return sum("bicycle" in stay.sight.classes for stay in stays)
