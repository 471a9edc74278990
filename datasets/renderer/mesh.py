"""Small coloured meshes: what every thing in a scene is built of.

A mesh lives in its own frame: x forward (the way a vehicle drives, a person walks), y left, z up,
metres, standing on z = 0. Faces wind anticlockwise seen from outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from datasets.renderer.camera import Array

Colour = tuple[float, float, float]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Part:
    """A labelled piece of a mesh: one truth box.

    Attributes:
        label: Detector class of `kinds.yaml`, or "" for what carries no label.
        parent: Index of the part whose box also covers this one (a plate on a car), 0 for none.
    """

    label: str
    parent: int = 0


@dataclass
class Faces:
    """A finished mesh as arrays.

    Attributes:
        vertices: N x 3 metres.
        corners: Per face its vertex indices; a single index is a ball.
        centres: F x 3 mean corner.
        normals: F x 3 unit normals; zero for balls and two-sided faces.
        colours: F x 3 BGR albedo 0-255.
        radii: F, ball radius in metres, 0 for polygons.
        lifts: F, metres by which a face sorts nearer than it is.
        parts: F, index into `labels`.
        glow: F, True where the face gives light itself.
        textures: Face index to BGR picture whose corners are the face's four corners.
        labels: The parts.
        chain: All corner indices one after the other.
        starts: F, where each face begins in `chain`.
        flat: F, True for balls and two-sided faces, which have no normal.
        hub: Middle of the bounding sphere, metres.
        reach: Its radius.
    """

    vertices: Array
    corners: list[Array]
    centres: Array
    normals: Array
    colours: Array
    radii: Array
    lifts: Array
    parts: Array
    glow: Array
    textures: dict[int, Array]
    labels: list[Part]
    chain: Array
    starts: Array
    flat: Array
    hub: Array
    reach: float


@dataclass
class Mesh:
    """Collects faces; `finish` turns them into arrays once."""

    labels: list[Part] = field(default_factory=lambda: [Part("")])
    _vertices: list[Point] = field(default_factory=list)
    _faces: list[tuple[list[int], Colour, float, float, int, bool, bool]] = field(
        default_factory=list
    )
    _textures: dict[int, Array] = field(default_factory=dict)
    _done: Faces | None = None
    part: int = 0

    def begin(self, label: str, parent: int = 0) -> int:
        """Start a labelled part: faces added from now on belong to it. Returns its index."""
        self.labels.append(Part(label, parent))
        self.part = len(self.labels) - 1
        return self.part

    def face(
        self,
        points: Sequence[Point] | Array,
        colour: Colour,
        *,
        lift: float = 0.0,
        two_sided: bool = False,
        glow: bool = False,
        texture: Array | None = None,
    ) -> None:
        """Add a polygon. A texture is pinned top-left, bottom-left, bottom-right, top-right."""
        start = len(self._vertices)
        self._vertices.extend(points)
        if texture is not None:
            self._textures[len(self._faces)] = texture
        corners = list(range(start, len(self._vertices)))
        self._faces.append((corners, colour, 0.0, lift, self.part, glow, two_sided))

    def ball(
        self, centre: Point, radius: float, colour: Colour, *, lift: float = 0.0, glow: bool = False
    ) -> None:
        """Add a ball."""
        self._vertices.append(centre)
        corners = [len(self._vertices) - 1]
        self._faces.append((corners, colour, radius, lift, self.part, glow, False))

    def box(
        self,
        centre: Point,
        size: Point,
        colour: Colour,
        *,
        top: Colour | None = None,
        taper: float = 1.0,
        lift: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        """Add a box; `centre` is the middle of its base, `taper` scales its top, `turn` degrees."""
        x, y, z = size[0] / 2, size[1] / 2, size[2]
        base = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
        angle = np.radians(turn)
        spin = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
        low = base @ spin + np.asarray(centre[:2])
        high = base * taper @ spin + np.asarray(centre[:2])
        self.frustum(low, centre[2], high, centre[2] + z, colour, top=top, lift=lift)

    def frustum(
        self,
        low: Array,
        z_low: float,
        high: Array,
        z_high: float,
        colour: Colour,
        *,
        top: Colour | None = None,
        lift: float = 0.0,
        closed: bool = True,
    ) -> None:
        """Add walls between two n x 2 outlines (anticlockwise from above) and a lid."""
        n = len(low)
        for i in range(n):
            j = (i + 1) % n
            self.face(
                [(*low[i], z_low), (*low[j], z_low), (*high[j], z_high), (*high[i], z_high)],
                colour,
                lift=lift,
            )
        if closed:
            self.face([(*p, z_high) for p in high], top or colour, lift=lift)

    def rod(
        self,
        start: Point,
        end: Point,
        radius: float,
        colour: Colour,
        *,
        end_radius: float | None = None,
        sides: int = 6,
        lift: float = 0.0,
        capped: bool = True,
    ) -> None:
        """Add a cylinder or cone frustum between two points."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        axis = (b - a) / max(float(np.sqrt((b - a) @ (b - a))), 1e-9)
        helper = np.array((1.0, 0, 0)) if abs(axis[2]) > 0.9 else np.array((0, 0, 1.0))
        u = _cross(helper, axis)
        u = u / np.sqrt(u @ u)
        w = _cross(axis, u)
        angles = np.arange(sides) * 2 * np.pi / sides
        ring = np.cos(angles)[:, None] * u + np.sin(angles)[:, None] * w
        low, high = a + radius * ring, b + (radius if end_radius is None else end_radius) * ring
        low, high = low.tolist(), high.tolist()
        for i in range(sides):
            j = (i + 1) % sides
            self.face([low[i], low[j], high[j], high[i]], colour, lift=lift)
        if capped:
            self.face(list(high), colour, lift=lift)
            self.face(list(low[::-1]), colour, lift=lift)

    def loft(self, stations: Sequence[Array], colour: Colour, *, lift: float = 0.0) -> None:
        """Skin closed n x 3 sections ordered along +x, anticlockwise seen from the front (+x)."""
        for a, b in pairwise(stations):
            n = len(a)
            for i in range(n):
                j = (i + 1) % n
                self.face([a[i], a[j], b[j], b[i]], colour, lift=lift)
        self.face(list(stations[0][::-1]), colour, lift=lift)
        self.face(list(stations[-1]), colour, lift=lift)

    def merge(self, other: "Mesh", shift: Point, turn: float = 0.0, lift: float = 0.0) -> None:
        """Copy another mesh in, its parts renumbered, turned `turn` degrees and then shifted."""
        c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        first, base = len(self._vertices), len(self.labels) - 1
        for x, y, z in other._vertices:
            self._vertices.append(
                (x * c - y * s + shift[0], x * s + y * c + shift[1], z + shift[2])
            )
        self.labels.extend(
            Part(p.label, p.parent + base if p.parent else 0) for p in other.labels[1:]
        )
        for k, (corners, colour, radius, up, part, glow, flat) in enumerate(other._faces):
            if k in other._textures:
                self._textures[len(self._faces)] = other._textures[k]
            index = [first + i for i in corners]
            owner = part + base if part else self.part
            self._faces.append((index, colour, radius, up + lift, owner, glow, flat))

    def finish(self) -> Faces:
        """The mesh as arrays; computed once."""
        if self._done is None:
            self._done = self._arrays()
        return self._done

    def _arrays(self) -> Faces:
        vertices = np.array(self._vertices, float).reshape(-1, 3)
        corners = [np.array(f[0]) for f in self._faces]
        counts = np.array([len(c) for c in corners])
        centres = np.zeros((len(corners), 3))
        normals = np.zeros((len(corners), 3))
        flat = np.array([f[6] for f in self._faces], bool)
        hub = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
        for n in np.unique(counts):
            rows = np.flatnonzero(counts == n)
            points = vertices[np.stack([corners[i] for i in rows])]
            centres[rows] = points.mean(axis=1)
            if n > 2:
                normals[rows] = newell(points) * ~flat[rows, None]
        return Faces(
            vertices,
            corners,
            centres,
            normals,
            np.array([f[1] for f in self._faces], float).reshape(-1, 3),
            np.array([f[2] for f in self._faces], float),
            np.array([f[3] for f in self._faces], float),
            np.array([f[4] for f in self._faces], int),
            np.array([f[5] for f in self._faces], bool),
            self._textures,
            list(self.labels),
            np.concatenate(corners),
            np.concatenate(([0], np.cumsum(counts)[:-1])),
            np.abs(normals).sum(axis=1) == 0,
            hub,
            float(np.linalg.norm(vertices - hub, axis=1).max()) + 0.3,
        )


def newell(points: Array) -> Array:
    """Unit normals of polygons (Newell's method), zero for degenerate ones.

    Args:
        points: M x N x 3 corners of M polygons.
    """
    total = _cross(points, np.roll(points, -1, axis=1)).sum(axis=1)
    length = np.sqrt((total * total).sum(axis=1, keepdims=True))
    return np.asarray(np.where(length > 1e-9, total / np.maximum(length, 1e-9), 0.0))


def _cross(a: Array, b: Array) -> Array:
    # np.cross spends most of its time on axis bookkeeping.
    return np.stack(
        (
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ),
        axis=-1,
    )
