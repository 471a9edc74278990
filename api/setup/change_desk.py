"""ChangeDesk: the history of the site file as a key's holder sees it, and undo."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

from api.access.roles import Principal, Right
from api.access.visible import visible_cameras
from api.errors import CannotUndo, SetupForbidden
from api.setup.history import Change, What, changes, find, text_after, text_before
from api.setup.pen import Done, Pen, checked, see_all
from api.setup.site_file import Content
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import SiteChangeRow
from vision.errors import SiteError

MOST_LINES: Final = 4000
"""Lines of a difference that are shown; a file of 500 cameras has some 6,000 lines."""
_ADMINS: Final = frozenset((What.SOURCE, What.CAMERA_ADDED, What.CAMERA_REMOVED, What.FILE))


class ChangeDesk:
    """Shows and undoes changes. Who does not see everything sees those of their cameras alone."""

    def __init__(self, database: Database, in_force: SiteInForce, pen: Pen) -> None:
        self._database = database
        self._in_force = in_force
        self._pen = pen

    def page(self, who: Principal, after: int | None, limit: int) -> list[SiteChangeRow]:
        """The newest changes behind the number `after`, without their texts."""
        return changes(self._database, self._cameras(who), after, limit)

    def get(self, who: Principal, number: int) -> tuple[SiteChangeRow, str]:
        """One change, and how the file differs by it.

        Raises:
            UnknownChange: there is none, as far as the key sees.
        """
        row = find(self._database, self._cameras(who), number)
        return row, _difference(text_before(row), text_after(row))

    def undo(self, who: Principal, number: int) -> Done:
        """Put the text before a change back, if the file is what the change made it.

        Raises:
            UnknownChange: there is none, as far as the key sees.
            SetupForbidden: it is not this key's to undo.
            CannotUndo: another change stands in between, or there is nothing to undo.
            SetupRefused: the text before would be wrong now.
            NoSiteFile, SiteFileWrong, SiteFileUnwritable, DatabaseUnavailable: as they say.
        """
        row = find(self._database, self._cameras(who), number)
        what = What(row.what)
        self._check(who, what)
        file = self._pen.file

        def make(content: Content) -> tuple[Content, Change]:
            if content.sha256 != row.after_sha256:
                raise CannotUndo(self._between(row))
            made = file.content(text_before(row))
            checked(made)
            return made, Change(what, row.camera, row.parts, undoes=row.id)

        return self._pen.write(who, make)

    def _check(self, who: Principal, what: What) -> None:
        if what is What.FOUND:
            raise CannotUndo("this is how the file was found; there is nothing before it")
        if what in _ADMINS and not who.may(Right.SOURCES):
            raise SetupForbidden("an admin undoes what changes cameras and their sources")
        if what is not What.SETUP:
            see_all(who)
        elif who.kinds is not None:
            raise SetupForbidden("who does not see every kind may not change what cameras watch")

    def _between(self, row: SiteChangeRow) -> str:
        newest = changes(self._database, None, None, 1)[0]
        if newest.id == row.id:
            return "the site file is another one than this change made; undo it on its own server"
        by = "somebody who edited the file" if newest.what == What.FILE else newest.by
        return (
            f"the file has changed since: the newest change, {newest.id}, is by {by} of "
            f"{newest.at.isoformat(timespec='seconds')}; undo the changes after this one first"
        )

    def _cameras(self, who: Principal) -> set[str] | None:
        if not who.limited:
            return None
        return {camera.id for camera in visible_cameras(self._in_force.now, who)}


def _difference(before: bytes, after: bytes) -> str:
    """The unified difference of two contents, without secrets."""
    path = Path("site.yaml")
    old, new = (_shown(Content(raw, path, None)).splitlines() for raw in (before, after))
    lines = list(difflib.unified_diff(old, new, path.name, path.name, lineterm=""))
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… {len(lines) - MOST_LINES} lines more"]
    return "\n".join(lines)


def _shown(content: Content) -> str:
    try:
        return content.masked()
    except SiteError:  # of a text that an earlier version could read
        return "***"
