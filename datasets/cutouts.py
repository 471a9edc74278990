"""Cut-outs: labelled objects without their surroundings.

Masks are found by GrabCut (Rother et al., 2004), as the labels are boxes. It looks at a crop of
`CUT_SIDE` pixels: the time grows with the area, and the edge hardly becomes better.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from datasets.importers import Box
from datasets.photos import read_view
from datasets.views import View

READ_SIDE = 1280
"""Longer side of a picture that objects are cut out of: twice that of a composite, so that what is
set in is mostly made smaller and stays sharp."""
CUT_SIDE = 200
"""Longer side of the crop that GrabCut works on, in pixels."""
MARGIN = 0.15
"""Ground around a box that GrabCut learns the background from, as a share of the box's sides."""
MASK_SHARE = (0.35, 0.985)
"""A mask that fills less or more of its box than this has failed."""
MASK_REACH = 0.75
"""So does one that is not at least as wide and as high as this share of its box."""
LEAST_SIDE = {"person": 24, "bicycle": 32, "motorcycle": 32, "umbrella": 32}
"""Cut-outs with a shorter side are too coarse to be seen from nearer, in pixels."""
OTHERS_LEAST_SIDE = 60
CROWDED = 0.3
"""A box of which more than this share is covered by another object is not cut out."""
SLENDER = 1.7
"""Height over width from which a person's box shows them standing and whole; others hide their
legs behind something, and would float."""
EDGE = 0.01
"""A box nearer to the picture's border than this share of its side is cut off by it."""
INSIDE = 0.7
"""An object of which more than this share lies in the mask of another is cut out with it."""
MOST_OF_ONE = 4
"""Of one class from one picture, so that no crowd is one crowd."""
GRABCUT_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Cutout:
    """One object without its surroundings.

    Attributes:
        name: Class name.
        pixels: H×W×3, BGR; its sides are those of the mask.
        mask: H×W, 0..1, soft at the edges.
        parts: Labelled objects that came with it, as the seller of a stall; fractions of `pixels`.
        cut: Which of `left`, `right` and `bottom` the border of its picture cut off.
    """

    name: str
    pixels: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.float32]
    parts: tuple[Box, ...] = ()
    cut: frozenset[str] = frozenset()

    def mirrored(self) -> "Cutout":
        """Returns it with left and right exchanged."""
        other = {"left": "right", "right": "left"}
        return Cutout(
            self.name,
            np.ascontiguousarray(self.pixels[:, ::-1]),
            np.ascontiguousarray(self.mask[:, ::-1]),
            tuple(replace(part, x1=1 - part.x2, x2=1 - part.x1) for part in self.parts),
            frozenset(other.get(side, side) for side in self.cut),
        )


def collect(
    photos: Iterable[Path], wanted: set[str], most: int, *, whole: bool, seed: int = 0
) -> dict[str, list[Cutout]]:
    """Cuts objects out of picture files until there are enough of each class.

    Args:
        photos: Labelled pictures of a merged folder.
        wanted: Class names.
        most: Of one class.
        whole: See `cutouts`.
        seed: Of the order in which the pictures are taken.

    Returns:
        Class to its cut-outs; one of which there are none is absent.

    Raises:
        LabelError: A picture or its labels are broken.
    """
    order = sorted(photos)
    random.Random(f"{seed}/cut").shuffle(order)  # noqa: S311 - a draw, not a secret
    found: dict[str, list[Cutout]] = {}
    for photo in order:
        missing = {name for name in wanted if len(found.get(name, ())) < most}
        if not missing:
            break
        for cutout in cutouts([read_view(photo, READ_SIDE)], missing, whole=whole):
            found.setdefault(cutout.name, []).append(cutout)
    return {name: found[name][:most] for name in sorted(found)}


def cutouts(views: Sequence[View], wanted: set[str], *, whole: bool = False) -> Iterator[Cutout]:
    """Cuts objects out of labelled pictures; those whose mask fails are passed over.

    Args:
        views: Labelled pictures.
        wanted: Class names.
        whole: Only what nothing else covers, people included, and no border cuts off: a teacher's
            boxes are right there.
    """
    for view in views:
        counts: dict[str, int] = {}
        for box in view.boxes:
            if box.name not in wanted or counts.get(box.name, 0) >= MOST_OF_ONE:
                continue
            if _fit(view, box) and not _crowded(view, box, whole) and not (whole and _cut_by(box)):
                found = _cut(view, box)
                if found is not None:
                    counts[box.name] = counts.get(box.name, 0) + 1
                    yield found


def _fit(view: View, box: Box) -> bool:
    """Whether it is large enough, and shown whole as far as its shape tells."""
    height, width = view.pixels.shape[:2]
    wide, tall = box.width * width, box.height * height
    if box.name == "person" and tall < SLENDER * wide:
        return False
    if {"left", "right"} <= _cut_by(box):
        return False
    least = LEAST_SIDE.get(box.name, OTHERS_LEAST_SIDE)
    return bool(min(wide, tall) >= least)


