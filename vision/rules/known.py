"""Known: the baseline of structures in a view, against which a structure is new.

If the camera's ground is known, this is the site's dated baseline on the map; otherwise it is what
the rule saw while learning, within the area that was in view.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pydantic import TypeAdapter
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from vision import durable
from vision.episodes import NormBox
from vision.file_name import file_name
from vision.frames import Frame
from vision.rules.context import Context
from vision.rules.sight import Sight
from vision.rules.stay import Stay, match

log = logging.getLogger(__name__)

# What only few looks showed is a false detection and must not hide what is built there later.
_LEARN_PRESENCE = 0.25
# A sight is known if a known structure covers at least this share of it.
_KNOWN_COVER = 0.6
# A hovering drone drifts by this much of the picture.
_DRIFT = 0.02

_STAYS = TypeAdapter(list[Stay])
# The kind that has a baseline.
_KIND = "illegal_structure"


class Known:
    """The known structures of one rule, kept in a file once they are learnt.

    Attributes:
        until: when learning ends, or the baseline's day; None before the first look.
        boxes: boxes of the structures, in the first look's coordinates.
    """

    def __init__(self, context: Context) -> None:
        self.until: datetime | None = None
        self.boxes: list[NormBox] = []
        self._learn = context.settings.learn or timedelta(0)
        self._stays: list[Stay] = []
        self._looks = 0
        self._last: datetime | None = None
        self._source_part = 0
        self._concluded = False
        self._reached: BaseGeometry | None = None
        self._given = context.baseline is not None and context.ground is not None
        self._file = None if self._given else _file(context)
        if context.baseline is not None and context.ground is not None:
            self.until = datetime.combine(context.baseline.as_of, time.min, context.timezone)
            self.boxes = context.baseline.boxes(context.ground)
            self._concluded = True
        self._read()

    @property
    def learning(self) -> bool:
        """Whether learning has seen structures and is not concluded."""
        return bool(self._stays)

    def reach(self, view: shapely.Polygon, at: datetime) -> None:
        """Add a look's view to the learnt area; outside that area, nothing is ever new."""
        if self.until is None or at < self.until:
            reached = view if self._reached is None else self._reached.union(view)
            self._reached = reached.simplify(_DRIFT / 4)  # a hovering drone adds slivers

    def learns(self, frame: Frame, visit: datetime | None = None) -> bool:
        """Whether this look is learnt from; the first one begins it.

        A leap at a seam of a recording (`Frame.part`) adds to learning: nobody looked meanwhile.

        Args:
            visit: when it began, of a camera that turns: what it looked elsewhere adds as well.
        """
        at, last = frame.captured_at, self._last
        if self.until is None:
            self.until = at + self._learn
        turned = visit is not None and last is not None and last < visit
        if last is not None and last < self.until and (turned or frame.part != self._source_part):
            self.until += at - last
        self._last, self._source_part = at, frame.part
        if at < self.until:
            return True
        if not self._concluded:
            self._conclude()
        return False

    def learn(self, at: datetime, sights: Sequence[Sight]) -> None:
        """Learn the sights of a look; a look older than the site's baseline teaches nothing."""
        if self._concluded:
            return
        self._looks += 1
        pairs, fresh = match(self._stays, sights)
        for stay, index in zip(self._stays, pairs, strict=True):
            if index is not None:
                stay.see(at, sights[index], timedelta.max)
        self._stays += [Stay.begun(at, sights[i]) for i in fresh]

    def new(self, sights: Sequence[Sight]) -> list[Sight]:
        """Return the sights that are not known and lie in the learnt area."""
        known = np.array(self.boxes, np.float64).reshape(1, -1, 4)
        known = known + np.array((-_DRIFT, -_DRIFT, _DRIFT, _DRIFT))
        seen = np.array([sight.box for sight in sights], np.float64).reshape(-1, 1, 4)
        sides = np.minimum(known[..., 2:], seen[..., 2:]) - np.maximum(
            known[..., :2], seen[..., :2]
        )
        areas = (seen[..., 2:] - seen[..., :2]).prod(axis=-1)
        covered = (sides > 0).all(axis=-1) & (sides.prod(axis=-1) >= _KNOWN_COVER * areas)
        return [
            sights[n]
            for n in np.flatnonzero(~covered.any(axis=1)).tolist()
            if self._was_in_view(sights[n].box)
        ]

    def _was_in_view(self, box: NormBox) -> bool:
        middle = shapely.Point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        return self._reached is None or bool(self._reached.contains(middle))

    def remember(self) -> dict[str, Any]:
        """See `vision.rules.context.Rule`."""
        return {
            **self._learnt(),
            "learning": _STAYS.dump_python(self._stays, mode="json"),
            "learnt_looks": self._looks,
            "last_look": None if self._concluded or not self._last else self._last.isoformat(),
            "source_part": self._source_part,
            "known": self.boxes if self._concluded else None,
        }

    def recall(self, state: dict[str, Any]) -> None:
        """See `vision.rules.context.Rule`."""
        if self._given:
            return  # the site's baseline may be a newer one
        until = state["learnt_until"]
        self.until = datetime.fromisoformat(until) if until else None
        self._stays = _STAYS.validate_python(state["learning"])
        self._looks = int(state["learnt_looks"])
        last = state.get("last_look")
        self._last = datetime.fromisoformat(last) if last else None
        self._source_part = int(state.get("source_part", 0))
        self._concluded = state["known"] is not None
        self.boxes = [tuple(box) for box in state["known"] or ()]
        self._reached = _area(state.get("learnt"))

    def _learnt(self) -> dict[str, Any]:
        return {
            "learnt_until": self.until.isoformat() if self.until else None,
            "known": self.boxes,
            "learnt": shapely.to_wkt(self._reached) if self._reached is not None else None,
        }

    def _conclude(self) -> None:
        """Conclude learning: keep the structures that were present, drop those that flickered."""
        least = max(1.0, _LEARN_PRESENCE * self._looks)
        self.boxes = [s.box for s in self._stays if s.looks >= least]
        self._stays, self._concluded = [], True
        if self._file is None:
            return
        try:  # atomic: a half-written baseline would turn old roofs into new ones
            durable.write(self._file, json.dumps(self._learnt()).encode())
        except OSError as error:
            log.warning(
                "%s: the baseline cannot be written (%s): after a restart it is learnt anew; free "
                "space or make the folder writable",
                self._file,
                error.strerror,
            )

    def _read(self) -> None:
        if self._file is None or not self._file.exists():
            return
        try:
            stored = json.loads(self._file.read_text("utf-8"))
            self.until = datetime.fromisoformat(stored["learnt_until"])
            self.boxes = [tuple(box) for box in stored["known"]]
            self._reached = _area(stored.get("learnt"))
            self._concluded = True
        except (ValueError, KeyError, TypeError, OSError) as error:
            log.warning(
                "%s: the baseline cannot be read (%s); what stands now is learnt as known, "
                "so restore the file from a backup if something was built meanwhile",
                self._file,
                error,
            )


