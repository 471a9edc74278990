"""Sight: what a camera sees now, and what its rules have under way, with clocks."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from vision.detections import class_names
from vision.episodes import NormBox
from vision.pipeline.live_view import Newest
from vision.pipeline.watched import Watched
from vision.rules.context import Rule, name_of
from vision.rules.plain import tracks_of
from vision.rules.sight import hull_of
from vision.rules.under_way import UnderWay
from vision.view.health import View

_SHOWN = 0.25
"""Score from which an object is told; doubtful ones are found for masking."""


@dataclass(frozen=True, slots=True)
class SeenObject:
    """A detection of the look; its track, -1 for none."""

    name: str
    score: float
    box: NormBox
    track: int


@dataclass(frozen=True, slots=True)
class SeenPlace:
    """What a rule has under way."""

    kind: str
    zone: str
    under_way: UnderWay


@dataclass(frozen=True, slots=True)
class Sight:
    """The newest look at a camera.

    Attributes:
        look: its number, as a picture's.
        width, height: of the camera's picture, pixels.
        looks_per_s: how often it is looked at now.
        age_s: seconds since this look.
    """

    look: int
    captured_at: datetime
    width: int
    height: int
    preset: str | None
    view: View
    looks_per_s: float
    age_s: float
    objects: tuple[SeenObject, ...]
    places: tuple[SeenPlace, ...]


def sight_of(watched: Watched) -> Sight | None:
    """What a camera sees now; None before the first look. Any thread may call.

    Nothing is kept ready for it: what the rules have under way is read from the state that they
    left at the look.
    """
    newest = watched.live.newest
    if newest is None:
        return None
    scene = watched.scenes.get(newest.preset)
    frame = newest.frame
    return Sight(
        look=newest.number,
        captured_at=frame.captured_at,
        width=frame.width,
        height=frame.height,
        preset=newest.preset,
        view=watched.health.view,
        looks_per_s=watched.looks_per_second(),
        age_s=time.monotonic() - newest.at,
        objects=_objects(newest),
        places=_places(newest, scene.rules.rules if scene is not None else ()),
    )


def _objects(newest: Newest) -> tuple[SeenObject, ...]:
    frame, detections = newest.frame, newest.detections
    size = np.array([frame.width, frame.height] * 2, np.float64)
    rows = zip(
        class_names(detections).tolist(),
        np.asarray(detections.confidence).tolist(),
        (detections.xyxy.astype(np.float64) / size).tolist(),
        tracks_of(detections),
        strict=True,
    )
    return tuple(
        SeenObject(name, score, hull_of([(x1, y1, x2, y2)]), track)
        for name, score, (x1, y1, x2, y2), track in rows
        if score >= _SHOWN
    )


def _places(newest: Newest, rules: Sequence[Rule]) -> tuple[SeenPlace, ...]:
    found: list[SeenPlace] = []
    for rule in rules:
        tell = getattr(rule, "under_way", None)  # other packages' rules need not have it
        state = newest.noted.get(name_of(rule))
        if tell is None or state is None:
            continue
        told: Sequence[UnderWay] = tell(json.loads(state), newest.frame, newest.detections)
        found += [SeenPlace(rule.kind, rule.context.zone.name, one) for one in told]
    return tuple(found)
