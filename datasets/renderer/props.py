"""Random things by name, for scenes that are composed by chance."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from datasets.renderer import bins, cycles, plants, stalls
from datasets.renderer.buses import bus_mesh
from datasets.renderer.loads import Truck
from datasets.renderer.mesh import Mesh
from datasets.renderer.people import Person, person_mesh
from datasets.renderer.trucks import truck_mesh
from datasets.renderer.vehicles import car_mesh

Rng = np.random.Generator


@dataclass(frozen=True)
class Prop:
    """A thing to place.

    Attributes:
        mesh: Its mesh.
        radius: Room it needs, metres.
        load: Truth attribute of a truck.
        dirt: Truth attribute of a truck.
    """

    mesh: Mesh
    radius: float
    load: str | None = None
    dirt: str | None = None


def _person(rng: Rng, rain: bool, _lamps: bool) -> Prop:
    who = Person.random(rng, umbrella=bool(rng.random() < (0.6 if rain else 0.08)))
    phase = float(rng.random()) if rng.random() < 0.65 else None
    reach = 0.9 if rng.random() < 0.15 else 0.0
    return Prop(person_mesh(who, phase, reach=reach), 0.4)


def _car(rng: Rng, _rain: bool, lamps: bool) -> Prop:
    return Prop(car_mesh(rng, lamps=lamps), 2.5)


def _bus(rng: Rng, _rain: bool, lamps: bool) -> Prop:
    return Prop(bus_mesh(rng, lamps), 5.5)


def _truck(rng: Rng, _rain: bool, lamps: bool) -> Prop:
    truck = Truck.random(rng)
    return Prop(truck_mesh(truck, lamps), 4.5, truck.load, truck.dirt)


def _motorcycle(rng: Rng, _rain: bool, lamps: bool) -> Prop:
    rider = Person.random(rng) if rng.random() < 0.6 else None
    return Prop(cycles.motorcycle_mesh(rng, rider, lamps), 0.9)


def _bicycle(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    rider = Person.random(rng) if rng.random() < 0.5 else None
    return Prop(cycles.bicycle_mesh(rng, rider), 0.8)


def _stall(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return Prop(stalls.stall_mesh(rng), 1.5)


def _bin(rng: Rng, state: str) -> Prop:
    kind = rng.random()
    if kind < 0.62:
        return Prop(bins.bin_mesh(rng, state, label=bool(rng.random() < 0.8)), 0.42)
    if kind < 0.85:
        return Prop(bins.dumpster_mesh(rng, state), 0.8)
    return Prop(bins.litter_bin_mesh(rng, state), 0.45)


def _normal_bin(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return _bin(rng, str(rng.choice(["closed", "open"], p=[0.75, 0.25])))


def _full_bin(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return _bin(rng, "overflowing")


def _garbage(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return Prop(bins.garbage_mesh(rng, spread=float(rng.uniform(0.25, 0.7))), 0.8)


@lru_cache(maxsize=24)
def tree(seed: int) -> Mesh:
    """One of a nursery of trees, grown once per process."""
    return plants.tree_mesh(np.random.default_rng(seed))


def _tree(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return Prop(tree(int(rng.integers(24))), 0.8)


def _lamp(_rng: Rng, _rain: bool, lamps: bool) -> Prop:
    return Prop(plants.lamp_mesh(lit=lamps), 0.5)


def _bush(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return Prop(plants.bush_mesh(rng, float(rng.uniform(1, 3))), 1.3)


def _bollard(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return Prop(plants.bollard_mesh(rng), 0.3)


def _rail(rng: Rng, _rain: bool, _lamps: bool) -> Prop:
    return Prop(plants.rail_mesh(float(rng.choice([4, 6, 8]))), 0.6)


PROPS: dict[str, Callable[[Rng, bool, bool], Prop]] = {
    "person": _person,
    "car": _car,
    "bus": _bus,
    "truck": _truck,
    "motorcycle": _motorcycle,
    "bicycle": _bicycle,
    "stall": _stall,
    "bin": _normal_bin,
    "overflowing_bin": _full_bin,
    "garbage": _garbage,
    "tree": _tree,
    "lamp": _lamp,
    "bush": _bush,
    "bollard": _bollard,
    "rail": _rail,
}


def draw(kind: str, rng: Rng, *, rain: bool = False, lamps: bool = False) -> Prop:
    """Make a random prop of a kind named in `PROPS`."""
    return PROPS[kind](rng, rain, lamps)
