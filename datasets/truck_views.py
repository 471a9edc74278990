"""Renders pictures of single trucks from all sides, for training the truck-state reader.

Street samples show most trucks small; mud and the inside of a body need one that fills the picture.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from datasets.renderer.camera import Camera
from datasets.renderer.compose_street import random_street
from datasets.renderer.light import random_light
from datasets.renderer.loads import Truck
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.trucks import truck_mesh
from datasets.renderer.truth import TruthBox
from datasets.renderer.weather import Weather

SIZE = (352, 256)
GROUP = 8
"""Pictures that share a street: its ground is what takes longest to paint."""
LEAST_SIDE = 48.0
"""Shorter side of a truck's box in pixels; the pipeline reads no smaller ones."""


def truck_scene(index: int, seed: int) -> Scene:
    """A truck on a street, seen from a random side and height.

    Args:
        index: Number of the picture; load and dirt go round so that each counts the same.
        seed: Seed of the whole set.
    """
    rng = np.random.default_rng((seed, index))
    street = random_street(np.random.default_rng((seed, index // GROUP, 1 << 20)))
    load = ("open", "covered", "empty", "other")[index % 4]
    dirt = ("clean", "muddy")[index // 4 % 2]
    truck = Truck.random(rng, load, dirt)
    light = random_light(rng)
    x, y = float(rng.uniform(-street.road / 4, street.road / 4)), 14.0
    bearing, reach = rng.uniform(0, 2 * np.pi), float(rng.uniform(8, 22))
    height = float(rng.uniform(1.4, 9.0)) if rng.random() < 0.8 else float(rng.uniform(12, 30))
    at = (x + reach * np.sin(bearing), y + reach * np.cos(bearing), height)
    distance = float(np.hypot(reach, height))
    fov = float(np.degrees(2 * np.arctan(rng.uniform(3.6, 8.0) / distance)))
    target = (x + float(rng.normal(0, 1)), y + float(rng.normal(0, 1)), 1.3)
    camera = Camera.looking_at(at, target, min(fov, 80.0), *SIZE)
    heading = float(rng.choice([90.0, 270.0])) + float(rng.normal(0, 6))
    mesh = truck_mesh(truck, lamps=light.night > 0.3)
    pose = Pose(x, y, 0, heading)
    actor = Actor.moving("truck", mesh, lambda _: pose, load, dirt)
    weather = Weather.random(rng, light)
    return Scene(camera, light, weather, street, [actor], seed=int(rng.integers(1 << 30)))


def render_truck_views(out: Path, count: int, seed: int) -> int:
    """Writes pictures and `crops.jsonl`.

    Args:
        out: Gets `images/*.jpg` and `crops.jsonl` (image, box in pixels, load, dirt).
        count: How many pictures.
        seed: Same seed, same pictures.

    Returns:
        How many show a truck that is large enough.
    """
    (out / "images").mkdir(parents=True, exist_ok=True)
    lines = []
    for index in range(count):
        pixels, boxes = truck_scene(index, seed).frame(0.0)
        truck = next((box for box in boxes if box.label == "truck"), None)
        if truck is None or _shorter_side(truck) < LEAST_SIDE:
            continue
        name = f"images/{seed:04d}_{index:06d}.jpg"
        quality = int(np.random.default_rng((seed, index, 5)).integers(45, 95))
        cv2.imwrite(str(out / name), pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        row = {"image": name, "box": [round(v, 1) for v in truck.box]}
        lines.append(json.dumps({**row, "load": truck.load, "dirt": truck.dirt}) + "\n")
        (out / "crops.jsonl").write_text("".join(lines))
    return len(lines)


def _shorter_side(item: TruthBox) -> float:
    x1, y1, x2, y2 = item.box
    return min(x2 - x1, y2 - y1)


def main() -> None:
    """`python -m datasets.truck_views OUT --count 1200 --seed 1`."""
    parser = argparse.ArgumentParser(prog="python -m datasets.truck_views", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"{render_truck_views(args.out, args.count, args.seed)} pictures")


if __name__ == "__main__":
    main()