def _area(text: str | None) -> BaseGeometry | None:
    """Parse the learnt area from its well-known text; ValueError if it is none."""
    if not text:
        return None
    try:
        return shapely.from_wkt(text)
    except ShapelyError as error:
        raise ValueError(str(error)) from error


def learnt_file(memory: Path, zone: str) -> Path:
    """Where a camera's memory keeps what the rule of a zone has learnt."""
    return memory / f"baseline-{file_name(zone)}.json"


def _file(context: Context) -> Path | None:
    if context.memory is None:
        return None
    file = learnt_file(context.memory, context.zone.name)
    old = context.memory / _former(context.camera.id, context.zone.name)
    if not file.exists() and old.exists():
        _take_over(context, old, file)
    return file


def _former(camera: str, zone: str) -> str:
    """File name of an earlier version, in which zones of similar names shared one file."""
    return f"baseline-{camera}-{''.join(c if c.isalnum() else '-' for c in zone)}.json"


def _take_over(context: Context, old: Path, file: Path) -> None:
    """Adopt the file of an earlier version, unless it is unclear to which zone it belongs."""
    name = old.name.casefold()
    sharing = [
        zone.name
        for zone in context.camera.zones
        if _KIND in zone.watch and _former(context.camera.id, zone.name).casefold() == name
    ]
    if len(sharing) > 1:
        log.warning(
            "%s: zones %s shared this baseline, so it is not used: what stands now is learnt as "
            "known; look yourself for what was built since it was written",
            old,
            ", ".join(map(repr, sharing)),
        )
        return
    try:
        old.replace(file)
    except OSError as error:
        log.warning("%s: cannot be renamed (%s); it is learnt anew", old, error.strerror)
