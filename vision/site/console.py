"""Console: what its map shows behind the cases."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from vision.fields import Part
from vision.site.web_address import checked


def _checked_tiles(text: str) -> str:
    """The address with its three numbers in braces, all behind the host."""
    filled = text
    for part in ("{z}", "{x}", "{y}"):
        if text.count(part) != 1:
            raise ValueError(
                f"needs {part} once; write one such as https://tiles.example/{{z}}/{{x}}/{{y}}.png"
            )
        filled = filled.replace(part, "0")
    if re.search(r"[{}\s;,'\"@]", filled):
        raise ValueError(
            "has a brace, space, comma, semicolon, quote or @ besides {z}, {x} and {y}; leave it "
            "out: the browser is told the address's beginning as one that it may load from"
        )
    checked(filled)
    if "{" in tile_origin(text):
        raise ValueError("has {z}, {x} or {y} in its host name; put them behind it")
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
