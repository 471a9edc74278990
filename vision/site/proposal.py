"""Proposal: a site as it would be with other things drawn at one camera, validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from vision.fields import AS_DRAWN
from vision.registers.permits import Permit
from vision.sentence import Said
from vision.site.camera import Camera
from vision.site.mistakes import explained
from vision.site.rule_settings import SettingsByKind
from vision.site.site import Site
from vision.site.yaml_tree import Tree, Where

T = TypeVar("T")
Mistake = tuple[Where, Said]
"""Where in what was given, and what."""

_UNWRITTEN = Tree(None, {}, {})
"""Of what lies in no file."""
_PERMITS = TypeAdapter(tuple[Permit, ...])
_SETTINGS = TypeAdapter(SettingsByKind)
OF_CAMERA = frozenset({"zones", "ground", "privacy", "presets"})
"""What is a camera's own of what may be proposed."""


class ProposalRefused(ValueError):  # noqa: N818 - an answer, not a fault
    """A proposal has mistakes.

    Attributes:
        mistakes: all of them.
    """

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, at))}: {what}" for at, what in mistakes))
        self.mistakes = mistakes


def proposed(site: Site, camera: Camera, given: Mapping[str, Any]) -> Site:
    """The site with this camera as it is proposed; nothing of the site is changed.

    Args:
        site: as it is in force.
        camera: one of its cameras.
        given: in the site file's terms: of the camera `zones`, `ground`, `privacy` and `presets`
            (a preset that is known by its name keeps the picture that it has), of the site
            `permits`, all of them, and `settings`, the `defaults` of these kinds. What is not given
            stays as it is.

    Raises:
        ProposalRefused: it could not be a site file's.
    """
    mistakes: list[Mistake] = []

    def read(name: str, make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except ValidationError as error:
            mistakes.extend(explained(error, _UNWRITTEN, (name,) if name else ()))
            return otherwise

    drawn = {name: given[name] for name in OF_CAMERA if name in given}
    if "presets" in drawn:
        drawn["presets"] = [_with_picture(camera, preset) for preset in drawn["presets"]]
    shown = read("", lambda: Camera.model_validate(dict(camera) | drawn, context=AS_DRAWN), camera)
    permits, defaults = site.permits, site.defaults
    if "permits" in given:
        permits = read(
            "permits",
            lambda: _PERMITS.validate_python(given["permits"], context=AS_DRAWN),
            permits,
        )
    if "settings" in given:
        settings = read(
            "settings", lambda: _SETTINGS.validate_python(given["settings"]), site.defaults
        )
        defaults = {**defaults, **settings}
    cameras = tuple(shown if one.id == camera.id else one for one in site.cameras)
    update = {"cameras": cameras, "permits": permits, "defaults": defaults}
    if not mistakes:  # what belongs together fits, too
        read("", lambda: Site.model_validate(dict(site) | update), site)
    if mistakes:
        raise ProposalRefused(mistakes)
    return site.model_copy(update=update)


def _with_picture(camera: Camera, preset: Any) -> Any:
    """With the picture of the camera's preset of this name, which is not to be given."""
    if not isinstance(preset, Mapping):
        return preset
    known = next((p.picture for p in camera.presets if p.name == preset.get("name")), None)
    return {**preset, "picture": known} if known is not None else dict(preset)
