"""Lidless: a bin that stands open and is not full.

The renderer's "open" bin has bags that stand above its rim, which people call overflowing as well;
in this one nothing does.
"""

import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.vehicles import tone

_INSIDE: Colour = (38, 40, 44)


def lidless_bin_mesh(paint: Colour) -> Mesh:
    """A 240 L wheeled bin facing +x, its lid thrown back, nothing near its rim; part "bin".

    Dimensions as `datasets.renderer.bins.bin_mesh`.
    """
    mesh = Mesh()
    mesh.begin("bin")
    low = np.array([(-0.2, -0.21), (0.24, -0.21), (0.24, 0.21), (-0.2, 0.21)])
    high = np.array([(-0.30, -0.28), (0.35, -0.28), (0.35, 0.28), (-0.30, 0.28)])
    mesh.frustum(low, 0.06, high, 0.95, paint, closed=False)
    _inside(mesh, low, high)
    rim = high * 1.05
    mesh.frustum(rim, 0.92, rim, 0.99, tone(paint, 1.08), lift=0.12, closed=False)
    for y in (0.23, -0.23):
        mesh.rod((-0.26, y * 0.75, 0.1), (-0.26, y, 0.1), 0.1, (30, 30, 32), sides=10)
    mesh.rod((-0.38, -0.25, 0.94), (-0.38, 0.25, 0.94), 0.018, tone(paint, 0.8), sides=5)
    back = [(-0.34, -0.3, 0.99), (-0.34, 0.3, 0.99), (-0.52, 0.28, 0.42), (-0.52, -0.28, 0.42)]
    mesh.face(back, tone(paint, 0.9))
    mesh.face(back[::-1], paint)
    return mesh


def _inside(mesh: Mesh, low: Array, high: Array) -> None:
    """The inner walls, and what lies low in the dark."""
    floor = 0.45
    deep = low + (high - low) * (floor - 0.06) / 0.89
    mesh.face([(*p, floor) for p in deep], _INSIDE)
    for i in range(4):
        j = (i + 1) % 4
        wall = [(*deep[j], floor), (*deep[i], floor), (*high[i], 0.95), (*high[j], 0.95)]
        mesh.face(wall, tone(_INSIDE, 1.4))
