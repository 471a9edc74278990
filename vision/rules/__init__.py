"""Rules: one module per kind over one machine; `camera_rules` makes those of a camera."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from vision.rules.context import Context, Rule
from vision.rules.dirty_truck import DirtyTruck
from vision.rules.illegal_structure import IllegalStructure
from vision.rules.overflowing_bin import OverflowingBin
from vision.rules.street_vending import StreetVending
from vision.site import Camera, Site

__all__ = ["RULES", "Context", "Rule", "camera_rules"]

RULES: dict[str, type[StreetVending | OverflowingBin | IllegalStructure | DirtyTruck]] = {
    rule.kind: rule for rule in (StreetVending, OverflowingBin, IllegalStructure, DirtyTruck)
}


def camera_rules(
    site: Site, camera: Camera, *, threshold: float, memory: Path | None = None
) -> list[Rule]:
    """The rules of one camera: one for each kind watched in each of its zones.

    Args:
        threshold: the model's shipped score threshold; a zone's setting goes before it.
        memory: folder for what a rule keeps across restarts.
    """
    rules: list[Rule] = []
    for zone in camera.watched_zones:
        for kind in zone.watch:
            settings = site.rule_settings(zone, kind)
            context = Context(
                camera=camera,
                zone=zone,
                settings=settings,
                threshold=settings.threshold or threshold,
                timezone=ZoneInfo(site.site.timezone),
                memory=memory,
            )
            rules.append(RULES[kind](context))
    return rules
