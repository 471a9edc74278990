"""What may stand on a number plate of China, by GA 36-2018 (中华人民共和国机动车号牌).

A province's character, a letter of the issuing office, then five or, of new energy, six characters.
The letters I and O are on no plate. Plates of other rules (armed police WJ, embassies, temporary
ones, those of armed forces) are not read.
"""

from __future__ import annotations

import re
from typing import Final

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS: Final = "0123456789"
LAST: Final = "挂学警港澳"
"""Trailers, driving schools, police, Hong Kong and Macao: in place of the fifth character."""
ALPHABET: Final = PROVINCES + LETTERS + DIGITS + LAST
_ANY = LETTERS + DIGITS
_BATTERY, _HYBRID = "DABCE", "FGHJK"
"""Letters of new energy: of vehicles that run on electricity alone, and of others."""

Grammar = tuple[str, ...]
"""What may stand at each place of a plate."""
ORDINARY: Final[Grammar] = (PROVINCES, LETTERS, *(_ANY,) * 4, _ANY + LAST)
SMALL_GREEN: Final[Grammar] = (PROVINCES, LETTERS, _BATTERY + _HYBRID, _ANY, *(DIGITS,) * 4)
LARGE_GREEN: Final[Grammar] = (PROVINCES, LETTERS, *(DIGITS,) * 5, _BATTERY + _HYBRID)
GRAMMARS: Final = (ORDINARY, SMALL_GREEN, LARGE_GREEN)
PATTERN: Final = "^({})$".format(
    "|".join(
        "[·. -]?".join("".join(f"[{place}]" for place in part) for part in (of[:2], of[2:]))
        for of in GRAMMARS
    )
)
"""The same as a regular expression, for a document; `normal` takes more ways of typing it."""

_SEPARATORS = re.compile(r"[\s·.・•\-–—]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def normal(text: str) -> str | None:
    """A plate as it is written here: no dots or spaces, capitals; None where it is none.

    Where the grammar has no I and O, 1 and 0 are meant: so plates are typed.
    """
    plain = _SEPARATORS.sub("", text.translate(_FULL_WIDTH)).upper()
    plain = plain[:2] + plain[2:].replace("I", "1").replace("O", "0")
    fits = any(
        len(plain) == len(grammar)
        and all(c in place for c, place in zip(plain, grammar, strict=True))
        for grammar in GRAMMARS
    )
    return plain if fits else None