def _crowded(view: View, box: Box, whole: bool) -> bool:
    others = [o for o in view.boxes if o is not box and (whole or o.name != "person")]
    shares = [box.overlap(other) / box.area for other in others]
    covered: float = sum(shares) if whole else max(shares, default=0.0)
    return covered > CROWDED


def _cut_by(box: Box) -> frozenset[str]:
    near = {"left": box.x1 < EDGE, "right": box.x2 > 1 - EDGE, "bottom": box.y2 > 1 - EDGE}
    return frozenset(side for side, cut in near.items() if cut)


def _cut(view: View, box: Box) -> Cutout | None:
    height, width = view.pixels.shape[:2]
    x1, y1, x2, y2 = (
        round(v) for v in (box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height)
    )
    dx, dy = round((x2 - x1) * MARGIN), round((y2 - y1) * MARGIN)
    left, top = max(0, x1 - dx), max(0, y1 - dy)
    around = view.pixels[top : y2 + dy, left : x2 + dx]
    mask = _mask(around, (x1 - left, y1 - top, x2 - x1, y2 - y1))
    if mask is None:
        return None
    mask, pixels = mask[y1 - top : y2 - top, x1 - left : x2 - left], view.pixels[y1:y2, x1:x2]
    hard = mask > 0.5
    ys, xs = np.nonzero(hard.any(axis=1))[0], np.nonzero(hard.any(axis=0))[0]
    if not MASK_SHARE[0] <= float(hard.mean()) <= MASK_SHARE[1]:
        return None
    region = np.s_[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    tight = mask[region]
    if min(tight.shape[0] / mask.shape[0], tight.shape[1] / mask.shape[1]) < MASK_REACH:
        return None
    frame = Box(
        "",
        (x1 + xs[0]) / width,
        (y1 + ys[0]) / height,
        (x1 + xs[-1] + 1) / width,
        (y1 + ys[-1] + 1) / height,
    )
    parts = _parts(view.boxes, box, frame, tight)
    return Cutout(box.name, pixels[region].copy(), tight.copy(), parts, _cut_by(box))


def _mask(
    around: npt.NDArray[np.uint8], inside: tuple[int, int, int, int]
) -> npt.NDArray[np.float32] | None:
    """H×W of the crop, 0..1; `inside` is the box in it: x, y, width, height in pixels."""
    scale = min(1.0, CUT_SIDE / max(around.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in around.shape[1::-1])
    small = cv2.resize(around, size, interpolation=cv2.INTER_AREA)
    labels = np.zeros(small.shape[:2], np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    box = tuple(max(0, round(value * scale)) for value in inside)
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(small, labels, box, *models, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_RECT)
    except cv2.error:  # a box that fills its picture leaves no background to learn from
        return None
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(closed)
    areas = stats[:, cv2.CC_STAT_AREA]
    kept = [n for n in range(1, count) if areas[n] >= 0.05 * closed.sum()]
    whole: npt.NDArray[Any] = np.isin(pieces, kept).astype(np.float32)
    if scale < 1:
        shape = around.shape[1::-1]
        whole = cv2.resize(whole, shape, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), 1.2), np.float32)


def _parts(
    boxes: Iterable[Box], own: Box, frame: Box, mask: npt.NDArray[np.float32]
) -> tuple[Box, ...]:
    """Other objects that the mask holds, in fractions of the mask's frame."""
    parts = []
    for box in boxes:
        if box is own or box.overlap(frame) < INSIDE * box.area:
            continue
        xs = [min(1.0, max(0.0, (x - frame.x1) / frame.width)) for x in (box.x1, box.x2)]
        ys = [min(1.0, max(0.0, (y - frame.y1) / frame.height)) for y in (box.y1, box.y2)]
        part = Box(box.name, xs[0], ys[0], xs[1], ys[1])
        if float((mask[pixel_region(part, mask.shape)] > 0.5).mean()) > INSIDE:
            parts.append(part)
    return tuple(parts)


def pixel_region(box: Box, shape: Sequence[int]) -> tuple[slice, slice]:
    """Returns the pixels of a box inside an array, at least one.

    Args:
        box: In fractions of the array's sides.
        shape: Of the array: height, width.
    """
    spans = []
    for low, high, length in ((box.y1, box.y2, shape[0]), (box.x1, box.x2, shape[1])):
        first = min(max(round(low * length), 0), length - 1)
        spans.append(slice(first, max(first + 1, min(round(high * length), length))))
    return spans[0], spans[1]


def counted(found: Mapping[str, Sequence[Cutout]]) -> str:
    """Says how many there are of each class."""
    return ", ".join(f"{len(those)} {name}" for name, those in found.items())
