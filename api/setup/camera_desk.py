"""CameraDesk: a camera's section of the site file, read and changed; cameras added and removed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from api.access.roles import Principal, Right
from api.access.visible import visible_cameras
from api.errors import SetupForbidden, SetupRefused, UnknownCamera
from api.setup.edit import same
from api.setup.given import check_given
from api.setup.history import Change, What
from api.setup.mistaken import Place
from api.setup.pen import Done, Part, Pen, expect, rewritten, see_all, version_of
from api.setup.site_file import Content
from api.site_in_force import SiteInForce
from api.words.said import Mistaken, say
from vision.site import Camera, Site

WIRED: Final = frozenset(("source", "allow", "type", "decoder", "pace"))
"""What decides which pictures come at all; an admin's."""
USUAL: Final[Mapping[str, Any]] = Camera(id="any", source="any").model_dump(mode="json")
"""What counts where a camera's section says nothing."""


class CameraDesk:
    """Changes cameras in the site file; `in_force` says which cameras a key's holder sees."""

    def __init__(self, in_force: SiteInForce, pen: Pen) -> None:
        self._in_force = in_force
        self._pen = pen

    def get(self, who: Principal, name: str) -> tuple[Part, Camera]:
        """A camera's section without its source, and the camera that it makes.

        Raises:
            UnknownCamera: there is none, as far as the key sees.
            NoSiteFile, SiteFileWrong: as they say.
        """
        _seen(self._in_force.now, who, name)
        content = self._pen.content()
        number = _numbered(content, who, name)
        return _section(content, number), content.site.cameras[number]

    def change(self, who: Principal, name: str, version: str, given: Mapping[str, Any]) -> Done:
        """Put settings into a camera's section; None takes one out of it.

        Raises:
            UnknownCamera: there is none, as far as the key sees.
            SetupForbidden: these settings are not for this key.
            ChangedMeanwhile: `version` is not the present one.
            SetupRefused: the site file would have mistakes; nothing was written.
            NoSiteFile, SiteFileWrong, SiteFileUnwritable, DatabaseUnavailable: as they say.
        """
        _seen(self._in_force.now, who, name)
        if not who.may(Right.SOURCES) and (wired := sorted(WIRED & given.keys())):
            raise SetupForbidden(say("setup_sources", settings=wired))
        if who.kinds is not None:
            raise SetupForbidden(say("setup_every_kind"))

        def make(content: Content) -> tuple[Content, Change]:
            number = _numbered(content, who, name)
            expect(_section(content, number).version, version)
            section = content.value["cameras"][number]
            # Apart: what stands in a source, which is never shown, may not come to stand elsewhere.
            check_given(_without_source(given), _without_source(section))
            check_given(given.get("source"), section.get("source"))
            value = copy.deepcopy(content.value)
            _put(value["cameras"][number], given)
            made = rewritten(content, value, Place(("cameras", number)))
            _seen(made.site, who, name, after=True)
            parts = [k for k in given if not same(section.get(k), value["cameras"][number].get(k))]
            what = What.SOURCE if WIRED & set(parts) else What.SETUP
            return made, Change(what, name, parts)

        return self._pen.write(who, make, lambda c: _section(c, _numbered(c, who, name)).version)

    def add(self, who: Principal, given: Mapping[str, Any]) -> Done:
        """Put a new camera at the end of the file's; see `change`."""
        see_all(who)
        name = str(given["id"])

        def make(content: Content) -> tuple[Content, Change]:
            if any(camera.id == name for camera in content.site.cameras):
                mistake = Mistaken("/body/id", say("setup_id_taken"))
                raise SetupRefused(say("camera_taken", camera=name), [mistake])
            check_given(given, None)
            value = copy.deepcopy(content.value)
            cameras = value.get("cameras") or []
            value["cameras"] = [*cameras, {k: v for k, v in given.items() if v is not None}]
            made = rewritten(content, value, Place(("cameras", len(cameras))))
            return made, Change(What.CAMERA_ADDED, name, list(given))

        return self._pen.write(who, make, lambda c: _section(c, _numbered(c, who, name)).version)

    def remove(self, who: Principal, name: str) -> Done:
        """Take a camera out of the file; see `change`."""
        _seen(self._in_force.now, who, name)
        see_all(who)

        def make(content: Content) -> tuple[Content, Change]:
            value = copy.deepcopy(content.value)
            del value["cameras"][_numbered(content, who, name)]
            return rewritten(content, value, None), Change(What.CAMERA_REMOVED, name)

        return self._pen.write(who, make)


def _numbered(content: Content, who: Principal, name: str) -> int:
    """A camera's place in the file."""
    _seen(content.site, who, name)
    return [camera.id for camera in content.site.cameras].index(name)


def _seen(site: Site, who: Principal, name: str, *, after: bool = False) -> None:
    if any(camera.id == name for camera in visible_cameras(site, who)):
        return
    if after:
        raise SetupForbidden(say("setup_out_of_sight", camera=name))
    raise UnknownCamera(say("camera_unknown", camera=name[:64]))


def _section(content: Content, number: int) -> Part:
    section = _without_source(content.value["cameras"][number])
    return Part(section, version_of(section))


def _without_source(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key != "source"}


def _put(section: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Settings into a section; what is not written there and counts anyway stays unwritten."""
    for key, value in given.items():
        if value is None or (key == "ground" and not value):  # no points: a camera without
            section.pop(key, None)
        elif key in section or not same(value, USUAL[key]):
            section[key] = value
