"""Scenes composed by chance, for training pictures."""

from dataclasses import dataclass, field

import numpy as np

from datasets.renderer import buildings, props
from datasets.renderer.aerial import GROUNDS, Ground
from datasets.renderer.camera import Camera
from datasets.renderer.light import Light, overcast_day, random_light
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Backdrop, Scene
from datasets.renderer.street import Street, random_blocks
from datasets.renderer.weather import Weather

Rect = tuple[float, float, float, float]
ROAD_KINDS = ("car", "bus", "truck", "motorcycle", "bicycle")


@dataclass
class Plot:
    """Places props where a camera sees them, without overlap on the ground."""

    camera: Camera
    rng: np.random.Generator
    rain: bool = False
    lamps: bool = False
    actors: list[Actor] = field(default_factory=list)
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    def spot(self, rects: list[Rect], radius: float, reach: float = 70.0) -> tuple[float, float] | None:
        """A free ground point in view, drawn evenly over the picture, inside one of `rects`."""
        width, height = self.camera.size
        for _ in range(24):
            u, v = self.rng.uniform(0.02, 0.98) * width, self.rng.uniform(0.0, 1.02) * height
            point = self.camera.ground_at(float(u), float(v))
            if point is None:
                continue
            x, y = point
            away = np.hypot(x - self.camera.position[0], y - self.camera.position[1])
            if away > reach or away < 1.1 * radius + 1.3 and self.camera.position[2] < 10:
                continue
            if not any(a <= x <= c and b <= y <= d for a, b, c, d in rects):
                continue
            if self.free(x, y, radius):
                return x, y
        return None

    def free(self, x: float, y: float, radius: float) -> bool:
        """Whether nothing stands within `radius` of a point."""
        return all((x - a) ** 2 + (y - b) ** 2 > (0.8 * (radius + r)) ** 2 for a, b, r in self.taken)

    def put(self, kind: str, x: float, y: float, heading: float, prop: props.Prop | None = None) -> None:
        """Place a prop."""
        made = prop or props.draw(kind, self.rng, rain=self.rain, lamps=self.lamps)
        self.taken.append((x, y, made.radius))
        name = f"{kind}-{len(self.actors)}"
        pose = Pose(x, y, 0.0, heading)
        self.actors.append(Actor.standing(name, made.mesh, pose, load=made.load, dirt=made.dirt))

    def scatter(self, kind: str, count: int, rects: list[Rect], headings: tuple[float, ...], jitter: float) -> None:
        """Place up to `count` props of a kind."""
        for _ in range(count):
            prop = props.draw(kind, self.rng, rain=self.rain, lamps=self.lamps)
            spot = self.spot(rects, prop.radius)
            if spot is not None:
                turn = float(self.rng.choice(headings)) + float(self.rng.normal(0, jitter))
                self.put(kind, *spot, turn, prop)
                if kind == "stall":
                    self._vendor(spot, turn)

    def _vendor(self, spot: tuple[float, float], turn: float) -> None:
        if self.rng.random() < 0.8:
            angle = np.radians(turn + 90 + float(self.rng.normal(0, 30)))
            reach = float(self.rng.uniform(0.8, 1.1))
            self.put("person", spot[0] + reach * np.cos(angle), spot[1] + reach * np.sin(angle), turn - 90)


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


def _street_camera(rng: np.random.Generator, street: Street, size: tuple[int, int], close: bool) -> Camera:
    left, kerb_left, kerb_right, right = street.edges
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


def street_scene(rng: np.random.Generator, street: Street, size: tuple[int, int], *, close: bool = False) -> Scene:
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
    walks: list[Rect] = [(left + 0.4, -40, kerb_left - 0.3, 60), (kerb_right + 0.3, -40, right - 0.4, 60)]
    road: list[Rect] = [(kerb_left + 0.9, -40, kerb_right - 0.9, 60)]
    edge: list[Rect] = [(left + 0.4, -40, kerb_left + 0.9, 60), (kerb_right - 0.9, -40, right - 0.4, 60)]
    if rng.random() > 0.05:
        _fill_street(plot, walks, road, edge, close)
    lamps = [(float(rng.uniform(left, right)), y) for y in np.arange(-10.0, 45.0, float(rng.uniform(9, 22)))]
    return Scene(camera, light, weather, street, plot.actors, seed=int(rng.integers(1 << 30)), lamps=lamps)


