"""The site file: YAML to a validated `Site`; every mistake is told with its line and its mend."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from vision.errors import SiteError
from vision.registers.baseline import Baseline
from vision.registers.grid import UnitGrid
from vision.site import Camera, Site, Storage
from vision.view.preset_finder import PresetFinder

_SECRET = re.compile(r"\$\{([^}]+)\}")
# Parts of the site file's contract that this version does not apply. Accepting them silently would
# let a site believe that a permit protects a vendor when nothing reads it.
_LATER = {"retention", "admissibility"}


def load_site(path: Path) -> Site:
    """Read, expand and validate a site file.

    Raises:
        SiteError: the file is missing, is not YAML, or has mistakes, listed with their lines; or
            a preset's picture cannot be used.
        PlaceError: the baseline or unit grid that it names cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SiteError(
            f"{path}: cannot read the site file ({error.strerror}); give the path of a YAML file"
        ) from error
    except UnicodeDecodeError as error:
        raise SiteError(f"{path}: is not UTF-8 text; save the site file as UTF-8") from error
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SiteError(f"{path}:{line}: not valid YAML: {error.problem}; fix that line") from error
    if not isinstance(tree, dict):
        raise SiteError(f"{path}:1: a site file is a mapping that starts with `site: {{name: …}}`")
    try:
        site = Site.model_validate(_expand(tree, path.parent))
    except ValidationError as error:
        raise SiteError("\n".join(_explain(error, tree, path))) from error
    except SiteError as error:
        raise SiteError(f"{path}: {error}") from error
    return _anchored(site, path.parent.resolve())


def _expand(node: Any, root: Path) -> Any:
    """Replace `${NAME}` by the environment's value and `${file:PATH}` by a file's text."""
    if isinstance(node, dict):
        return {str(k): _expand(v, root) for k, v in node.items()}
    if isinstance(node, list):
        return [_expand(v, root) for v in node]
    if isinstance(node, str):
        return _SECRET.sub(lambda m: _secret(m[1], root), str(node))
    return node


def _secret(name: str, root: Path) -> str:
    if name.startswith("file:"):
        try:
            return (root / name[5:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SiteError(
                f"${{{name}}}: cannot read that file ({error.strerror}); create it or name another"
            ) from error
    if name not in os.environ:
        raise SiteError(f"${{{name}}}: the environment variable {name} is not set; set it")
    return os.environ[name]


def _explain(error: ValidationError, tree: Any, path: Path) -> Iterator[str]:
    for item in error.errors(include_url=False, include_input=False):
        loc = tuple(p for p in item["loc"] if not (isinstance(p, str) and "[" in p))
        name = ".".join(str(p) for p in loc) or "the file"
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "no such setting; remove it or correct its spelling"
            if str(loc[-1]) in _LATER:
                message = "this version does not apply it yet; remove it for now"
        elif item["type"] == "missing":
            message = "is required; add it"
        yield f"{path}:{_line(tree, loc)}: {name}: {message}"


def _line(tree: Any, loc: Sequence[int | str]) -> int:
    """1-based line of the deepest part of `loc` that the file has."""
    line, node = 0, tree
    for part in loc:
        try:
            marks = node.lc
            line = marks.item(part)[0] if isinstance(part, int) else marks.key(part)[0]
            node = node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line + 1


def _anchored(site: Site, root: Path) -> Site:
    """Resolve relative paths of storage and sources against the site file's folder."""
    database = site.storage.database
    prefix = "sqlite:///"
    if database.startswith(prefix) and not database.startswith("sqlite:////"):
        database = f"{prefix}{root / database.removeprefix(prefix)}"
    storage = Storage(database=database, evidence=_path(site.storage.evidence, root))
    cameras = tuple(_anchored_camera(c, root) for c in site.cameras)
    update: dict[str, Any] = {"storage": storage, "cameras": cameras}
    for name, kind in (("baseline", Baseline), ("unit_grid", UnitGrid)):
        given = getattr(site, name)
        if given is not None:
            update[name] = _path(given, root)
            kind.load(Path(update[name]))  # which says what is wrong with it
    return site.model_copy(update=update)


def _anchored_camera(camera: Camera, root: Path) -> Camera:
    presets = tuple(
        p.model_copy(update={"picture": _path(p.picture, root)}) for p in camera.presets
    )
    try:
        PresetFinder(presets)  # which says what is wrong with the pictures
    except SiteError as error:
        raise SiteError(f"camera {camera.id}: {error}") from error
    return camera.model_copy(update={"source": _path(camera.source, root), "presets": presets})


def _path(value: str, root: Path) -> str:
    if "://" in value or value.isdigit() or value.startswith("/dev/"):
        return value
    try:
        return str(root / Path(value).expanduser())
    except RuntimeError as error:  # `~somebody`
        raise SiteError(f"{value}: nobody here has that name; write the path out") from error
