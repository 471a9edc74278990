"""Said: an English sentence of the API's tables that knows its code and values.

    raise CaseClaimed(say("claimed_by_other", by="Li Wei", until=until.isoformat()))

It is the text that every error of the API takes, so an error needs no more than its message;
`api.http.problems` tells code and values beside it, and who reads another language says it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from api.words.invalid import INVALID
from api.words.legal_reasons import LEGAL_REASONS
from api.words.problems import PROBLEMS
from api.words.vocabulary import VOCABULARY
from vision.printable import printable
from vision.sentence import Lists

LISTS: Final[Lists] = {**VOCABULARY, "legal_reasons": LEGAL_REASONS}
"""What the forms of a template may name."""


class Said(str):
    """A text with the code and the values that it was made from."""

    __slots__ = ("code", "params")
    code: str
    params: Mapping[str, Any]

    def __new__(cls, text: str, code: str, params: Mapping[str, Any]) -> Self:
        """Return a text that was said otherwise than by `say`."""
        made = super().__new__(cls, text)
        made.code, made.params = code, params
        return made


def say(code: str, **params: Any) -> Said:
    """Return the English sentence of a code with these values, which JSON has.

    Names from outside are made harmless.

    Raises:
        KeyError: no table has the code, or a value of its template is missing.
    """
    template = PROBLEMS.get(code) or INVALID[code]
    harmless = {
        name: printable(value) if isinstance(value, str) else value
        for name, value in params.items()
    }
    return Said(template.say("en", harmless, LISTS), code, harmless)
