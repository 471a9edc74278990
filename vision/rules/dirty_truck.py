"""Dirty truck: a load carried open, or mud, on enough frames of one pass.

An empty, a covered or another truck is inspected and let go; `inspected` counts them, since a
bureau reports how many trucks were looked at as well as how many were flagged. A pass is shown by
its best look so far: one with a plate before one without, then the largest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from ulid import ULID

from vision.detections import Detections, class_names
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, NormBox, Reason
from vision.frames import Frame
from vision.rules.context import Context
from vision.rules.sight import Sight, find_sights, overlap

# A new track that starts near where a pass was seen this recently is the same truck: ids get lost.
_SAME_PASS = timedelta(seconds=2)
# Intersection over union from which it is there where it was: just now, or later, since it halts.
_NEAR, _HALTS = 0.1, 0.5
# Boxes of one frame that cover each other this far are cab and body of one truck; two trucks that
# hide each other so far cannot be told apart anyway.
_SAME_TRUCK = 0.4
# A plate is a truck's from this share of it on.
_INSIDE = 0.8
# A reading counts from this score on; half is a coin's throw for two states.
_MIN_READING = 0.6
_SUBTYPES = {"open": "not_sealed", "muddy": "mud_on_wheels"}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A look at a truck: it in the frame's detections (`focus`), and its plates (`details`)."""

    frame: Frame
    detections: Detections
    focus: tuple[int, ...]
    details: tuple[int, ...]
    area: float

    @property
    def worth(self) -> tuple[bool, float]:
        return bool(self.details), self.area


@dataclass(slots=True)
class _Pass:
    """One truck driving through: its tracks, its readings, its episode."""

    number: int
    tracks: set[int]
    box: NormBox
    first: datetime
    last: datetime
    index: int
    episode: Episode | None = None
    reads: int = 0
    scores: dict[str, list[float]] = field(default_factory=lambda: {"open": [], "muddy": []})


_PASSES = TypeAdapter(list[_Pass])


