"""Site file: reads YAML into a validated `Site`; every mistake is reported with line and mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from vision.errors import SiteError, StreetwardenError
from vision.fields import AS_DRAWN
from vision.files import is_file
from vision.geo.drawing import read_drawing
from vision.mistakes.wrong import said_of, wrong
from vision.registers.admissibility import Admissibility
from vision.registers.baseline import Baseline
from vision.registers.companies import CompanyRegister
from vision.registers.grid import UnitGrid
from vision.sentence import Said
from vision.site import Camera, Site, SiteInfo, Storage
from vision.site.console import ConsoleSettings
from vision.site.mistakes import explained, listed, refuse
from vision.site.presets import Preset
from vision.site.text import at_line, read_text
from vision.site.variables import Expansion
from vision.site.yaml_tree import Tree, Where, read_tree

OfSite = TypeVar("OfSite", bound=BaseModel)
Look = Callable[[Sequence[Preset]], object]
"""Looks at the pictures of a camera's presets; SiteError says what is wrong with them. It is
`vision.view.preset_finder.PresetFinder`, given by whoever is going to watch."""


def load_site(path: Path, *, look_at: Look | None = None) -> Site:
    """Read, expand and validate a site file.

    Args:
        path: where it is.
        look_at: called with the presets of each camera, with their pictures' paths; None if these
            are still to be taken, or not needed.

    Raises:
        SiteError: the file is missing, is not YAML, or has mistakes, listed with their lines; or
            a file that it names (a secret, a preset's picture, the baseline, the unit grid) cannot
            be used.
    """
    return site_of(_tree(path), path, look_at=look_at)


def site_of(tree: Tree, path: Path, *, look_at: Look | None = None) -> Site:
    """The site that a file which says this would be, there; nothing is read or written.

    Args:
        tree: what `read_tree` found in its text.
        path: where it would be: paths in it are from there, and messages name it.
        look_at: as for `load_site`.

    Raises:
        SiteError: as `load_site`.
    """
    _is_mapping(tree, path)
    expanded = Expansion(path.parent)
    value = expanded.of(tree.value)
    refuse(path, tree, expanded.mistakes)
    try:
        site = Site.model_validate(value, context=AS_DRAWN)
    except ValidationError as error:
        raise listed(path, tree, explained(error, tree)) from error
    return _anchored(site, path, tree, look_at=look_at)


def load_storage(path: Path) -> Storage:
    """Where a site file's cases and evidence lie; the rest of it is not looked at.

    So who makes a key needs no camera's password.

    Raises:
        SiteError: as `load_site`, of this part alone.
    """
    return _anchored_storage(_part(path, "storage", Storage), path.parent.resolve())


def load_info(path: Path) -> SiteInfo:
    """A site file's name, time zone and so on; the rest of it is not looked at.

    Raises:
        SiteError: as `load_site`, of this part alone.
    """
    return _part(path, "site", SiteInfo)


def camera_ids(path: Path) -> set[str]:
    """The ids of the cameras that a site file names; the rest of it is not looked at.

    Raises:
        SiteError: it cannot be read, or is no mapping.
    """
    cameras = _tree(path).value.get("cameras")
    named = cameras if isinstance(cameras, list) else []
    return {str(camera.get("id")) for camera in named if isinstance(camera, dict)}


def _part(path: Path, name: str, model: type[OfSite]) -> OfSite:
    tree = _tree(path)
    expanded = Expansion(path.parent)
    value = expanded.of(tree.value.get(name, {}), (name,))
    refuse(path, tree, expanded.mistakes)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise listed(path, tree, explained(error, tree, (name,))) from error


def _tree(path: Path) -> Tree:
    tree = read_tree(read_text(path), path)
    _is_mapping(tree, path)
    return tree


def _is_mapping(tree: Tree, path: Path) -> None:
    if not isinstance(tree.value, dict):
        raise at_line(path, 1, wrong("not_mapping", like="{name: …}"))


def _anchored(site: Site, path: Path, tree: Tree, *, look_at: Look | None) -> Site:
    """Resolve relative paths of storage and sources against the site file's folder."""
    root = path.parent.resolve()
    mistakes: list[tuple[Where, Said]] = []
    update: dict[str, Any] = {}
    try:
        update["storage"] = _anchored_storage(site.storage, root)
    except SiteError as error:
        mistakes.append((("storage",), said_of(error)))
    if site.timestamps is not None:
        ca = _path(site.timestamps.ca, root)
        update["timestamps"] = site.timestamps.model_copy(update={"ca": ca})
    if site.access.oidc is not None and site.access.oidc.ca is not None:
        oidc = site.access.oidc.model_copy(update={"ca": _path(site.access.oidc.ca, root)})
        update["access"] = site.access.model_copy(update={"oidc": oidc})
    cameras = []
    for number, camera in enumerate(site.cameras):
        try:
            cameras.append(_anchored_camera(camera, root, look_at=look_at))
        except SiteError as error:
            said = said_of(error)
            told = Said(f"camera {camera.id}: {said}", said.code, said.params)
            mistakes.append((("cameras", number), told))
    update["cameras"] = tuple(cameras)
    update |= _anchored_registers(site, root, mistakes)
    try:
        update["console"] = _anchored_console(site.console, root)
    except StreetwardenError as error:
        mistakes.append((("console", "map", "background"), said_of(error)))
    refuse(path, tree, mistakes)
    return site.model_copy(update=update)


def _anchored_registers(
    site: Site, root: Path, mistakes: list[tuple[Where, Said]]
) -> dict[str, Any]:
    """What changes of the registers that are files of their own; what is wrong with one is told."""
    update: dict[str, Any] = {}
    for name, kind in (("baseline", Baseline), ("unit_grid", UnitGrid)):
        given = getattr(site, name)
        if given is None:
            continue
        try:
            update[name] = _path(given, root)
            kind.load(Path(update[name]))  # which says what is wrong with it
        except StreetwardenError as error:
            mistakes.append(((name,), said_of(error)))
    if site.plates.companies is not None:
        companies = _path(site.plates.companies, root)
        update["plates"] = site.plates.model_copy(update={"companies": companies})
        try:
            CompanyRegister.load(Path(companies))
        except StreetwardenError as error:
            mistakes.append((("plates", "companies"), said_of(error)))
    return update


def _anchored_console(console: ConsoleSettings, root: Path) -> ConsoleSettings:
    if console.map.background is None:
        return console
    background = _path(console.map.background, root)
    read_drawing(Path(background))  # which says what is wrong with it
    drawn = console.map.model_copy(update={"background": background})
    return console.model_copy(update={"map": drawn})


def _anchored_storage(storage: Storage, root: Path) -> Storage:
    database = storage.database
    prefix = "sqlite:///"
    if database.startswith(prefix) and not database.startswith("sqlite:////"):
        database = f"{prefix}{root / database.removeprefix(prefix)}"
    data = storage.data or ("var" if storage.bucket else None)
    key = storage.site_key
    return storage.model_copy(
        update={
            "database": database,
            "evidence": _path(storage.evidence, root),
            "data": data and _path(data, root),
            "site_key": key and _path(key, root),
        }
    )


def _anchored_camera(camera: Camera, root: Path, *, look_at: Look | None) -> Camera:
    presets = tuple(
        p.model_copy(update={"picture": _path(p.picture, root)}) for p in camera.presets
    )
    if look_at is not None:
        look_at(presets)
    filed = camera.admissibility
    return camera.model_copy(
        update={
            "source": _path(camera.source, root),
            "presets": presets,
            "admissibility": filed and _anchored_file(filed, root),
        }
    )


def _anchored_file(filed: Admissibility, root: Path) -> Admissibility:
    """With its documents' paths resolved, which must be there: a case will cite them."""
    acts = {}
    for name, document in filed.documents.items():
        path = _path(document, root)
        if not is_file(Path(path)):
            raise SiteError(wrong("document_missing", act=name, path=path))
        acts[name] = getattr(filed, name).model_copy(update={"document": path})
    return filed.model_copy(update=acts)


def _path(value: str, root: Path) -> str:
    if "://" in value or value.isdigit() or value.startswith("/dev/"):
        return value
    try:
        return str(root / Path(value).expanduser())
    except RuntimeError as error:  # `~somebody`
        raise SiteError(wrong("home_unknown", path=value)) from error
