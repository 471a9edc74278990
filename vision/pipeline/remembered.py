"""Remembered: the rules of a camera as its memory leaves them, and the episodes that they hold."""

from __future__ import annotations

from pathlib import Path

from models.catalogue import ModelEntry
from vision.pipeline.memory import memory_of
from vision.pipeline.quarantine import Quarantine
from vision.rules import CameraRules, camera_rules
from vision.site import Camera, Site


def rules_of(
    site: Site, camera: Camera, model: ModelEntry, memory: Path | None
) -> dict[str | None, CameraRules]:
    """The rules of a camera by its presets, or a single one under None, with their state.

    Args:
        site: whose settings, permits and registers they use.
        camera: one of the site's.
        model: whose weights' threshold they use; named in their records.
        memory: folder of all cameras' states; nothing is persisted if None.
    """
    presets: list[str | None] = [p.name for p in camera.presets]
    return {
        preset: _rules(
            site, camera.at(preset), model, memory_of(camera, memory, preset, bare=site.bare)
        )
        for preset in presets or [None]
    }


def remembered_episodes(
    site: Site, model: ModelEntry, memory: Path, quarantine: Path
) -> frozenset[str]:
    """Ids of the episodes that go on in memory, or of which something is yet to be stored.

    For who starts no pipeline itself; nothing may be watching the site meanwhile.
    """
    scenes = (rules_of(site, camera, model, memory).values() for camera in site.cameras)
    going_on = (rules.held for scene in scenes for rules in scene)
    return Quarantine(quarantine, site).held().union(*going_on)


def _rules(site: Site, camera: Camera, model: ModelEntry, memory: Path | None) -> CameraRules:
    return CameraRules(
        camera_rules(site, camera, threshold=model.threshold, memory=memory),
        model={"name": model.name, "version": model.version, "sha256": model.sha256},
        file=memory / "rules.json" if memory is not None else None,
    )
