"""Archive: reads zips of photos and videos as untrusted input.

Nothing is ever unpacked under a name that the zip chose, so a path that climbs out of the folder
can do no harm; it is refused by name all the same, because its maker meant something by it.
"""

from __future__ import annotations

import io
import lzma
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from vision.audit.intake.zip_names import name_of
from vision.errors import PictureError
from vision.sources.listing import is_video

MAX_PICTURE_BYTES = 256 << 20
"""A larger picture file is refused unread; a 100-megapixel JPEG is about 60 MB."""
_MAX_VIDEO_BYTES = 64 << 30
"""A larger video or zip in a zip is refused; a night of 4K from a recorder is about 40 GB."""

# Photos are compressed already, so a zip of them unpacks to about its own size; uncompressed
# bitmaps of drawings may reach twenty times. Small zips are harmless at any ratio.
_MAX_RATIO, _SMALL = 20, 1 << 30
_MAX_MEMBERS = 100_000
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_NOT_READ = {6: "implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
"""Names of other methods (APPNOTE 4.4.5)."""
_END = struct.Struct("<4s4H2LH")
"""The end of a zip's directory (APPNOTE 4.3.16): signature, this disk's number, …"""
_ONE = (0, 0xFFFF)
"""Numbers of the only disk; 0xFFFF refers to a zip64's own end, which `zipfile` checks."""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    KeyError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip, known by its place there: two may have one name.

    Attributes:
        name: as its maker meant it, separators and all.
        entry: its place in the zip's directory, from 0.
        refused: why it is not opened; empty where it may be.
        within: of a file of a zip that lies in this zip, that one's place here.
    """

    name: str
    entry: int
    refused: str = ""
    within: int | None = None

    @property
    def inside(self) -> PurePosixPath:
        """Its path within the zip; Windows packs some with backslashes."""
        return PurePosixPath(self.name.replace("\\", "/"))


def members(path: Path, inner: Member | None = None) -> list[Member]:
    """The files of a zip, folders left out; each that must not be opened says why.

    Args:
        path: the zip.
        inner: a zip in it, whose files are asked for.

    Raises:
        PictureError: it is no zip, is cut off, or as a whole would unpack to an absurd size.
    """
    within = None if inner is None else inner.entry
    try:
        with _open(path, within) as archive:
            entries = [e for e in enumerate(archive.infolist()) if not e[1].is_dir()]
            assert archive.fp is not None
            split = _is_split(archive.fp)
            packed = archive.fp.seek(0, io.SEEK_END)
    except _BROKEN as error:
        raise PictureError(f"cannot be read as a zip ({_cause(error)}); pack it again") from error
    if split:
        raise PictureError(
            "is one part of a zip that was split; join the parts (7-Zip, or `zip -s 0 a.zip --out "
            "whole.zip`) and audit the whole"
        )
    total = sum(info.file_size for _, info in entries)
    if len(entries) > _MAX_MEMBERS:
        raise PictureError(f"holds {len(entries)} files, more than {_MAX_MEMBERS}; split it")
    if total > max(_SMALL, _MAX_RATIO * packed):
        raise PictureError(
            f"would unpack to {total >> 20} MiB, {total // max(1, packed)} times its size, as no "
            "zip of photos does; unpack it yourself if you trust it and audit the folder"
        )
    named = [(entry, info, name_of(info)) for entry, info in entries]
    return [Member(name, entry, _refusal(info, name), within) for entry, info, name in named]


@contextmanager
def unpacked(archive: Path, member: Member, folder: Path) -> Iterator[Path]:
    """One file of a zip as a temporary file in `folder`, under a name of ours.

    Raises:
        PictureError: it is damaged, encrypted or packed in a way that cannot be read.
    """
    with tempfile.NamedTemporaryFile(
        dir=folder, prefix="member-", suffix=member.inside.suffix[:12]
    ) as copy:
        try:
            # `open` reads no more than the size that the directory states and was checked.
            opened = _opened(archive, member.within)
            with opened.open(opened.infolist()[member.entry]) as packed:
                shutil.copyfileobj(packed, copy, 1 << 20)
        except _BROKEN as error:
            raise PictureError(f"cannot be unpacked ({_cause(error)}); pack it again") from error
        copy.flush()
        yield Path(copy.name)


def head(archive: Path, member: Member, size: int) -> bytes:
    """The first bytes of a zip's file; none where it cannot be unpacked, as reading it will say."""
    try:
        opened = _opened(archive, member.within)
        with opened.open(opened.infolist()[member.entry]) as packed:
            return packed.read(size)
    except _BROKEN:
        return b""


class _Inner(zipfile.ZipFile):
    """A zip inside another, copied out, as it must be whole to find its way about it."""

    def __init__(self, copy: IO[bytes]) -> None:
        self._copy = copy
        super().__init__(copy)

    def close(self) -> None:
        super().close()
        self._copy.close()


def _open(archive: Path, within: int | None) -> zipfile.ZipFile:
    if within is None:
        return zipfile.ZipFile(archive)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with the zip that it is
    try:
        with zipfile.ZipFile(archive) as outer, outer.open(outer.infolist()[within]) as packed:
            shutil.copyfileobj(packed, copy, 1 << 20)
        return _Inner(copy)
    except BaseException:
        copy.close()
        raise


# Two are enough: pictures are read in order. A zip's directory is slow to read for each picture.
_opened = lru_cache(maxsize=2)(_open)


def close() -> None:
    """Close the zips that are still open for reading."""
    _opened.cache_clear()


def _is_split(file: IO[bytes]) -> bool:
    """Whether the directory says that it lies on another disk than the first."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - (1 << 16) - _END.size))  # a comment may follow
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    return at >= 0 and len(tail) - at >= _END.size and _END.unpack_from(tail, at)[1] not in _ONE


def _refusal(info: zipfile.ZipInfo, name: str) -> str:
    if _leads_out(info.orig_filename) or _leads_out(name):
        return "its path leaves the zip's own folder; refused"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link to another file; refused"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; unpack it with its password and audit the folder"
    if info.compress_type not in _METHODS:
        method = _NOT_READ.get(info.compress_type, f"method {info.compress_type}")
        return f"is packed by a method that is not read ({method}); pack it again, as Deflate"
    large = is_video(name) or name.lower().endswith(".zip")
    if info.file_size > (_MAX_VIDEO_BYTES if large else MAX_PICTURE_BYTES):
        what = "recording" if large else "photo"
        return f"is {info.file_size >> 20} MiB, larger than any {what}; refused"
    return ""


def _leads_out(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return not parts or parts[0] == "/" or ".." in parts or ":" in parts[0] or "\0" in name


def _cause(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
