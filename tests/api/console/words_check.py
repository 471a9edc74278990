"""What is wrong with the words of the console's modules: missing, unused, twice, or elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.api.console.script_text import Script

_TEXT = r'"((?:[^"\\]|\\.)*)"'
_ENTRY = re.compile(rf'(?:"([\w.-]+)"|([A-Za-z_]\w*))\s*:\s*\[\s*{_TEXT}\s*,\s*{_TEXT}\s*,?\s*\]')
_ASKED = re.compile(r"(?<![\w.$])t\(")
_FAMILY = re.compile(r"`([\w.-]+)\$\{")
_COMPARED = re.compile(r"""[=!]==?\s*(["'])[^"']*\1""")
_LITERAL = re.compile(r"""(["'])([\w.-]+)\1""")
_HAN = re.compile("[\u3400-\u9fff]")
_ENGLISH = re.compile(
    r"^[A-Z][a-z]+(?:[ ,.:;!?'’]+[A-Za-z]+)+[.!?]?$|^[a-z]+(?: [a-z']+){3,}[.!?]?$"
)
_IN_MARKUP = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True)
class Console:
    """A console's modules: files of words, and all others."""

    words: Mapping[str, str]
    modules: Mapping[str, Script]

    @classmethod
    def at(cls, static: Path) -> Console:
        """Read a folder: words lie in `words/`, or in `words.js`; what is vendored is not ours."""
        files = [f for f in sorted(static.rglob("*.js")) if "vendor" not in f.parts]
        folder = static / "words"
        words = [f for f in files if f.parent == folder] or [static / "words.js"]
        return cls(
            {str(f.relative_to(static)): f.read_text(encoding="utf-8") for f in words},
            {
                str(f.relative_to(static)): Script.of(f.read_text(encoding="utf-8"))
                for f in files
                if f not in words
            },
        )

    def entries(self) -> list[tuple[str, str, str, str]]:
        """Every word: its file, key, Chinese and English."""
        return [
            (file, quoted or plain, zh, en)
            for file, text in self.words.items()
            for quoted, plain, zh, en in _ENTRY.findall(Script.of(text).code)
        ]

    def asked(self) -> Iterator[tuple[str, str, bool]]:
        """Every key that a module asks for by name: the module, the key, whether of a family."""
        for name, script in self.modules.items():
            for found in _ASKED.finditer(script.code):
                argument = _COMPARED.sub("", _first_argument(script.code, found.end()))
                yield from ((name, key, False) for _, key in _LITERAL.findall(argument))
                yield from ((name, prefix, True) for prefix in _FAMILY.findall(argument))


def _first_argument(code: str, at: int) -> str:
    """What stands from here to the comma or bracket that ends it."""
    depth, start = 0, at
    while at < len(code):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if depth < 0 or (depth == 0 and code[at] == ","):
            break
        at += 1
    return code[start:at]


def faults(
    console: Console, spoken: Collection[str] = (), allowed: Collection[str] = ()
) -> list[str]:
    """What is wrong, a line each.

    Args:
        console: its modules.
        spoken: keys that come from the server's answers, such as stages: used without being named.
        allowed: strings that are natural language and stay where they are.
    """
    entries = console.entries()
    keys = [key for _, key, _, _ in entries]
    return [
        *(f"{key}: defined {n} times" for key, n in Counter(keys).items() if n > 1),
        *(
            f"{file}: {key}: not in both languages"
            for file, key, zh, en in entries
            if not (zh and en)
        ),
        *_missing(console, set(keys)),
        *_unused(console, keys, spoken),
        *_elsewhere(console, allowed),
    ]


def _missing(console: Console, keys: Collection[str]) -> Iterator[str]:
    for module, key, family in console.asked():
        if not (any(k.startswith(key) for k in keys) if family else key in keys):
            yield f"{module}: t({key + '…' if family else key}) is no word"


def _unused(console: Console, keys: Collection[str], spoken: Collection[str]) -> Iterator[str]:
    named = {text for script in console.modules.values() for text in script.strings}
    # A key may also be the name of an object's member, whose names are looked up: `keys_of({…})`.
    code = "\n".join(script.code for script in console.modules.values())
    members = set(re.findall(r"([A-Za-z_]\w*)\s*:(?!:)", code))
    families = {
        prefix for script in console.modules.values() for prefix in _FAMILY.findall(script.code)
    }
    used = named | members | set(spoken)
    for key in keys:
        if key not in used and not any(key.startswith(prefix) for prefix in families):
            yield f"{key}: is asked for nowhere"


def _elsewhere(console: Console, allowed: Collection[str]) -> Iterator[str]:
    for module, script in console.modules.items():
        texts = [(text, bool(_ENGLISH.match(text))) for text in script.strings]
        texts += [(part, False) for text in script.templates for part in text.split("\0")]
        texts += [(text, bool(_IN_MARKUP.search(text))) for text in script.markup_texts()]
        for text, natural in texts:
            if (natural or _HAN.search(text)) and text.strip() not in allowed:
                yield f"{module}: {' '.join(text.split())[:60]!r} is no word of words/"
