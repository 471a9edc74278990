"""Sentence: what people are told, as a template in Chinese and in English, filled with values.

In a template stand values: `{name}`, or `{name:form}`. The forms are `.0f`, `.1f` and `.2f`
(decimals), `duration` (of seconds), `time` (a time of day, of an ISO 8601 text in UTC), and names
of word lists, in which the value is looked up. A list is its items, one after the other. What
stands in `[…]` is left out where its first value is missing, zero or empty. So little, because who
keeps a code and its values renders it anew in any language: the console does it in JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

Language = Literal["zh", "en"]
Lists = Mapping[str, Mapping[str, "Sentence"]]
"""Word lists by name; a word is a sentence without values."""

DECIMALS = frozenset({".0f", ".1f", ".2f"})
FORMS = DECIMALS | {"duration", "time"}
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_VALUE = re.compile(r"\{(\w+)(?::([\w.]+))?\}")
_UNITS = ((86400, "天", "d"), (3600, "小时", "h"), (60, "分", "min"), (1, "秒", "s"))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template in both languages; see the module's docstring."""

    zh: str
    en: str

    def say(self, language: Language, values: Mapping[str, Any], lists: Lists | None = None) -> str:
        """Return the sentence with these values.

        Args:
            language: of the sentence.
            values: by name; more than the template has are welcome.
            lists: for the forms that name one; a word that is in none is said as it is.

        Raises:
            KeyError: a value is missing.
        """
        template = self.zh if language == "zh" else self.en

        def filled(text: str) -> str:
            return _VALUE.sub(
                lambda found: _said(values[found[1]], found[2], language, lists or {}), text
            )

        def chosen(found: re.Match[str]) -> str:
            first = _VALUE.search(found[1])
            there = first is None or values.get(first[1]) not in (None, 0, "", [])
            return found[1] if there else ""

        return filled(_OPTIONAL.sub(chosen, template))

    def placeholders(self, language: Language) -> dict[str, str | None]:
        """The names of a template's values, each with its form."""
        return {name: form or None for name, form in _VALUE.findall(getattr(self, language))}


class Said(str):
    """A text with the code and the values that it was made from."""

    __slots__ = ("code", "params")
    code: str
    params: Mapping[str, Any]

    def __new__(cls, text: str, code: str, params: Mapping[str, Any]) -> Self:
        """Return a text that was said otherwise than by a sentence of this code."""
        made = super().__new__(cls, text)
        made.code, made.params = code, params
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, dict[str, Any]]]:
        """How it goes from one process to another."""
        return type(self), (str(self), self.code, dict(self.params))


def duration(seconds: float, language: Language) -> str:
    """A duration in its largest unit and the next smaller one: `5 min 12 s`, `5分12秒`."""
    left = round(seconds)
    amounts: list[int] = []
    for size, _, _ in _UNITS:
        amount, left = divmod(left, size)
        amounts.append(amount)
    first = next((at for at, amount in enumerate(amounts) if amount), len(_UNITS) - 1)
    shown = [
        f"{amount}{zh}" if language == "zh" else f"{amount} {en}"
        for at, (amount, (_, zh, en)) in enumerate(zip(amounts, _UNITS, strict=True))
        if at == first or (at == first + 1 and amount)
    ]
    return ("" if language == "zh" else " ").join(shown)


def _said(value: Any, form: str, language: Language, lists: Lists) -> str:
    if isinstance(value, list | tuple):
        return ("、" if language == "zh" else ", ").join(
            _said(one, form, language, lists) for one in value
        )
    if form == "duration":
        return duration(value, language)
    if form == "time":
        return f"{datetime.fromisoformat(value):%H:%M:%S} UTC"
    if form in DECIMALS:
        return format(value, form)
    word = lists.get(form, {}).get(str(value))
    return word.say(language, {}) if word is not None else str(value)
