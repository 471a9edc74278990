"""Composites: labelled objects cut out of some training pictures and set into others.

What is rare in the photos (a street stall) is put where it was not seen before, as copy-and-paste
augmentation does (Ghiasi et al., 2021, "Simple Copy-Paste is a Strong Data Augmentation Method").
People, bicycles and others are set in beside it, and on some pictures alone: were only stalls
pasted, a network would learn that what was pasted, or a crowd, is a stall.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from datasets.canvas import Canvas
from datasets.cutouts import Cutout
from datasets.importers import Box
from datasets.photos import read_view
from datasets.recipe import class_names
from datasets.views import View, encoded

SIDE = 640
"""Longer side of a composite at most, in pixels: that of the network's input."""
HEIGHTS = {"person": 1.7, "bicycle": 1.1, "motorcycle": 1.2, "umbrella": 0.9, "car": 1.5}
"""Metres, of an upright one in a street."""
LIFTED = {"umbrella": 1.3}
"""Metres above the ground of a thing's lower edge, where it is carried."""
TALL = (0.06, 0.7)
"""Height of a wanted object, as a share of the picture's; the logarithm is drawn evenly."""
LEAST = 0.04
"""The same of what stands beside; lower ones are not to be told."""
WIDE = 0.85
"""Width of anything at most, as a share of the picture's."""
GROWN = 1.3
"""A cut-out is enlarged no further, as its blur would tell."""
WHOLE = 3
"""How much more often an object is drawn that can stand anywhere than one that its picture's lower
border cut off, which comes out near and large."""
BESIDE = 0.6
"""Chance that a group stands about something wanted and not elsewhere."""
LARGEST_GROUP = 6
QUALITIES = (60, 95)
"""Of the JPEG files; cameras and websites compress more than training folders."""
BLURRED = 0.3
"""Chance of a slight blur over the whole picture."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A level camera above a flat street.

    Attributes:
        horizon: Share of the picture's height from its top.
        metres: Height above the street.
    """

    horizon: float
    metres: float

    def tall(self, foot: float, metres: float) -> float:
        """Returns the height of what is `metres` high and stands at `foot`; shares of height."""
        return (foot - self.horizon) * metres / self.metres


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an object is set in, in shares of the picture's sides: its centre, foot and height."""

    x: float
    foot: float
    tall: float


def compose(
    background: View,
    objects: Sequence[Cutout],
    crowd: Mapping[str, Sequence[Cutout]],
    groups: int,
    rng: random.Random,
) -> View:
    """Sets objects into a picture, the farther ones first.

    An object stands on the ground: the lower in the picture, the nearer and the larger. Its
    brightness moves half-way to that of the place.

    Args:
        background: Labelled picture.
        objects: What to set in; what finds no place is left out.
        crowd: Class to what may stand beside it.
        groups: How many groups of one to six of a class.
        rng: Of places, sizes and mirroring.

    Returns:
        The picture with the labels of what is still to be seen in it.
    """
    height, width = background.pixels.shape[:2]
    camera = _camera(background, rng)
    stands = [(_alone(cutout, camera, width / height, height, rng), cutout) for cutout in objects]
    placed = [(stand, cutout, True) for stand, cutout in stands if stand is not None]
    anchors = [stand for stand, _, _ in placed]
    for _ in range(groups if crowd else 0):
        near = rng.random() < BESIDE and bool(anchors)
        anchor = rng.choice(anchors) if near else _ground(camera, rng)
        for member in _group(crowd, rng):
            stand = _beside(member, anchor, camera, (height, width), rng)
            if stand is not None:
                placed.append((stand, member, False))
    canvas = Canvas(background)
    for stand, cutout, wanted in sorted(placed, key=lambda one: one[0].foot):
        look = cutout.mirrored() if rng.random() < 0.5 else cutout
        canvas.put(look, stand.x, stand.foot, stand.tall, guarded=wanted)
    return View(background.name, canvas.pixels, canvas.boxes())


