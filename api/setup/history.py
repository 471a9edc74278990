"""History: who changed what in the site file, with the texts before and after.

A change is entered before the file is written (`writing`) and shown once the file holds it
(`written`). Whoever finds one that is `writing` while nobody writes looks at the file, which is
right: so a crash in between leaves neither a change without its row nor a row without its change.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import defer

from api.access.roles import Principal
from api.errors import UnknownChange
from api.setup.site_file import Content
from api.storage.database import Database
from api.storage.tables import SiteChangeRow

BY_FILE = "file"
"""Who changed it where somebody edited the file by hand."""


class What(StrEnum):
    """What kind of a change it is, and so who may undo it."""

    SETUP = "setup"
    SOURCE = "source"
    CAMERA_ADDED = "camera_added"
    CAMERA_REMOVED = "camera_removed"
    PERMITS = "permits"
    ASSETS = "assets"
    SILENCES = "silences"
    FILE = "file"
    FOUND = "found"
    """The file as it was when this server first saw it; nothing was changed."""


class State(StrEnum):
    """How far it is."""

    WRITING = "writing"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Change:
    """A change to be entered; `parts` are the settings that it touches."""

    what: What
    camera: str | None = None
    parts: Sequence[str] = ()
    undoes: int | None = None


class History:
    """The changes of one site file; in a database that others may share."""

    def __init__(self, database: Database, file: str) -> None:
        self._database = database
        self._file = file

    def begin(self, change: Change, who: Principal, before: Content, after: Content) -> int:
        """Enter a change that is about to be written; give its number.

        Raises:
            DatabaseUnavailable: it is not entered, so it must not be written.
        """
        row = self._row(change, before, after, State.WRITING)
        row.by, row.who = who.label, who.key_id
        with self._database.write() as session:
            session.add(row)
        return row.id

    def settle(self, now: Content) -> None:
        """Find out of changes that were being written whether the file holds them.

        Call it while the file is locked: then nobody is writing. One of another file that does not
        hold it is left to who has that file.

        Raises:
            DatabaseUnavailable: nothing is settled; call again.
        """
        ours = or_(SiteChangeRow.file == self._file, SiteChangeRow.after_sha256 == now.sha256)
        waiting = SiteChangeRow.state == State.WRITING.value, ours
        with self._database.read() as session:
            if session.scalar(select(SiteChangeRow.id).where(*waiting).limit(1)) is None:
                return
        with self._database.write() as session:
            query = select(SiteChangeRow).where(*waiting).order_by(SiteChangeRow.id)
            for row in session.scalars(query.with_for_update()):
                if row.after_sha256 != now.sha256:
                    session.execute(delete(SiteChangeRow).where(SiteChangeRow.id == row.id))
                    continue
                row.state = State.WRITTEN.value
                undone = session.get(SiteChangeRow, row.undoes) if row.undoes else None
                if undone is not None:
                    undone.undone = True
                    again = session.get(SiteChangeRow, undone.undoes) if undone.undoes else None
                    if again is not None:
                        again.undone = False

    def noticed(self, now: Content, parts: Callable[[bytes], Sequence[str]]) -> bool:
        """Enter what somebody has changed in the file by hand since it was last known.

        Args:
            now: what the file holds.
            parts: which settings differ from those of an earlier content.

        Returns:
            Whether there was anything to enter.

        Raises:
            DatabaseUnavailable: it is not entered; call again.
        """
        with self._database.read() as session:
            newest = select(SiteChangeRow).where(SiteChangeRow.state == State.WRITTEN.value)
            newest = newest.order_by(SiteChangeRow.id.desc()).limit(1)
            last = session.scalar(newest.where(SiteChangeRow.file == self._file))
            if last is None:
                last = session.scalar(newest)
                if last is not None and last.after_sha256 == now.sha256:
                    return False
                row = self._row(Change(What.FOUND), now, now, State.WRITTEN)
            elif last.after_sha256 == now.sha256:
                return False
            else:
                differing = parts(zlib.decompress(last.after))
                row = self._row(Change(What.FILE, parts=differing), now, now, State.WRITTEN)
                row.before, row.before_sha256 = last.after, last.after_sha256
        row.by, row.who = BY_FILE, ""
        with self._database.write() as session:
            session.add(row)
        return True

    def _row(self, change: Change, before: Content, after: Content, state: State) -> SiteChangeRow:
        return SiteChangeRow(
            at=datetime.now(UTC),
            what=change.what.value,
            camera=change.camera,
            parts=list(change.parts),
            undoes=change.undoes,
            file=self._file,
            before=zlib.compress(before.raw),
            after=zlib.compress(after.raw),
            before_sha256=before.sha256,
            after_sha256=after.sha256,
            state=state.value,
            undone=False,
        )


def changes(
    database: Database, cameras: Collection[str] | None, after: int | None, limit: int
) -> list[SiteChangeRow]:
    """The newest changes behind the number `after`, without their texts.

    Args:
        database: where they are.
        cameras: only those of these cameras; None for all.
        after: the last one of the page before; None for the first page.
        limit: how many at most.
    """
    query = select(SiteChangeRow).where(SiteChangeRow.state == State.WRITTEN.value)
    if cameras is not None:
        query = query.where(SiteChangeRow.camera.in_(cameras))
    if after is not None:
        query = query.where(SiteChangeRow.id < after)
    query = query.options(defer(SiteChangeRow.before), defer(SiteChangeRow.after))
    with database.read() as session:
        return list(session.scalars(query.order_by(SiteChangeRow.id.desc()).limit(limit)))


def find(database: Database, cameras: Collection[str] | None, number: int) -> SiteChangeRow:
    """One change, if it is of one of these cameras (None: of any, or of none).

    Raises:
        UnknownChange: it is not there.
    """
    with database.read() as session:
        row = session.get(SiteChangeRow, number)
    seen = row is not None and (cameras is None or row.camera in cameras)
    if row is None or not seen or row.state != State.WRITTEN.value:
        raise UnknownChange(f"no change {number} of the site file is known to this key")
    return row


def text_before(row: SiteChangeRow) -> bytes:
    """The file's content before a change."""
    return zlib.decompress(row.before)


def text_after(row: SiteChangeRow) -> bytes:
    """The file's content after a change."""
    return zlib.decompress(row.after)
