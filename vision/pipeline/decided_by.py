"""Decided by: what a camera is looked at and decided by; where it is equal, nothing has changed.

Files count with their marks, so that another picture or baseline under the same path is another.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vision.files import Mark, mark_of
from vision.site import Camera, Site

Shared = tuple[Any, ...]
"""What the rules of several cameras decide by."""
By = tuple[Camera, Shared, tuple[Mark | None, ...]]
"""A camera, what it shares with others, and the marks of its presets' pictures."""


def opened_by(camera: Camera) -> tuple[Any, ...]:
    """By what a camera is opened: another one of these, and it is opened anew."""
    by = camera.source, camera.gateway, camera.allow, camera.type, camera.decoder, camera.pace
    return (*by, camera.flight, camera.carried, camera.telemetry)


def shared_of(site: Site) -> Shared:
    """What the rules of several cameras decide by."""
    about = site.site
    known = None if site.baseline is None else mark_of(Path(site.baseline))
    registers = site.permits, site.assets, site.baseline, known
    return about.timezone, about.holidays, site.defaults, *registers


def decided_by(camera: Camera, shared: Shared) -> By:
    """All that a camera is decided by."""
    return camera, shared, tuple(mark_of(Path(preset.picture)) for preset in camera.presets)


def named_files(site: Site) -> dict[str, Mark | None]:
    """The marks of all files that cameras are decided by, by their paths."""
    pictures = (preset.picture for camera in site.cameras for preset in camera.presets)
    baseline = () if site.baseline is None else (site.baseline,)
    return {path: mark_of(Path(path)) for path in (*baseline, *pictures)}
