"""Composites: real truck bodies with a load painted into them, open or under a tarpaulin.

Photos of loads that nothing covers are rare. `labels/truck_surfaces.csv` says where on a real
truck the load lies, `labels/loose_ground.csv` where real pictures show earth or waste: one is
painted into the other. The same bodies get other trucks' tarpaulins too, so that paint alone tells
nothing.
Only pictures of the part `train` are named there.
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from datasets.crops import LABELS, crop_box
from datasets.errors import LabelError, RecipeError
from datasets.importers import PICTURES

SURFACES = LABELS.with_name("truck_surfaces.csv")
GROUND = LABELS.with_name("loose_ground.csv")
SIDE = 300
"""Longer side of a composite in pixels."""
COUNTS = {"rim": (10, 10), "bed": (10, 10), "tarpaulin": (6, 5), "bed_covered": (10, 0)}
"""Composites per surface: loads left open, loads covered."""
CLOTH = (90, 240)
"""Rows and columns of a tarpaulin seen straight on."""
EARTH = ((90, 120, 160), (70, 100, 130), (120, 125, 130), (60, 70, 85), (110, 150, 180))
"""Blue, green, red of soils and gravel, by eye."""

Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Body:
    """A truck's crop and where its load lies.

    Attributes:
        pixels: H×W×3, BGR.
        surface: `rim` (room above the sides), `tarpaulin` (a cover seen from the side), `bed` (a
            floor seen from above) or `bed_covered` (a cover seen from above).
        corners: 4×2, x and y in pixels: top left, top right, bottom right, bottom left.
    """

    pixels: Pixels
    surface: str
    corners: Plane


def read_bodies(root: Path) -> list[Body]:
    """Cuts the trucks of `SURFACES` out of the pictures under a folder.

    Raises:
        LabelError: The label file is missing or broken.
        RecipeError: None of its pictures is under `root`.
    """
    bodies = []
    for row, crop in _crops(SURFACES, root):
        scale = SIDE / max(crop.shape[:2])
        shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pixels: Any = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=shrink)
        corners = np.array([pair.split(",") for pair in row["corners"].split()], np.float32)
        height, width = pixels.shape[:2]
        bodies.append(Body(pixels, row["surface"], corners * np.array([width, height], np.float32)))
    return bodies


def read_ground(root: Path) -> list[list[Pixels]]:
    """Cuts the patches of `GROUND` out of the pictures under a folder.

    Returns:
        Patches H×W×3, BGR, in one list for each kind of ground.

    Raises:
        LabelError: The label file is missing or broken.
        RecipeError: None of its pictures is under `root`.
    """
    kinds: dict[str, list[Pixels]] = {}
    for row, crop in _crops(GROUND, root):
        kinds.setdefault(row["ground"], []).append(crop)
    return list(kinds.values())


def _crops(listing: Path, root: Path) -> Iterator[tuple[dict[str, str], Pixels]]:
    try:
        with listing.open(newline="") as file:
            rows = list(csv.DictReader(file))
        keys = [
            (row["picture_sha256"], [float(row[k]) for k in ("x1", "y1", "x2", "y2")])
            for row in rows
        ]
    except (OSError, KeyError, ValueError) as error:
        raise LabelError(
            f"Labels {listing} cannot be used ({error!r}). Restore the file."
        ) from error
    wanted = {sha256 for sha256, _ in keys}
    found: dict[str, Any] = {}
    for path in sorted(p for p in root.rglob("*") if p.suffix.lower() in PICTURES):
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in wanted:
            found[sha256] = cv2.imdecode(np.frombuffer(data, np.uint8), 1)
    if not found:
        raise RecipeError(f"No picture of {listing.name} lies under {root}. Correct the folder.")
    for row, (sha256, box) in zip(rows, keys, strict=True):
        if found.get(sha256) is not None:
            yield row, crop_box(found[sha256], tuple(box))


class Painter:
    """Paints loads into bodies.

    Args:
        ground: Patches of loose material, a list for each kind; kinds are drawn equally often.
        tarpaulins: Bodies under a cover; their cloth is laid over others.
        seed: Same seed, same pictures.
    """

    def __init__(
        self, ground: Sequence[Sequence[Pixels]], tarpaulins: Sequence[Body], seed: int
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._ground = ground
        self._cloth = [(body, _straightened(body)) for body in tarpaulins]

    def paint(self, body: Body, *, covered: bool) -> Pixels:
        """Returns the body's picture with a load, loose or under another truck's tarpaulin."""
        above = body.surface.startswith("bed")
        if covered:
            return self._blend(body, self._flat(body), self._draped(body), tint=False)
        mask = self._patch(body) if above else self._heap(body)
        return self._blend(body, mask, self._loose(body.pixels.shape), tint=True)

    def _flat(self, body: Body) -> Plane:
        mask = np.zeros(body.pixels.shape[:2], np.float32)
        corners = body.corners.copy()
        if body.surface == "rim":  # a low load: the cloth lies just above the sides
            corners[:2] += (corners[[3, 2]] - corners[:2]) * self._random.uniform(0.2, 0.7)
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], (1.0,))
        return mask

    def _patch(self, body: Body) -> Plane:
        """A rough-edged load on a floor seen from above, at times on a part of it alone."""
        random, corners = self._random, body.corners.copy()
        if random.random() < 0.35:
            kept = random.uniform(0.45, 0.9)
            corners[2] = corners[1] + (corners[2] - corners[1]) * kept
            corners[3] = corners[0] + (corners[3] - corners[0]) * kept
        shares = np.linspace(0, 1, 7)[:-1, None]
        edges = zip(corners, np.roll(corners, -1, 0), strict=True)
        outline = np.concatenate([start + (end - start) * shares for start, end in edges])
        outline += random.normal(0, 0.006 * SIDE, outline.shape)
        mask = np.zeros(body.pixels.shape[:2], np.float32)
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], (1.0,))
        return mask

    def _heap(self, body: Body) -> Plane:
        """A heap seen from the side: between the sides' upper edge and a rough outline."""
        random, (high, wide) = self._random, body.pixels.shape[:2]
        left_top, right_top, right, left = body.corners
        x0, x1 = min(left[0], left_top[0]), max(right[0], right_top[0])
        across = np.arange(wide)
        along = np.clip((across - x0) / (x1 - x0), 0, 1)
        floor = np.interp(across, [left[0], right[0]], [left[1], right[1]]) + 0.012 * high
        roof = np.interp(across, [left_top[0], right_top[0]], [left_top[1], right_top[1]])
        edge = np.minimum(1, np.minimum(along, 1 - along) * random.uniform(6, 30))
        rough = self._noise(wide, 9) * 0.04 + self._noise(wide, 50) * 0.04
        shape = np.ones(wide)
        if body.surface == "rim":
            humps = [
                np.exp(-(((along - random.uniform(0.25, 0.75)) / random.uniform(0.16, 0.4)) ** 2))
                for _ in range(random.integers(1, 4))
            ]
            shape = np.max(humps, 0) * random.uniform(0.45, 1.1)
        outline = floor - (floor - roof) * np.clip(shape + rough, 0, 1.15) * edge
        down = np.arange(high)[:, None]
        inside = (down >= outline) & (down <= floor) & (across >= x0) & (across <= x1)
        return np.asarray(inside, np.float32)

    def _noise(self, length: int, knots: int) -> npt.NDArray[np.float64]:
        return np.interp(
            np.linspace(0, knots - 1, length), np.arange(knots), self._random.normal(0, 1, knots)
        )

    def _loose(self, shape: tuple[int, ...]) -> Plane:
        """A patch of ground as large as a picture, as it is or in a soil's colour."""
        random = self._random
        kind = self._ground[int(random.integers(len(self._ground)))]
        whole = kind[int(random.integers(len(kind)))]
        rows, columns = (max(8, int(side * random.uniform(0.4, 1))) for side in whole.shape[:2])
        top = int(random.integers(max(1, whole.shape[0] - rows + 1)))
        left = int(random.integers(max(1, whole.shape[1] - columns + 1)))
        patch: Any = whole[top : top + rows, left : left + columns]
        scale = random.uniform(0.5, 1.3) * max(shape[:2]) / max(patch.shape[:2])
        patch = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        repeats = [-(-shape[axis] // patch.shape[axis]) for axis in (0, 1)]
        patch = np.tile(patch, (*repeats, 1))[: shape[0], : shape[1]].astype(np.float32)
        if random.random() < 0.5:
            tint = np.array(EARTH[int(random.integers(len(EARTH)))], np.float32)
            patch = 0.35 * patch + 0.65 * patch.mean(2, keepdims=True) * tint / tint.mean()
        return np.asarray(patch, np.float32)

    def _draped(self, body: Body) -> Plane:
        """Another truck's tarpaulin in another colour, laid over the body's surface."""
        random = self._random
        above = body.surface.startswith("bed")
        others = [
            cloth
            for owner, cloth in self._cloth
            if owner is not body and owner.surface.startswith("bed") == above
        ]
        colours: Any = cv2.cvtColor(others[int(random.integers(len(others)))], cv2.COLOR_BGR2HSV)
        colours = colours.astype(np.float32)
        colours[..., 0] = (colours[..., 0] + random.uniform(-20, 20)) % 180
        colours[..., 1] = np.clip(colours[..., 1] * random.uniform(0.4, 1.5), 0, 255)
        cloth: Any = cv2.cvtColor(colours.astype(np.uint8), cv2.COLOR_HSV2BGR)
        high, wide = body.pixels.shape[:2]
        onto = cv2.getPerspectiveTransform(_sheet(), body.corners)
        laid = cv2.warpPerspective(cloth, onto, (wide, high), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(laid, np.float32)

    def _blend(self, body: Body, mask: Plane, load: Plane, *, tint: bool) -> Pixels:
        """Lights the load like the rest of the picture and softens its edge."""
        random, inside = self._random, mask > 0
        if not inside.any():
            return body.pixels
        if tint:
            goal = np.clip(body.pixels.mean() * random.uniform(0.75, 1.35), 25, 200)
            load = load * (0.4 + 0.6 * goal / max(1.0, float(load[inside].mean())))
            depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
            load = load * (0.75 + 0.45 * np.sqrt(depth / depth.max()))[..., None]
            if random.random() < 0.6:
                load = np.asarray(
                    cv2.GaussianBlur(load, (0, 0), random.uniform(0.4, 1.1)), np.float32
                )
        share = cv2.GaussianBlur(mask, (0, 0), random.uniform(0.6, 1.2))[..., None]
        mixed = np.clip(body.pixels * (1 - share) + load * share, 0, 255)
        return np.asarray(mixed, np.uint8)


def _sheet() -> Plane:
    high, wide = CLOTH
    return np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)


def _straightened(body: Body) -> Pixels:
    onto = cv2.getPerspectiveTransform(body.corners, _sheet())
    cloth = cv2.warpPerspective(body.pixels, onto, CLOTH[::-1], borderMode=cv2.BORDER_REFLECT)
    return np.asarray(cloth, np.uint8)


def write(bodies: Sequence[Body], painter: Painter, out: Path) -> int:
    """Writes `COUNTS` composites of every body and `crops.jsonl`, all of the part `train`.

    Returns:
        How many pictures were written.
    """
    out.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for body in bodies:
        for load, count in zip(("open", "covered"), COUNTS[body.surface], strict=True):
            for _ in range(count):
                name = f"{len(lines):04d}.jpg"
                cv2.imwrite(str(out / name), painter.paint(body, covered=load == "covered"))
                row = {"image": name, "load": load, "dirt": None, "part": "train"}
                lines.append(json.dumps(row) + "\n")
    (out / "crops.jsonl").write_text("".join(lines))
    return len(lines)


def main() -> None:
    """`python -m datasets.truck_loads --data DIR --out DIR`."""
    parser = argparse.ArgumentParser(prog="python -m datasets.truck_loads", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    bodies = read_bodies(args.data)
    tarpaulins = [body for body in bodies if body.surface in ("tarpaulin", "bed_covered")]
    painter = Painter(read_ground(args.data), tarpaulins, args.seed)
    print(f"{write(bodies, painter, args.out)} composites")


if __name__ == "__main__":
    main()
