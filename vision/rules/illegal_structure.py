"""Illegal structure: a structure that was not there when the view was first learnt.

Every look is laid over the first one: a fixed camera's lies there anyway, a drone's where its
registration says (`TO_REFERENCE`), so that two flights over a place are two looks at it; boxes and
zones are those of the first look. The baseline is the site's, of a day and on the map, where the
camera's ground is known; else it is what stood in view while the rule was learning, as far as the
view reached. A structure stays *suspected*: nothing here knows whether it has a permit, unless the
register has one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pydantic import TypeAdapter
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from vision.detections import TO_REFERENCE, Detections
from vision.episodes import EpisodeEvent, NormBox, Reason
from vision.frames import Frame
from vision.kinds import catalogue
from vision.places.errors import NoGround
from vision.places.registration import LaidPose, Matrix, moved, shown
from vision.rules.context import Context
from vision.rules.dwelling import Dwelling
from vision.rules.sight import Sight, find_sights
from vision.rules.stay import Stay, match

log = logging.getLogger(__name__)

# While learning, a doubtful roof counts as known: missing it would make it "new" later. But what
# only a few looks showed is the model's fancy, and must not hide what is built there later.
_LEARN_SCORE = 0.1
_LEARN_PRESENCE = 0.25
# Covered this far by a known structure, a sight is known.
_KNOWN_COVER = 0.6
# A hovering drone drifts by this much of the picture.
_DRIFT = 0.02


_STAYS = TypeAdapter(list[Stay])


class IllegalStructure(Dwelling):
    """Each new structure is a place of its own."""

    kind = "illegal_structure"
    gaps_count = True
    stands_on = "centre"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._file = _baseline_file(context)
        self._learnt_until: datetime | None = None
        self._learning: list[Stay] = []
        self._learnt_looks = 0
        self._concluded = False
        self._known: list[NormBox] = []
        self._learnt: BaseGeometry | None = None
        self._from_reference: Matrix | None = None
        self._given = False
        if context.baseline is not None and context.ground is not None:
            self._file, self._given = None, True
            day = datetime.combine(context.baseline.as_of, time.min, context.timezone)
            self._learnt_until, self._concluded = day, True
            self._known = context.baseline.boxes(context.ground)
        self._read()

    @property
    def idle(self) -> bool:
        """See `vision.rules.context.Rule`."""
        return super().idle and not self._learning

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`."""
        return {
            "learnt_until": self._learnt_until.isoformat() if self._learnt_until else None,
            "learning": _STAYS.dump_python(self._learning, mode="json"),
            "learnt_looks": self._learnt_looks,
            "known": self._known if self._concluded else None,
            "learnt": shapely.to_wkt(self._learnt) if self._learnt is not None else None,
            "places": super().remember(),
        }

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`."""
        super().recall(state["places"])
        if self._given:
            return  # the site's baseline may be a newer one
        until = state["learnt_until"]
        self._learnt_until = datetime.fromisoformat(until) if until else None
        self._learning = _STAYS.validate_python(state["learning"])
        self._learnt_looks = int(state["learnt_looks"])
        self._concluded = state["known"] is not None
        self._known = [tuple(box) for box in state["known"] or ()]
        self._learnt = _area(state.get("learnt"))

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """Learns first, then watches for what was not there."""
        if not self.context.watching(frame):
            return []
        laid = self._lay(frame, detections)
        if laid is None:
            return []  # nobody can tell where this is
        pose = frame.pose
        if pose is not None and self._from_reference is not None:
            pose = LaidPose.of(pose, self._from_reference)
        events = self._look(replace(frame, pose=pose), laid)
        return [replace(event, frame=frame, detections=detections) for event in events]

    def _look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        if self._learnt_until is None:
            learn = self.context.settings.learn or timedelta(0)
            self._learnt_until = frame.captured_at + learn
        if frame.captured_at < self._learnt_until:
            self._learn(frame, detections)
            return []
        if not self._concluded:
            self._conclude()
        return super().look(frame, detections)

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """Structures that the baseline does not cover."""
        return [
            s
            for s in self._structures(frame, detections, self.context.threshold)
            if not any(self._covers(known, s.box) for known in self._known)
            and (self._learnt is None or self._learnt.contains(_middle(s.box)))
        ]

    def _lay(self, frame: Frame, detections: Detections) -> Detections | None:
        """The detections where they lie in the first look; None where that is not known."""
        self._from_reference = None
        if TO_REFERENCE not in detections.metadata:
            return detections
        told = detections.metadata[TO_REFERENCE]
        if told is None:
            return None
        matrix = np.array(told, np.float64)
        self._from_reference = np.linalg.inv(matrix).astype(np.float64)
        size = np.array([frame.width, frame.height] * 2)
        boxes = moved(np.asarray(detections.xyxy, np.float64) / size, matrix)
        if self._learnt_until is None or frame.captured_at < self._learnt_until:
            view = shapely.Polygon(shown(matrix))
            reached = view if self._learnt is None else self._learnt.union(view)
            self._learnt = reached.simplify(_DRIFT / 4)  # a hovering drone adds slivers
        return replace(detections, xyxy=(boxes * size).astype(np.float32))

    def _in_view(self, stay: Stay) -> bool:
        if self._from_reference is None:
            return True
        middle = _middle(stay.box)
        ((u, v),) = shown(self._from_reference, [(middle.x, middle.y)])
        return 0 <= u <= 1 and 0 <= v <= 1

    def subtype(self, stays: Sequence[Stay]) -> str:  # noqa: ARG002 - one sub-type so far
        """Unauthorised building; whether a permit exists is for a person to check."""
        return "unauthorised_building"

    def reasons(self, lead: Stay, occupied: timedelta) -> tuple[Reason, ...]:
        """Adds what the baseline is."""
        until = self._learnt_until.date().isoformat() if self._learnt_until else "?"
        baseline = Reason(
            en=f"suspected: not among the {len(self._known)} structures known on {until}",
            zh=f"疑似：不在{until}已登记的{len(self._known)}处建筑中",
            data={"baseline_size": len(self._known), "baseline_date": until},
        )
        return (baseline, *self._size(lead.box), *super().reasons(lead, occupied))

    def _size(self, box: NormBox) -> list[Reason]:
        if self.context.ground is None:
            return []
        try:
            size, error = self.context.ground.area(box)
        except NoGround:
            return []
        return [
            Reason(
                en=f"covers about {size:.0f} m² in the picture (± {error:.0f} m²)",
                zh=f"图上占地约{size:.0f}平方米（±{error:.0f}平方米）",
                data={"area_m2": round(size, 1), "area_error_m2": round(error, 1)},
            )
        ]

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

    def _learn(self, frame: Frame, detections: Detections) -> None:
        self._learnt_looks += 1
        sights = self._structures(frame, detections, _LEARN_SCORE)
        pairs, fresh = match(self._learning, sights)
        for stay, index in zip(self._learning, pairs, strict=True):
            if index is not None:
                stay.see(frame.captured_at, sights[index], timedelta.max)
        at = frame.captured_at
        self._learning += [Stay(first=at, last=at, sight=sights[i]) for i in fresh]

    def _conclude(self) -> None:
        """Learning is over: keep what stood there, drop what only flickered."""
        least = max(1.0, _LEARN_PRESENCE * self._learnt_looks)
        self._known = [s.box for s in self._learning if s.looks >= least]
        self._learning, self._concluded = [], True
        if self._file is not None:
            self._write(self._file)

    @staticmethod
    def _covers(known: NormBox, box: NormBox) -> bool:
        grown = (known[0] - _DRIFT, known[1] - _DRIFT, known[2] + _DRIFT, known[3] + _DRIFT)
        wide = min(grown[2], box[2]) - max(grown[0], box[0])
        tall = min(grown[3], box[3]) - max(grown[1], box[1])
        area = (box[2] - box[0]) * (box[3] - box[1])
        return wide > 0 and tall > 0 and wide * tall >= _KNOWN_COVER * area

    def _write(self, file: Path) -> None:
        """Best effort by rename: a half-written baseline would turn old roofs into new ones."""
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        until = self._learnt_until.isoformat() if self._learnt_until else None
        learnt = shapely.to_wkt(self._learnt) if self._learnt is not None else None
        stored = {"learnt_until": until, "known": self._known, "learnt": learnt}
        part.write_text(json.dumps(stored), "utf-8")
        part.replace(file)

    def _read(self) -> None:
        if self._file is None or not self._file.exists():
            return
        try:
            stored = json.loads(self._file.read_text("utf-8"))
            self._learnt_until = datetime.fromisoformat(stored["learnt_until"])
            self._known = [tuple(box) for box in stored["known"]]
            self._learnt = _area(stored.get("learnt"))
            self._concluded = True
        except (ValueError, KeyError, TypeError, OSError) as error:
            log.warning(
                "%s: the baseline cannot be read (%s); what stands now is learnt as known, "
                "so restore the file from a backup if something was built meanwhile",
                self._file,
                error,
            )


def _area(text: str | None) -> BaseGeometry | None:
    """What was learnt, from its well-known text; ValueError where it is none."""
    if not text:
        return None
    try:
        return shapely.from_wkt(text)
    except ShapelyError as error:
        raise ValueError(str(error)) from error


def _middle(box: NormBox) -> shapely.Point:
    return shapely.Point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)


def _baseline_file(context: Context) -> Path | None:
    if context.memory is None:
        return None
    zone = "".join(c if c.isalnum() else "-" for c in context.zone.name)
    return context.memory / f"baseline-{context.camera.id}-{zone}.json"
