"""Training pictures: random scenes with YOLO labels and truck crops.

streetwarden data render --out OUT --count 1500 --seed 1 --workers 2
"""

import json
import multiprocessing
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from ruamel.yaml import YAML

from datasets.errors import RenderError
from datasets.renderer.camera import Array
from datasets.renderer.compose_aerial import aerial_scene, random_ground
from datasets.renderer.compose_street import random_street, street_scene
from datasets.renderer.scene import Scene
from datasets.renderer.truth import TruthBox
from datasets.renderer.worker import end_with_parent

GROUP = 8
SIZES = ((832, 480), (640, 640), (832, 480), (768, 576))
MIN_SIDE = 8.0
MIN_LONG_SIDE = 14.0


@lru_cache(maxsize=1)
def class_ids() -> dict[str, int]:
    """Detector class name to id, in the order of `kinds.yaml`."""
    path = Path(__file__).parent.parent / "kinds.yaml"
    data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return {entry["name"]: k for k, entry in enumerate(data["classes"])}


def sample_scene(index: int, seed: int) -> Scene:
    """The scene of one training picture; pictures of a group of eight share a place.

    Args:
        index: Number of the picture.
        seed: Seed of the whole set.
    """
    rng = np.random.default_rng((seed, index))
    place = np.random.default_rng((seed, index // GROUP, 1 << 20))
    size = SIZES[int(rng.integers(len(SIZES)))]
    view = index % GROUP
    if view < 3:
        return street_scene(rng, random_street(place), size)
    if view < 5:
        return street_scene(rng, random_street(place), size, close=True)
    return aerial_scene(rng, random_ground(place), size)


def usable(box: TruthBox) -> bool:
    """Whether a box is big enough to learn from."""
    x1, y1, x2, y2 = box.box
    short, long = sorted((x2 - x1, y2 - y1))
    return short >= MIN_SIDE * (0.5 if box.label == "plate" else 1) and long >= MIN_LONG_SIDE


def yolo_lines(boxes: list[TruthBox], width: int, height: int) -> list[str]:
    """YOLO label lines: class cx cy w h, normalised."""
    lines = []
    for item in boxes:
        x1, y1, x2, y2 = item.box
        values = (
            (x1 + x2) / 2 / width,
            (y1 + y2) / 2 / height,
            (x2 - x1) / width,
            (y2 - y1) / height,
        )
        lines.append(f"{class_ids()[item.label]} " + " ".join(f"{v:.6f}" for v in values))
    return lines


def render_sample(index: int, seed: int) -> tuple[Array, list[TruthBox], int]:
    """One training picture: BGR pixels, usable boxes, JPEG quality."""
    pixels, boxes = sample_scene(index, seed).frame(0.0)
    quality = int(np.random.default_rng((seed, index, 5)).integers(45, 95))
    return pixels, [b for b in boxes if usable(b)], quality


def _group(job: tuple[str, int, int, int]) -> list[str]:
    """Render one group of pictures; returns its lines for crops.jsonl."""
    folder, seed, start, stop = job
    cv2.setNumThreads(1)
    out, lines = Path(folder), []
    for index in range(start, stop):
        pixels, boxes, quality = render_sample(index, seed)
        name = f"{seed:04d}_{index:06d}"
        image = out / "images" / f"{name}.jpg"
        if not cv2.imwrite(str(image), pixels, [cv2.IMWRITE_JPEG_QUALITY, quality]):
            raise RenderError(
                f"Picture {image} could not be written. Is the disk full or read-only?"
            )
        h, w = pixels.shape[:2]
        text = "\n".join(yolo_lines(boxes, w, h))
        (out / "labels" / f"{name}.txt").write_text(text + "\n" if text else "", encoding="utf-8")
        for box in boxes:
            if box.label == "truck":
                crop = {"image": f"images/{name}.jpg", "box": [round(v, 1) for v in box.box],
                        "load": box.load, "dirt": box.dirt}  # fmt: skip
                lines.append(json.dumps(crop))
    return lines


def _results(jobs: list[tuple[str, int, int, int]], workers: int) -> Iterator[list[str]]:
    if workers <= 1:
        yield from map(_group, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(workers, end_with_parent) as pool:
        yield from pool.imap(_group, jobs)


def render_samples(
    out_dir: Path,
    count: int,
    seed: int = 0,
    *,
    workers: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Write training pictures, labels and truck crops.

    Args:
        out_dir: Gets `images/*.jpg`, `labels/*.txt` (YOLO, `kinds.yaml` order) and `crops.jsonl`
            (image, box in pixels, load, dirt of each truck).
        count: How many pictures.
        seed: Same seed, same pictures, whatever `workers`.
        workers: Processes.
        progress: Called with the share done.

    Returns:
        `out_dir`.

    Raises:
        RenderError: A file could not be written.
    """
    out = Path(out_dir)
    try:
        for sub in ("images", "labels"):
            (out / sub).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RenderError(
            f"Folder {out} cannot be made: {error.strerror}. Choose another folder."
        ) from error
    jobs = [(str(out), seed, a, min(a + GROUP, count)) for a in range(0, count, GROUP)]
    with (out / "crops.jsonl").open("w", encoding="utf-8") as crops:
        for k, lines in enumerate(_results(jobs, workers)):
            crops.writelines(line + "\n" for line in lines)
            if progress is not None:
                progress((k + 1) / len(jobs))
    return out
