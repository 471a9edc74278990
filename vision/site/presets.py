"""Preset: a direction and zoom to which a pan-tilt-zoom camera returns, and what holds only there.

A zone, the ground, a permit's place and what is to be painted out are all drawn in a picture: at
another preset they would lie over something else. So each belongs to one preset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Annotated

import shapely
from pydantic import AfterValidator, Field

from vision.fields import GroundPoint, Part, Polygon
from vision.geo.ground import Ground
from vision.mistakes.wrong import wrong

OFF = 0.12
"""How far from its place in the preset's picture a thing may be seen while the preset is believed,
as a share of the picture, along each axis: met 5 % off and closer by 15 %, at the edges. Of 1250
views around the middle of nine street photos 243 were believed; four of them had a point that lay
more than 11 % off."""

WHOLE: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def _fits(points: tuple[GroundPoint, ...]) -> tuple[GroundPoint, ...]:
    Ground.fit(points)  # which says what is wrong with them, whatever the map's system
    return points


GroundPoints = Annotated[tuple[GroundPoint, ...], Field(min_length=4), AfterValidator(_fits)]


class Preset(Part):
    """One preset of a camera.

    `picture` is what the camera sees there, a path from the site file's folder. `ground` and
    `privacy` are as a camera's, in that picture.
    """

    name: Annotated[str, Field(min_length=1, max_length=64)]
    picture: Annotated[str, Field(min_length=1)]
    ground: GroundPoints | None = None
    privacy: tuple[Polygon, ...] = ()

    @property
    def painted_out(self) -> tuple[Polygon, ...]:
        """Its privacy zones, grown by as much as the camera may stand off from the preset.

        So nothing shows at their edges when a preset is met badly. May reach beyond the picture.
        """
        grown = []
        for polygon in self.privacy:
            hull = shapely.MultiPoint(polygon).convex_hull  # as `paint_privacy` fills it
            wide = hull.buffer(OFF * sqrt(2))  # to each side and along each axis
            grown.append(tuple((float(u), float(v)) for u, v in wide.exterior.coords))
        return tuple(grown)


def check_presets(
    presets: Sequence[Preset], zones: Mapping[str, str | None], *, kind: str, bound: bool
) -> None:
    """See that a camera's presets and zones fit each other.

    Args:
        zones: the preset that each zone names, by the zone's name.
        kind: the camera's `type`.
        bound: whether the camera itself has `ground` or `privacy`.

    Raises:
        ValueError: they do not; the message says what to change.
    """
    for name, preset in zones.items():
        check_named("zone", name, preset, presets)
    if not presets:
        return
    if kind != "cctv":
        raise ValueError(wrong("presets_of_type", type=kind))
    if bound:
        raise ValueError(wrong("drawn_beside_presets"))
    names = [preset.name for preset in presets]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(wrong("preset_twice", preset=name))
        if name not in zones.values():
            raise ValueError(wrong("preset_without_zone", preset=name))


def check_named(what: str, name: str, preset: str | None, presets: Sequence[Preset]) -> None:
    """See that what is drawn in a camera's picture names its preset, where there are any.

    Args:
        what: of `things` in `vision.mistakes.wrong`.
        name: its own.
        preset: the one that it names.
        presets: those of its camera.

    Raises:
        ValueError: it does not, or it names one that is none.
    """
    names = [known.name for known in presets]
    if preset is None and names:
        raise ValueError(wrong("preset_not_said", what=what, name=name, preset=names[0]))
    if preset is not None and preset not in names:
        if not names:
            raise ValueError(wrong("preset_none_there", what=what, name=name, preset=preset))
        raise ValueError(
            wrong("preset_none_such", what=what, name=name, preset=preset, known=names)
        )