class DirtyTruck:
    """One episode for each pass of a truck that breaks the rule. See the module's text."""

    kind = "dirty_truck"
    every_look = True

    def __init__(self, context: Context) -> None:
        self.context = context
        self.inspected = 0
        self._passes: list[_Pass] = []
        self._best: dict[int, _Shown] = {}  # by number; pixels are not remembered

    @property
    def idle(self) -> bool:
        """See `vision.rules.context.Rule`."""
        return not self._passes

    @property
    def eager(self) -> bool:
        """A truck is driving through."""
        return bool(self._passes)

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`."""
        return {
            "inspected": self.inspected,
            "passes": _PASSES.dump_python(self._passes, mode="json"),
        }

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`; the same truck is known again by its place."""
        self.inspected = int(state["inspected"])
        self._passes = _PASSES.validate_python(state["passes"])
        for known in self._passes:
            known.tracks.clear()  # a tracker counts from the beginning after a restart

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """See `vision.rules.context.Rule.look`; wants `tracker_id` and the truck's state."""
        if not self.context.watching(frame):
            return []
        events = []
        for sight in self._trucks(frame, detections):
            driving = self._pass_of(sight, frame, detections)
            self._read(driving, sight, frame, detections)
            event = self._advance(driving, sight, frame)
            events += [event] if event else []
        return events + self._finish(frame, detections)

    def _trucks(self, frame: Frame, detections: Detections) -> list[Sight]:
        if len(detections) == 0 or "load" not in detections.data:
            return []
        loads = np.asarray(detections.data["load"])
        found = find_sights(
            frame,
            detections,
            {"truck"},
            self.context.zone,
            min_score=self.context.threshold,
            reach=None,
        )
        largest_first = sorted(
            (s for s in found if str(loads[s.indexes[0]])), key=lambda s: -_area(s.box)
        )
        trucks: list[Sight] = []
        for sight in largest_first:
            if all(overlap(t.box, sight.box)[1] < _SAME_TRUCK for t in trucks):
                trucks.append(sight)
        return trucks

    def _pass_of(self, sight: Sight, frame: Frame, detections: Detections) -> _Pass:
        ids = detections.tracker_id
        track = int(np.asarray(ids)[sight.indexes[0]]) if ids is not None else -1
        for known in self._passes:
            if track >= 0 and track in known.tracks:
                return known
        for known in self._passes:
            if known.index == frame.index:
                continue
            recent = frame.captured_at - known.last <= _SAME_PASS
            if overlap(known.box, sight.box)[0] > (_NEAR if recent else _HALTS):
                known.tracks |= {track} if track >= 0 else set()
                return known
        at = frame.captured_at
        tracks = {track} if track >= 0 else set()
        self.inspected += 1
        new = _Pass(self.inspected, tracks, sight.box, first=at, last=at, index=frame.index)
        self._passes.append(new)
        return new

    def _read(self, driving: _Pass, sight: Sight, frame: Frame, detections: Detections) -> None:
        driving.box, driving.last, driving.index = sight.box, frame.captured_at, frame.index
        driving.reads += 1
        plates = _inside(sight.box, frame, detections)
        shown = _Shown(frame, detections, sight.indexes, plates, _area(sight.box))
        if driving.number not in self._best or shown.worth > self._best[driving.number].worth:
            self._best[driving.number] = shown
        for attribute, bad in (("load", "open"), ("dirt", "muddy")):
            value = str(np.asarray(detections.data[attribute])[sight.indexes[0]])
            score = float(np.asarray(detections.data[f"{attribute}_score"])[sight.indexes[0]])
            if value == bad and score >= _MIN_READING:
                driving.scores[bad].append(score)

    def _advance(self, driving: _Pass, sight: Sight, frame: Frame) -> EpisodeEvent | None:
        needed = self.context.settings.looks or 1
        broken = [
            bad
            for bad, scores in driving.scores.items()
            if len(scores) >= needed and 2 * len(scores) >= driving.reads
        ]
        if driving.episode is not None:
            driving.episode = replace(
                driving.episode,
                last_seen_at=frame.captured_at,
                looks=max(len(s) for s in driving.scores.values()),
                box=sight.box,
            )
            return None
        if not broken:
            return None
        worst = max(broken, key=lambda bad: median(driving.scores[bad]))
        scores = driving.scores[worst]
        driving.episode = Episode(
            id=str(ULID()),
            kind=self.kind,
            subtype=_SUBTYPES[worst],
            camera=self.context.camera.id,
            zone=self.context.zone.name,
            box=sight.box,
            stage=EpisodeStage.CONFIRMED,
            opened_at=driving.first,
            last_seen_at=frame.captured_at,
            confirmed_at=frame.captured_at,
            looks=len(scores),
            score=round(median(scores), 4),
            clock=frame.clock,
            where=self.context.where(frame, (sight.box[0] + sight.box[2]) / 2, sight.box[3]),
            why=tuple(self._reason(bad, driving) for bad in broken),
        )
        best = self._best[driving.number]
        return EpisodeEvent(
            driving.episode, best.frame, best.detections, best.focus, details=best.details
        )

    def _reason(self, bad: str, driving: _Pass) -> Reason:
        scores = driving.scores[bad]
        en = "load carried open" if bad == "open" else "mud on wheels or body"
        zh = "载货未密闭覆盖" if bad == "open" else "车轮或车身带泥"
        n, reads = len(scores), driving.reads
        return Reason(
            en=f"{en} on {n} of {reads} frames of one pass, median score {median(scores):.2f}",
            zh=f"一次通过的{reads}帧中{n}帧{zh}，置信度中位数{median(scores):.2f}",
            data={"frames": n, "reads": reads, "score": round(median(scores), 4)},
        )

    def _finish(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        clear = max(self.context.settings.clear or timedelta(0), _SAME_PASS)
        events, kept = [], []
        for known in self._passes:
            if frame.captured_at - known.last <= clear:
                kept.append(known)
            elif known.episode is not None:
                done = replace(
                    known.episode, stage=EpisodeStage.CLEARED, cleared_at=frame.captured_at
                )
                events.append(EpisodeEvent(done, frame, detections))
        self._passes = kept
        self._best = {p.number: self._best[p.number] for p in kept if p.number in self._best}
        return events


def _inside(truck: NormBox, frame: Frame, detections: Detections) -> tuple[int, ...]:
    """Plates in a truck's box."""
    size = np.array([frame.width, frame.height] * 2)
    plates = np.flatnonzero(class_names(detections) == "plate")
    boxes = np.asarray(detections.xyxy)[plates] / size
    inside = [overlap(truck, tuple(box))[1] >= _INSIDE for box in boxes.tolist()]
    return tuple(int(n) for n, lies in zip(plates, inside, strict=True) if lies)


def _area(box: NormBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
