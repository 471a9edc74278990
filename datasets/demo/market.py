"""market-street: a stall that stops in the forbidden strip, carts that pass, a permitted strip."""

import numpy as np

from datasets.demo.shot import Shot, driver, ground_zone, walker
from datasets.renderer.buses import bus_mesh
from datasets.renderer.camera import Camera
from datasets.renderer.cycles import bicycle_mesh, motorcycle_mesh
from datasets.renderer.light import Light
from datasets.renderer.motion import Path, Walker, beside, staged
from datasets.renderer.people import Person, person_mesh
from datasets.renderer.plants import bollard_mesh, lamp_mesh, tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.shades import add_parasol
from datasets.renderer.stalls import stall_mesh
from datasets.renderer.street import Block, Street
from datasets.renderer.truth import Violation
from datasets.renderer.vehicles import car_mesh
from datasets.renderer.weather import Weather

ZONE = "no-vending strip"
ARRIVES, LEAVES = 14.0, 80.0
FORBIDDEN = (3.6, 14.6)
PERMITTED = (18.0, 27.5)


def _street() -> Street:
    blocks, y = [], -16.0
    for k, (length, storeys) in enumerate(
        ((11, 3), (12, 4), (10, 3), (14, 5), (12, 3), (13, 4), (12, 5))
    ):
        blocks.append(Block(-1, y, y + length, 3.7 + 3.1 * (storeys - 1) + 0.6, 40 + k))
        blocks.append(Block(1, y + 3, y + 3 + length, 3.7 + 3.1 * (storeys - 1), 60 + k))
        y += length
    return Street(road=9.0, left=5.6, right=4.2, south=-16, north=68, crossing=29.5,
    blocks=tuple(blocks),
                  seed=11, ppm=32, bays=(PERMITTED,), tactile=False)  # fmt: skip


def _stalls(rng: np.random.Generator) -> list[Actor]:
    """The stall that stays, the two carts that pass, and the permitted ones."""
    way = Path.of((2.0, -3.4, 30.0), (11.0, -3.6, 13.0), (ARRIVES, -6.6, 9.2), (LEAVES, -6.6, 9.2),
                  (LEAVES + 4, -3.9, 5.0), (LEAVES + 12, -3.6, -9.0), facing=-90.0)  # fmt: skip
    moving = stall_mesh(np.random.default_rng(5), "tricycle", "none")
    selling = stall_mesh(np.random.default_rng(5), "tricycle", "none")
    add_parasol(selling, np.random.default_rng(8), (0.1, -0.55, 0.0))
    figure = staged(((0.0, moving), (ARRIVES + 0.5, selling), (LEAVES - 1.0, moving)))
    stays = Actor("stall-1", figure, way.pose)
    vendor = Walker(Person.random(rng), way)
    actors = [stays, Actor("vendor-1", vendor.figure, beside(way, 0.6, 0.95))]
    for name, start, seed in (("cart-1", 24.0, 21), ("cart-2", 92.0, 22)):
        passing = Path.of(
            (start, -8.6, -6.0),
            (start + 13, -8.5, 8.5),
            (start + 16, -8.5, 8.5),
            (start + 33, -8.4, 30.0),
        )
        cart = stall_mesh(np.random.default_rng(seed), "cart", "none")
        pusher = Walker(Person.random(rng), passing, reach=0.9)
        actors.append(Actor.moving(name, cart, passing.pose))
        actors.append(Actor(f"pusher-{name}", pusher.figure, beside(passing, -1.5, 0.0)))
    for k, (y, style) in enumerate(((20.2, "table"), (24.6, "table"))):
        mesh = stall_mesh(np.random.default_rng(31 + k), style, "canopy")
        actors.append(Actor.standing(f"permitted-{k + 1}", mesh, Pose(-6.9, y, 0, 90)))
        trader = person_mesh(Person.random(rng), reach=0.6)
        actors.append(Actor.standing(f"trader-{k + 1}", trader, Pose(-8.2, y)))
    return actors


