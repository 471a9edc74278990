"""Drawing: a view of a scenario as pictures with their truth, or as truth alone."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light
from datasets.renderer.mesh import Mesh
from datasets.renderer.picture import Picture
from datasets.renderer.scene import Scene
from datasets.renderer.truth import TruthBox
from datasets.renderer.weather import Weather
from datasets.scenarios.scenario import View
from datasets.scenarios.stage import NOMINAL, OVERCAST, Condition, Stage

TRUTH_SIZE = (480, 270)
"""Frame (width, height) that truth alone is made at: boxes are as tight, and cost a quarter."""
QUALITY = 2


@dataclass(frozen=True)
class _Nothing:
    """A backdrop that is not painted: truth needs to know only what hides what."""

    def paint(self, camera: Camera, light: Light) -> Picture:  # noqa: ARG002 - the protocol's
        width, height = camera.size
        return Picture.of(np.zeros((height, width, 3), np.uint8))


class _Same:
    """A mesh by its identity, kept alive so that no other takes that over."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._mesh is other._mesh

    def __hash__(self) -> int:
        return id(self._mesh)


_UNSEEN = Condition("unseen", OVERCAST.light, Weather(haze=0.0, noise=0.0, blur=0.0))


class Drawing:
    """Draws the looks of one view, in any order.

    Args:
        view: What to draw.
        size: Frame (width, height), pixels.
        truth_only: Boxes are wanted and pictures are not: they stay black.
        seed: Sensor noise and rain.
    """

    def __init__(
        self,
        view: View,
        size: tuple[int, int] = NOMINAL,
        *,
        truth_only: bool = False,
        seed: int = 0,
    ) -> None:
        self.view = view
        self.size = size
        self._truth_only = truth_only
        self._seed = seed
        self._scenes: dict[Condition, Scene] = {}

    def frame(self, t: float) -> tuple[Array, list[TruthBox]]:
        """H x W x 3 uint8 BGR pixels at second `t` of the story, and the boxes in them."""
        return self._scene(t).frame(t)

    def state(self, t: float) -> Hashable:
        """Equal where pictures at two seconds are, noise apart, also of two views."""
        scene = self._scene(t)
        shown = ((_Same(a.figure(t)), a.pose(t)) for a in scene.actors if not a.still)
        sway = self.view.sway(t) if self.view.sway else None
        present = tuple(pair for pair in shown if pair[1] is not None)
        return self.view.stage.name, self._condition(t).name, sway, present

    def _condition(self, t: float) -> Condition:
        return _UNSEEN if self._truth_only else self.view.condition(t)

    def _scene(self, t: float) -> Scene:
        condition = self._condition(t)
        if condition not in self._scenes:
            empty = _empty(self.view.stage, condition, self.size, self._truth_only)
            self._scenes[condition] = self._with_cast(empty)
        return self._scenes[condition]

    def _with_cast(self, empty: Scene) -> Scene:
        """The empty scene, whose painted background is shared, with a cast of its own in it.

        An actor remembers how it looked last, by one camera in one light.
        """
        sway, margin = self.view.sway, empty.camera.margin
        return replace(
            empty,
            actors=[*empty.actors, *self.view.cast()],
            seed=self._seed,
            sway=None if sway is None else lambda t: (margin * sway(t)[0], margin * sway(t)[1]),
            _work=None,
            _dirty=[],
            _calm={},
        )


@lru_cache(maxsize=16)
def _empty(stage: Stage, condition: Condition, size: tuple[int, int], truth_only: bool) -> Scene:
    """A stage without a cast, its background painted."""
    scene = Scene(
        stage.camera(size),
        condition.light,
        condition.weather,
        _Nothing() if truth_only else stage.backdrop,
        stage.furniture(condition.lit),
        lamps=list(stage.lamps) if condition.lit else [],
        quality=1 if truth_only else QUALITY,
    )
    scene.background()
    return scene
