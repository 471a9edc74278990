"""Mistakes in a site file: where each is, and what to write instead."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vision.errors import Mistake, SiteError
from vision.site.yaml_tree import Tree, Where

_SHOWN = 20
"""Mistakes listed before the rest is only counted."""
# Not said again even where it is wrong: it may be a password.
_KEPT_QUIET = {"secret", "key", "source", "database", "settings"}
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


def refuse(path: Path, tree: Tree, mistakes: list[tuple[Where, str]]) -> None:
    """Raise SiteError if there are any."""
    if mistakes:
        raise listed(path, tree, mistakes)


def listed(path: Path, tree: Tree, mistakes: list[tuple[Where, str]]) -> SiteError:
    """They as one error, a line each with the line of the file; `_SHOWN` at most."""
    found = [Mistake(tree.line(where), where, what) for where, what in mistakes[:_SHOWN]]
    lines = [
        f"{path}:{line}: {'.'.join(map(str, where)) or 'the file'}: {what}"
        for line, where, what in found
    ]
    more = len(mistakes) - _SHOWN
    if more > 0:
        lines.append(f"{path}: and {more} more")
    return SiteError("\n".join(lines), found)


def explained(error: ValidationError, tree: Tree, above: Where = ()) -> list[tuple[Where, str]]:
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
    quiet = any(part in _KEPT_QUIET for part in where)
    written = None if quiet else tree.written.get(where)
    if kind == "string_type" and written:
        return f'is a text: put it in quotes, "{written}"'
    if kind == "string_pattern_mismatch" and name in _FORMS:
        return f"does not fit; write {_FORMS[name]}"
    if kind == "too_short":
        return f"has {given['actual_length']}; give at least {given['min_length']}"
    return _MENDS.get(kind, item["msg"].removeprefix("Value error, "))
