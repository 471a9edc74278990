"""What a truck is and what it carries: open heaps, tarpaulins, lids, an empty hopper."""

from dataclasses import dataclass

import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.textures import heap_colour
from datasets.renderer.vehicles import rect, slab_y, tone

MUD: Colour = (60, 86, 110)
CAB_PAINTS: tuple[Colour, ...] = (
    (40, 40, 185), (225, 225, 225), (160, 90, 35), (50, 150, 60), (40, 150, 235), (60, 120, 200),
    (60, 60, 62),
)  # fmt: skip
BODY_PAINTS: tuple[Colour, ...] = (
    (45, 120, 55), (30, 110, 225), (40, 45, 170), (140, 80, 40), (150, 150, 150), (40, 90, 200),
    (60, 140, 70),
)  # fmt: skip


@dataclass(frozen=True)
class Truck:
    """What a truck looks like.

    Attributes:
        load: Attribute `load` of `kinds.yaml`: open, covered, empty, other.
        dirt: Attribute `dirt`: clean, muddy.
        style: "tipper", "box", "flatbed".
        cab: Cab paint, BGR.
        body: Body paint.
        cargo: What a tipper carries: earth, rubble, sand, clay.
        cover: Cover of a covered tipper: "tarp" or "lid".
        length: Whole length in metres.
        seed: Chooses every small detail.
    """

    load: str
    dirt: str
    style: str
    cab: Colour
    body: Colour
    cargo: str
    cover: str
    length: float
    seed: int

    @classmethod
    def random(
        cls, rng: np.random.Generator, load: str | None = None, dirt: str | None = None
    ) -> "Truck":
        """Draw a truck, with a given load and dirt if named."""
        load = load or str(rng.choice(["open", "covered", "empty", "other"]))
        dirt = dirt or str(rng.choice(["clean", "muddy"], p=[0.62, 0.38]))
        style = "tipper" if load != "other" else str(rng.choice(["box", "flatbed"], p=[0.65, 0.35]))
        spread = float(rng.uniform(0.85, 1.1))
        return cls(
            load,
            dirt,
            style,
            tone(CAB_PAINTS[int(rng.integers(len(CAB_PAINTS)))], spread),
            tone(BODY_PAINTS[int(rng.integers(len(BODY_PAINTS)))], spread),
            str(rng.choice(["earth", "rubble", "sand", "clay"], p=[0.4, 0.3, 0.12, 0.18])),
            str(rng.choice(["tarp", "lid"])),
            float(rng.uniform(7.4, 9.6)),
            int(rng.integers(1 << 30)),
        )


def hollow(mesh: Mesh, truck: Truck, inner: Array, floor: float, rim: float) -> None:
    """The inside of an empty hopper: `inner` is its rim's outline, heights in metres."""
    shade = tone(truck.body, 0.62)
    mesh.face([(*p, floor) for p in inner], (72, 82, 92), lift=-0.5)
    for i in range(4):
        j = (i + 1) % 4
        mesh.face(
            [(*inner[j], floor), (*inner[i], floor), (*inner[i], rim), (*inner[j], rim)],
            shade,
            lift=-0.4,
        )


def lid(mesh: Mesh, outer: Array, z: float) -> None:
    """A closed steel cover in two leaves over the outline `outer` at height `z`."""
    steel: Colour = (150, 152, 150)
    (x0, _), (x1, _) = outer[0], outer[1]
    for y0, y1 in ((-1.28, 0.0), (0.0, 1.28)):
        high0, high1 = (0.04, 0.22) if y0 < 0 else (0.22, 0.04)
        ring = [(x0, y0, z + high0), (x1, y0, z + high0), (x1, y1, z + high1), (x0, y1, z + high1)]
        mesh.face(ring, steel, lift=0.3)
    for x in np.linspace(x0 + 0.1, x1 - 0.1, 5):
        mesh.face(
            [
                (x - 0.05, -1.28, z + 0.06),
                (x + 0.05, -1.28, z + 0.06),
                (x + 0.05, 0, z + 0.24),
                (x - 0.05, 0, z + 0.24),
            ],
            tone(steel, 0.75),
            lift=0.5,
        )
        mesh.face(
            [
                (x - 0.05, 0, z + 0.24),
                (x + 0.05, 0, z + 0.24),
                (x + 0.05, 1.28, z + 0.06),
                (x - 0.05, 1.28, z + 0.06),
            ],
            tone(steel, 0.75),
            lift=0.5,
        )
    for x in (x0, x1):
        ring = [(x, -1.28, z), (x, 1.28, z), (x, 0, z + 0.22)]
        mesh.face(ring if x == x1 else ring[::-1], tone(steel, 0.8), lift=0.2)


