"""Findings: the suspicions that a single photo supports.

A photo shows neither dwell nor permits, so a finding is always a suspicion for a person to check
and never a violation. Structures make no finding: one
picture cannot tell a new building from one that is in the baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections, class_names
from vision.episodes import Datum, Reason
from vision.kinds import catalogue
from vision.rules.reasons import ReasonCode, measured, render

GROUP = "streetwarden.findings"
"""Entry points of other packages: the name is a kind that the package brings, the value a function
of one picture's detections that gives its findings."""
Findings = Callable[[Detections], Iterable["Finding"]]

BASIS = {
    "en": "suspected, from a single picture: no dwell, no permit check",
    "zh": "疑似，仅凭单张照片判定：未计持续时长，未核查许可",
}
VERSION = 4
"""Of the decisions below, and of how pictures are read for them; an audit made under another
version is not continued but redone."""

# Boxes this near to each other (in lengths of the smaller one's longer side) are at one place.
# Ours: a bag that belongs to a bin is put down within a step of it, a third of the bin's height.
_BESIDE = 0.3
# A state read from a truck's crop has to be more likely than not.
_MIN_STATE_SCORE = 0.5

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """A suspicion in one picture.

    Attributes:
        kind, subtype: names in `datasets/kinds.yaml`.
        box: hull of the objects it is about, xyxy in pixels of the picture.
        score: the best object's score, 0..1; for a truck's state times the score of that state.
        objects: number of objects counted (stalls, containers, heaps, trucks).
        focus: indexes of the detections it is about.
        why: the reason in words (zh/en) and in numbers.
    """

    kind: str
    subtype: str
    box: Box
    score: float
    objects: int
    focus: tuple[int, ...]
    why: Reason

    @property
    def codes(self) -> dict[str, str]:
        """Matter code per standard that has one, from the catalogue."""
        return catalogue().kind(self.kind).subtype(self.subtype).codes


def find(detections: Detections) -> tuple[Finding, ...]:
    """The findings of one picture, in the order of the catalogue's kinds, best score first.

    Args:
        detections: of one picture, those worth deciding on (at or above the model's threshold).
    """
    if len(detections) == 0:
        return ()
    found = [*_vending(detections), *_garbage(detections), *_trucks(detections)]
    found += [finding for brought in brought_findings().values() for finding in brought(detections)]
    order = [kind.name for kind in catalogue().kinds]
    return tuple(sorted(found, key=lambda f: (order.index(f.kind), -f.score)))


@cache
def brought_findings() -> dict[str, Findings]:
    """What other packages find, by the name of the kind."""
    return {found.name: found.load() for found in entry_points(group=GROUP)}


def seen(detections: Detections) -> dict[str, int]:
    """How many objects of each class are in the picture, in the catalogue's order."""
    names = class_names(detections).tolist()
    return {name: names.count(name) for name in catalogue().class_names if name in names}


def _vending(detections: Detections) -> Iterator[Finding]:
    """All stalls and parasols of a picture are one finding: a market is one matter, not sixty."""
    stalls, parasols = _of(detections, "stall"), _of(detections, "parasol")
    focus = (*stalls, *parasols)
    if not focus:
        return
    boxes = _boxes(detections)
    alone = [p for p in parasols if not any(_gap(boxes[p], boxes[s]) <= 0 for s in stalls)]
    count, score = len(stalls) + len(alone), _best(detections, focus)
    yield _finding(
        detections,
        ("street_vending", "stall"),
        focus,
        count,
        score=score,
        why=render(
            ReasonCode.STALLS_THERE,
            {
                "places": count,
                "stalls": len(stalls),
                "parasols": len(parasols),
                "score": round(score, 4),
            },
        ),
    )


