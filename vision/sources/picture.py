"""Single pictures: reading them whole and upright, and when they were taken."""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zlib
from datetime import UTC, datetime, tzinfo
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pillow_heif
from PIL import Image, UnidentifiedImageError

from vision.errors import PictureError
from vision.files import is_file
from vision.frames import Pixels
from vision.sources.exif import MALFORMED, capture_time
from vision.sources.listing import list_pictures
from vision.sources.media import HEAD, named
from vision.sources.raster import MAX_PIXELS, Raster, rasterise

__all__ = ["list_pictures", "read_picture", "read_raster", "taken_at"]

_log = logging.getLogger(__name__)

# Formats whose decoders run inside this process; not EPS and the like, which start other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "HEIF", "JPEG2000")
_DAMAGE = (
    OSError,
    SyntaxError,  # Pillow's word for a damaged PNG or TIFF
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    RuntimeError,  # pillow-heif's word for a damaged HEIF
    struct.error,
    zlib.error,
)
_CUT = "is cut off before its end"
_TAIL = 512
"""Bytes of one value at a file's end that tell of a failed copy: a sector of a card."""
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# Pillow's own limit, below ours, would put a warning before ours on every large drone picture.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
pillow_heif.register_heif_opener(thumbnails=False)
# What Pillow says of damaged EXIF, on stderr and without a file's name; the picture is read.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")


def read_picture(path: Path | str) -> Pixels:
    """Decode one picture whole; see `read_raster`. What there is to note of it is logged.

    Returns:
        H×W×3 uint8, BGR, its own memory.

    Raises:
        PictureError: it is missing, empty, cut off, damaged, too large or no picture.
    """
    raster = read_raster(path)
    if raster.note:
        _log.warning("%s: %s", path, raster.note)
    return raster.pixels


def read_raster(path: Path | str, most: int | None = None, side: int | None = None) -> Raster:
    """Decode one picture, upright by its EXIF orientation; the first frame of an animated one.

    Args:
        path: the picture.
        most, side: pixels kept, see `rasterise`.

    Raises:
        PictureError: it is missing, empty, cut off, damaged, too large or no picture.
    """
    path = Path(path)
    if _is_filled_up(path):
        raise PictureError(f"{path}: {_CUT}; copy it again")
    try:
        with Image.open(path, formats=_FORMATS) as image:
            return rasterise(image, most, side)
    except PictureError as error:
        raise PictureError(f"{path}: {error}") from error
    except _BOMB as error:
        raise PictureError(
            f"{path}: has more than {MAX_PIXELS // 1_000_000} million pixels; cut it into tiles "
            "first"
        ) from error
    except MemoryError as error:
        raise PictureError(f"{path}: not enough memory to decode it; make it smaller") from error
    except _DAMAGE as error:
        raise PictureError(_why_unreadable(path, error)) from error


def taken_at(path: Path | str, zone: tzinfo = UTC) -> datetime:
    """When a picture was taken, by its EXIF (see `capture_time`), else by its file; in UTC.

    Args:
        path: the picture.
        zone: the zone EXIF's local time is in where the picture does not tell.

    Raises:
        PictureError: the file is missing.
    """
    path = Path(path)
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with Image.open(path, formats=_FORMATS) as image:
            taken = capture_time(image.getexif())
    except FileNotFoundError as error:
        raise PictureError(_why_unreadable(path, error)) from error
    except (*_DAMAGE, *MALFORMED, *_BOMB):
        return modified
    if taken is None:
        return modified
    try:
        return (taken if taken.tzinfo else taken.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return modified


def _is_filled_up(path: Path) -> bool:
    """Whether a JPEG breaks off and zeros follow, as where a card or a copy failed.

    The decoder would make grey of what is missing, without a word. A picture's last scan begins
    with SOS and its data hold no EOI, which stands behind it (ITU-T T.81, B.1.1).
    """
    try:
        with path.open("rb") as file:
            if file.read(2) != b"\xff\xd8" or file.seek(0, io.SEEK_END) < 2 * _TAIL:
                return False
            file.seek(-_TAIL, io.SEEK_END)
            if len(set(file.read(_TAIL))) > 1:
                return False
            with mmap(file.fileno(), 0, access=ACCESS_READ) as whole:
                return whole.rfind(b"\xff\xda") > whole.rfind(b"\xff\xd9")
    except (OSError, ValueError):
        return False


def _why_unreadable(path: Path, error: Exception) -> str:
    why = f"is damaged and cannot be decoded ({error}); copy or export it again"
    if isinstance(error, FileNotFoundError):
        why = "no such picture; check the path"
    elif isinstance(error, IsADirectoryError):
        why = "is a folder, not a picture; give a picture's path"
    elif isinstance(error, PermissionError):
        why = "may not be read; give this user the right to read it"
    elif is_file(path) and path.stat().st_size == 0:
        why = "is empty (0 bytes); copy it again"
    elif isinstance(error, UnidentifiedImageError):
        why = _why_unknown(path)
    elif "truncated" in str(error):
        why = f"{_CUT}; copy it again"
    return f"{path}: {why}"


def _why_unknown(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"\xff\xd8\xff"):
        return (
            "is a JPEG of a kind that is not read (12 bits, lossless, JPEG-LS), or damaged; export"
            " it as an ordinary (baseline) JPEG"
        )
    what = named(head)
    if what == "a video":
        return "is a video that is named as a picture; rename it, as to .mp4"
    if what:
        return f"is {what}, whatever its name says; give the picture itself, as JPEG or PNG"
    return "is no picture, or of a format that is not read; export it as JPEG or PNG"
