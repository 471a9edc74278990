"""Pictures of one flight: what was given, each with its pose where its telemetry tells one."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from PIL import Image

from vision.audit.exif import read_exif
from vision.audit.intake.items import Item, Problem, take_in
from vision.compare.laying import Features, features
from vision.compare.structures import Seen, look
from vision.engines.engine import Engine
from vision.errors import PictureError
from vision.evidence.masking import pixelate
from vision.frames import Pixels
from vision.geo.drone_pose import DronePose
from vision.site.flight import Flight
from vision.sources.picture import read_raster
from vision.sources.telemetry import pose_of
from vision.sources.xmp import read_xmp

_MOST_PIXELS = 12_000_000
"""A larger picture is compared scaled down: of a 20 MP one from 100 m, a pixel is then 4 cm."""
_HELD = 8
"""Pictures held decoded, of each flight: what overlaps is asked for again soon."""
_TWIN = re.compile(r"[ _-](a|b|before|after|前|后)$", re.IGNORECASE)
_EARLIER = frozenset({"a", "before", "前"})


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture.

    Attributes:
        name: as the report calls it.
        item: where it lies.
        pose: of the drone, if its XMP has all that takes.
        taken_at: ISO, the camera's own clock; "" if unknown.
    """

    name: str
    item: Item
    pose: DronePose | None
    taken_at: str

    @property
    def twin(self) -> str:
        """What a picture of both flights is called: its name without `_A`, `_B`, `-before`."""
        return _TWIN.sub("", PurePath(self.name).stem).casefold()

    @property
    def side(self) -> bool | None:
        """Whether its name says that it is the earlier one of two; None where it does not."""
        found = _TWIN.search(PurePath(self.name).stem)
        return None if found is None else found[1].casefold() in _EARLIER


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A picture as it was read and looked at.

    Attributes:
        pixels: H×W×3 BGR, at most 12 million.
        masked: the same with people and plates masked: what a report may show.
        features: what of it is found again.
        seen: what the engine saw.
    """

    pixels: Pixels
    masked: Pixels
    features: Features
    seen: Seen


class Flown:
    """The pictures of one flight, looked at when first asked for.

    Attributes:
        shots: in natural order.
        problems: what was given and cannot be compared; grows as pictures turn out unreadable.
    """

    def __init__(self, paths: Sequence[Path], engine: Engine, out: Path, scratch: Path) -> None:
        self._engine = engine
        self._scratch = scratch
        self._held: OrderedDict[str, Looked | None] = OrderedDict()
        self.problems: list[Problem] = []
        self.shots: list[Shot] = []
        for one in take_in(paths, leave_out=out):
            if isinstance(one, Problem):
                self.problems.append(one)
                continue
            try:
                with one.local(scratch) as path:
                    self.shots.append(Shot(one.name, one, _pose(path), read_exif(path)[1]))
            except (PictureError, OSError) as error:
                self.problems.append(Problem(name=one.name, cause=str(error)))

    def only(self, *, earlier: bool) -> None:
        """Leave out pictures that by their names are the other flight's, where both are here."""
        sides: dict[str, set[bool]] = {}
        for shot in self.shots:
            if shot.side is not None:
                sides.setdefault(shot.twin, set()).add(shot.side)
        self.shots = [
            shot
            for shot in self.shots
            if shot.side in (None, earlier) or len(sides[shot.twin]) == 1
        ]

    def look(self, shot: Shot) -> Looked | None:
        """Read a picture and look at it; None if it cannot be read, which is a problem then.

        Raises:
            EngineError: the engine cannot look at it.
        """
        if shot.name in self._held:
            self._held.move_to_end(shot.name)
            return self._held[shot.name]
        looked = self._read(shot)
        self._held[shot.name] = looked
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return looked

    def _read(self, shot: Shot) -> Looked | None:
        path = shot.item.path
        try:
            with shot.item.local(self._scratch) as path:
                pixels = read_raster(path, _MOST_PIXELS).pixels
        except (PictureError, OSError) as error:
            cause = str(error).replace(str(path), "").lstrip(": ")
            if all(problem.name != shot.name for problem in self.problems):
                self.problems.append(Problem(name=shot.name, cause=cause))
            return None
        seen = look(self._engine, pixels)
        masked = pixelate(pixels, seen.hidden) if len(seen.hidden) else pixels
        return Looked(pixels, masked, features(pixels), seen)


def _pose(path: Path) -> DronePose | None:
    sample = read_xmp(path)
    if sample is None:
        return None
    try:
        with Image.open(path) as picture:
            width, height = picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # the picture's reader says what is wrong with it
    return pose_of(sample, Flight(), width, height)