def _garbage(detections: Detections) -> Iterator[Finding]:
    """Containers and heaps that stand together are one place, and one finding at most.

    A full container decides the score where there is one; the garbage beside it is by the way.
    """
    full, heaps = set(_of(detections, "overflowing_bin")), set(_of(detections, "garbage"))
    bins = set(_of(detections, "bin"))
    for place in _places(detections, sorted(full | heaps | bins)):
        here_full, here_heaps = sorted(full & place), sorted(heaps & place)
        focus = (*here_full, *here_heaps)
        if not focus:
            continue
        score = _best(detections, here_full or here_heaps)
        data: dict[str, Datum] = {
            "overflowing_bins": len(here_full),
            "heaps": len(here_heaps),
            "other_bins": len(bins & place),
            "score": round(score, 4),
        }
        subtype = "bin_overflow" if here_full or bins & place else "exposed_garbage"
        code = ReasonCode.BINS_FULL
        if not here_full:
            code = ReasonCode.GARBAGE_AT_BIN if bins & place else ReasonCode.GARBAGE_ALONE
        why = render(code, data)
        count = len(here_full) or len(here_heaps)
        yield _finding(detections, ("overflowing_bin", subtype), focus, count, score=score, why=why)


_TRUCK_STATES = (
    # attribute, value that makes a finding, sub-type, what is said
    ("load", "open", "not_sealed", ReasonCode.PICTURED_OPEN_LOAD),
    ("dirt", "muddy", "mud_on_wheels", ReasonCode.PICTURED_MUDDY),
)


def _trucks(detections: Detections) -> Iterator[Finding]:
    """One finding per truck and state; a truck whose state was not read makes none."""
    for truck in _of(detections, "truck"):
        sure = _best(detections, (truck,))
        for attribute, value, subtype, code in _TRUCK_STATES:
            if attribute not in detections.data or f"{attribute}_score" not in detections.data:
                continue
            state = float(detections.data[f"{attribute}_score"][truck])
            if str(detections.data[attribute][truck]) != value or state < _MIN_STATE_SCORE:
                continue
            yield _finding(
                detections,
                ("dirty_truck", subtype),
                (truck,),
                1,
                score=sure * state,
                why=_told(code, subtype, {attribute: value, "state_score": state, "truck": sure}),
            )


def _told(code: ReasonCode, subtype: str, data: dict[str, Datum]) -> Reason:
    """The reason, and how far such a reading can be trusted where that was measured."""
    rounded = {n: round(of, 4) if isinstance(of, float) else of for n, of in data.items()}
    read = catalogue().kind("dirty_truck").subtype(subtype).read
    return render(code, rounded | (measured(read).data if read is not None else {}))


def _finding(
    detections: Detections,
    what: tuple[str, str],
    focus: Sequence[int],
    objects: int,
    *,
    score: float,
    why: Reason,
) -> Finding:
    boxes = _boxes(detections)[list(focus)]
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Finding(what[0], what[1], box, score, objects, tuple(focus), why)


def _places(detections: Detections, indexes: Sequence[int]) -> list[set[int]]:
    """Group boxes that lie beside one another, directly or through others."""
    boxes, groups = _boxes(detections), list[set[int]]()
    for index in indexes:
        near = [g for g in groups if any(_beside(boxes[index], boxes[other]) for other in g)]
        groups = [g for g in groups if g not in near]
        groups.append({index}.union(*near))
    return sorted(groups, key=min)


def _beside(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    side = min(max(a[2] - a[0], a[3] - a[1]), max(b[2] - b[0], b[3] - b[1]))
    return _gap(a, b) <= _BESIDE * float(side)


def _gap(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Pixels between two boxes along the wider of the two gaps; 0 or less where they overlap."""
    return float(max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3]))


def _of(detections: Detections, name: str) -> tuple[int, ...]:
    return tuple(np.flatnonzero(class_names(detections) == name).tolist())


def _boxes(detections: Detections) -> NDArray[np.float32]:
    return np.asarray(detections.xyxy, np.float32)


def _best(detections: Detections, indexes: Sequence[int]) -> float:
    return float(np.asarray(detections.confidence)[list(indexes)].max())


def rounded(box: Sequence[float]) -> Box:
    """A box as it is written down, to a tenth of a pixel."""
    x1, y1, x2, y2 = (round(float(v), 1) for v in box)
    return x1, y1, x2, y2
