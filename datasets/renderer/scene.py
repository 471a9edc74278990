"""A scene: a still background, actors on paths, light, weather; frame by frame with its truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from datasets.renderer import weather as air
from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light
from datasets.renderer.mesh import Mesh
from datasets.renderer.picture import Layer, Picture, Shadow
from datasets.renderer.raster import Pose, in_view, rasterise
from datasets.renderer.shadow import shadows
from datasets.renderer.truth import TruthBox, Violation
from datasets.renderer.visible import boxes_of, moved
from datasets.renderer.weather import Weather

OWNER_STEP = 128
# A shadow reaches farther than the thing that casts it.
SHADOW_ROOM = 3.0


@dataclass
class Actor:
    """Somebody or something in a scene.

    Attributes:
        name: Unique in its scene; the truth names it.
        figure: The mesh at a time in seconds; return the same object while it does not change.
        pose: Where at a time, None while it is not there.
        load: Truth attribute of a truck.
        dirt: Truth attribute of a truck.
        still: Never moves nor changes: painted into the background once.
        bias: Metres by which it sorts nearer than its place (what stands on a roof).
    """

    name: str
    figure: Callable[[float], Mesh]
    pose: Callable[[float], Pose | None]
    load: str | None = None
    dirt: str | None = None
    still: bool = False
    bias: float = 0.0
    _seen: tuple[int, Pose, Layer | None, list[Shadow]] | None = field(default=None, repr=False)

    @classmethod
    def moving(
        cls,
        name: str,
        mesh: Mesh,
        pose: Callable[[float], Pose | None],
        load: str | None = None,
        dirt: str | None = None,
    ) -> "Actor":
        """An actor that moves but keeps its shape."""
        return cls(name, lambda _: mesh, pose, load, dirt)

    @classmethod
    def standing(cls, name: str, mesh: Mesh, pose: Pose, **attributes: object) -> "Actor":
        """An actor that never moves."""
        actor = cls(name, lambda _: mesh, lambda _: pose, still=True)
        for key, value in attributes.items():
            setattr(actor, key, value)
        return actor

    def seen(self, t: float, camera: Camera, light: Light) -> tuple[Layer | None, list[Shadow]]:
        """Its layer and shadows at a time; kept while neither mesh nor pose changes."""
        pose = self.pose(t)
        if pose is None:
            return None, []
        mesh = self.figure(t)
        if self._seen is None or self._seen[0] != id(mesh) or self._seen[1] != pose:
            faces = mesh.finish()
            layer = (
                rasterise(faces, pose, camera, light, self.bias)
                if in_view(faces, pose, camera)
                else None
            )
            near = in_view(faces, pose, camera, SHADOW_ROOM)
            self._seen = (
                id(mesh),
                pose,
                layer,
                shadows(faces, pose, camera, light) if near else [],
            )
        return self._seen[2], self._seen[3]


class Backdrop(Protocol):
    """What paints the still background: a street or a block from above."""

    def paint(self, camera: Camera, light: Light) -> Picture:
        """Sky, ground and buildings as one camera sees them."""


@dataclass
class Scene:
    """Everything needed to draw a frame at any time.

    Attributes:
        camera: Who looks.
        light: Sun, sky, lamps.
        weather: Air and sensor.
        backdrop: What stands still.
        actors: Who is there.
        violations: What is violated; box, start and end are refined from the frames.
        seed: Sensor noise and rain.
        lamps: Ground (x, y) of lit lamps.
        sway: Camera shake in pixels at a time, at most the camera's margin.
        quality: Background supersampling.
    """

    camera: Camera
    light: Light
    weather: Weather
    backdrop: Backdrop
    actors: Sequence[Actor]
    violations: Sequence[Violation] = ()
    seed: int = 0
    lamps: list[tuple[float, float]] = field(default_factory=list)
    sway: Callable[[float], tuple[float, float]] | None = None
    quality: int = 1
    _base: Picture | None = field(default=None, repr=False)
    _stills: list[tuple[Layer, int]] = field(default_factory=list, repr=False)
    _night: Array | None = field(default=None, repr=False)
    _work: Picture | None = field(default=None, repr=False)
    _dirty: list[tuple[slice, slice]] = field(default_factory=list, repr=False)
    _calm: dict[str, list[TruthBox]] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """Frame (width, height) in pixels."""
        return self.camera.width, self.camera.height

    def background(self) -> Picture:
        """The picture without its moving actors, painted once."""
        if self._base is None:
            self._base = self._paint_background()
        return self._base

    def _paint_background(self) -> Picture:
        picture = supersampled(self.backdrop, self.camera, self.light, self.quality)
        if self.weather.rain:
            picture.pixels = air.wet_ground(picture.pixels, self.weather.rain)
        share = air.haze_mask(self.camera, self.weather)
        if share is not None:
            colour = np.array((215, 212, 208), np.float32) * self.light.exposure
            picture.pixels = air.add_haze(picture.pixels, share, colour)
        placed = []
        for k, actor in enumerate(self.actors):
            if actor.still:
                layer, dark = actor.seen(0.0, self.camera, self.light)
                for shadow in dark:
                    picture.darken(shadow)
                if layer is not None:
                    placed.append((layer, (k + 1) * OWNER_STEP))
        self._stills = sorted(placed, key=lambda pair: -pair[0].depth)
        for layer, owner in self._stills:
            picture.add(layer, owner)
        # Once, here: what moves is antialiased as it is drawn, and blurring every frame is slow.
        picture.pixels = air.lens(picture.pixels, self.weather)
        self._night = air.lamp_light(self.camera, self.light, self.lamps)
        return picture

    def frame(self, t: float) -> tuple[Array, list[TruthBox]]:
        """Draw the frame at `t` seconds.

        Returns:
            H x W x 3 uint8 BGR pixels and the boxes in them.
        """
        base = self.background()
        if self._work is None:
            self._work = base.copy()
        picture = self._work
        picture.repair(base, self._dirty)
        present, self._dirty = [], []
        for k, actor in enumerate(self.actors):
            if not actor.still:
                layer, dark = actor.seen(t, self.camera, self.light)
                for shadow in dark:
                    picture.darken(shadow)
                    self._dirty.append(shadow.window)
                if layer is not None:
                    present.append((layer, (k + 1) * OWNER_STEP))
        painted = self._layers(present)
        for layer, owner in painted:
            picture.add(layer, owner)
            self._dirty.append(layer.window)
        boxes = self._truth(picture.owner, t, [layer for layer, _ in present])
        return self._develop(picture, t, boxes)

    def _layers(self, present: list[tuple[Layer, int]]) -> list[tuple[Layer, int]]:
        """Moving layers plus every still layer that covers one of them, far to near."""
        again = [
            pair for pair in self._stills if any(_covers(pair[0], moving) for moving, _ in present)
        ]
        return sorted([*present, *again], key=lambda pair: -pair[0].depth)

    def _develop(
        self, picture: Picture, t: float, boxes: list[TruthBox]
    ) -> tuple[Array, list[TruthBox]]:
        rng = np.random.default_rng((self.seed, round(t * 1000)))
        pixels = picture.pixels
        if self._night is not None:
            pixels = air.expose_night(pixels, picture.glow, self._night)
        if self.weather.rain:
            pixels = air.rain_streaks(pixels, self.weather.rain, rng)
        margin = self.camera.margin
        if margin:
            dx, dy = (round(v) for v in self.sway(t)) if self.sway else (0, 0)
            y, x = margin + dy, margin + dx
            pixels = pixels[y : y + self.camera.height, x : x + self.camera.width]
            boxes = [b for b in (moved(box, -x, -y, self.camera) for box in boxes) if b is not None]
        return air.sensor(pixels, self.weather, rng), boxes

    def _truth(self, owner: Array, t: float, moving: list[Layer]) -> list[TruthBox]:
        boxes = []
        for k, actor in enumerate(self.actors):
            layer, _ = actor.seen(t, self.camera, self.light)
            if layer is None:
                continue
            calm = actor.still and not any(_touch(layer, other) for other in moving)
            if calm and actor.name in self._calm:
                boxes += self._calm[actor.name]
                continue
            found = boxes_of(layer, owner, (k + 1) * OWNER_STEP, actor.name, actor.load, actor.dirt)
            if calm:
                self._calm[actor.name] = found
            boxes += found
        return boxes


def supersampled(backdrop: Backdrop, camera: Camera, light: Light, times: int) -> Picture:
    """Paint a backdrop at a multiple of the camera's resolution and average it down."""
    if times == 1:
        return backdrop.paint(camera, light)
    big = Camera(camera.position, camera.yaw, camera.pitch, camera.fov, camera.width * times,
                 camera.height * times, camera.roll, camera.margin * times)  # fmt: skip
    picture = backdrop.paint(big, light)
    pixels = cv2.resize(picture.pixels, camera.size, interpolation=cv2.INTER_AREA)
    glow = cv2.resize(picture.glow, camera.size, interpolation=cv2.INTER_AREA)
    return Picture.of(pixels, glow)


def _covers(still: Layer, moving: Layer) -> bool:
    return still.depth <= moving.depth and _touch(still, moving)


def _touch(one: Layer, other: Layer) -> bool:
    rows, columns = one.window
    other_rows, other_columns = other.window
    return bool(
        rows.start < other_rows.stop
        and other_rows.start < rows.stop
        and (columns.start < other_columns.stop and other_columns.start < columns.stop)
    )
