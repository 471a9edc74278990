"""Watched kinds: whether each kind that a site watches has a rule, and a model that sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from vision.errors import SiteError
from vision.kinds import Kind, catalogue
from vision.rules.kinds import rule_of
from vision.site import Site


@dataclass(frozen=True, slots=True)
class WatchedKind:
    """One kind at a site.

    Attributes:
        kind: its name.
        decided: whether a case of it can become at all.
        told: how it is seen, or what is missing and what to do.
    """

    kind: str
    decided: bool
    told: str


def watched_kinds(site: Site, model: str, classes: Collection[str]) -> Iterator[WatchedKind]:
    """Every kind that a zone of the site names, in the catalogue's order.

    A camera without zones names none: it is watched for what its model sees.

    Args:
        model: name of the weights.
        classes: those that they know.
    """
    zones: dict[str, list[str]] = {}
    for camera in site.cameras:
        for zone in camera.zones:
            for kind in zone.watch:
                zones.setdefault(kind, []).append(f"{camera.id}/{zone.name}")
    for described in catalogue().kinds:
        if described.name in zones:
            yield _watched(described, zones[described.name], model, classes)


def _watched(kind: Kind, zones: list[str], model: str, classes: Collection[str]) -> WatchedKind:
    try:
        rule_of(kind.name)
    except SiteError as error:
        return WatchedKind(kind.name, decided=False, told=str(error))
    known = [name for name in kind.seen_as if name in classes]
    lacking = ", ".join(name for name in kind.seen_as if name not in classes)
    where = f"watched in {', '.join(zones)}"
    if not known:
        told = (
            f"{where}, but {model} has no class {lacking}, so nothing of it will ever be seen: "
            "name weights that have the class in `model` (vision/rules/README.md says how to "
            "train them), or take the kind out of the zone's `watch`"
        )
        return WatchedKind(kind.name, decided=False, told=told)
    told = f"{where}, seen by {model} as {', '.join(known)}"
    if lacking:
        told += f"; it has no class {lacking}, so what is seen as that alone is missed"
    return WatchedKind(kind.name, decided=True, told=told)
