"""Market: a street that is rendered for `bench cameras`: with nobody in it, crowded, and jammed.

All have the same camera, light and houses, so what differs between them is who is there. Of the 110
objects of `rules`' crowded market the shipped weights see about 80 in a look; some of its cars are
trucks to them, and the state of each truck is read at every look. So there is a clip without cars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path as File

import numpy as np

from datasets.demo.shot import driver, walker
from datasets.errors import RenderError
from datasets.renderer.camera import Camera
from datasets.renderer.light import Light
from datasets.renderer.motion import Path
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.stalls import stall_mesh
from datasets.renderer.street import Block, Street
from datasets.renderer.video import render_video
from datasets.renderer.weather import Weather
from scripts.bench.crowd import Cast
from scripts.bench.rules import SCENES

CLIPS = {
    "quiet": SCENES["empty"],
    "crowded": replace(SCENES["market"], vehicles=0),
    "jammed": SCENES["market"],
}
"""Who is in each."""
FPS = 25.0
_CRF = 30
"""Such that the crowd is sent at about the 6 Mbit/s of a 1080p camera."""

_ROWS = (-11.6, -8.2, -4.8, 4.8, 8.2, 11.6)
"""Where rows of stalls stand, and people walk between them: x, metres."""
_AISLES = (-9.9, -6.5, -3.6, 3.6, 6.5, 9.9)
_NEAR, _FAR = -2.0, 20.0
"""Of the street, y in metres: what the camera sees of it well."""
_STYLES, _SHADES = ("table", "cart", "foodcart", "tricycle"), ("parasol", "canopy", "none")
_SHADED = (0.1, 0.1, 0.8)
"""Share of each: what a parasol covers is not seen."""
_LANES = ((-1.4, -1.0), (1.4, 1.0))
"""Middle of each lane, and which way it goes."""
_CRAWLS = 0.8
"""Of the vehicles, metres per second; they stand `_APART` metres behind each other."""
_APART = 5.8


def render_clips(
    folder: File,
    *,
    width: int = 1920,
    seconds: float = 10.0,
    progress: Callable[[str], None] = lambda _: None,
) -> list[File]:
    """Write a clip of each: H.264, 16:9, with a key frame a second, and its truth beside it.

    Args:
        folder: made if it is missing.
        width: of the picture, pixels.
        seconds: length.
        progress: told what is being rendered.

    Raises:
        RenderError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RenderError(
            f"{folder} cannot be made: {error.strerror}. Choose another folder."
        ) from error
    files = []
    for name, cast in CLIPS.items():
        files.append(folder / f"{name}.mp4")
        scene = market(cast, width=width, height=width * 9 // 16, seconds=seconds)
        tell = partial(_tell, progress, name)
        render_video(scene, files[-1], seconds, FPS, crf=_CRF, key_s=1.0, progress=tell)
    return files


def _tell(progress: Callable[[str], None], name: str, done: float) -> None:
    progress(f"rendering {name}.mp4, {done:.0%}")


def market(cast: Cast, *, width: int, height: int, seconds: float) -> Scene:
    """The street with so many in it, all in the picture for so many seconds.

    Args:
        cast: its stalls, people and vehicles; all vehicles are cars.
        width, height: of the picture, pixels.
        seconds: how long people and vehicles go on.
    """
    rng = np.random.default_rng(7)
    camera = Camera.looking_at((0.0, -14.0, 20.0), (0.0, 7.6, 0.0), 46.0, width, height)
    actors = [*_stalls(cast.stalls, rng), *_people(cast.people, seconds, rng)]
    actors += _vehicles(cast.vehicles, seconds, rng)
    weather = Weather(haze=0.06, noise=1.6, blur=0.5)
    light = Light(azimuth=75, elevation=52)
    return Scene(camera, light, weather, _street(), actors, seed=1, quality=2)


def _street() -> Street:
    blocks, y = [], -16.0
    for k, (length, storeys) in enumerate(((13, 3), (12, 4), (14, 3), (13, 5), (14, 3), (15, 4))):
        height = 3.7 + 3.1 * (storeys - 1)
        blocks.append(Block(-1, y, y + length, height, 240 + k))
        blocks.append(Block(1, y + 3, y + 3 + length, height, 260 + k))
        y += length
    return Street(
        road=5.6,
        left=10.5,
        right=10.5,
        south=-16,
        north=60,
        blocks=tuple(blocks),
        seed=23,
        ppm=32,
        tactile=False,
    )


def _stalls(count: int, rng: np.random.Generator) -> Iterator[Actor]:
    """In rows, each with its front to an aisle."""
    deep = -(-count // len(_ROWS))
    for k in range(count):
        row, place = k % len(_ROWS), k // len(_ROWS)
        y = _NEAR + (place + 0.5) * (_FAR - _NEAR) / deep
        turn = 90.0 if _ROWS[row] < 0 else -90.0
        mesh = stall_mesh(rng, str(rng.choice(_STYLES)), str(rng.choice(_SHADES, p=_SHADED)))
        yield Actor.standing(f"stall-{k}", mesh, Pose(_ROWS[row], y, 0, turn))


def _people(count: int, seconds: float, rng: np.random.Generator) -> Iterator[Actor]:
    """Up and down the aisles; who comes to an end turns back."""
    for k in range(count):
        x = _AISLES[k % len(_AISLES)] + float(rng.uniform(-0.45, 0.45))
        speed, left = float(rng.uniform(0.7, 1.3)), seconds + 1
        y, up = float(rng.uniform(_NEAR, _FAR)), bool(rng.random() < 0.5)
        points = [(x, y)]
        while left > 0:
            end = _FAR if up else _NEAR
            left -= abs(end - y) / speed
            y, up = end, not up
            points.append((x, y))
        yield walker(f"person-{k}", rng, Path.at_speed(0.0, speed, *points))


def _vehicles(count: int, seconds: float, rng: np.random.Generator) -> Iterator[Actor]:
    """Nose to tail, as slow as the crowd."""
    for k in range(count):
        x, way = _LANES[k % len(_LANES)]
        y = _NEAR - 1 + (k // len(_LANES)) * _APART
        to = y + way * _CRAWLS * (seconds + 1)
        yield driver(f"car-{k}", rng, Path.at_speed(0.0, _CRAWLS, (x, y), (x, to)))
