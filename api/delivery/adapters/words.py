"""Words: texts of the site file with placeholders for what a case says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from string import Formatter
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from vision.kinds import catalogue

Language = Literal["zh", "en"]
NAMES = ("case_id", "kind", "subtype", "matter", "address", "grid", "first_seen", "deadline")


def _checked(text: str) -> str:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; write {{{{ or }}}} for a bracket that is meant") from None
    for _, name, form, turned in parts:
        if name is not None and (name not in NAMES or form or turned):
            known = ", ".join(f"{{{one}}}" for one in NAMES)
            raise ValueError(f"{{{name}}} is no placeholder; there are {known}")
    return text


Template = Annotated[str, AfterValidator(_checked)]
"""A text in which `{address}` and the like stand for what a case says; see `NAMES`."""


class Placeholders(Mapping[str, str]):
    """What each placeholder stands for in one case.

    Args:
        data: of the event; what the receiver may not see is empty.
        timezone: of times, to the minute.
        language: of the kind's name.
    """

    def __init__(self, data: Mapping[str, Any], timezone: str, language: Language) -> None:
        where = data.get("where") or {}
        kind = next((k for k in catalogue().kinds if k.name == data["kind"]), None)
        subtypes = kind.subtypes if kind is not None else ()
        subtype = next((s for s in subtypes if s.name == data.get("subtype")), None)
        # Of a package of kinds that is not installed any more, the name in the case has to do.
        called: str = getattr(kind, language) if kind is not None else data["kind"]
        named: str = getattr(subtype, language) if subtype is not None else called
        zone = ZoneInfo(timezone)
        self._said: dict[str, str] = {
            "case_id": data["case_id"],
            "kind": called,
            "subtype": named,
            "matter": named,
            "address": where.get("address", ""),
            "grid": where.get("grid", ""),
            "first_seen": _minute((data.get("when") or {}).get("first_seen"), zone),
            "deadline": _minute((data.get("deadline") or {}).get("at"), zone),
        }

    def __getitem__(self, name: str) -> str:
        return self._said[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)


def _minute(at: str | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"
