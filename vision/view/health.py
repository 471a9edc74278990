"""View health: detects a frozen, dark, covered, blurred or moved camera from its looks.

All measures are of the small luma, half a millisecond a look, and each is compared with what the
camera showed before, so nothing needs configuration. On three street clips and four rendered scenes
half to all of the blocks of a fixed view kept their edges (the least in dense traffic), other views
shared 0 to 19 % by chance, a view turned by a tenth of its width 6 to 28 %; one turned by less than
about 5 % is not noticed. An out-of-focus lens left less than a tenth of the sharpness.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

import cv2
import numpy as np
from cv2.typing import MatLike

from vision.frames import Clock, Frame, Pixels
from vision.view.edges import BLOCK_PIXELS, SIZE, Luma, agreement, block_sums, edges

_PERSIST_LOOKS = 3
_PERSIST_S = 5.0  # a truck that fills the picture for a moment is no covered lens
_FROZEN_S = 60.0  # identical pictures: longer than encoders repeat a still scene between key frames
_FROZEN_LOOKS = 5
_DARK, _LIGHT = 30, 0.05  # of 255, and the share of a picture that is lighter if it is not dark
_ROWS = 32  # of so many one is compared first, to tell pictures apart
_PLAIN = 5.0  # standard deviation within a block, of 255, from which it shows something
_BLANK = 0.005  # share of blocks with structure, below which any view is covered
_COVERED, _COVERED_OF_USUAL = 0.05, 0.25
_BLURRED_OF_USUAL = 0.1
_MOVED = 0.3  # share of blocks that show the same, below which the view is another one
_COLOURLESS = 4.0  # mean difference between colours, of 255, below which a picture has none
_REMEMBERED = 60  # looks
_ELSEWHERE_S = 600.0  # at no preset: longer than patrols turn, or somebody steers it by hand
_STEP_S = 60.0  # of this, what a look counts for at most: a camera that is off stands nowhere
_RATE = 0.05  # of a look in the running mean of edges

_Usual = defaultdict[str, deque[float]]
"""The latest measurements, by preset."""


class View(StrEnum):
    """What a camera shows."""

    CLEAR = "clear"
    FROZEN = "frozen"
    """The same picture, bit by bit, while its clock goes on."""
    DARK = "dark"
    COVERED = "covered"
    """Hardly anything is to be seen: covered, sprayed or fogged over."""
    BLURRED = "blurred"
    MOVED = "moved"
    """Turned or knocked, or for long at no preset: zones do not lie where they were drawn."""


ADVICE: dict[View, str] = {
    View.FROZEN: "shows the same picture again and again; restart the camera",
    View.DARK: "shows only darkness; see to its light, or watch it in other hours",
    View.COVERED: "shows hardly anything; see whether it is covered or its lens wet or sprayed",
    View.BLURRED: "is out of focus or its lens dirty; clean or focus it",
    View.MOVED: "was turned or knocked, or stands at none of its presets: its zones do not fit;"
    " turn it back, or draw them (and take its presets' pictures) again",
}
"""What to do about a view that is not clear; rules pause until it is."""


class ViewHealth:
    """Follows one camera's view.

    A fault is reported when it lasts, and is over when it is gone for as long. A moved view is
    compared with the view at the start, and is clear again when it returns to that. Pictures of an
    album are always clear; a recording cannot freeze.

    So it is over a seam of a recording (`Frame.part`): zones were drawn in what was seen before it.
    But no trouble lasts across one, as nobody knows for how long.

    Each preset has its own usual; at none of them (`None`) a picture must fall below what every
    preset shows. A camera that shows none for ten minutes is taken as moved.

    Args:
        fixed: the camera does not move by itself, as a drone's does, or one with presets.
    """

    def __init__(self, *, fixed: bool) -> None:
        self.view = View.CLEAR
        self.since: datetime | None = None
        """Since when it is so (UTC); None at the start."""
        self.fixed = fixed
        self._usual_structure: _Usual = defaultdict(_remembered)
        self._usual_sharpness: _Usual = defaultdict(_remembered)
        self._elsewhere_s = 0.0
        self._last_at: datetime | None = None
        self._edges: dict[bool, Luma] = {}
        self._last_edges: Luma | None = None
        self._last: Pixels | None = None
        self._same: tuple[datetime, int] | None = None
        self._doubt: tuple[View, datetime, int] | None = None
        self._source_part = 0

    def look(self, frame: Frame, preset: str | None = "") -> View:
        """Return the state of the view after the next look.

        Args:
            preset: the one that it shows, None while it shows none; not for a camera without.
        """
        if frame.clock is Clock.PHOTO:
            return self.view
        if frame.part != self._source_part:
            self._source_part = frame.part
            self._doubt, self._last_at, self._elsewhere_s = None, None, 0.0
        grey: Pixels = np.asarray(cv2.cvtColor(frame.small, cv2.COLOR_BGR2GRAY), np.uint8)
        seen = self._see(grey, frame, preset)
        at = self._last_at = frame.captured_at
        if seen not in (View.CLEAR, View.MOVED):
            self._elsewhere_s = 0.0  # that tells nothing of where it stands
        if seen is self.view:
            self._doubt = None
        elif self._doubt is None or self._doubt[0] is not seen:
            self._doubt = (seen, at, 1)
        else:
            _, since, looks = self._doubt
            self._doubt = (seen, since, looks + 1)
            lasted = (at - since).total_seconds()
            if looks + 1 >= _PERSIST_LOOKS and lasted >= _PERSIST_S:
                self.view, self._doubt, self.since = seen, None, self._began(seen, since, at)
        return self.view

    def _began(self, seen: View, doubted: datetime, at: datetime) -> datetime:
        """When what is believed now began: a picture freezes long before that is seen."""
        if seen is View.FROZEN and self._same is not None:
            return self._same[0]
        if seen is View.MOVED and self._elsewhere_s:
            return at - timedelta(seconds=self._elsewhere_s)
        return doubted

    def _see(self, grey: Pixels, frame: Frame, preset: str | None) -> View:
        """What this look alone shows; a clear one is remembered."""
        if self._frozen(grey, frame):
            return View.FROZEN
        # Halved first, which is quick, and then again: a tenth of the time of one step.
        half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        small = cv2.resize(half, SIZE, interpolation=cv2.INTER_AREA)
        if np.count_nonzero(small >= _DARK) <= _LIGHT * small.size:
            return View.DARK
        structure, sharpness = _structure(small), _sharpness(half)
        if structure < _BLANK or (
            structure < _COVERED
            and _below(structure, _of(self._usual_structure, preset), _COVERED_OF_USUAL)
        ):
            return View.COVERED
        if _below(sharpness, _of(self._usual_sharpness, preset), _BLURRED_OF_USUAL):
            return View.BLURRED
        self._elsewhere_s = 0.0 if preset is not None else self._elsewhere(frame.captured_at)
        if self._elsewhere_s >= _ELSEWHERE_S or (
            self.fixed and self._moved(small.astype(np.float32), infrared=_colourless(frame.small))
        ):
            return View.MOVED
        if preset is not None:
            self._usual_structure[preset].append(structure)
            self._usual_sharpness[preset].append(sharpness)
        return View.CLEAR

    def _elsewhere(self, at: datetime) -> float:
        """For how long it has shown none of its presets, seconds."""
        step = (at - self._last_at).total_seconds() if self._last_at is not None else 0.0
        return self._elsewhere_s + min(max(step, 0.0), _STEP_S)

    def _frozen(self, grey: Pixels, frame: Frame) -> bool:
        """Whether consecutive pictures were identical, which no live sensor gives."""
        last, self._last = self._last, grey
        if frame.clock is Clock.MEDIA or last is None or not _identical(last, grey):
            self._same = None
            return False
        since, looks = self._same or (frame.captured_at, 1)
        self._same = (since, looks + 1)
        lasted = (frame.captured_at - since).total_seconds()
        return looks + 1 >= _FROZEN_LOOKS and lasted >= _FROZEN_S

    def _moved(self, luma: Luma, *, infrared: bool) -> bool:
        """Whether the view differs from the one at the start, by day or by infrared."""
        seen = edges(luma)
        last, self._last_edges = self._last_edges, seen
        usual = self._edges.get(infrared)
        if usual is None or last is None:
            self._edges[infrared] = seen
            return False
        if _alike(usual, seen):
            self._edges[infrared] = (1 - _RATE) * usual + _RATE * seen
            return False
        # Another view if it stays as it is, else something in the way.
        return _alike(last, seen)


def _identical(last: Pixels, grey: Pixels) -> bool:
    return np.array_equal(last[::_ROWS], grey[::_ROWS]) and np.array_equal(last, grey)


def _colourless(pixels: Pixels) -> bool:
    """Whether a camera looks by infrared: its edges differ from those by day."""
    blue, green, red = np.moveaxis(pixels[::8, ::8], -1, 0)
    most = np.maximum(np.maximum(blue, green), red)
    least = np.minimum(np.minimum(blue, green), red)
    return float((most - least).mean()) < _COLOURLESS


def _structure(luma: MatLike) -> float:
    """Share of the blocks of a picture (uint8) in which something is to be seen."""
    sums, squares = (block_sums(total) / BLOCK_PIXELS for total in cv2.integral2(luma))
    return float((squares - sums**2 > _PLAIN**2).mean())


def _sharpness(half: MatLike) -> float:
    """Variance of the Laplacian over that of the picture (uint8): the share of its finer detail.

    At half the size, where a sensor's noise is not taken for detail.
    """
    detail = cv2.Laplacian(half, cv2.CV_16S)
    mean = cv2.sumElems(detail)[0] / detail.size
    variance = cv2.norm(detail, cv2.NORM_L2SQR) / detail.size - mean**2
    deviation = float(cv2.meanStdDev(half)[1][0, 0])
    return variance / (deviation**2 + 1)


def _alike(usual: Luma, seen: Luma) -> bool:
    """Whether two looks show one view; one without edges tells nothing against it."""
    share = agreement(usual, seen)
    return share is None or share >= _MOVED


def _remembered() -> deque[float]:
    return deque(maxlen=_REMEMBERED)


def _of(usual: _Usual, preset: str | None) -> list[deque[float]]:
    """What is usual at a preset; at none, what is at each of them."""
    return [usual[preset]] if preset is not None else list(usual.values())


def _below(value: float, usual: Sequence[deque[float]], share: float) -> bool:
    return bool(usual) and all(
        len(u) >= _PERSIST_LOOKS and value < share * max(u) and value < share * median(u)
        for u in usual
    )
