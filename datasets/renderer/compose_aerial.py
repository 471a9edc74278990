"""Drone scenes composed by chance, for training pictures."""

import numpy as np

from datasets.renderer import buildings, props
from datasets.renderer.aerial import GROUNDS, Ground
from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light, overcast_day, random_light
from datasets.renderer.plot import Plot, Rect
from datasets.renderer.scene import Backdrop, Scene
from datasets.renderer.weather import Weather


def random_ground(rng: np.random.Generator) -> Ground:
    """A block with one or two roads."""
    roads = [(False, float(rng.uniform(-20, 20)), float(rng.uniform(6, 14)))]
    if rng.random() < 0.5:
        roads.append((True, float(rng.uniform(-25, 25)), float(rng.uniform(5, 10))))
    if rng.random() < 0.15:
        roads = []
    return Ground(64.0, tuple(roads), str(rng.choice(GROUNDS)), int(rng.integers(1 << 30)), 10.0)


def aerial_scene(rng: np.random.Generator, ground: Ground, size: tuple[int, int]) -> Scene:
    """A block or a road seen by a drone."""
    light = random_light(rng)
    if light.night > 0.3:
        light = overcast_day() if rng.random() < 0.5 else Light(float(rng.uniform(0, 360)), 40)
    height = float(rng.uniform(22, 80))
    weather = Weather.random(rng, light)
    tilt = float(rng.choice([0.0, abs(rng.normal(0, 9))]))
    spot = (float(rng.uniform(-14, 14)), float(rng.uniform(-14, 14)), height)
    camera = Camera(
        spot, float(rng.uniform(0, 360)), 90.0 - tilt, float(rng.uniform(45, 74)), *size
    )
    plot = Plot(camera, rng)
    if rng.random() > 0.05:
        _fill_block(plot, rng, ground)
        _fill_roads(plot, rng, ground, height)
    calm = Weather(
        0.0, min(weather.haze, 0.12), weather.noise, weather.blur, weather.contrast, weather.tint
    )
    backdrop: Backdrop = ground
    return Scene(camera, light, calm, backdrop, plot.actors, seed=int(rng.integers(1 << 30)))


def _clear_of_roads(ground: Ground, x: float, y: float, half: float) -> bool:
    return all(
        abs((x if vertical else y) - centre) > width / 2 + 2.0 + half
        for vertical, centre, width in ground.roads
    )


def _house(rng: np.random.Generator, size: tuple[float, float], mix: Array) -> props.Prop:
    roof = str(rng.choice(buildings.ROOFS, p=mix))
    tall = 3.2 * int(rng.integers(1, 5 if roof in {"concrete", "tile"} else 3))
    return props.Prop(buildings.house_mesh(rng, size, tall, roof), size[0] * 0.62)


def _terraces(plot: Plot, rng: np.random.Generator, ground: Ground, mix: Array) -> None:
    """Rows of houses wall to wall, as in an old quarter."""
    reach = plot.camera.position[2] * 0.75
    gap, depth = float(rng.uniform(2, 8)), float(rng.uniform(7, 12))
    for y in np.arange(-reach, reach, depth + gap):
        x = -reach
        while x < reach:
            size = (float(rng.uniform(5, 14)), depth * float(rng.uniform(0.8, 1.0)))
            middle = x + size[0] / 2
            if rng.random() < 0.85 and _clear_of_roads(ground, middle, float(y), size[0] / 2):
                plot.put("structure", middle, float(y), 0.0, _house(rng, size, mix))
            x += size[0] + float(rng.choice([0.2, 0.4, 3.0]))


def _fill_block(plot: Plot, rng: np.random.Generator, ground: Ground) -> None:
    field: list[Rect] = [(-60.0, -60.0, 60.0, 60.0)]
    mix = rng.dirichlet(np.full(len(buildings.ROOFS), 0.8))
    square = float(rng.choice([0.0, rng.uniform(0, 90)]))
    if rng.random() < 0.3:
        _terraces(plot, rng, ground, mix)
    for _ in range(int(rng.integers(0, 34))):
        size = (float(rng.uniform(6, 22)), float(rng.uniform(5, 13)))
        spot = plot.spot(field, size[0] * 0.62)
        if spot is not None and _clear_of_roads(ground, *spot, size[0] * 0.5):
            turn = square + float(rng.choice([0, 90])) + float(rng.normal(0, 2))
            plot.put("structure", *spot, turn, _house(rng, size, mix))
    for _ in range(int(rng.integers(0, 9))):
        size = (float(rng.uniform(3, 9)), float(rng.uniform(2.5, 6)))
        spot = plot.spot(field, size[0] * 0.5)
        if spot is not None and _clear_of_roads(ground, *spot, size[0] * 0.4):
            mesh = buildings.shed_mesh(
                rng,
                size,
                float(rng.uniform(2.4, 3.4)),
                str(rng.choice(["steel_blue", "steel_blue", "tin", "steel_red", "steel_grey"])),
            )
            plot.put(
                "structure",
                *spot,
                square + float(rng.choice([0, 90, 180, 270])),
                props.Prop(mesh, size[0] * 0.5),
            )
    for _ in range(int(rng.integers(0, 4))):
        size = (float(rng.uniform(2, 6)), float(rng.uniform(2, 4)))
        spot = plot.spot(field, 3)
        if spot is not None:
            plot.put(
                "tarp",
                *spot,
                float(rng.uniform(0, 360)),
                props.Prop(buildings.tarp_mesh(rng, size), 3),
            )
    for _ in range(int(rng.integers(0, 16))):
        spot = plot.spot(field, 2.2)
        if spot is not None:
            plot.put(
                "tree",
                *spot,
                float(rng.uniform(0, 360)),
                props.Prop(props.tree(int(rng.integers(24))), 2.2),
            )


def _fill_roads(plot: Plot, rng: np.random.Generator, ground: Ground, height: float) -> None:
    field: list[Rect] = [(-60.0, -60.0, 60.0, 60.0)]
    lanes: list[tuple[list[Rect], float]] = []
    walks: list[Rect] = []
    for vertical, c, w in ground.roads:
        span: Rect = (
            (c - w / 2 + 1, -60, c + w / 2 - 1, 60)
            if vertical
            else (-60, c - w / 2 + 1, 60, c + w / 2 - 1)
        )
        lanes.append(([span], 90.0 if vertical else 0.0))
        for s in (-1, 1):
            a, b = sorted((c + s * w / 2, c + s * (w / 2 + 2.5)))
            walks.append((a, -60, b, 60) if vertical else (-60, a, 60, b))
    for rects, heading in lanes or [(field, float(rng.uniform(0, 360)))]:
        both = (heading, heading + 180)
        plot.scatter("truck", int(rng.poisson(1.3)), rects, both, 4)
        plot.scatter("car", int(rng.poisson(5)), rects, both, 4)
        plot.scatter("bus", int(rng.poisson(0.5)), rects, both, 3)
        plot.scatter("motorcycle", int(rng.poisson(1.5)), rects, both, 20)
    plot.scatter("car", int(rng.poisson(3)), field, (0.0, 90.0), 3)
    plot.scatter("truck", int(rng.poisson(0.5)), field, (0.0, 90.0), 20)
    if height < 60:
        facing = (0.0, 90.0, 180.0, 270.0)
        plot.scatter("stall", int(rng.poisson(4)), walks or field, facing, 10)
        plot.scatter("person", int(rng.poisson(6)), walks or field, facing, 60)
        plot.scatter("garbage", int(rng.poisson(0.7)), field, facing, 60)