def _crowd(rng: np.random.Generator) -> list[Actor]:
    actors = []
    for k in range(16):
        start, speed = float(rng.uniform(-15, 108)), float(rng.uniform(1.0, 1.45))
        x = float(rng.choice([-9.4, -5.2, -7.9, 5.4, 6.6])) + float(rng.uniform(-0.2, 0.2))
        ends = [(x, -8.0), (x, 44.0)]
        if rng.random() < 0.5:
            ends.reverse()
        actors.append(walker(f"person-{k}", rng, Path.at_speed(start, speed, *ends)))
    for k, (start, stay) in enumerate(((18.0, 14.0), (38.0, 16.0), (60.0, 12.0))):
        spot = (-5.0 + 0.2 * k, 8.4 + 0.8 * k)
        way = Path.of(
            (start - 9, -5.2, 20.0),
            (start, *spot),
            (start + stay, *spot),
            (start + stay + 9, -5.1, -3.0),
            facing=180.0,
        )
        actors.append(walker(f"customer-{k}", rng, way))
    return actors


def _traffic(rng: np.random.Generator) -> list[Actor]:
    actors = []
    for k, start in enumerate((1.0, 17.0, 31.0, 44.0, 57.0, 69.0, 84.0, 99.0)):
        down = k % 2 == 0
        ends = [(-2.1, 66.0), (-2.1, -14.0)] if down else [(2.2, -14.0), (2.2, 66.0)]
        actors.append(
            driver(f"car-{k}", rng, Path.at_speed(start, float(rng.uniform(7, 9)), *ends))
        )
    bus = bus_mesh(rng)
    actors.append(
        Actor.moving("bus-1", bus, Path.at_speed(49.0, 6.5, (2.3, -16.0), (2.3, 66.0)).pose)
    )
    for k, (start, x) in enumerate(((8.0, -3.4), (35.0, 3.5), (73.0, -3.4))):
        build = motorcycle_mesh if k % 2 == 0 else bicycle_mesh
        mesh = build(rng, Person.random(rng))
        ends = [(x, 50.0), (x, -12.0)] if x < 0 else [(x, -12.0), (x, 50.0)]
        actors.append(Actor.moving(f"rider-{k}", mesh, Path.at_speed(start, 4.2, *ends).pose))
    for k, y in enumerate((24.0, 31.5, 38.0)):
        actors.append(Actor.standing(f"parked-{k}", car_mesh(rng), Pose(5.4 - 1.9, y, 0, 90)))
    return actors


def market_street(width: int, height: int) -> Shot:
    """The scene and its zone.

    Args:
        width: Frame width, pixels.
        height: Frame height, pixels.
    """
    rng = np.random.default_rng(2026)
    street = _street()
    camera = Camera.looking_at((6.4, -3.0, 6.2), (-5.6, 13.0, 0.2), 60.0, width, height)
    furniture = [
        Actor.standing(f"tree-{k}", tree_mesh(np.random.default_rng(k), 6.2), Pose(-5.0, y))
        for k, y in enumerate((29.5, 36.0, 43.0, 51.0))
    ]
    furniture.append(Actor.standing("lamp-1", lamp_mesh(), Pose(-4.9, 16.4)))
    furniture += [
        Actor.standing(f"bollard-{k}", bollard_mesh(rng), Pose(-4.85, y))
        for k, y in enumerate((15.2, 17.2))
    ]
    zone = ground_zone(
        camera,
        [(-10.0, FORBIDDEN[0]), (-10.0, FORBIDDEN[1]), (-4.6, FORBIDDEN[1]), (-4.6, FORBIDDEN[0])],
    )
    violation = Violation("street_vending", "stall", ZONE, "stall-1", ARRIVES, LEAVES, (0, 0, 1, 1))
    light = Light(azimuth=75, elevation=52)
    scene = Scene(camera, light, Weather(haze=0.12, noise=1.6, blur=0.5), street,
                  [*_stalls(rng), *_crowd(rng), *_traffic(rng), *furniture], (violation,), seed=1,
                  quality=2)  # fmt: skip
    return Shot(scene, {ZONE: zone})
