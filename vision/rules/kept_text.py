"""KeptText: the latest items of a list as JSON, so that a look that adds one writes one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial

from pydantic_core import to_json

_text = partial(to_json, inf_nan_mode="null")  # as pydantic writes the floats of a field


class KeptText:
    """JSON of at most `most` items; the oldest goes as one is added to so many."""

    __slots__ = ("_lengths", "_most", "_text")

    def __init__(self, items: Iterable[object], most: int) -> None:
        texts = [_text(item) for item in items][-most:]
        self._most = most
        self._text = b",".join(texts)
        self._lengths = deque(map(len, texts))

    def add(self, item: object) -> None:
        """Add an item at the end."""
        new = _text(item)
        full = len(self._lengths) == self._most
        old = self._text[self._lengths.popleft() + 1 :] if full else self._text
        self._text = old + b"," + new if old else new
        self._lengths.append(len(new))

    def to_json(self) -> bytes:
        """Return the list as JSON."""
        return b"[" + self._text + b"]"
