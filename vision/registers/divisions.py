"""Divisions: codes of administrative divisions as a tree, and the site's register of their names.

GB/T 2260 gives province, city and district two digits each; GB/T 10114 adds three for the street or
town, and the statistical codes three more for the community. So a code begins with that of what it
lies in, and a prefix of one of these lengths is a level. The printed six and twelve digits of a
province or city are filled up with zeros (421300, 421300000000): here those are dropped. A site
elsewhere may use codes of its own, with a letter in each: they have no levels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from vision.fields import Part
from vision.mistakes.wrong import wrong


class Level(StrEnum):
    """A level of the tree, the widest first."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


DIGITS: Final[Mapping[Level, int]] = dict(zip(Level, (2, 4, 6, 9, 12), strict=True))
"""How many digits a code of each level has."""
_LEVELS: Final = {digits: level for level, digits in DIGITS.items()}
FORM: Final = "[1-9][0-9](([0-9]{2}){0,2}|[0-9]{7}|[0-9]{10})|[0-9]{0,15}[A-Za-z][0-9A-Za-z]{0,15}"
"""A regular expression for codes: of the tree's lengths, or a site's own."""
_FORM = re.compile(FORM)


def canonical(code: str) -> str:
    """A code without the zeros that fill it up; one of a site's own in capitals.

    Raises:
        ValueError: it is no code.
    """
    if not _FORM.fullmatch(code):
        raise ValueError(wrong("division_form", code=code))
    if not code.isdigit():
        return code.upper()
    groups = [n for n in DIGITS.values() if n <= len(code)]
    # A group of zeros at the end names nothing; the zeros at the end of 421300100 are a street's.
    while len(groups) > 1 and not code[groups[-2] :].strip("0"):
        code = code[: groups[-2]]
        groups.pop()
    return code


DivisionCode = Annotated[str, AfterValidator(canonical)]
"""A division's code in a setting, made `canonical`."""
MaybeDivision = Annotated[str, AfterValidator(lambda code: canonical(code) if code else "")]
"""The same where it may be left empty."""


def level_of(code: str) -> Level | None:
    """The level of a code; None for a site's own, for none, and for one from before any rule."""
    return _LEVELS.get(len(code)) if code.isdigit() else None


def lineage(code: str) -> list[str]:
    """A code's ancestors from the province on, and itself at the end; of a site's own only that."""
    if level_of(code) is None:
        return [code] if code else []
    return [code[:n] for n in DIGITS.values() if n <= len(code)]


def at_level(code: str, level: Level) -> str:
    """The unit of a level that a division lies in; itself where it is wider, or has no level."""
    return code[: DIGITS[level]] if level_of(code) is not None else code


def lies_in(code: str, scope: Iterable[str]) -> bool:
    """Whether a division is one of these or lies below one: what a scope of divisions means."""
    return code.startswith(tuple(scope))


class Division(Part):
    """An entry of the register: a division's code and what it is called."""

    code: DivisionCode
    zh: Annotated[str, Field(min_length=1, max_length=60)]
    en: Annotated[str, Field(max_length=60)] = ""


def check_divisions(listed: tuple[Division, ...]) -> tuple[Division, ...]:
    """Refuse a register that names a code twice."""
    codes = [one.code for one in listed]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(wrong("divisions_twice", names=twice))
    return listed


class DivisionNames:
    """What a site's divisions are called."""

    def __init__(self, listed: Iterable[Division]) -> None:
        self._named = {one.code: one for one in listed}

    def name(self, code: str, language: str) -> str:
        """A division's own name; empty where the register has none."""
        found = self._named.get(code)
        if found is None:
            return ""
        return found.zh if language == "zh" else found.en or found.zh
