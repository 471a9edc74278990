"""Written: the parts of a YAML text and where each stands in it, to change one and no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)


@dataclass(slots=True)
class Written:
    """A value as it is written, from the character `start` up to `end`.

    `parts` are a list's values; of a mapping, its keys and values by turns. `flow`: in brackets. An
    alias (`*name`) has no parts: what it stands for is written elsewhere.
    """

    kind: Literal["text", "list", "mapping", "alias"]
    start: int
    end: int
    text: str = ""
    flow: bool = False
    parts: list[Written] = field(default_factory=list)

    def get(self, key: str) -> tuple[Written, Written] | None:
        """A mapping's own key and value; not what `<<` takes in."""
        found = zip(self.parts[::2], self.parts[1::2], strict=True)
        return next(((k, v) for k, v in found if k.text == key), None)


class Parts:
    """The parts of a text, of what its parser finds: give `take` to `read_tree`.

    Attributes:
        root: the whole, once all of it is taken.
    """

    def __init__(self) -> None:
        self.root = Written("text", 0, 0)
        self._open: list[Written] = []

    def take(self, event: Event) -> None:
        """Take what the parser has found."""
        if isinstance(event, CollectionEndEvent):
            _close(self._open.pop(), event)
        elif (node := _begun(event)) is not None:
            if self._open:
                self._open[-1].parts.append(node)
            else:
                self.root = node
            if isinstance(event, CollectionStartEvent):
                self._open.append(node)


def _begun(event: Event) -> Written | None:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, AliasEvent):
        return Written("alias", start, end)
    if isinstance(event, ScalarEvent):
        return Written("text", start, end, text=event.value)
    if isinstance(event, CollectionStartEvent):
        kind: Literal["mapping", "list"] = (
            "mapping" if isinstance(event, MappingStartEvent) else "list"
        )
        return Written(kind, start, end, flow=bool(event.flow_style))
    return None


def _close(node: Written, event: Event) -> None:
    if node.flow:
        node.end = event.end_mark.index
    elif node.parts:  # the parser sees its end only where the next thing begins
        node.end = node.parts[-1].end
