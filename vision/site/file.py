"""The site file: YAML to a validated `Site`; every mistake is told with its line and its mend."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vision.errors import SiteError, StreetwardenError
from vision.fields import AS_DRAWN
from vision.files import read_file
from vision.registers.baseline import Baseline
from vision.registers.grid import UnitGrid
from vision.site import Camera, Site, Storage
from vision.site.presets import Preset
from vision.site.text import control_in, read_text
from vision.site.yaml_tree import Tree, Where, read_tree

Look = Callable[[Sequence[Preset]], object]
"""Looks at the pictures of a camera's presets; SiteError says what is wrong with them. It is
`vision.view.preset_finder.PresetFinder`, given by whoever is going to watch."""

_SECRET = re.compile(r"\$\{([^}]+)\}")
_MOST_SECRET_BYTES = 2**16
# Parts of the site file's contract that this version does not apply. Accepting them silently would
# let a site believe that a permit protects a vendor when nothing reads it.
_LATER = {"retention", "admissibility"}
_SHOWN = 20
"""Mistakes listed before the rest is only counted."""
# Not said again even where it is wrong: it may be a password.
_KEPT_QUIET = {"secret", "source", "database"}
_FORMS = {
    "id": "letters, digits, `.`, `_` and `-`, 64 at most, the first a letter or digit",
    "name": "letters, digits, `.`, `_` and `-`, 64 at most, the first a letter or digit",
    "grid": "15 letters and digits",
    "url": "an address that starts with http:// or https://",
}
_MENDS = {
    "missing": "is required; add it",
    "extra_forbidden": "no such setting; remove it or correct its spelling",
    "list_type": "is a list; write [ ] around it, or a line with `- ` for each",
    "tuple_type": "is a list; write [ ] around it, or a line with `- ` for each",
    "dict_type": "has settings of its own; write them as `name: value`",
    "model_type": "has settings of its own; write them as `name: value`",
    "string_type": "is a text; write one, in quotes if need be",
}


def load_site(path: Path, *, look_at: Look | None = None) -> Site:
    """Read, expand and validate a site file.

    Args:
        path: where it is.
        look_at: told the presets of each camera, with their pictures' paths; None where these are
            still to be taken, or not needed.

    Raises:
        SiteError: the file is missing, is not YAML, or has mistakes, listed with their lines; or
            a file that it names (a secret, a preset's picture, the baseline, the unit grid) cannot
            be used.
    """
    tree = _tree(path)
    expanded = _Expansion(path.parent)
    value = expanded.of(tree.value)
    _refuse(path, tree, expanded.mistakes)
    try:
        site = Site.model_validate(value, context=AS_DRAWN)
    except ValidationError as error:
        raise _listed(path, tree, _explained(error, tree)) from error
    return _anchored(site, path, tree, look_at=look_at)


def load_storage(path: Path) -> Storage:
    """Where a site file's cases and evidence lie; the rest of it is not looked at.

    So who makes a key needs no camera's password.

    Raises:
        SiteError: as `load_site`, of this part alone.
    """
    tree = _tree(path)
    expanded = _Expansion(path.parent)
    value = expanded.of(tree.value.get("storage", {}), ("storage",))
    _refuse(path, tree, expanded.mistakes)
    try:
        storage = Storage.model_validate(value)
    except ValidationError as error:
        raise _listed(path, tree, _explained(error, tree, ("storage",))) from error
    return _anchored_storage(storage, path.parent.resolve())


def camera_ids(path: Path) -> set[str]:
    """The ids of the cameras that a site file names; the rest of it is not looked at.

    Raises:
        SiteError: it cannot be read, or is no mapping.
    """
    cameras = _tree(path).value.get("cameras")
    named = cameras if isinstance(cameras, list) else []
    return {str(camera.get("id")) for camera in named if isinstance(camera, dict)}


def _tree(path: Path) -> Tree:
    tree = read_tree(read_text(path), path)
    if not isinstance(tree.value, dict):
        raise SiteError(f"{path}:1: a site file is a mapping that starts with `site: {{name: …}}`")
    return tree


class _Expansion:
    """Replaces `${NAME}` by the environment's value and `${file:PATH}` by a file's text.

    `mistakes` are those that cannot be replaced, all of them: who starts a service wants the list.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.mistakes: list[tuple[Where, str]] = []

    def of(self, node: Any, where: Where = ()) -> Any:
        if isinstance(node, dict):
            return {k: self.of(v, (*where, k)) for k, v in node.items()}
        if isinstance(node, list):
            return [self.of(v, (*where, i)) for i, v in enumerate(node)]
        if isinstance(node, str):
            return _SECRET.sub(lambda match: self._secret(match[1], where), node)
        return node

    def _secret(self, name: str, where: Where) -> str:
        from_file = name.startswith("file:")
        try:
            return _one_line(_file_text(self._root / name[5:]) if from_file else _variable(name))
        except ValueError as error:
            self.mistakes.append((where, f"${{{name}}}: {error}"))
            return ""


def _one_line(text: str) -> str:
    control = control_in(text, lines=False)
    if control is not None:
        raise ValueError(f"holds {control}; remove it there")
    return text


def _variable(name: str) -> str:
    if name not in os.environ:
        raise ValueError(f"the environment variable {name} is not set; set it")
    return os.environ[name]


def _file_text(path: Path) -> str:
    try:
        return read_file(path, _MOST_SECRET_BYTES).decode("utf-8-sig").strip()
    except OSError as error:
        raise ValueError(
            f"cannot read that file ({error.strerror}); create it or name another"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError("that file is not UTF-8 text; save it as UTF-8") from error


def _refuse(path: Path, tree: Tree, mistakes: list[tuple[Where, str]]) -> None:
    if mistakes:
        raise _listed(path, tree, mistakes)


def _listed(path: Path, tree: Tree, mistakes: list[tuple[Where, str]]) -> SiteError:
    lines = [
        f"{path}:{tree.line(where)}: {'.'.join(map(str, where)) or 'the file'}: {what}"
        for where, what in mistakes[:_SHOWN]
    ]
    more = len(mistakes) - _SHOWN
    return SiteError("\n".join([*lines, f"{path}: and {more} more"] if more > 0 else lines))


def _explained(error: ValidationError, tree: Tree, above: Where = ()) -> list[tuple[Where, str]]:
    """Where each mistake is and what to do; those that several types of one field share, once."""
    found: dict[tuple[Where, str], None] = {}
    for item in error.errors(include_url=False, include_input=False):
        parts = (p for p in item["loc"] if not (isinstance(p, str) and "[" in p))
        where = (*above, *parts)
        if item["type"] == "too_short" and any(at[: len(where)] == where for at, _ in found):
            continue  # only because what is in it is wrong
        found[where, _mend(item, where, tree)] = None
    return list(found)


def _mend(item: ErrorDetails, where: Where, tree: Tree) -> str:
    kind, name, given = item["type"], str(where[-1]) if where else "", item.get("ctx", {})
    written = tree.written.get(where) if name not in _KEPT_QUIET else None
    if kind == "extra_forbidden" and name in _LATER:
        return "this version does not apply it yet; remove it for now"
    if kind == "string_type" and written:
        return f'is a text: put it in quotes, "{written}"'
    if kind == "string_pattern_mismatch" and name in _FORMS:
        return f"does not fit; write {_FORMS[name]}"
    if kind == "too_short":
        return f"has {given['actual_length']}; give at least {given['min_length']}"
    return _MENDS.get(kind, item["msg"].removeprefix("Value error, "))


def _anchored(site: Site, path: Path, tree: Tree, *, look_at: Look | None) -> Site:
    """Resolve relative paths of storage and sources against the site file's folder."""
    root = path.parent.resolve()
    mistakes: list[tuple[Where, str]] = []
    update: dict[str, Any] = {}
    try:
        update["storage"] = _anchored_storage(site.storage, root)
    except SiteError as error:
        mistakes.append((("storage",), str(error)))
    cameras = []
    for number, camera in enumerate(site.cameras):
        try:
            cameras.append(_anchored_camera(camera, root, look_at=look_at))
        except SiteError as error:
            mistakes.append((("cameras", number), f"camera {camera.id}: {error}"))
    update["cameras"] = tuple(cameras)
    for name, kind in (("baseline", Baseline), ("unit_grid", UnitGrid)):
        given = getattr(site, name)
        if given is None:
            continue
        try:
            update[name] = _path(given, root)
            kind.load(Path(update[name]))  # which says what is wrong with it
        except StreetwardenError as error:
            mistakes.append(((name,), str(error)))
    _refuse(path, tree, mistakes)
    return site.model_copy(update=update)


def _anchored_storage(storage: Storage, root: Path) -> Storage:
    database = storage.database
    prefix = "sqlite:///"
    if database.startswith(prefix) and not database.startswith("sqlite:////"):
        database = f"{prefix}{root / database.removeprefix(prefix)}"
    return Storage(database=database, evidence=_path(storage.evidence, root))


def _anchored_camera(camera: Camera, root: Path, *, look_at: Look | None) -> Camera:
    presets = tuple(
        p.model_copy(update={"picture": _path(p.picture, root)}) for p in camera.presets
    )
    if look_at is not None:
        look_at(presets)
    return camera.model_copy(update={"source": _path(camera.source, root), "presets": presets})


def _path(value: str, root: Path) -> str:
    if "://" in value or value.isdigit() or value.startswith("/dev/"):
        return value
    try:
        return str(root / Path(value).expanduser())
    except RuntimeError as error:  # `~somebody`
        raise SiteError(f"{value}: nobody here has that name; write the path out") from error
