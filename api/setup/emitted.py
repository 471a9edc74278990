"""Emitted: values as YAML text, in the two forms that site files are written in.

By hand, as JSON with fewer quotes: ruamel.yaml takes seconds for a zone of some thousand points. It
reads the text again before anything is written, and what it reads is compared.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

# Words that nothing takes for anything but a text: neither YAML 1.2 nor 1.1, in brackets or not.
_WORD = r"[\w./+-]+(?::[\w./+-]+)*"
_PLAIN = re.compile(rf"(?=[^\W\d_]){_WORD}(?: {_WORD})*")
_NOT_PLAIN = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def flow(value: Any) -> str:
    """A value in one line: `{name: gate, polygon: [[0, 0], [1, 0], [1, 1]]}`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return json.dumps(value)


def block(value: Any, column: int) -> str:
    """A value in lines that begin at `column`, except for its first: of a list, an item each.

    Everything below that is in one line, as people draw zones.
    """
    newline = "\n" + " " * column
    if isinstance(value, Mapping) and value:
        return newline.join(keyed(key, part, column) for key, part in value.items())
    if lined(value):
        return newline.join(f"- {flow(item)}" for item in value)
    return flow(value)


def keyed(key: str, value: Any, column: int) -> str:
    """A setting whose key begins at `column`."""
    return f"{flow(key)}:{beside(value, column)}"


def beside(value: Any, column: int) -> str:
    """A value behind the colon of its key, which begins at `column`."""
    if lined(value):
        return "\n" + " " * (column + 2) + block(value, column + 2)
    return f" {flow(value)}"


def lined(value: Any) -> bool:
    """Whether it is a list that has a line for each item."""
    return isinstance(value, list) and bool(value) and all(isinstance(i, dict) for i in value)
