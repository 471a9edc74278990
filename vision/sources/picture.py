"""Single pictures: reading them whole and upright, and when they were taken."""

from __future__ import annotations

import logging
import os
import re
import struct
import zlib
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from vision.errors import PictureError, SourceBroken
from vision.frames import Pixels
from vision.sources.address import PICTURE_SUFFIXES

_log = logging.getLogger(__name__)

MAX_PIXELS = 200_000_000
"""Larger pictures are refused: more than any camera takes (200 MP), they are decompression bombs
or maps to be cut into tiles first."""

# Formats whose decoders run inside Pillow; not EPS and the like, which start other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
_DAMAGE = (
    OSError,
    SyntaxError,  # Pillow's word for a damaged PNG or TIFF
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# Pillow's own limit, below ours, would put a warning before ours on every large drone picture.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def read_picture(path: Path | str) -> Pixels:
    """Decode one picture, upright by its EXIF orientation; the first frame of an animated one.

    Grey, 16-bit, palette and CMYK pictures become 8-bit colour; transparent parts become white.

    Returns:
        H×W×3 uint8, BGR, its own memory.

    Raises:
        PictureError: it is missing, empty, cut off, damaged, too large or no picture.
    """
    path = Path(path)
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(path)
            return _bgr(ImageOps.exif_transpose(image), path)
    except PictureError:
        raise
    except _BOMB as error:
        raise _too_large(path) from error
    except MemoryError as error:
        raise PictureError(f"{path}: not enough memory to decode it; make it smaller") from error
    except _DAMAGE as error:
        raise PictureError(_why_unreadable(path, error)) from error


def taken_at(path: Path | str, zone: tzinfo = UTC) -> datetime:
    """When a picture was taken: EXIF `DateTimeOriginal`, else the file's modification time.

    Args:
        path: the picture.
        zone: the zone EXIF's local time is in where `OffsetTimeOriginal` does not tell.

    Raises:
        PictureError: the file is missing.
    """
    path = Path(path)
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with Image.open(path, formats=_FORMATS) as image:
            tags = image.getexif().get_ifd(ExifTags.IFD.Exif)
    except FileNotFoundError as error:
        raise PictureError(_why_unreadable(path, error)) from error
    except (*_DAMAGE, *_BOMB):
        return modified
    return _exif_time(tags, zone) or modified


def list_pictures(folder: Path | str) -> list[Path]:
    """The pictures in a folder and its subfolders, in natural order (`2.jpg` before `10.jpg`).

    Hidden files and folders are left out; a subfolder that cannot be read is logged and left out.

    Raises:
        SourceBroken: the folder is missing, no folder, or cannot be read.
    """
    folder = Path(folder)

    def unreadable(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise SourceBroken(
                f"{folder}: cannot read this folder ({error.strerror}); check the path"
            ) from error
        _log.warning("%s: left out: %s", error.filename, error.strerror)

    found = []
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]
        found += [
            Path(parent, name)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES
        ]
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[list[tuple[bool, int, str]]]:
    return [
        [
            (not piece.isdecimal(), int(piece) if piece.isdecimal() else 0, piece.lower())
            for piece in re.split(r"(\d+)", part)
            if piece
        ]
        for part in path.parts
    ]


def _bgr(image: Image.Image, path: Path) -> Pixels:
    if image.mode == "F":
        raise PictureError(
            f"{path}: holds measurements (floating point), not a picture; export it as 8 bit"
        )
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.int64)
        grey = np.clip(values >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def _exif_time(tags: dict[int, object], zone: tzinfo) -> datetime | None:
    offset = str(tags.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    text = str(tags.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
    try:
        local = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
        if offset:
            local = datetime.strptime(f"{text} {offset}", "%Y:%m:%d %H:%M:%S %z")
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _too_large(path: Path) -> PictureError:
    return PictureError(
        f"{path}: has more than {MAX_PIXELS // 1_000_000} million pixels; cut it into tiles first"
    )


def _why_unreadable(path: Path, error: Exception) -> str:
    why = f"is damaged and cannot be decoded ({error}); copy or export it again"
    if isinstance(error, FileNotFoundError):
        why = "no such picture; check the path"
    elif isinstance(error, IsADirectoryError):
        why = "is a folder, not a picture; give a picture's path"
    elif isinstance(error, PermissionError):
        why = "may not be read; give this user the right to read it"
    elif path.is_file() and path.stat().st_size == 0:
        why = "is empty (0 bytes); copy it again"
    elif isinstance(error, UnidentifiedImageError):
        why = "is no picture, or of a format that is not read; export it as JPEG or PNG"
    elif "truncated" in str(error):
        why = "is cut off before its end; copy it again"
    return f"{path}: {why}"
