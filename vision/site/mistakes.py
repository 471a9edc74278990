"""Mistakes in a site file: where each is, and what to write instead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vision.errors import Mistake, SiteError
from vision.mistakes.wrong import said_of, wrong
from vision.sentence import Said
from vision.site.yaml_tree import Tree, Where

_SHOWN = 20
"""Mistakes listed before the rest is only counted."""
# Not said again even where it is wrong: it may be a password.
_KEPT_QUIET = {"secret", "key", "source", "database", "settings"}
_FORMS = {"id": "name_form", "name": "name_form", "grid": "grid_form", "url": "url_form"}
_MENDS = {
    "missing": "is required; add it",
    "extra_forbidden": "no such setting; remove it or correct its spelling",
    "list_type": "is a list; write [ ] around it, or a line with `- ` for each",
    "tuple_type": "is a list; write [ ] around it, or a line with `- ` for each",
    "dict_type": "has settings of its own; write them as `name: value`",
    "model_type": "has settings of its own; write them as `name: value`",
    "string_type": "is a text; write one, in quotes if need be",
}
"""What to do about a type of pydantic's; its sentence for who reads no YAML is the API's."""
LIMITS = frozenset(
    {"ge", "gt", "le", "lt", "min_length", "max_length", "expected", "pattern", "expected_tags"}
)
"""The values of pydantic's that are told: limits of our own models, nothing that was given."""


def refuse(path: Path, tree: Tree, mistakes: list[tuple[Where, Said]]) -> None:
    """Raise SiteError if there are any."""
    if mistakes:
        raise listed(path, tree, mistakes)


def listed(path: Path, tree: Tree, mistakes: list[tuple[Where, Said]]) -> SiteError:
    """They as one error, a line each with the line of the file; `_SHOWN` at most."""
    found = [Mistake(tree.line(where), where, what) for where, what in mistakes[:_SHOWN]]
    lines = [
        f"{path}:{line}: {'.'.join(map(str, where)) or 'the file'}: {what}"
        for line, where, what in found
    ]
    more = len(mistakes) - _SHOWN
    if more > 0:
        many = wrong("many_more", count=more)
        lines.append(f"{path}: {many}")
        found.append(Mistake(1, (), many))
    return SiteError("\n".join(lines), found)


def explained(error: ValidationError, tree: Tree, above: Where = ()) -> list[tuple[Where, Said]]:
    """Where each mistake is and what to do; those that several types of one field share, once."""
    found: dict[tuple[Where, Said], None] = {}
    for item in error.errors(include_url=False, include_input=False):
        parts = (p for p in item["loc"] if not (isinstance(p, str) and "[" in p))
        where = (*above, *parts)
        if item["type"] == "too_short" and any(at[: len(where)] == where for at, _ in found):
            continue  # only because what is in it is wrong
        found[where, _mend(item, where, tree)] = None
    return list(found)


def _mend(item: ErrorDetails, where: Where, tree: Tree) -> Said:
    kind, name, given = item["type"], str(where[-1]) if where else "", item.get("ctx", {})
    if isinstance(raised := given.get("error"), Exception):
        return said_of(raised)
    if kind == "string_pattern_mismatch" and name in _FORMS:
        return wrong(_FORMS[name])
    limits = {limit: _plain(value) for limit, value in given.items() if limit in LIMITS}
    return Said(_in_english(item, where, tree), kind, limits)


def _in_english(item: ErrorDetails, where: Where, tree: Tree) -> str:
    kind, given = item["type"], item.get("ctx", {})
    quiet = any(part in _KEPT_QUIET for part in where)
    written = None if quiet else tree.written.get(where)
    if kind == "string_type" and written:
        return f'is a text: put it in quotes, "{written}"'
    if kind == "too_short":
        return f"has {given['actual_length']}; give at least {given['min_length']}"
    return _MENDS.get(kind, item["msg"])


def _plain(limit: Any) -> Any:
    """A limit as JSON has it."""
    if isinstance(limit, timedelta):
        return f"{limit.total_seconds():g}s"
    return limit if isinstance(limit, int | float | str) else str(limit)
