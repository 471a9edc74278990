"""SiteFile: the site file on the disk: read, and written whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from api.errors import SetupRefused, SiteFileUnwritable, SiteFileWrong
from api.setup.edit import edited, same
from api.setup.masked import masked
from api.setup.written import Parts, Written
from api.words.said import Mistaken, Said, say
from api.words.setup import OBSTACLES
from vision import durable
from vision.errors import Mistake, SiteError
from vision.files import Mark, mark_of, read_file
from vision.site import Site
from vision.site.file import Look, site_of
from vision.site.text import MOST_BYTES, text_of
from vision.site.yaml_tree import Tree, read_tree

PATIENCE_S = 10.0
"""Seconds to wait for another process that changes the file."""
_BOM = b"\xef\xbb\xbf"
_WHY = {
    errno.EROFS: "read_only",
    errno.EACCES: "no_right",
    errno.EPERM: "not_owner",
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "quota_full",
    errno.EBUSY: "mounted_alone",
}
"""What is in the way, as a word of `api.words.setup.OBSTACLES`."""


class Content:
    """What a site file holds at one moment."""

    def __init__(self, raw: bytes, path: Path, look_at: Look | None) -> None:
        self.raw = raw
        self.sha256 = hashlib.sha256(raw).hexdigest()
        self._path = path
        self._look_at = look_at

    @property
    def value(self) -> dict[str, Any]:
        """What it says: plain values, no variable replaced.

        Raises:
            SiteError: it is no YAML.
        """
        value = self._read[1].value
        if not isinstance(value, dict):
            raise SiteError(f"{self._path}:1: a site file is a mapping")
        return value

    @cached_property
    def _read(self) -> tuple[str, Tree, Written]:
        """Its text, the values in it, and where each is written."""
        text, parts = text_of(self.raw, self._path), Parts()
        return text, read_tree(text, self._path, parts.take), parts.root

    def masked(self) -> str:
        """Its text without what may be secret in it.

        Raises:
            SiteError: it is no YAML.
        """
        text, _, root = self._read
        return masked(text, root)

    @cached_property
    def site(self) -> Site:
        """The site that it describes.

        Raises:
            SiteError: it has mistakes.
        """
        return site_of(self._read[1], self._path, look_at=self._look_at)

    def said(self, error: SiteError) -> str:
        """What is wrong, on one line, with the file's name for its path."""
        return self._from_here(str(error)).replace("\n", "; ")

    def mistakes(self, error: SiteError) -> list[Mistake]:
        """What is wrong, one by one, with paths from the file's folder."""
        return [
            found._replace(
                what=Said(
                    self._from_here(found.what),
                    found.what.code,
                    {
                        name: self._from_here(value) if isinstance(value, str) else value
                        for name, value in found.what.params.items()
                    },
                )
            )
            for found in error.mistakes
        ]

    def _from_here(self, text: str) -> str:
        return text.replace(f"{self._path.parent}/", "")

    def saying(self, value: dict[str, Any]) -> Content:
        """A content that says this instead, and is otherwise written alike.

        Raises:
            SetupRefused: it cannot be written so.
        """
        text, _, root = self._read
        text = edited(text, root, self.value, value)
        if b"\r\n" in self.raw:  # where some lines end so, from now on all do
            text = text.replace("\n", "\r\n")
        mark = _BOM if self.raw.startswith(_BOM) else b""
        made = Content(mark + text.encode("utf-8", "replace"), self._path, self._look_at)
        try:
            found = made.value
        except SiteError as error:
            wrong = [Mistaken("/file", m.what, m.line) for m in self.mistakes(error)]
            said = say("setup_unwritable", mistake=self.said(error))
            raise SetupRefused(said, wrong) from error
        if not same(found, value):
            raise SetupRefused(say("setup_shared"))
        return made


class SiteFile:
    """One site file, changed by one at a time, in this process and in others.

    Args:
        path: where it is; a link is followed, and stays a link.
        look_at: as for `vision.site.file.load_site`.
    """

    def __init__(self, path: Path, look_at: Look | None = None) -> None:
        self.path = path.absolute()
        self._look_at = look_at
        self._lock = Lock()
        self._latest: Content | None = None

    @property
    def identity(self) -> str:
        """Which file it is, on which machine."""
        return f"{socket.gethostname()}:{self.path.resolve()}"

    @property
    def name(self) -> str:
        """Its name without its folder."""
        return self.path.name

    def mark(self) -> Mark | None:
        """Something that differs after it was written; None where it is not there."""
        return mark_of(self.path)

    def read(self) -> Content:
        """What it holds now.

        Raises:
            SiteFileWrong: it cannot be read.
        """
        try:
            raw = read_file(self.path, MOST_BYTES)
        except OSError as error:
            why = error.strerror
            raise SiteFileWrong(say("site_file_unreadable", name=self.name, why=why)) from error
        return self.content(raw)

    def forget(self) -> None:
        """Read files that it names anew: one of them was written."""
        self._latest = None

    def content(self, raw: bytes) -> Content:
        """A content of this file, parsed once as long as it is the latest asked for."""
        latest = self._latest
        if latest is None or latest.raw != raw:
            latest = Content(raw, self.path, self._look_at)
            self._latest = latest
        return latest

    @property
    def obstacle(self) -> str | None:
        """Why it cannot be written, in English; None where nothing speaks against it."""
        place = self.path.resolve()
        try:
            found = place.stat()
            os.statvfs(place.parent)
        except OSError as error:
            return error.strerror
        if os.statvfs(place.parent).f_flag & os.ST_RDONLY:
            return _in_words(errno.EROFS)
        if not os.access(place.parent, os.W_OK | os.X_OK):
            return _in_words(errno.EACCES)
        return _in_words(errno.EPERM) if os.geteuid() not in {0, found.st_uid} else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else who asks for this changes the file meanwhile.

        Raises:
            SiteFileUnwritable: another does so for longer than `PATIENCE_S`.
        """
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise SiteFileUnwritable(say("site_file_locked"))
        try:
            with _alone_in(self.path.resolve().parent):
                yield
        finally:
            self._lock.release()

    def write(self, new: Content, instead_of: Content) -> None:
        """Put a new content into it; its mode and owner stay.

        Raises:
            SiteFileUnwritable: it is as it was.
            SiteFileWrong: somebody has written into it since it was read.
        """
        place = self.path.resolve()
        try:
            if read_file(place, MOST_BYTES) != instead_of.raw:
                raise SiteFileWrong(say("site_file_written_now"))
            found = place.stat()
            durable.write_pieces(
                place,
                (new.raw,),
                mode=stat.S_IMODE(found.st_mode),
                owner=(found.st_uid, found.st_gid),
            )
        except OSError as error:
            with suppress(OSError):
                if read_file(place, MOST_BYTES) == new.raw:  # the folder alone was not synced
                    return
            why = _WHY.get(error.errno or 0, f"{error.strerror}; see to the disk")
            raise SiteFileUnwritable(
                say("site_file_unwritable", name=self.name, why=why)
            ) from error
        self._latest = new


def _in_words(number: int) -> str:
    return OBSTACLES[_WHY[number]][1]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which no file has to be made for."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # whoever reads or writes in it will say what is wrong
        yield
        return
    try:
        until = time.monotonic() + PATIENCE_S
        while not _taken(handle):
            if time.monotonic() > until:
                raise SiteFileUnwritable(say("site_file_locked"))
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network file system without such locks: `write` looks once more
        return True
    return True