def heap(mesh: Mesh, truck: Truck, rng: np.random.Generator, inner: Array, rim: float) -> None:
    """A height field over the rim: earth or rubble if open, a tarpaulin if covered."""
    (x0, y0), (x1, y1) = inner[0], inner[2]
    covered = truck.load == "covered"
    if covered:
        x0, x1, y0, y1 = x0 - 0.13, x1 + 0.13, y0 - 0.14, y1 + 0.14
    nx, ny = 12, 6
    xs, ys = np.linspace(x0, x1, nx + 1), np.linspace(y0, y1, ny + 1)
    u, v = np.meshgrid(np.linspace(-1, 1, nx + 1), np.linspace(-1, 1, ny + 1), indexing="ij")
    dome = np.clip(1 - np.abs(u) ** 3.5, 0, 1) * np.clip(1 - np.abs(v) ** 2.2, 0, 1)
    height = float(rng.uniform(0.45, 0.95)) * (0.55 if covered else 1.0)
    rough = rng.normal(0, 0.03 if covered else 0.10, dome.shape) * (dome > 0.02)
    field = rim + 0.03 + np.clip(height * dome + rough, 0, None)
    cover = [(70, 110, 45), (40, 42, 44), (110, 80, 40), (60, 120, 60)][int(rng.integers(4))]
    base: Colour = (
        (float(cover[0]), float(cover[1]), float(cover[2]))
        if covered
        else heap_colour(rng, truck.cargo)
    )
    for i in range(nx):
        for j in range(ny):
            quad = [
                (xs[a], ys[b], field[a, b])
                for a, b in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            ]
            vary = 1 + float(rng.normal(0, 0.025 if covered else 0.10))
            mesh.face(quad, tone(base, vary), lift=0.15)
    if covered:
        _tarp_edges(mesh, base, (x0, y0, x1, y1), rim)
        return
    for _ in range(46 if truck.cargo == "rubble" else 26):
        i, j = int(rng.integers(1, nx)), int(rng.integers(1, ny))
        at = (xs[i] + rng.normal(0, 0.15), ys[j] + rng.normal(0, 0.1), field[i, j])
        stone = tone(base, float(rng.uniform(0.7, 1.25)))
        size = float(rng.uniform(0.06, 0.2 if truck.cargo == "rubble" else 0.13))
        mesh.box((float(at[0]), float(at[1]), float(at[2]) - size * 0.6),
        (size * 2, size * 1.6, size * 1.5), stone,
                 taper=0.55, turn=float(rng.uniform(0, 90)), lift=0.3)  # fmt: skip


def _tarp_edges(
    mesh: Mesh, base: Colour, box: tuple[float, float, float, float], rim: float
) -> None:
    x0, y0, x1, y1 = box
    drop = rim - 0.32
    ring = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    mesh.frustum(
        ring * (1.004, 1.02), drop, ring, rim + 0.05, tone(base, 0.92), lift=0.3, closed=False
    )
    for x in np.linspace(x0 + 0.5, x1 - 0.5, 5):
        for side in (y0, y1):
            y = side * 1.025
            slab_y(
                mesh,
                rect(float(x) - 0.02, drop - 0.45, float(x) + 0.02, drop + 0.1),
                float(y),
                (190, 190, 190),
                0.4,
            )
