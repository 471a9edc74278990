"""Learnt: the structures that the rules of each camera know, as their memory holds them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vision.errors import StreetwardenError
from vision.pipeline.memory import memory_of
from vision.rules.known import learnt_file
from vision.site import Camera, Site

_log = logging.getLogger(__name__)
_KIND = "illegal_structure"
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one zone's rule knows: boxes (x1, y1, x2, y2, as fractions of the picture).

    `dated` is when it had learnt them: what is built later is new.
    """

    camera: str
    zone: str
    boxes: tuple[Box, ...]
    dated: datetime


def learnt(site: Site, camera: Camera, memory: Path) -> Iterator[Learnt]:
    """What the rules of a camera have learnt; nothing of zones that are learning still.

    Args:
        site: that the camera is of.
        camera: whose rules.
        memory: folder of all cameras' states.
    """
    presets: list[str | None] = [known.name for known in camera.presets]
    for preset in presets or [None]:
        try:
            folder = memory_of(camera, memory, preset, bare=site.bare)
        except (OSError, StreetwardenError):  # the picture of a preset is not there
            continue
        for zone in camera.at(preset).watched_zones:
            if folder is None or _KIND not in zone.watch:
                continue
            found = _read(learnt_file(folder, zone.name))
            if found is not None:
                yield Learnt(camera.id, zone.name, *found)


def _read(file: Path) -> tuple[tuple[Box, ...], datetime] | None:
    try:
        stored = json.loads(file.read_text("utf-8"))
        boxes = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in stored["known"])
        return boxes, datetime.fromisoformat(stored["learnt_until"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        _log.warning("%s: what was learnt cannot be read (%s)", file, error)
        return None
