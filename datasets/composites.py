"""Composites: labelled objects cut out of some training pictures and set into others.

What is rare in the photos (a street stall) is put where it was not seen before, as copy-and-paste
augmentation does (Ghiasi et al., 2021, "Simple Copy-Paste is a Strong Data Augmentation Method"),
with masks found by GrabCut (Rother et al., 2004), as the labels are boxes. It works on a merged
folder and takes training pictures only.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from datasets.errors import RecipeError
from datasets.importers import Box, decoded, read_yolo
from datasets.recipe import class_names
from datasets.views import View, encoded

MARGIN = 0.15
"""Ground around a box that GrabCut learns the background from, as a share of the box's sides."""
MASK_SHARE = (0.4, 0.97)
"""A mask that fills less or more of its box than this has failed."""
LEAST_SIDE = 60
"""Cut-outs with a shorter side are too coarse to be seen from nearer, in pixels."""
CROWDED = 0.3
"""A box of which more than this share is covered by another object is not cut out."""
HIDDEN = 0.6
"""An object of which more than this share lies behind what was set in loses its label."""
GRABCUT_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Cutout:
    """One object without its surroundings.

    Attributes:
        name: Class name.
        pixels: H×W×3, BGR; its sides are the labelled box's.
        mask: H×W, 0..1, soft at the edges.
    """

    name: str
    pixels: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.float32]


def cutouts(views: Sequence[View], wanted: set[str]) -> Iterator[Cutout]:
    """Cuts objects out of labelled pictures; those whose mask fails are passed over.

    Args:
        views: Labelled pictures.
        wanted: Class names.
    """
    for view in views:
        height, width = view.pixels.shape[:2]
        for box in view.boxes:
            others = (other for other in view.boxes if other is not box and other.name != "person")
            crowded = any(box.overlap(other) > CROWDED * box.area for other in others)
            small = min(box.width * width, box.height * height) < LEAST_SIDE
            if box.name in wanted and not crowded and not small:
                found = _cut(view, box)
                if found is not None:
                    yield found


def _cut(view: View, box: Box) -> Cutout | None:
    height, width = view.pixels.shape[:2]
    x1, y1, x2, y2 = (
        round(v) for v in (box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height)
    )
    dx, dy = round((x2 - x1) * MARGIN), round((y2 - y1) * MARGIN)
    left, top = max(0, x1 - dx), max(0, y1 - dy)
    around = np.ascontiguousarray(view.pixels[top : y2 + dy, left : x2 + dx])
    labels = np.zeros(around.shape[:2], np.uint8)
    inside = (x1 - left, y1 - top, x2 - x1, y2 - y1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(around, labels, inside, *models, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_RECT)
    except cv2.error:  # a box that fills its picture leaves no background to learn from
        return None
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    hard = np.asarray(cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
    mask = cv2.GaussianBlur(hard.astype(np.float32), (0, 0), 1.2)
    region = np.s_[inside[1] : inside[1] + inside[3], inside[0] : inside[0] + inside[2]]
    if not MASK_SHARE[0] <= float(hard[region].mean()) <= MASK_SHARE[1]:
        return None
    return Cutout(box.name, around[region].copy(), mask[region].astype(np.float32))


def compose(background: View, objects: Sequence[Cutout], rng: random.Random) -> View:
    """Sets objects into a picture, the farther ones first.

    An object stands on the ground: the lower in the picture, the nearer and the larger. Its
    brightness moves half-way to that of the place.

    Args:
        background: Labelled picture.
        objects: What to set in.
        rng: Of places, sizes and mirroring.

    Returns:
        The picture with the labels of what is still to be seen in it.
    """
    pixels = background.pixels.copy()
    boxes = list(background.boxes)
    feet = sorted(rng.uniform(0.5, 0.98) for _ in objects)
    for cutout, foot in zip(objects, feet, strict=True):
        placed = _place(pixels, cutout, foot, rng)
        if placed is not None:
            boxes = [box for box in boxes if box.overlap(placed) < HIDDEN * box.area]
            boxes.append(placed)
    return View(background.name, pixels, tuple(boxes))


def _place(
    pixels: npt.NDArray[np.uint8], cutout: Cutout, foot: float, rng: random.Random
) -> Box | None:
    height, width = pixels.shape[:2]
    tall = height * (foot - 0.3) * rng.uniform(0.5, 0.9)
    scale = tall / cutout.pixels.shape[0]
    size = (max(1, round(cutout.pixels.shape[1] * scale)), max(1, round(tall)))
    bottom = round(foot * height)
    left, top = round(rng.uniform(-0.15, 1.15) * width - size[0] / 2), bottom - size[1]
    x1, y1, x2, y2 = max(0, left), max(0, top), min(width, left + size[0]), min(height, bottom)
    if (x2 - x1) < size[0] / 2 or y2 - y1 < size[1] / 2 or scale > 2:
        return None
    look = cv2.resize(cutout.pixels, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(cutout.mask, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        look, mask = look[:, ::-1], mask[:, ::-1]
    region = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
    ground = pixels[y1:y2, x1:x2].astype(np.float32)
    front, share = look[region].astype(np.float32), mask[region][..., None]
    gain = (1 + float(ground.mean()) / max(1.0, float(front.mean()))) / 2
    front = np.clip(front * min(max(gain, 0.6), 1.5), 0, 255)
    pixels[y1:y2, x1:x2] = (ground * (1 - share) + front * share).astype(np.uint8)
    return Box(cutout.name, x1 / width, y1 / height, x2 / width, y2 / height)


def read_views(merged: Path, sources: set[str]) -> list[View]:
    """Reads the training pictures of some sources of a merged folder.

    Args:
        merged: Folder made by `datasets.merge`.
        sources: Names as in its recipe.

    Raises:
        RecipeError: No training picture of these sources is there.
    """
    names = dict(enumerate(class_names()))
    manifest = (merged / "manifest.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, manifest) if row["part"] == "train"]
    files = [merged / row["file"] for row in rows if row["source"] in sources]
    if not files:
        raise RecipeError(
            f"{merged} holds no training pictures of {', '.join(sorted(sources))}. Choose of: "
            f"{', '.join(sorted({row['source'] for row in rows}))}."
        )
    return [
        View(file.stem, decoded(file.read_bytes(), file), read_yolo(file, names).boxes)
        for file in files
    ]


def write_composites(
    objects: Sequence[Cutout], backgrounds: Sequence[View], out: Path, count: int, seed: int
) -> None:
    """Writes a YOLO folder with the class ids of `kinds.yaml`.

    Args:
        objects: To draw from.
        backgrounds: To draw from.
        out: Gets `images/` and `labels/`.
        count: How many pictures.
        seed: Same seed, same pictures.
    """
    ids = {name: index for index, name in enumerate(class_names())}
    for part in ("images", "labels"):
        (out / part).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")  # noqa: S311 - a draw, not a secret
        drawn = [rng.choice(objects) for _ in range(rng.randint(1, 3))]
        view = compose(rng.choice(backgrounds), drawn, rng)
        rows = (
            f"{ids[b.name]} {(b.x1 + b.x2) / 2:.6f} {(b.y1 + b.y2) / 2:.6f} "
            f"{b.width:.6f} {b.height:.6f}\n"
            for b in view.boxes
        )
        (out / "images" / f"{seed:04d}_{number:06d}.jpg").write_bytes(encoded(view))
        (out / "labels" / f"{seed:04d}_{number:06d}.txt").write_text("".join(rows))
