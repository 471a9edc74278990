"""PresetFinder: recognises which of its presets a pan-tilt-zoom camera shows, from the picture.

Cameras report where they point each in its own way, many not at all, so each look is compared with
the presets' pictures: first the offset at which the edges of the look's centre lie in the preset's
picture; then, at that offset, how many blocks have their edges in the same places, vertical and
horizontal ones separately, since a view turned along a pavement keeps its horizontal edges. A
preset matches if the offset is small and the blocks agree. The reference pictures never change: an
average that followed the view could drift.

Measured on 52 street pictures (stalls, bins, traffic), the share of blocks that agree with the
preset's picture, at 160×90 pixels:

- 2652 pairs of different views: 0.00 at the median, 0.24 at most in 999 of 1000, 0.32 at most.
- The same view off by up to 3 % of its width: 1.0. Off by 4 to 20 %: found off, so no match; by
  30 %: 0.30 at most. Closer by 3 %: at least 0.94; by 5 %: 0.63 to 1.0; by 10 %: 0.25 to 0.78; by
  20 %: 0.44 at most.
- At a quarter of the light with noise, in fog, by a lamp from the camera: at least 0.81 in 95 of
  100. In the rendered scenes by rain, dusk and night against the picture by day: 0.68 to 1.0.
- Real clips against their first picture: a street with cars 0.64 to 1.0; dense traffic 0.66 at the
  median, 0.27 in the worst twentieth. What fills half of the picture hides which preset it is.
- Motion over a twentieth of the width while the picture was taken: 0.76 at the median.

3 ms for the first preset of a look, 2 ms for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from vision.errors import SiteError
from vision.files import read_file
from vision.frames import Frame, Pixels
from vision.mistakes.wrong import wrong
from vision.site.presets import Preset
from vision.view.edges import SIZE, Luma, agreement, directed_edges, small_luma

_SURE = 0.6  # share of blocks that agree, from which one look is believed
_LEAST = 0.45  # from which two looks in a row are
_STEADY = 1  # pixels of SIZE by which two such looks may lie off from each other
# Pixels of SIZE by which a preset may be met: 3 %, a degree or two. With what a view that is closer
# by a tenth is off at its edges, 5 %, that is within the 12 % of `vision.site.presets.OFF`.
_OFF = (5, 3)
_MIDDLE = (96, 54)  # of SIZE: what is looked for, so views up to 20 % off are found where they lie
_INNER = (140, 72)  # of SIZE: what is compared, whole blocks that a view off by `_OFF` still shows
_TELLING = 4  # blocks with edges that a preset's picture must have in each direction

_MOST_BYTES = 64 * 2**20  # of a picture's file

_Edges = tuple[Luma, Luma]


@dataclass(frozen=True, slots=True)
class _Match:
    """How a look lies in a preset's picture: pixels of `SIZE` to the right and down, agreement."""

    preset: str
    agreement: float
    right: int
    down: int

    def steady(self, before: _Match | None) -> bool:
        return (
            before is not None
            and before.preset == self.preset
            and before.agreement >= _LEAST
            and abs(before.right - self.right) <= _STEADY
            and abs(before.down - self.down) <= _STEADY
        )


def picture_of(preset: Preset) -> Pixels:
    """A preset's picture, H×W×3 BGR.

    Raises:
        SiteError: there is no such file, or it is no picture.
    """
    try:
        content = read_file(Path(preset.picture), _MOST_BYTES)
    except OSError as error:
        raise SiteError(
            wrong(
                "preset_picture_unreadable",
                preset=preset.name,
                path=preset.picture,
                why=error.strerror,
            )
        ) from error
    bare = np.frombuffer(content, np.uint8)
    try:
        pixels = cv2.imdecode(bare, cv2.IMREAD_COLOR) if len(bare) else None
    except cv2.error:  # larger than OpenCV decodes
        pixels = None
    if pixels is None:
        raise SiteError(wrong("preset_picture_broken", preset=preset.name, path=preset.picture))
    return pixels.astype(np.uint8, copy=False)


class PresetFinder:
    """Recognises, look by look, which preset one camera shows.

    Each look must match by itself, without regard to the preset shown before it.

    Args:
        presets: of the camera, with the paths of their pictures.

    Raises:
        SiteError: a picture cannot be read or shows too little, or two show the same view.
    """

    def __init__(self, presets: Sequence[Preset]) -> None:
        self._presets = {p.name: _edges(picture_of(p)) for p in presets}
        self._before: _Match | None = None
        self._source_part = 0
        for name, edges in self._presets.items():
            if _match(name, edges, edges).agreement < _SURE:
                raise SiteError(wrong("preset_picture_poor", preset=name))
        for (one, its), (other, others) in combinations(self._presets.items(), 2):
            # Twice as far off: a look that is off from both must not match both.
            off = (2 * _OFF[0], 2 * _OFF[1])
            if _match(one, its, others, off=off).agreement >= _LEAST:
                raise SiteError(wrong("preset_pictures_same", one=one, other=other))

    def look(self, frame: Frame) -> str | None:
        """The preset that this look shows; None while the camera turns or stands elsewhere."""
        if frame.part != self._source_part:  # over a seam of a recording no two looks are in a row
            self._source_part, self._before = frame.part, None
        seen = _edges(frame.small)
        last = self._before.preset if self._before is not None else None
        best: _Match | None = None
        for name in sorted(self._presets, key=lambda name: name != last):
            found = _match(name, self._presets[name], seen)
            if best is None or found.agreement > best.agreement:
                best = found
            if best.agreement >= _SURE:
                break  # presets differ, so no other is as sure
        before, self._before = self._before, best
        if best is None or best.agreement < _LEAST:
            return None
        return best.preset if best.agreement >= _SURE or best.steady(before) else None


def _edges(pixels: Pixels) -> _Edges:
    grey: Pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    return directed_edges(small_luma(grey))


def _match(name: str, preset: _Edges, seen: _Edges, *, off: tuple[int, int] = _OFF) -> _Match:
    """How the look lies in the preset's picture; without agreement where it lies too far off."""
    left, top = (SIZE[0] - _MIDDLE[0]) // 2, (SIZE[1] - _MIDDLE[1]) // 2
    likeness = np.add(
        *(
            cv2.matchTemplate(s, _part(p, left, top, _MIDDLE), cv2.TM_CCOEFF_NORMED)
            for p, s in zip(preset, seen, strict=True)
        )
    )
    x, y = cv2.minMaxLoc(likeness)[3]
    right, down = x - left, y - top
    if abs(right) > off[0] or abs(down) > off[1]:
        return _Match(name, 0.0, right, down)
    left, top = (SIZE[0] - _INNER[0]) // 2, (SIZE[1] - _INNER[1]) // 2
    shares = [
        agreement(
            _part(p, left, top, _INNER), _part(s, left + right, top + down, _INNER), least=_TELLING
        )
        for p, s in zip(preset, seen, strict=True)
    ]
    return _Match(name, min(share or 0.0 for share in shares), right, down)


def _part(edges: Luma, left: int, top: int, size: tuple[int, int]) -> Luma:
    return np.ascontiguousarray(edges[top : top + size[1], left : left + size[0]])
