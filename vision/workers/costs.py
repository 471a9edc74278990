"""Costs: what each camera takes of a processor, estimated and then measured, over restarts."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from vision import durable
from vision.loop import LoopCounts, Step
from vision.site import Camera
from vision.sources.status import CameraStatus

_log = logging.getLogger(__name__)

_TILED = 10
"""A frame seen in tiles is about so many pictures (1080p at 640 px: the whole and nine tiles)."""
_PICTURE_S = 0.045
"""Of a core for each picture of 1080p that is looked at, read and decided on without the engine;
measured, see `vision/loop/README.md`."""
_WORTH_WRITING = 0.1
"""A change by this share."""
_MEASURED = TypeAdapter(dict[str, float])


def estimate(camera: Camera) -> float:
    """What a camera costs before it was measured, in cores: by the pictures that are looked at."""
    return camera.analyse_fps * (_TILED if camera.tiles else 1) * _PICTURE_S


def measured(
    statuses: Sequence[CameraStatus], loop: LoopCounts, seconds: float
) -> dict[str, float]:
    """What the cameras of one worker cost, in cores: reading, and a share of its loop's thread.

    Args:
        statuses: of its cameras.
        loop: what its loop has done.
        seconds: in which it did so.
    """
    spent = sum(loop.spent[s].total for s in (Step.ATTRIBUTES, Step.DELIVER) if s in loop.spent)
    a_look = spent / max(1, sum(loop.delivered.values()))
    return {s.camera: (s.processor_s + s.analysed * a_look) / seconds for s in statuses}


class Costs:
    """The costs of a site's cameras, kept in a file.

    Args:
        file: where; made when something was measured.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, float] = {}
        try:
            self._known = _MEASURED.validate_json(file.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            _log.warning("%s: cannot be read (%s); costs are measured anew", file, error)

    def of(self, cameras: Sequence[Camera]) -> dict[str, float]:
        """What each camera costs, by its id; in their order."""
        return {camera.id: self._known.get(camera.id, estimate(camera)) for camera in cameras}

    def learn(self, found: Mapping[str, float]) -> None:
        """Keep what was measured, on the disk if it is news."""
        news = {
            camera: cost
            for camera, cost in found.items()
            if abs(cost - self._known.get(camera, 0.0)) > _WORTH_WRITING * cost
        }
        if not news:
            return
        self._known |= news
        try:
            durable.write(self._file, json.dumps(self._known).encode(), sync=False)
        except OSError as error:
            _log.warning("%s: cannot be written (%s)", self._file, error.strerror)