def _camera(background: View, rng: random.Random) -> Camera:
    """A camera under which the people that are labelled in the picture are of people's height."""
    horizon = rng.uniform(0.2, 0.45)
    whole = [
        box
        for box in background.boxes
        if box.name == "person" and box.y2 > horizon + 0.1 and box.height > LEAST
    ]
    if not whole:
        return Camera(horizon, rng.uniform(1.6, 5.0))
    ratios = sorted((box.y2 - horizon) / box.height for box in whole)
    metres = ratios[len(ratios) // 2] * HEIGHTS["person"]
    return Camera(horizon, min(max(metres, 1.2), 8.0))


def _group(crowd: Mapping[str, Sequence[Cutout]], rng: random.Random) -> list[Cutout]:
    """Draws one to six of a class, none twice; a class of which there are few is drawn seldom."""
    weights = [math.sqrt(len(those)) for those in crowd.values()]
    those = crowd[rng.choices(list(crowd), weights)[0]]
    return rng.sample(those, min(rng.randint(1, LARGEST_GROUP), len(those)))


def _metres(cutout: Cutout, rng: random.Random) -> float:
    tall, wide = cutout.pixels.shape[:2]
    # A stall is some 2.2 m wide; lower ones are goods on the ground, taller ones have a canopy.
    metres = HEIGHTS.get(cutout.name) or min(2.4, max(0.8, 2.2 * tall / wide))
    return metres * rng.uniform(0.92, 1.08)


def _alone(
    cutout: Cutout, camera: Camera, shape: float, height: int, rng: random.Random
) -> Stand | None:
    """Draws a height and with it the place; `shape` is the picture's width over its height."""
    metres = _metres(cutout, rng)
    tall, wide = cutout.pixels.shape[:2]
    nearest = camera.tall(1.0, metres)
    most = min(TALL[1], GROWN * tall / height, WIDE * shape * tall / wide)
    if "bottom" in cutout.cut:  # it goes on below the picture, and is nearer than it seems
        if most < 2 * TALL[0]:
            return None
        return Stand(rng.random(), 1.0, rng.uniform(most / 2, most))
    most = min(most, nearest)
    if most < TALL[0]:
        return None
    share = math.exp(rng.uniform(math.log(TALL[0]), math.log(most)))
    return Stand(rng.uniform(0.05, 0.95), _foot(camera, share, metres), share)


def _foot(camera: Camera, tall: float, metres: float) -> float:
    return camera.horizon + tall * camera.metres / metres


def _ground(camera: Camera, rng: random.Random) -> Stand:
    """A place where nothing wanted stands, as far as it may be for a person to be told there."""
    farthest = _foot(camera, 2 * LEAST, HEIGHTS["person"])
    return Stand(rng.random(), rng.uniform(min(farthest, 0.9), 1.0), 0.0)


def _beside(
    cutout: Cutout, anchor: Stand, camera: Camera, shape: tuple[int, int], rng: random.Random
) -> Stand | None:
    """A place on the anchor's ground line, give or take; `shape` is the picture's."""
    height, width = shape
    depth = anchor.foot - camera.horizon
    foot = min(anchor.foot + rng.uniform(-0.12, 0.12) * depth, 1.05)
    metres = _metres(cutout, rng)
    tall = camera.tall(foot, metres)
    if not LEAST <= tall <= min(TALL[1], GROWN * cutout.pixels.shape[0] / height):
        return None
    reach = 2.0 * depth / camera.metres * height / width  # two metres to each side
    raised = camera.tall(foot, LIFTED.get(cutout.name, 0.0))
    return Stand(anchor.x + rng.uniform(-reach, reach), foot - raised, tall)


def write_composites(
    objects: Sequence[Cutout],
    crowd: Mapping[str, Sequence[Cutout]],
    backgrounds: Mapping[str, Sequence[Path]],
    out: Path,
    count: int,
    *,
    without: float = 0.0,
    seed: int = 0,
) -> None:
    """Writes a YOLO folder with the class ids of `kinds.yaml`.

    Args:
        objects: What is wanted, to draw one to three from a picture.
        crowd: Class to what is set in beside it, in up to two groups, and without it in up to
            three.
        backgrounds: Source to its pictures. One of four times as many pictures is drawn from
            twice as often: neither the largest set alone, nor the same few streets.
        out: Gets `images/` and `labels/`.
        count: How many pictures.
        without: Share of the pictures on which nothing wanted is set in.
        seed: Same seed, same pictures.

    Raises:
        LabelError: A background or its labels are broken.
    """
    for part in ("images", "labels"):
        (out / part).mkdir(parents=True, exist_ok=True)
    weights = [math.sqrt(len(pictures)) for pictures in backgrounds.values()]
    likely = [1 if "bottom" in cutout.cut else WHOLE for cutout in objects]
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")  # noqa: S311 - a draw, not a secret
        bare = math.floor((number + 1) * without) > math.floor(number * without)
        drawn = [] if bare else rng.choices(objects, likely, k=rng.randint(1, 3))
        groups = rng.randint(1, 3) if bare else rng.randint(0, 2)
        source = rng.choices(list(backgrounds), weights)[0]
        ground = read_view(rng.choice(backgrounds[source]), SIDE)
        view = _softened(compose(ground, drawn, crowd, groups, rng), rng)
        stem = f"{seed:04d}_{number:06d}"
        (out / "images" / f"{stem}.jpg").write_bytes(encoded(view, rng.randint(*QUALITIES)))
        (out / "labels" / f"{stem}.txt").write_text("".join(map(_row, view.boxes)))


def _softened(view: View, rng: random.Random) -> View:
    if rng.random() >= BLURRED:
        return view
    soft = cv2.GaussianBlur(view.pixels, (0, 0), rng.uniform(0.4, 1.0))
    return View(view.name, np.asarray(soft, np.uint8), view.boxes)


def _row(box: Box) -> str:
    label = class_names().index(box.name)
    return (
        f"{label} {(box.x1 + box.x2) / 2:.6f} {(box.y1 + box.y2) / 2:.6f} "
        f"{box.width:.6f} {box.height:.6f}\n"
    )
