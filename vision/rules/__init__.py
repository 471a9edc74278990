"""Rules: decide which detections are violations, one module per kind on shared state machines.

`camera_rules` makes the rules of a camera.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from vision.registers.baseline import Baseline
from vision.rules.camera import CameraRules
from vision.rules.context import Context, Rule
from vision.rules.kinds import rule_of
from vision.site import Camera, Site

__all__ = ["CameraRules", "Context", "Rule", "camera_rules"]


def camera_rules(
    site: Site, camera: Camera, *, threshold: float, memory: Path | None = None
) -> list[Rule]:
    """The rules of one camera: one for each kind watched in each of its zones.

    Args:
        threshold: the model's shipped score threshold; a zone's setting overrides it.
        memory: folder for the state that a rule keeps across restarts.

    Raises:
        SiteError: no installed package has a rule for a kind that is watched.
        PlaceError: the baseline cannot be read.
    """
    rules: list[Rule] = []
    ground = camera.homography
    baseline = Baseline.load(Path(site.baseline)) if site.baseline else None
    for zone in camera.watched_zones:
        for kind in zone.watch:
            settings = site.rule_settings(zone, kind)
            context = Context(
                camera=camera,
                zone=zone,
                settings=settings,
                threshold=settings.threshold or threshold,
                timezone=ZoneInfo(site.site.timezone),
                ground=ground,
                permits=tuple(p for p in site.permits if kind in p.kinds),
                assets=tuple(a for a in site.assets if kind in a.kinds),
                holidays=site.site.holiday_dates,
                baseline=baseline,
                memory=memory,
            )
            rules.append(rule_of(kind)(context))
    return rules
