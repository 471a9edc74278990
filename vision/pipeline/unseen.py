"""Unseen: why the newest look at a camera does not show what was to be looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vision.sentence import Said, Sentence

UNSEEN: Final[Mapping[str, Sentence]] = {
    "held_no_longer": Sentence(
        "摄像机{camera}已不再跟踪该对象，也未见其恢复",
        "camera {camera} holds it no longer, and has not seen it gone",
    ),
    "no_look_since": Sentence(
        "摄像机{camera}此后没有画面[（{state}）]",
        "camera {camera} has looked at nothing since[ ({state})]",
    ),
    "not_shown": Sentence(
        "摄像机{camera}的最新画面中未见该对象",
        "the latest picture of camera {camera} does not show it",
    ),
}


def unseen(code: str, /, **values: Any) -> Said:
    """The English sentence of why, with its code and values.

    Raises:
        KeyError: there is no such code, or a value of its sentence is missing.
    """
    return Said(UNSEEN[code].say("en", values), code, values)
