"""Wrong: what is wrong in a site file, as an English sentence that knows its code and values.

raise ValueError(wrong("zones_share_name", camera=self.id))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vision.mistakes.drawn import DRAWN
from vision.mistakes.files import FILES, MENDS
from vision.mistakes.gateways import GATEWAYS
from vision.mistakes.set import SET
from vision.printable import printable
from vision.sentence import Lists, Said, Sentence

WRONG: Final[Mapping[str, Sentence]] = {
    code: Sentence(zh, en) for code, (zh, en) in {**DRAWN, **SET, **FILES, **GATEWAYS}.items()
}
MEANT: Final[Lists] = {
    "things": {
        "zone": Sentence("区域", "zone"),
        "permit": Sentence("许可", "permit"),
        "asset": Sentence("部件", "asset"),
        "silence": Sentence("免审时段", "silence"),
        "webhook": Sentence("接收系统", "webhook"),
    },
    "yaml_mends": {code: Sentence(zh, en) for code, (zh, en) in MENDS.items()},
}
"""Lists that the sentences name."""


def wrong(code: str, /, **values: Any) -> Said:
    """The English sentence of a mistake; its values are what JSON has.

    Raises:
        KeyError: no table has the code, or a value of its sentence is missing.
    """
    harmless = {
        name: printable(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    return Said(WRONG[code].say("en", harmless, MEANT), code, harmless)


def said_of(error: BaseException) -> Said:
    """What an error says, with its code; that of a plain text is `value_error`."""
    words = error.args[0] if error.args else ""
    return words if isinstance(words, Said) else Said(str(error), "value_error", {})
