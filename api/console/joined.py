"""The page's modules and styles, each kind joined into one file as the server starts.

They are written, tested and linted as plain modules; but a browser that asks for seventy files, six
at a time, shows its first page after a second, and after a fraction of that where it asks for two.
What is joined is our own way of writing modules and lit-html's; anything else is a `ValueError`
(`tests/api/console/test_joined.py`), and no cycle can be joined.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_IMPORT = re.compile(
    r"(?:^|(?<=;))import\s*(?:(?P<default>[\w$]+)|\*\s*as\s+(?P<all>[\w$]+)|\{(?P<names>[^}]*)\})"
    r'\s*from\s*"(?P<path>[^"]+)";',
    re.MULTILINE,
)
_BARE = re.compile(r'^import\s*"(?P<path>[^"]+)";', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(?P<path>[^"]+)"\)')
_DEFAULT_FUNCTION = re.compile(r"^export default (?=function (?P<name>[\w$]+))", re.MULTILINE)
_DEFAULT_VALUE = re.compile(r"^export default (?=\{)", re.MULTILINE)
_DECLARED = re.compile(
    r"^export (?=(?:async )?(?:function\*?|const|class) (?P<name>[\w$]+))", re.MULTILINE
)
_LISTED = re.compile(r"(?<![\w$.])export\s*\{(?P<names>[^}]*)\};?")
_UNKNOWN = re.compile(r"^[ \t]*(?:import|export)\b(?!\().*", re.MULTILINE)
_ADDRESS = re.compile(r"url\((?![\"']?(?:#|data:))(?P<path>[^)]+)\)")
# Names that no module has.
_RUN = """
const $made = {};
const $load = (name) => ($made[name] ??= $modules[name]());
const $later = async (name) => {
  await Promise.all(($outside[name] ?? []).map((file) => import(new URL(file, import.meta.url))));
  return $load(name);
};
$load("app.js");
"""


@dataclass
class _Module:
    """One file: its text without imports and exports, and what it needs.

    Attributes:
        text: of the body of a function that returns what the module exports.
        needs: modules that have to be there first.
        outside: libraries that are no modules; they stay files of their own.
        later: modules that are loaded when they are wanted.
    """

    text: str
    needs: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)


def joined_script(folder: Path, first: str = "app.js") -> str:
    """One module of all that `first` imports, at once or later, for a file in `folder`.

    Raises:
        ValueError: a module is written in another way, or imports itself by others.
    """
    modules: dict[str, _Module] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in modules:
            modules[name] = one = _read(name, (folder / name).read_text(encoding="utf-8"))
            waiting += [*one.needs, *one.later]
    outside = {
        name: sorted(set(_outside(modules, name, ())))
        for name in sorted({first} | {name for one in modules.values() for name in one.later})
    }
    bodies = "\n".join(f"{json.dumps(name)}() {{\n{one.text}\n}}," for name, one in modules.items())
    return f"const $modules = {{\n{bodies}\n}};\nconst $outside = {json.dumps(outside)};{_RUN}"


def joined_style(folder: Path, names: list[str]) -> str:
    """These style sheets as one, in this order, for a file in `folder`."""
    return "\n".join(
        _ADDRESS.sub(
            lambda found, name=name: f"url({_beside(name, found['path'])})",  # type: ignore[misc]
            (folder / name).read_text(encoding="utf-8"),
        )
        for name in names
    )


def _read(name: str, text: str) -> _Module:
    made = _Module("")
    exported: dict[str, str] = {}

    def needed(found: re.Match[str]) -> str:
        path = _beside(name, found["path"])
        made.needs.append(path)
        if found["default"]:
            taken = f"{{ default: {found['default']} }}"
        else:
            taken = found["all"] or f"{{ {_named(found['names'], ': ')} }}"
        return f"const {taken} = $load({json.dumps(path)});"

    def outside(found: re.Match[str]) -> str:
        made.outside.append(_beside(name, found["path"]))
        return ""

    def later(found: re.Match[str]) -> str:
        made.later.append(_beside(name, found["path"]))
        return f"$later({json.dumps(made.later[-1])})"

    def default_value(_found: re.Match[str]) -> str:
        exported["default"] = "$default"
        return "const $default = "

    def declared(found: re.Match[str], to: str | None = None) -> str:
        exported[to or found["name"]] = found["name"]
        return ""

    def listed(found: re.Match[str]) -> str:
        for pair in found["names"].split(","):
            inside, _, to = (part.strip() for part in pair.partition(" as "))
            exported[to or inside] = inside
        return ""

    text = _IMPORT.sub(needed, text)
    text = _BARE.sub(outside, text)
    text = _LATER.sub(later, text)
    text = _DEFAULT_FUNCTION.sub(lambda found: declared(found, "default"), text)
    text = _DEFAULT_VALUE.sub(default_value, text)
    text = _DECLARED.sub(declared, text)
    text = _LISTED.sub(listed, text)
    text = text.replace("import.meta.url", f"new URL({json.dumps(name)}, import.meta.url)")
    if strange := _UNKNOWN.search(text):
        raise ValueError(f"{name}: cannot be joined: {strange[0].strip()}")
    given = ", ".join(f"{to}: {inside}" for to, inside in exported.items())
    made.text = f"{text.rstrip()}\nreturn {{ {given} }};"
    return made


def _named(names: str, between: str) -> str:
    return ", ".join(
        one.strip().replace(" as ", between) for one in names.split(",") if one.strip()
    )


def _beside(name: str, path: str) -> str:
    """A path that stands in a file of this name, from the folder of all."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _outside(modules: Mapping[str, _Module], name: str, above: tuple[str, ...]) -> Iterator[str]:
    if name in above:
        raise ValueError(f"modules import each other in a circle: {' → '.join((*above, name))}")
    yield from modules[name].outside
    for one in modules[name].needs:
        yield from _outside(modules, one, (*above, name))
