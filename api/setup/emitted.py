"""Emitted: values as YAML text, in the two forms that site files are written in."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

_ENDLESS = 2**31


def flow(value: Any) -> str:
    """A value in one line: `{name: gate, polygon: [[0, 0], [1, 0], [1, 1]]}`."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.allow_unicode = True
    yaml.width = _ENDLESS
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    out = StringIO()
    yaml.dump({"": value}, out)  # by itself a mapping of one key would lose its brackets
    return out.getvalue().strip().removeprefix("{'': ").removesuffix("}")


def block(value: Any, column: int) -> str:
    """A value in lines that begin at `column`, except for its first: of a list, an item each.

    Everything below that is in one line, as people draw zones.
    """
    newline = "\n" + " " * column
    if isinstance(value, Mapping) and value:
        return newline.join(f"{flow(key)}:{_beside(part, column)}" for key, part in value.items())
    if _lined(value):
        return newline.join(f"- {flow(item)}" for item in value)
    return flow(value)


def _beside(value: Any, column: int) -> str:
    """A value behind its key, which begins at `column`."""
    if _lined(value):
        return "\n" + " " * (column + 2) + block(value, column + 2)
    return f" {flow(value)}"


def keyed(key: str, value: Any, column: int) -> str:
    """A setting whose key begins at `column`."""
    return f"{flow(key)}:{_beside(value, column)}"


def _lined(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(i, dict) for i in value)
