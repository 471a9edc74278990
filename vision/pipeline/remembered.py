"""Remembered: the rules of a camera as its memory leaves them, and the episodes that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.catalogue import ModelEntry
from vision.pipeline.memory import memory_of, remembered_as
from vision.pipeline.quarantine import Quarantine
from vision.rules import CameraRules, Rule, camera_rules
from vision.site import Camera, Site


@dataclass(frozen=True, slots=True)
class Ruled:
    """The rules of a camera, or of one of its presets, before they know what was remembered.

    Attributes:
        key: what identifies that, see `vision.pipeline.memory.remembered_as`.
        file: where it is kept; None where nothing is.
        rules: they have seen nothing.
        model: whose weights they use, for their records.
    """

    key: tuple[str, ...]
    file: Path | None
    rules: list[Rule]
    model: ModelEntry

    def remembering(self) -> CameraRules:
        """They go on as the file says."""
        model = self.model
        told = {"name": model.name, "version": model.version, "sha256": model.sha256}
        return CameraRules(self.rules, model=told, file=self.file)


def rules_of(
    site: Site, camera: Camera, model: ModelEntry, memory: Path | None
) -> dict[str | None, Ruled]:
    """The rules of a camera by its presets, or a single one under None.

    Args:
        site: whose settings, permits and registers they use.
        camera: one of the site's.
        model: whose weights' threshold they use; named in their records.
        memory: folder of all cameras' states; nothing is persisted if None.

    Raises:
        SiteError, PlaceError: see `camera_rules`.
    """
    presets: list[str | None] = [p.name for p in camera.presets]
    return {preset: _ruled(site, camera, model, memory, preset) for preset in presets or [None]}


def remembered_episodes(
    site: Site, model: ModelEntry, memory: Path, quarantine: Path
) -> frozenset[str]:
    """Ids of the episodes that go on in memory, or of which something is yet to be stored.

    For who starts no pipeline itself; nothing may be watching the site meanwhile.
    """
    scenes = (rules_of(site, camera, model, memory).values() for camera in site.cameras)
    going_on = (ruled.remembering().held for scene in scenes for ruled in scene)
    return Quarantine(quarantine, site).held().union(*going_on)


def _ruled(
    site: Site, camera: Camera, model: ModelEntry, memory: Path | None, preset: str | None
) -> Ruled:
    folder = memory_of(camera, memory, preset, bare=site.bare)
    shown = camera.at(preset)
    return Ruled(
        remembered_as(camera, preset, bare=site.bare),
        folder / "rules.json" if folder is not None else None,
        camera_rules(site, shown, threshold=model.threshold, memory=folder),
        model,
    )
