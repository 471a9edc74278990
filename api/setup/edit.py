"""Edit: another value into a YAML text; all that it does not touch stays as somebody wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from api.setup.emitted import beside, block, flow, keyed, lined
from api.setup.written import Written

_NAMED = ("id", "name")
"""What the items of a list are told apart by."""


class _Splice(NamedTuple):
    """What stands instead of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


def edited(text: str, root: Written, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The text with what differs between two values changed in it.

    Where a part is shared by an alias (`*`) or taken in by `<<`, the text that comes out may say
    something else: whoever calls this reads it again and compares.

    Args:
        text: a line feed ends each of its lines.
        root: its parts.
        old: what it says.
        new: what it is to say.
    """
    done, place = [], 0
    for splice in sorted(_Edit(text).change(root, old, new)):
        done += [text[place : splice.start], splice.text]
        place = splice.end
    return "".join([*done, text[place:]])


class _Edit:
    def __init__(self, text: str) -> None:
        self._text = text

    def change(self, node: Written, old: Any, new: Any) -> Iterator[_Splice]:
        """What changes a value where it is written."""
        if same(old, new):
            return
        if node.kind == "mapping" and isinstance(old, dict) and isinstance(new, dict) and new:
            yield from self._mapping(node, old, new)
        elif node.kind == "list" and isinstance(old, list) and (kept := _kept(old, new)):
            yield from self._list(node, old, new, kept)
        else:
            yield self._replaced(node, new)

    def _replaced(self, node: Written, new: Any) -> _Splice:
        if node.flow or node.kind in {"text", "alias"}:
            return _Splice(node.start, self._trimmed(node.end), flow(new))
        # A list may begin where its key does; in brackets it may not.
        indent = "  " if node.kind == "list" else ""
        value = block(new, self._column(node.start)) if lined(new) else indent + flow(new)
        return _Splice(node.start, self._trimmed(node.end), value)

    def _mapping(
        self, node: Written, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> Iterator[_Splice]:
        pairs = list(zip(node.parts[::2], node.parts[1::2], strict=True))
        kept = [pair for pair in pairs if pair[0].text in new or pair[0].text not in old]
        if not kept:
            yield _Splice(node.start, self._trimmed(node.end), flow(new))
            return
        own = {key.text for key, _ in pairs}
        for number, (key, value) in enumerate(pairs):
            if (key, value) not in kept:
                yield self._without(node, pairs, number)
            elif key.text in new:
                yield from self._setting(node, key, value, old[key.text], new[key.text])
        added = {
            name: value
            for name, value in new.items()
            if name not in own and not (name in old and same(old[name], value))
        }
        if added:
            yield self._with(node, kept[-1], added)

    def _setting(
        self, node: Written, key: Written, value: Written, old: Any, new: Any
    ) -> Iterator[_Splice]:
        if value.start < value.end:
            yield from self.change(value, old, new)
        elif not same(old, new):  # `key:` with nothing behind it
            colon = self._text.index(":", key.end) + 1
            column = self._column(key.start)
            yield _Splice(colon, colon, f" {flow(new)}" if node.flow else beside(new, column))

    def _with(
        self, node: Written, last: tuple[Written, Written], added: Mapping[str, Any]
    ) -> _Splice:
        if node.flow:
            at = max(last[1].end, last[0].end)
            return _Splice(at, at, "".join(f", {flow(k)}: {flow(v)}" for k, v in added.items()))
        at, column = self._line_end(last[1].end), self._column(node.parts[0].start)
        lines = (" " * column + keyed(k, v, column) for k, v in added.items())
        return _Splice(at, at, "".join(f"\n{line}" for line in lines))

    def _without(
        self, node: Written, pairs: Sequence[tuple[Written, Written]], number: int
    ) -> _Splice:
        key, value = pairs[number]
        start = self._line_start(key.start)
        alone = not self._text[start : key.start].strip()
        if not node.flow and alone:
            return _Splice(start, self._next_line(value.end), "")
        if number + 1 < len(pairs):
            return _Splice(key.start, pairs[number + 1][0].start, "")
        return _Splice(pairs[number - 1][1].end, value.end, "")

    def _list(
        self, node: Written, old: Sequence[Any], new: Sequence[Any], kept: Sequence[int]
    ) -> Iterator[_Splice]:
        for number, (part, value) in enumerate(zip(node.parts, old, strict=True)):
            if number in kept:
                yield from self.change(part, value, new[kept.index(number)])
            else:
                yield self._left_out(node, number)
        added, last = new[len(kept) :], node.parts[kept[-1]]
        if not added:
            return
        if node.flow:
            yield _Splice(last.end, last.end, "".join(f", {flow(item)}" for item in added))
            return
        at, dash = self._line_end(last.end), self._column(node.start)
        items = (
            f"\n{' ' * dash}- {block(item, dash + 2) if _long(item) else flow(item)}"
            for item in added
        )
        yield _Splice(at, at, "".join(items))

    def _left_out(self, node: Written, number: int) -> _Splice:
        part = node.parts[number]
        if node.flow:
            if number + 1 < len(node.parts):
                return _Splice(part.start, node.parts[number + 1].start, "")
            return _Splice(node.parts[number - 1].end, part.end, "")
        dash = self._text.rindex("-", 0, part.start)
        start, end = self._line_start(dash), self._next_line(part.end)
        if self._text[start:dash].strip():  # the list is itself the item of a list
            end = self._text.index("-", end)
            return _Splice(dash, end, "")
        return _Splice(start, end, "")

    def _column(self, at: int) -> int:
        return at - self._line_start(at)

    def _line_start(self, at: int) -> int:
        return self._text.rfind("\n", 0, at) + 1

    def _trimmed(self, end: int) -> int:
        """Where a value ends, without the blank lines that belong to a text of several lines."""
        return len(self._text[:end].rstrip())

    def _line_end(self, end: int) -> int:
        """The end of the line that a value ends in, with the comment behind it."""
        found = self._text.find("\n", self._trimmed(end))
        return found if found >= 0 else len(self._text)

    def _next_line(self, end: int) -> int:
        return min(self._line_end(end) + 1, len(self._text))


def _kept(old: Sequence[Any], new: Any) -> list[int]:
    """Places of the old items that the new list begins with, each perhaps changed, in their order.

    Empty where they cannot be told apart, or the others are not all behind them.
    """
    if not isinstance(new, list):
        return []
    names, others = _names(old), _names(new)
    if names is None or others is None:
        return []
    places = [names.index(name) for name in others if name in names]
    ahead = all(name in names for name in others[: len(places)])
    return places if ahead and places == sorted(places) else []


def _names(items: Sequence[Any]) -> list[str] | None:
    names = []
    for item in items:
        if not isinstance(item, dict):
            return None
        name = next((item[key] for key in _NAMED if isinstance(item.get(key), str)), None)
        if name is None or name in names:
            return None
        names.append(name)
    return names


def _long(item: Any) -> bool:
    """Whether it is written in several lines, as cameras are."""
    return isinstance(item, dict) and "source" in item


def same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: `true` is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
