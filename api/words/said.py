"""Said: an English sentence of the API's tables that knows its code and values.

    raise CaseClaimed(say("claimed_by_other", by="Li Wei", until=until.isoformat()))

It is the text that every error of the API takes, so an error needs no more than its message;
`api.http.problems` tells code and values beside it, and who reads another language says it anew.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from api.words.invalid import INVALID
from api.words.legal_reasons import LEGAL_REASONS
from api.words.log_reasons import LOG_REASONS
from api.words.problems import PROBLEMS
from api.words.vocabulary import VOCABULARY
from vision.mistakes.wrong import MEANT
from vision.printable import printable
from vision.sentence import Lists, Said

__all__ = ["LISTS", "Mistaken", "Said", "say"]

LISTS: Final[Lists] = {**VOCABULARY, **MEANT, "legal_reasons": LEGAL_REASONS}
"""What the forms of a template may name."""


class Mistaken(NamedTuple):
    """One mistake of several: its JSON pointer, what is wrong, its line in the site file."""

    pointer: str
    said: Said
    line: int | None = None


def say(code: str, **params: Any) -> Said:
    """Return the English sentence of a code with these values, which JSON has.

    Names from outside are made harmless.

    Raises:
        KeyError: no table has the code, or a value of its template is missing.
    """
    template = PROBLEMS.get(code) or LOG_REASONS.get(code) or INVALID[code]
    harmless = {
        name: printable(value) if isinstance(value, str) else value
        for name, value in params.items()
    }
    return Said(template.say("en", harmless, LISTS), code, harmless)
