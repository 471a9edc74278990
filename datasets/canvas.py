"""A picture that objects are set into, which knows how much of each label is still to be seen."""

import cv2
import numpy as np
import numpy.typing as npt

from datasets.cutouts import Cutout, pixel_region
from datasets.importers import Box
from datasets.views import View

HIDDEN = 0.6
"""An object of which more than this share lies behind what was set in loses its label."""
GUARDED = 0.5
"""Of a guarded object at most this share may be hidden: what would hide more is left out."""
GAINS = (0.6, 1.5)
"""How much darker or brighter an object becomes at most, to suit its place."""


class _Label:
    """A box and which of its pixels are still to be seen."""

    def __init__(self, box: Box, own: npt.NDArray[np.bool_], guarded: bool) -> None:
        self.box, self.guarded = box, guarded
        self._seen, self._size = own, max(1, int(own.sum()))

    def hidden(self, behind: npt.NDArray[np.bool_] | None = None) -> float:
        """Share of it that is hidden, or would be behind a mask of the whole picture."""
        seen = self._seen if behind is None else self._seen & ~self._part(behind)
        return 1 - int(seen.sum()) / self._size

    def hide(self, behind: npt.NDArray[np.bool_]) -> None:
        """Takes away what lies behind a mask of the whole picture."""
        self._seen = self._seen & ~self._part(behind)

    def _part(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return mask[pixel_region(self.box, mask.shape)]


class Canvas:
    """A picture in the making.

    Attributes:
        pixels: H×W×3, BGR.
    """

    def __init__(self, background: View) -> None:
        self.pixels = background.pixels.copy()
        shape = self.pixels.shape[:2]
        whole = np.ones(shape, np.bool_)
        self._labels = [
            _Label(box, whole[pixel_region(box, shape)], guarded=False) for box in background.boxes
        ]

    def boxes(self) -> tuple[Box, ...]:
        """Returns the labels of what is still to be seen."""
        return tuple(label.box for label in self._labels if label.hidden() <= HIDDEN)

    def put(self, cutout: Cutout, x: float, foot: float, tall: float, *, guarded: bool) -> bool:
        """Sets an object in before all others.

        One that the border of its picture cut off on a side is moved to that border.

        Args:
            cutout: What to set in.
            x: Its centre, as a share of the picture's width.
            foot: Its lower edge, as a share of the picture's height.
            tall: Its height, likewise.
            guarded: It is to stay visible.

        Returns:
            Whether it was: not where more than half of it would be outside, or where it would hide
            too much of what is guarded.
        """
        height, width = self.pixels.shape[:2]
        rows, columns = cutout.pixels.shape[:2]
        down = max(1, round(tall * height))
        size = (max(1, round(columns * down / rows)), down)
        left, bottom = _left(cutout, x, size[0], width), round(foot * height)
        top = bottom - down
        x1, y1, x2, y2 = max(0, left), max(0, top), min(width, left + size[0]), min(height, bottom)
        if x2 - x1 < size[0] / 2 or y2 - y1 < down / 2:
            return False
        inner = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
        soft = cv2.resize(cutout.mask, size, interpolation=cv2.INTER_AREA)
        share = np.asarray(soft, np.float32)[inner]
        mask = np.zeros((height, width), np.bool_)
        mask[y1:y2, x1:x2] = share > 0.5
        if any(label.guarded and label.hidden(mask) > GUARDED for label in self._labels):
            return False
        look = cv2.resize(cutout.pixels, size, interpolation=cv2.INTER_AREA)[inner]
        self._blend(np.asarray(look, np.uint8), share, np.s_[y1:y2, x1:x2])
        for label in self._labels:
            label.hide(mask)
        box = Box(cutout.name, x1 / width, y1 / height, x2 / width, y2 / height)
        self._add(box, mask, guarded)
        for part in cutout.parts:
            xs = [min(max(left + v * size[0], 0), width) / width for v in (part.x1, part.x2)]
            ys = [min(max(top + v * down, 0), height) / height for v in (part.y1, part.y2)]
            inside = Box(part.name, xs[0], ys[0], xs[1], ys[1])
            if inside.area > 0:
                self._add(inside, mask, guarded=False)
        return True

    def _add(self, box: Box, mask: npt.NDArray[np.bool_], guarded: bool) -> None:
        own = mask[pixel_region(box, mask.shape)].copy()
        self._labels.append(_Label(box, own, guarded))

    def _blend(
        self,
        look: npt.NDArray[np.uint8],
        share: npt.NDArray[np.float32],
        region: tuple[slice, slice],
    ) -> None:
        ground = self.pixels[region].astype(np.float32)
        front = look.astype(np.float32)
        own = front[share > 0.5]
        gain = (1 + float(ground.mean()) / max(1.0, float(own.mean()) if own.size else 1.0)) / 2
        front = np.clip(front * min(max(gain, GAINS[0]), GAINS[1]), 0, 255)
        mixed = ground * (1 - share[..., None]) + front * share[..., None]
        self.pixels[region] = mixed.astype(np.uint8)


def _left(cutout: Cutout, x: float, wide: int, width: int) -> int:
    if "left" in cutout.cut:
        return 0
    if "right" in cutout.cut:
        return width - wide
    return round(x * width - wide / 2)
