"""A console module as its reader needs it: comments gone, strings and markup told from code.

Enough of JavaScript for modules of ours, no parser of it: strings, templates within templates,
comments, and regular expressions where one can begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<regex>(?:(?<=[(,=:\[!&|?{};\n])|(?<=return)|(?<=>))\s*
          /(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/\w*)
      | (?P<open>`)
      | (?P<brace>[{}])""",
    re.VERBOSE | re.DOTALL,
)
_CHUNK = re.compile(r"(?P<end>`)|(?P<hole>\$\{)|(?P<text>(?:\\.|[^`\\$]|\$(?!\{))+)", re.DOTALL)
_TEXT_OF_MARKUP = re.compile(r">([^<>]*)<")
_ATTRIBUTE = re.compile(r"""\b(?:aria-label|title|placeholder|alt|label)=(["'])(.*?)\1""")
_HOLE = "\0"


@dataclass
class Script:
    """What one module holds.

    Attributes:
        code: the source without comments; strings and templates are kept.
        strings: every quoted string, without its quotes.
        templates: every template literal's own text, `\\0` where a value stands.
    """

    code: str = ""
    strings: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, source: str) -> Script:
        """Read a module."""
        made = cls()
        made._read(source, 0, nested=False)
        return made

    def markup_texts(self) -> Iterator[str]:
        """What people would read in templates of markup: texts between tags, and labels."""
        for template in self.templates:
            if "<" not in template:
                continue
            inside = _TEXT_OF_MARKUP.findall(f">{template}<")
            for text in [*inside, *(found[1] for found in _ATTRIBUTE.findall(template))]:
                yield from (part.strip() for part in text.split(_HOLE))

    def _read(self, source: str, at: int, *, nested: bool) -> int:
        """Read code from here to the end, or to the brace that closes a template's hole."""
        depth = 0
        while (found := _TOKEN.search(source, at)) is not None:
            self.code += source[at : found.start()]
            at = found.end()
            if found["string"]:
                self.strings.append(found[0][1:-1])
            if found["open"]:
                self.code += "`"
                at = self._template(source, at)
                continue
            if found["comment"] is None:
                self.code += found[0]
            if found["brace"]:
                depth += 1 if found[0] == "{" else -1
                if nested and depth < 0:
                    return at
        self.code += source[at:]
        return len(source)

    def _template(self, source: str, at: int) -> int:
        own = len(self.templates)
        self.templates.append("")
        while (found := _CHUNK.match(source, at)) is not None:
            at = found.end()
            self.code += found[0]
            if found["end"]:
                return at
            if found["hole"]:
                self.templates[own] += _HOLE
                at = self._read(source, at, nested=True)
            else:
                self.templates[own] += found["text"]
        return at