def _fill_street(plot: Plot, walks: list[Rect], road: list[Rect], edge: list[Rect], close: bool) -> None:
    rng = plot.rng
    everywhere = walks + road
    facing = (0.0, 90.0, 180.0, 270.0)
    star = str(rng.choice(["stall", "bin", "overflowing_bin", "garbage", "truck", "car", "person"],
                          p=[0.22, 0.13, 0.16, 0.14, 0.2, 0.08, 0.07]))  # fmt: skip
    rects = road if star in ROAD_KINDS else (everywhere if close else edge)
    plot.scatter(star, int(rng.integers(1, 4 if star == "truck" else 6)), rects, (90.0, 270.0) if star in ROAD_KINDS else facing, 8 if star in ROAD_KINDS else 14)
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
    camera = Camera(spot, float(rng.uniform(0, 360)), 90.0 - tilt, float(rng.uniform(45, 74)), *size)
    plot = Plot(camera, rng)
    if rng.random() > 0.05:
        _fill_block(plot, rng, ground)
        _fill_roads(plot, rng, ground, height)
    calm = Weather(0.0, min(weather.haze, 0.12), weather.noise, weather.blur, weather.contrast, weather.tint)
    backdrop: Backdrop = ground
    return Scene(camera, light, calm, backdrop, plot.actors, seed=int(rng.integers(1 << 30)))


def _clear_of_roads(ground: Ground, x: float, y: float, half: float) -> bool:
    return all(abs((x if vertical else y) - centre) > width / 2 + 2.0 + half for vertical, centre, width in ground.roads)


def _fill_block(plot: Plot, rng: np.random.Generator, ground: Ground) -> None:
    field: list[Rect] = [(-60.0, -60.0, 60.0, 60.0)]
    mix = rng.dirichlet(np.full(len(buildings.ROOFS), 0.8))
    square = float(rng.choice([0.0, rng.uniform(0, 90)]))
    for _ in range(int(rng.integers(0, 34))):
        size = (float(rng.uniform(6, 22)), float(rng.uniform(5, 13)))
        spot = plot.spot(field, size[0] * 0.62)
        if spot is None or not _clear_of_roads(ground, *spot, size[0] * 0.5):
            continue
        roof = str(rng.choice(buildings.ROOFS, p=mix))
        tall = 3.2 * int(rng.integers(1, 5 if roof in {"concrete", "tile"} else 3))
        mesh = buildings.house_mesh(rng, size, tall, roof)
        plot.put("structure", *spot, square + float(rng.choice([0, 90])) + float(rng.normal(0, 2)), props.Prop(mesh, size[0] * 0.62))
    for _ in range(int(rng.integers(0, 9))):
        size = (float(rng.uniform(3, 9)), float(rng.uniform(2.5, 6)))
        spot = plot.spot(field, size[0] * 0.5)
        if spot is not None and _clear_of_roads(ground, *spot, size[0] * 0.4):
            mesh = buildings.shed_mesh(rng, size, float(rng.uniform(2.4, 3.4)), str(rng.choice(["steel_blue", "steel_blue", "tin", "steel_red", "steel_grey"])))
            plot.put("structure", *spot, square + float(rng.choice([0, 90, 180, 270])), props.Prop(mesh, size[0] * 0.5))
    for _ in range(int(rng.integers(0, 4))):
        size = (float(rng.uniform(2, 6)), float(rng.uniform(2, 4)))
        spot = plot.spot(field, 3)
        if spot is not None:
            plot.put("tarp", *spot, float(rng.uniform(0, 360)), props.Prop(buildings.tarp_mesh(rng, size), 3))
    for _ in range(int(rng.integers(0, 16))):
        spot = plot.spot(field, 2.2)
        if spot is not None:
            plot.put("tree", *spot, float(rng.uniform(0, 360)), props.Prop(props.tree(int(rng.integers(24))), 2.2))


def _fill_roads(plot: Plot, rng: np.random.Generator, ground: Ground, height: float) -> None:
    field: list[Rect] = [(-60.0, -60.0, 60.0, 60.0)]
    lanes: list[tuple[list[Rect], float]] = []
    walks: list[Rect] = []
    for vertical, c, w in ground.roads:
        span: Rect = (c - w / 2 + 1, -60, c + w / 2 - 1, 60) if vertical else (-60, c - w / 2 + 1, 60, c + w / 2 - 1)
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
