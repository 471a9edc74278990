"""Open311: what of a site's confirmed cases others may read by GeoReport v2."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vision.fields import KindName, Part


class Open311(Part):
    """What the GeoReport v2 view shows, and to whom.

    With `public: true` to everybody, else to whoever has a key. `kinds`: only these; none: all.
    `jurisdiction` is the site's jurisdiction id, its division if absent. Positions are rounded to
    `position_m`, metres, so that a case does not name a house or a stall; `address` gives the
    address of the case's camera or place as well, `media` links to masked pictures, which need a
    key.
    """

    public: bool = False
    jurisdiction: Annotated[str, Field(max_length=64)] = ""
    kinds: tuple[KindName, ...] = ()
    position_m: Annotated[float, Field(ge=0, le=10_000)] = 100.0
    address: bool = False
    media: bool = False
