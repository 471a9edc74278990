"""Zips of photos, read as if an enemy had made them.

Nothing is ever unpacked under a name that the zip chose, so a path that climbs out of the folder
can do no harm; it is refused by name all the same, because its maker meant something by it.
"""

from __future__ import annotations

import lzma
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from vision.errors import PictureError

MAX_PICTURE_BYTES = 256 << 20
"""A larger picture file is refused unread; a 100-megapixel JPEG is about 60 MB."""

# Photos are compressed already, so a zip of them unpacks to about its own size; uncompressed
# bitmaps of drawings may reach twenty times. Small zips are harmless at any ratio.
_MAX_RATIO, _SMALL = 20, 1 << 30
_MAX_MEMBERS = 100_000
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
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
    """One file of a zip: `name` for people, `key` as the zip's directory has it."""

    name: str
    key: str
    refused: str = ""
    """Why it is not opened; empty where it may be."""


def members(path: Path) -> list[Member]:
    """The files of a zip, folders left out; each that must not be opened says why.

    Raises:
        PictureError: it is no zip, is cut off, or as a whole would unpack to an absurd size.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
        packed = path.stat().st_size
    except _BROKEN as error:
        raise PictureError(f"cannot be read as a zip ({_cause(error)}); pack it again") from error
    total = sum(info.file_size for info in infos)
    if len(infos) > _MAX_MEMBERS:
        raise PictureError(f"holds {len(infos)} files, more than {_MAX_MEMBERS}; split it")
    if total > max(_SMALL, _MAX_RATIO * packed):
        raise PictureError(
            f"would unpack to {total >> 20} MiB, {total // max(1, packed)} times its size, as no "
            "zip of photos does; unpack it yourself if you trust it and audit the folder"
        )
    return [Member(_readable(info), info.filename, _refusal(info)) for info in infos]


@contextmanager
def unpacked(archive: Path, member: Member, folder: Path) -> Iterator[Path]:
    """One file of a zip as a temporary file in `folder`, under a name of ours.

    Raises:
        PictureError: it is damaged, encrypted or packed in a way that cannot be read.
    """
    with tempfile.NamedTemporaryFile(
        dir=folder, prefix="member-", suffix=PurePosixPath(member.key).suffix[:12]
    ) as copy:
        try:
            # `open` reads no more than the size that the directory states and was checked.
            with _opened(archive).open(member.key) as packed:
                shutil.copyfileobj(packed, copy, 1 << 20)
        except _BROKEN as error:
            raise PictureError(f"cannot be unpacked ({_cause(error)}); pack it again") from error
        copy.flush()
        yield Path(copy.name)


# Two are enough: pictures are read in order. A zip's directory is slow to read for each picture.
_opened = lru_cache(maxsize=2)(zipfile.ZipFile)


def close() -> None:
    """Close the zips that are still open for reading."""
    _opened.cache_clear()


def _refusal(info: zipfile.ZipInfo) -> str:
    parts = PurePosixPath(info.orig_filename.replace("\\", "/")).parts
    if (
        not parts
        or parts[0] == "/"
        or ".." in parts
        or ":" in parts[0]
        or "\0" in info.orig_filename
    ):
        return "its path leaves the zip's own folder; refused"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link to another file; refused"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; unpack it with its password and audit the folder"
    if info.file_size > MAX_PICTURE_BYTES:
        return f"is {info.file_size >> 20} MiB, larger than any photo; refused"
    return ""


def _readable(info: zipfile.ZipInfo) -> str:
    """The name for people; Chinese Windows packs names as GB 18030 without saying so."""
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _cause(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
