"""View health: whether a camera shows what it is there to show, told from its looks.

All measures are of the small luma, about a millisecond a look, and each is held against what this
camera showed before, so nothing has to be set up. On three street clips and four rendered scenes
half to all of the blocks of a fixed view kept their edges (the least in dense traffic), other views
shared 0 to 19 % by chance, a view turned by a tenth of its width 6 to 28 %; one turned by less than
about 5 % is not noticed. An out-of-focus lens left less than a tenth of the sharpness.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import Clock, Frame, Pixels

Luma = NDArray[np.float32]

_SIZE = (160, 90)  # of the luma that is compared, width and height in pixels
_BLOCK = (18, 20)  # height and width of the blocks that are compared, pixels
_PERSIST_LOOKS = 3
_PERSIST_S = 5.0  # a truck that fills the picture for a moment is no covered lens
_FROZEN_S = 60.0  # identical pictures: longer than encoders repeat a still scene between key frames
_FROZEN_LOOKS = 5
_DARK = 30  # of 255: the lightest twentieth of a dark picture is darker
_PLAIN = 5.0  # standard deviation within a block, of 255, from which it shows something
_BLANK = 0.005  # share of blocks with structure, below which any view is covered
_COVERED, _COVERED_OF_USUAL = 0.05, 0.25
_BLURRED_OF_USUAL = 0.1
_ALIKE = 0.5  # correlation of a block's edges from which it shows the same
_EDGY = 0.3  # deviation of a block's edges (their mean is 1), below which it tells nothing
_MOVED = 0.3  # share of blocks that show the same, below which the view is another one
_COLOURLESS = 4.0  # mean difference between colours, of 255, below which a picture has none
_REMEMBERED = 60  # looks
_RATE = 0.05  # of a look in the running mean of edges


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
    """Turned or knocked: zones no longer lie where they were drawn."""


ADVICE: dict[View, str] = {
    View.FROZEN: "shows the same picture again and again; restart the camera",
    View.DARK: "shows only darkness; see to its light, or watch it in other hours",
    View.COVERED: "shows hardly anything; see whether it is covered or its lens wet or sprayed",
    View.BLURRED: "is out of focus or its lens dirty; clean or focus it",
    View.MOVED: "was turned or knocked: its zones do not fit; turn it back, or draw them again and"
    " start anew",
}
"""What to do about a view that is not clear; rules pause until it is."""


class ViewHealth:
    """Follows one camera's view.

    A trouble is believed when it lasts, and over when it is gone as long; a moved view is compared
    with what was seen at the start, and is well again when it comes back to that. Pictures of an
    album show what they like and are always clear; a recording cannot freeze.

    Args:
        fixed: the camera does not move by itself, as a drone's does.
    """

    def __init__(self, *, fixed: bool) -> None:
        self.view = View.CLEAR
        self._fixed = fixed
        self._usual_structure: deque[float] = deque(maxlen=_REMEMBERED)
        self._usual_sharpness: deque[float] = deque(maxlen=_REMEMBERED)
        self._edges: dict[bool, Luma] = {}
        self._last_edges: Luma | None = None
        self._last: Pixels | None = None
        self._same: tuple[datetime, int] | None = None
        self._doubt: tuple[View, datetime, int] | None = None

    def look(self, frame: Frame) -> View:
        """What the camera shows, after its next look."""
        if frame.clock is Clock.PHOTO:
            return self.view
        grey: Pixels = np.asarray(cv2.cvtColor(frame.small, cv2.COLOR_BGR2GRAY), np.uint8)
        seen = self._see(grey, frame)
        at = frame.captured_at
        if seen is self.view:
            self._doubt = None
        elif self._doubt is None or self._doubt[0] is not seen:
            self._doubt = (seen, at, 1)
        else:
            _, since, looks = self._doubt
            self._doubt = (seen, since, looks + 1)
            lasted = (at - since).total_seconds()
            if looks + 1 >= _PERSIST_LOOKS and lasted >= _PERSIST_S:
                self.view, self._doubt = seen, None
        return self.view

    def _see(self, grey: Pixels, frame: Frame) -> View:
        """What this look alone shows; a clear one is remembered."""
        if self._frozen(grey, frame):
            return View.FROZEN
        luma = cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
        if np.percentile(luma, 95) < _DARK:
            return View.DARK
        structure, sharpness = _structure(luma), _sharpness(grey)
        if structure < _BLANK or (
            structure < _COVERED and _below(structure, self._usual_structure, _COVERED_OF_USUAL)
        ):
            return View.COVERED
        if _below(sharpness, self._usual_sharpness, _BLURRED_OF_USUAL):
            return View.BLURRED
        if self._fixed and self._moved(luma, infrared=_colourless(frame.small)):
            return View.MOVED
        self._usual_structure.append(structure)
        self._usual_sharpness.append(sharpness)
        return View.CLEAR

    def _frozen(self, grey: Pixels, frame: Frame) -> bool:
        """Whether picture after picture was the same, as no sensor shows it."""
        last, self._last = self._last, grey
        if frame.clock is Clock.MEDIA or last is None or not np.array_equal(last, grey):
            self._same = None
            return False
        since, looks = self._same or (frame.captured_at, 1)
        self._same = (since, looks + 1)
        lasted = (frame.captured_at - since).total_seconds()
        return looks + 1 >= _FROZEN_LOOKS and lasted >= _FROZEN_S

    def _moved(self, luma: Luma, *, infrared: bool) -> bool:
        """Whether the view is another one than at the start, by day or by infrared."""
        edges = _edges(luma)
        last, self._last_edges = self._last_edges, edges
        usual = self._edges.get(infrared)
        if usual is None or last is None:
            self._edges[infrared] = edges
            return False
        if _agreement(usual, edges) >= _MOVED:
            self._edges[infrared] = (1 - _RATE) * usual + _RATE * edges
            return False
        # Another view if it stays as it is, else something in the way.
        return _agreement(last, edges) >= _MOVED


def _colourless(pixels: Pixels) -> bool:
    """Whether a camera looks by infrared: its edges differ from those by day."""
    few = pixels[::8, ::8].astype(np.int16)
    return float(np.ptp(few, axis=2).mean()) < _COLOURLESS


def _blocks(luma: Luma) -> Luma:
    """The blocks of a picture, one a row."""
    high, wide = _BLOCK
    height, width = luma.shape
    rows = luma.reshape(height // high, high, width // wide, wide).swapaxes(1, 2)
    return rows.reshape(-1, high * wide)


def _structure(luma: Luma) -> float:
    """Share of the blocks of a picture in which something is to be seen."""
    return float((_blocks(luma).std(axis=1) > _PLAIN).mean())


def _sharpness(grey: Pixels) -> float:
    """Variance of the Laplacian over that of the picture: the share of its finer detail.

    At half the size, where a sensor's noise is not taken for detail.
    """
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(half, cv2.CV_32F).var() / (half.std() ** 2 + 1))


def _edges(luma: Luma) -> Luma:
    """Strength of edges, whatever the light (its mean is 1), a little spread for unsteady poles."""
    strength = cv2.magnitude(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    spread = cv2.GaussianBlur(strength, (0, 0), 1.5)
    return np.asarray(spread / (spread.mean() + 1e-3), np.float32)


def _agreement(usual: Luma, edges: Luma) -> float:
    """Share of the blocks with edges that have them in the same places."""
    before, after = _blocks(usual), _blocks(edges)
    telling = before.std(axis=1) > _EDGY
    before, after = before[telling], after[telling]
    before = before - before.mean(axis=1, keepdims=True)
    after = after - after.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    alike = (before * after).sum(axis=1) > _ALIKE * (lengths + 1e-6)
    return float(alike.mean()) if len(alike) else 1.0


def _below(value: float, usual: deque[float], share: float) -> bool:
    return len(usual) >= _PERSIST_LOOKS and value < share * float(np.median(usual))
