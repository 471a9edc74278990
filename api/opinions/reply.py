"""Reply: what a model said, taken only in the form that was asked for.

A model is led by what it sees, and a picture may hold words that somebody put there for it. So
nothing in an answer is more than one of three words and a sentence that is shown as text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.cases.opinion import Answer

LONGEST_WHY: Final = 300
"""Characters of `why`, as they come."""
LONGEST_MODEL: Final = 120
"""Characters of a model's name that are kept."""
FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "enum": [answer.value for answer in Answer]},
        "why": {"type": "string", "maxLength": LONGEST_WHY},
    },
    "required": ["answer", "why"],
    "additionalProperties": False,
}
"""JSON Schema of what a model is asked for."""
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories of what no reader sees, or reads otherwise than it stands: controls, turns of
direction, joiners, tags, surrogates, what is assigned to nobody."""


class NotInForm(ValueError):  # noqa: N818 - it says what is not
    """An answer that is none, in words that hold nothing of it but its kind."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. `model` is its name as the endpoint told it."""

    answer: Answer
    why: str
    model: str


def read(body: bytes) -> Reply:
    """What an endpoint's answer to `chat/completions` says.

    Args:
        body: as it came, whole.

    Raises:
        NotInForm: it is not exactly what was asked for.
    """
    message = _parsed(body)
    try:
        model, choice = message["model"], message["choices"][0]
        content, ended = choice["message"]["content"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise NotInForm("is no chat completion") from None
    if not isinstance(model, str) or not isinstance(content, str):
        raise NotInForm("is no chat completion")
    if ended == "length":
        raise NotInForm("breaks off: the model used up its tokens before it had answered")
    answer, why = _said(content)
    return Reply(answer, why, plain(model)[:LONGEST_MODEL] or "?")


def _said(content: str) -> tuple[Answer, str]:
    fenced = _FENCE.fullmatch(content.strip())  # what models do that cannot be held to a schema
    said = _parsed(fenced[1] if fenced else content)
    if not isinstance(said, dict) or set(said) != {"answer", "why"}:
        raise NotInForm("is not a JSON object with answer and why alone")
    why = said["why"]
    if said["answer"] not in [answer.value for answer in Answer]:
        raise NotInForm("says neither yes, no nor unsure")
    if not isinstance(why, str) or not (cleaned := plain(why)):
        raise NotInForm("gives no reason in words")
    if len(why) > LONGEST_WHY:
        raise NotInForm(f"gives a reason of more than {LONGEST_WHY} characters")
    return Answer(said["answer"]), cleaned


def plain(text: str) -> str:
    """A text on one line, of what is seen alone."""
    spaced = "".join(" " if char in "\t\n\r\x0b\x0c\x85" else char for char in text)
    kept = (char for char in spaced if unicodedata.category(char) not in _UNSEEN)
    return " ".join("".join(kept).split())


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except NotInForm:
        raise
    except (ValueError, RecursionError):  # bad UTF-8 is a ValueError, too
        raise NotInForm("is not JSON") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of which nothing is said twice: readers would take the one or the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotInForm("says something twice")
    return found
