"""RegisterDesk: permits, assets and silences of the site file, read and changed."""

from __future__ import annotations

import copy
from typing import Any, Literal

from api.access.roles import Principal
from api.access.visible import visible_cameras
from api.setup.given import check_given
from api.setup.history import Change, What
from api.setup.mistaken import Place
from api.setup.pen import Done, Part, Pen, expect, rewritten, see_all, version_of
from api.setup.site_file import Content

Register = Literal["permits", "assets", "silences"]


class RegisterDesk:
    """Changes registers in the site file."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    def get(self, who: Principal, name: Register) -> Part:
        """A register in the site file's terms: the entries about cameras that the key sees.

        Raises:
            NoSiteFile, SiteFileWrong: as they say.
        """
        content = self._pen.content()
        listed = content.value.get(name) or []
        seen = {camera.id for camera in visible_cameras(content.site, who)}
        shown = [entry for entry in listed if not who.limited or _cameras(entry) <= seen]
        return Part(shown, version_of(listed))

    def change(self, who: Principal, name: Register, version: str, entries: list[Any]) -> Done:
        """Put a register's entries into the file.

        Raises:
            SetupForbidden: there is something that the key's holder does not see.
            ChangedMeanwhile, SetupRefused and others: as `CameraDesk.change`.
        """
        see_all(who)

        def make(content: Content) -> tuple[Content, Change]:
            before = content.value.get(name) or []
            expect(version_of(before), version)
            check_given(entries, before)
            value = copy.deepcopy(content.value)
            if entries or value.get(name):
                value[name] = list(entries)
            made = rewritten(content, value, Place((name,), ("body", "items")))
            return made, Change(What(name), None, [name])

        return self._pen.write(who, make, lambda c: version_of(c.value.get(name) or []))


def _cameras(entry: Any) -> set[str]:
    """The cameras that an entry names."""
    if not isinstance(entry, dict):
        return set()
    named = (entry.get("camera"), *(entry.get("cameras") or []))
    return {str(name) for name in named if name is not None}
