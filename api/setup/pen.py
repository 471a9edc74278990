"""Pen: what writes into the site file: one change at a time, checked first, entered in its history.

Also what the changes have in common: versions, what is refused, and how.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from api.access.roles import Principal
from api.errors import (
    ChangedMeanwhile,
    DatabaseUnavailable,
    NoSiteFile,
    SetupForbidden,
    SetupRefused,
    SiteFileWrong,
)
from api.setup.following import Following
from api.setup.history import Change, History
from api.setup.mistaken import Place, told
from api.setup.site_file import Content, SiteFile
from api.words.said import say
from vision.errors import SiteError


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the site file in its own terms, and the version that a change of it names."""

    value: Any
    version: str


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made: its number (None: nothing differed), and the part's new version.

    `waits` are the parts of the site file that differ from what runs, until the next start.
    """

    change: int | None
    version: str
    waits: tuple[str, ...]


Make = Callable[[Content], tuple[Content, Change]]


class Pen:
    """Writes into one site file.

    Args:
        file: None where the site was made without one.
        history: of its changes.
        following: what takes a changed file over.
    """

    def __init__(
        self, file: SiteFile | None, history: History | None, following: Following | None
    ) -> None:
        self._parts = (file, history, following) if file and history and following else None

    @property
    def file(self) -> SiteFile:
        """The file.

        Raises:
            NoSiteFile: there is none.
        """
        return self._all()[0]

    def content(self) -> Content:
        """What the file says now, without mistakes.

        Raises:
            NoSiteFile: there is none.
            SiteFileWrong: it has mistakes or cannot be read.
        """
        content = self.file.read()
        try:
            _ = content.value, content.site
        except SiteError as error:
            said = say("site_file_mistakes", mistakes=content.said(error))
            raise SiteFileWrong(said, told(content, error)) from error
        return content

    def write(
        self, who: Principal, make: Make, version: Callable[[Content], str] | None = None
    ) -> Done:
        """Change the file while nobody else does.

        Args:
            who: who changes it.
            make: makes its new content of the present one; may refuse.
            version: of the part that was changed; by default the change's number.

        Raises:
            NoSiteFile, SiteFileWrong: as `content`.
            SiteFileUnwritable, DatabaseUnavailable: it is as it was.
        """
        file, history, following = self._all()
        with file.locked():
            before = self.content()
            following.catch_up(before)
            after, change = make(before)
            number = None
            if after.raw != before.raw:
                number = history.begin(change, who, before, after)
                try:
                    file.write(after, before)
                finally:  # where this cannot be done now, who looks at the file next does it
                    with suppress(DatabaseUnavailable, SiteFileWrong):
                        history.settle(file.read())
                following.take_over(after)
        now = version(after) if version is not None else str(number or 0)
        return Done(number, now, following.waits)

    def _all(self) -> tuple[SiteFile, History, Following]:
        if self._parts is None:
            raise NoSiteFile(say("site_file_missing"))
        return self._parts


def rewritten(content: Content, value: dict[str, Any], place: Place | None) -> Content:
    """A content that says this instead.

    Args:
        content: the present one.
        value: what the file is to say.
        place: of what was given; None where only something was taken away.

    Raises:
        SetupRefused: it would have mistakes, or cannot be written so.
    """
    made = content.saying(value)
    checked(made, place)
    return made


def checked(content: Content, place: Place | None = None) -> None:
    """Raise SetupRefused if a content has mistakes; see `rewritten`."""
    try:
        _ = content.value, content.site
    except SiteError as error:
        said = say("setup_mistakes", mistakes=content.said(error))
        raise SetupRefused(said, told(content, error, place)) from error


def version_of(value: Any) -> str:
    """The version of a part of the file, without anything secret."""
    said = json.dumps(value, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def expect(present: str, named: str) -> None:
    """Raise ChangedMeanwhile if a change was made for another version than the present one."""
    if named not in {present, "*"}:
        raise ChangedMeanwhile(say("setup_changed_meanwhile"))


def see_all(who: Principal) -> None:
    """Raise SetupForbidden if there is anything that somebody does not see."""
    if who.limited:
        raise SetupForbidden(say("setup_all_cameras"))
