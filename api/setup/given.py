"""Given: what somebody may put into the site file from afar, before it is looked at as a whole.

The file's variables are this machine's environment and its files: who could name one from afar
could read it in an address or a name. So variables, and paths of files, may be kept or taken away
where they stand, and new ones are written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.errors import SetupRefused
from api.words.said import Mistaken, say
from vision.site.text import control_in

DEEPEST = 20
"""Lists and mappings in each other; a camera has about five."""
_PATHS = frozenset(("document", "picture"))
_VARIABLE = "${"


def check_given(given: Any, before: Any) -> None:
    """Refuse what only a person at the file may write.

    Args:
        given: the new value of a part of the file.
        before: the value that stands there now.

    Raises:
        SetupRefused: it is too deep, holds a control character, or names a variable or a file that
            did not stand there.
    """
    known = {(key in _PATHS, text) for _, key, text in _texts(before, "")}
    for pointer, key, text in _texts(given, ""):
        if (control := control_in(text)) is not None:
            raise SetupRefused(
                say("setup_control", pointer=pointer, control=control),
                [Mistaken(pointer, say("setup_control_in", control=control))],
            )
        if (key in _PATHS, text) in known:
            continue
        if _VARIABLE in text:
            raise SetupRefused(
                say("setup_variable", pointer=pointer),
                [Mistaken(pointer, say("setup_variable_in"))],
            )
        if key in _PATHS:
            raise SetupRefused(
                say("setup_path", pointer=pointer), [Mistaken(pointer, say("setup_path_in"))]
            )


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    """Every text with its pointer and the setting that it is of."""
    waiting: list[tuple[Any, str, str, int]] = [(value, pointer, "", 0)]
    while waiting:
        part, at, key, depth = waiting.pop()
        if depth > DEEPEST:
            raise SetupRefused(say("setup_too_deep", most=DEEPEST))
        if isinstance(part, str):
            yield at, key, part
        elif isinstance(part, dict):
            waiting += [(v, f"{at}/{k}", str(k), depth + 1) for k, v in part.items()]
            waiting += [(k, f"{at}/{k}", "", depth + 1) for k in part]
        elif isinstance(part, list):
            waiting += [(v, f"{at}/{n}", key, depth + 1) for n, v in enumerate(part)]
