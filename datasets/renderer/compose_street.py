"""Street scenes composed by chance, for training pictures."""

import numpy as np

from datasets.renderer.camera import Camera
from datasets.renderer.light import random_light
from datasets.renderer.plot import Plot, Rect
from datasets.renderer.scene import Scene
from datasets.renderer.street import Block, Street
from datasets.renderer.weather import Weather

ROAD_KINDS = ("car", "bus", "truck", "motorcycle", "bicycle")


def random_blocks(
    rng: np.random.Generator, south: float, north: float, sides: tuple[int, ...] = (-1, 1)
) -> tuple[Block, ...]:
    """Rows of buildings with an occasional gap."""
    blocks = []
    for side in sides:
        site = rng.random() < 0.14
        y = south
        while y < north:
            length = float(rng.uniform(8, 17))
            if north - y < 3:
                break
            if site:
                blocks.append(
                    Block(
                        side, y, min(y + length, north), 2.7, int(rng.integers(1 << 30)), "hoarding"
                    )
                )
            elif rng.random() > 0.08:
                storeys = int(rng.integers(2, 7))
                blocks.append(
                    Block(
                        side,
                        y,
                        min(y + length, north),
                        3.7 + 3.1 * (storeys - 1) + 0.6,
                        int(rng.integers(1 << 30)),
                    )
                )
            y += length
    return tuple(blocks)


def random_street(rng: np.random.Generator) -> Street:
    """A street of random width, paving and buildings."""
    road = float(rng.uniform(6.5, 15))
    return Street(
        road=road,
        left=float(rng.uniform(2.8, 7)),
        right=float(rng.uniform(2.8, 7)),
        south=-16,
        north=46,
        lanes=2 if road < 10 else 4,
        crossing=float(rng.uniform(6, 26)) if rng.random() < 0.35 else None,
        blocks=random_blocks(rng, -16, 46) if rng.random() < 0.85 else (),
        verge=str(rng.choice(["paving", "earth", "grass"])),
        dusty=float(rng.uniform(0.2, 0.8)) if rng.random() < 0.3 else 0.0,
        seed=int(rng.integers(1 << 30)),
        ppm=float(rng.choice([16.0, 20.0])),
        tactile=bool(rng.random() < 0.5),
        bays=((8.0, 18.0),) if rng.random() < 0.2 else (),
    )


def _street_camera(
    rng: np.random.Generator, street: Street, size: tuple[int, int], close: bool
) -> Camera:
    left, _, _, right = street.edges
    x = float(rng.uniform(left + 0.6, right - 0.6))
    y = float(rng.uniform(-4, 4))
    if close:
        height, reach = float(rng.uniform(1.3, 3.2)), float(rng.uniform(3, 9))
        angle = float(rng.normal(0, 75))
    else:
        height, reach = float(rng.uniform(3.6, 8.5)), float(rng.uniform(7, 24))
        angle = float(rng.normal(0, 32)) + (180 if rng.random() < 0.2 else 0)
    target = (x + reach * np.sin(np.radians(angle)), y + reach * np.cos(np.radians(angle)), 0.4)
    target = (float(np.clip(target[0], left + 1, right - 1)), float(target[1]), target[2])
    roll = float(rng.normal(0, 1.2))
    return Camera.looking_at((x, y, height), target, float(rng.uniform(42, 84)), *size, roll)


def street_scene(
    rng: np.random.Generator, street: Street, size: tuple[int, int], *, close: bool = False
) -> Scene:
    """A street seen by a camera on a pole, or by a phone (`close`).

    Args:
        rng: Source of chance.
        street: Where.
        size: Picture (width, height), pixels.
        close: Eye height and a few metres away.
    """
    light = random_light(rng)
    weather = Weather.random(rng, light)
    camera = _street_camera(rng, street, size, close)
    plot = Plot(camera, rng, weather.rain > 0, light.night > 0.3)
    left, kerb_left, kerb_right, right = street.edges
    walks: list[Rect] = [
        (left + 0.4, -40, kerb_left - 0.3, 60),
        (kerb_right + 0.3, -40, right - 0.4, 60),
    ]
    road: list[Rect] = [(kerb_left + 0.9, -40, kerb_right - 0.9, 60)]
    edge: list[Rect] = [
        (left + 0.4, -40, kerb_left + 0.9, 60),
        (kerb_right - 0.9, -40, right - 0.4, 60),
    ]
    if rng.random() > 0.05:
        _fill_street(plot, walks, road, edge, close)
    lamps = [
        (float(rng.uniform(left, right)), y)
        for y in np.arange(-10.0, 45.0, float(rng.uniform(9, 22)))
    ]
    return Scene(
        camera, light, weather, street, plot.actors, seed=int(rng.integers(1 << 30)), lamps=lamps
    )


def _fill_street(
    plot: Plot, walks: list[Rect], road: list[Rect], edge: list[Rect], close: bool
) -> None:
    rng = plot.rng
    everywhere = walks + road
    facing = (0.0, 90.0, 180.0, 270.0)
    star = str(rng.choice(["stall", "bin", "overflowing_bin", "garbage", "truck", "car", "person"],
                          p=[0.22, 0.13, 0.16, 0.14, 0.2, 0.08, 0.07]))  # fmt: skip
    rects = road if star in ROAD_KINDS else (everywhere if close else edge)
    plot.scatter(
        star,
        int(rng.integers(1, 4 if star == "truck" else 6)),
        rects,
        (90.0, 270.0) if star in ROAD_KINDS else facing,
        8 if star in ROAD_KINDS else 14,
    )
    business = float(rng.choice([0.3, 0.7, 1.2]))

    def some(mean: float) -> int:
        return int(rng.poisson(mean * business * (0.5 if close else 1.0)))

    plot.scatter("truck", some(0.6), road, (90.0, 270.0), 5)
    plot.scatter("bus", some(0.35), road, (90.0, 270.0), 3)
    plot.scatter("car", some(2.6), road, (90.0, 270.0), 5)
    plot.scatter("stall", some(1.5), edge, facing, 10)
    for kind, mean in (("bin", 1.0), ("overflowing_bin", 0.7), ("garbage", 0.8)):
        plot.scatter(kind, some(mean), edge, facing, 25)
    plot.scatter("tree", some(1.2), walks, facing, 60)
    for kind, mean in (("lamp", 0.6), ("bush", 0.6), ("bollard", 1.0)):
        plot.scatter(kind, some(mean), walks, facing, 5)
    plot.scatter("rail", some(0.4), road, (90.0,), 1)
    plot.scatter("motorcycle", some(1.2), everywhere, facing, 30)
    plot.scatter("bicycle", some(0.9), everywhere, facing, 30)
    plot.scatter("person", some(4.5), everywhere if rng.random() < 0.3 else edge, facing, 60)
