"""YAML as plain values, each with the line it is written in.

What YAML can do beyond values is bounded: aliases are unfolded up to a number of values, never into
themselves; tags, which make objects of values, are refused. Plain scalars are read as YAML 1.2 has
them (core schema), whatever the file says: `no` and `12:30` are texts, and so are dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from vision.errors import SiteError
from vision.mistakes.wrong import wrong
from vision.site.text import at_line, control_in

MOST_VALUES = 200_000
"""Written, and once more with aliases unfolded; a camera has about fifty."""
DEEPEST = 40
"""Lists and mappings in each other; a site file has about eight."""
Where = tuple[int | str, ...]
"""The keys and list places that lead to a value."""
_STR = "tag:yaml.org,2002:str"
_INT = re.compile(r"[-+]?[0-9]{1,4000}|0o[0-7]{1,1000}|0x[0-9a-fA-F]{1,1000}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
# What the parser says of the mistakes that people make, and what to do about each: a word of
# `vision.mistakes.files.MENDS`.
_MENDS = (
    ("character '\\t'", "tab"),
    ("cannot start any token", "quote"),
    ("mapping values are not allowed", "colon_in_text"),
    ("unexpected end of stream", "quote_open"),
    ("stream end", "bracket_open"),
    ("document start", "open"),
    ("expected <block end>", "indent"),
    ("expected ',' or", "comma"),
    ("could not find expected ':'", "colon"),
    ("escape", "escape"),
)


@dataclass(frozen=True, slots=True)
class Tree:
    """Values, the 1-based line of each, and plain scalars (no quotes) as they were written."""

    value: Any
    lines: dict[Where, int]
    written: dict[Where, str]

    def line(self, where: Where) -> int:
        """The line of the deepest part of `where` that there is."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


@dataclass(slots=True)
class _Node:
    """A scalar, or a list's or mapping's nodes: of a mapping, keys and values by turns."""

    line: int
    text: str | None = None
    plain: bool = False
    mapping: bool = False
    parts: list[_Node] = field(default_factory=list)
    open: bool = False


def read_tree(text: str, path: Path, also: Callable[[Event], None] | None = None) -> Tree:
    """The values of a YAML text.

    Args:
        text: without control characters.
        path: for messages.
        also: called with what the parser finds, as it does: parsing takes most of the time.

    Raises:
        SiteError: it is no YAML, or more than plain values; with the line and what to do.
    """
    composed = _Composer(path)
    line = 1
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            line = event.start_mark.line + 1
            composed.take(event)
            if also is not None:
                also(event)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else line
        problem = str(error.problem or error.context).partition("\n")[0]
        mend = next((mend for sign, mend in _MENDS if sign in problem), "line")
        raise at_line(path, line, wrong("yaml", problem=problem, mend=mend)) from error
    except (YAMLError, ValueError, OverflowError) as error:  # `\U00110000`, which is no character
        raise at_line(path, line, wrong("yaml", problem=str(error), mend="line")) from error
    if composed.root is None:
        return Tree(None, {}, {})
    unfolding = _Unfolding(path)
    return Tree(unfolding.value(composed.root, ()), unfolding.lines, unfolding.written)


class _Composer:
    """Events to nodes; an alias is the very node that it stands for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: list[_Node] = []
        self._anchors: dict[str, _Node] = {}
        self._documents = self._taken = 0
        self.root: _Node | None = None

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1
        self._taken += 1
        if self._taken > MOST_VALUES:
            raise at_line(self._path, line, wrong("yaml_values", most=MOST_VALUES))
        if isinstance(event, CollectionEndEvent):
            self._open.pop().open = False
        elif isinstance(event, AliasEvent):
            self._put(self._meant(event.anchor, line))
        elif isinstance(event, NodeEvent):
            self._begin(event, line)
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise at_line(self._path, line, wrong("yaml_second"))

    def _begin(self, event: NodeEvent, line: int) -> None:
        tag = str(event.tag) if event.tag is not None else None  # type: ignore[attr-defined]
        if tag not in {None, _STR}:
            raise at_line(self._path, line, wrong("yaml_tag", tag=tag))
        if isinstance(event, ScalarEvent):
            plain = event.style is None and tag is None
            node = _Node(line, text=event.value, plain=plain)
        else:
            node = _Node(line, mapping=isinstance(event, MappingStartEvent), open=True)
        self._put(node)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open.append(node)
            if len(self._open) > DEEPEST:
                raise _too_deep(self._path, line)

    def _meant(self, anchor: str, line: int) -> _Node:
        node = self._anchors.get(anchor)
        if node is None:
            raise at_line(self._path, line, wrong("yaml_alias", alias=anchor))
        if node.open:
            raise at_line(self._path, line, wrong("yaml_alias_inside", alias=anchor))
        return node

    def _put(self, node: _Node) -> None:
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self.root = node


class _Unfolding:
    """Nodes to values, with the line of each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken = 0
        self.lines: dict[Where, int] = {}
        self.written: dict[Where, str] = {}

    def value(self, node: _Node, where: Where) -> Any:
        self._count(node, len(where))
        self.lines.setdefault(where, node.line)
        if node.text is not None:
            return self._scalar(node, where)
        if not node.mapping:
            return [self.value(part, (*where, i)) for i, part in enumerate(node.parts)]
        found: dict[str, Any] = {}
        self._mapping(node, where, found, 0)
        return found

    def _mapping(self, node: _Node, where: Where, found: dict[str, Any], merges: int) -> None:
        """Add what a mapping says to `found`, where that does not say it already."""
        self._count(node, merges)
        said = set(found)
        own: dict[str, int] = {}
        merged: list[_Node] = []
        for key, part in zip(node.parts[::2], node.parts[1::2], strict=True):
            name = self._name(key, own)
            if name == "<<" and key.plain:
                merged += part.parts if part.text is None and not part.mapping else [part]
            elif name not in said:
                self.lines[*where, name] = key.line
                found[name] = self.value(part, (*where, name))
        for part in merged:
            if not part.mapping:
                raise at_line(self._path, part.line, wrong("yaml_merge"))
            self._mapping(part, where, found, merges + 1)

    def _name(self, key: _Node, own: dict[str, int]) -> str:
        if key.text is None:
            raise at_line(self._path, key.line, wrong("yaml_key"))
        self._refuse_control(key.text, key.line)
        if key.text in own:
            first = own[key.text]
            raise at_line(self._path, key.line, wrong("yaml_twice", name=key.text, line=first))
        own[key.text] = key.line
        return key.text

    def _count(self, node: _Node, depth: int) -> None:
        if depth > DEEPEST:
            raise _too_deep(self._path, node.line)
        self._taken += 1 + len(node.parts) // 2
        if self._taken > MOST_VALUES:
            raise at_line(
                self._path, node.line, wrong("yaml_values", most=MOST_VALUES, aliases="*")
            )

    def _scalar(self, node: _Node, where: Where) -> Any:
        text = node.text or ""
        self._refuse_control(text, node.line)
        if not node.plain:
            return text
        self.written[where] = text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        return float(text) if _FLOAT.fullmatch(text) else text

    def _refuse_control(self, text: str, line: int) -> None:
        control = control_in(text)
        if control is not None:
            raise at_line(self._path, line, wrong("control_in_text", code=control))


def _too_deep(path: Path, line: int) -> SiteError:
    return at_line(path, line, wrong("yaml_deep", most=DEEPEST))
