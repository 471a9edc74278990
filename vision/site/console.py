"""Console: what its map shows behind the cases."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from vision.fields import Part
from vision.mistakes.wrong import wrong
from vision.site.web_address import checked

_PARTS = ("{z}", "{x}", "{y}")
_LIKE = "https://tiles.example/{z}/{x}/{y}.png"


def _checked_tiles(text: str) -> str:
    """The address with its three numbers in braces, all behind the host."""
    filled = text
    for part in _PARTS:
        if text.count(part) != 1:
            raise ValueError(wrong("tile_part", part=part, like=_LIKE))
        filled = filled.replace(part, "0")
    if re.search(r"[{}\s;,'\"@]", filled):
        raise ValueError(wrong("tile_characters", parts=list(_PARTS)))
    checked(filled)
    if "{" in tile_origin(text):
        raise ValueError(wrong("tile_host", parts=list(_PARTS)))
    return text


def tile_origin(tiles: str) -> str:
    """Scheme, host and port of an address of tiles."""
    scheme, _, rest = tiles.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}"


class MapSettings(Part):
    """The map behind the cases; with neither, it has a grid of degrees and a scale.

    `background` is a path of a GeoJSON file (longitude, latitude, WGS 84 or CGCS2000) of at most
    4 MiB: streets, water, buildings, borders. Its features may say what they are by `kind`: `road`,
    `lane`, `rail`, `water`, `green`, `building`, `border`; and how they are called by `name`.
    `tiles` is an address of map tiles in Web Mercator, WGS 84, from which people's browsers load
    besides: whoever runs it learns where they look. `attribution` is whom the map names.
    """

    background: str | None = None
    tiles: Annotated[str, AfterValidator(_checked_tiles)] | None = None
    attribution: Annotated[str, Field(max_length=200)] = ""


class ConsoleSettings(Part):
    """What the console shows."""

    map: MapSettings = MapSettings()
