"""Raster: a picture that Pillow has opened, as upright 8-bit colour in bounded memory.

Pillow keeps four bytes a pixel, and each conversion of a whole picture is another copy; a few
kilobytes can state 200 million pixels. So a picture is decoded no larger than asked for (JPEG), is
converted in strips, and decoded at all only where its decoder keeps within `MOST_BYTES`. Of large
pictures one is decoded at a time, whichever threads ask.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import ceil, sqrt
from threading import Lock

import cv2
import numpy as np
from PIL import ExifTags, Image

from vision.errors import PictureError
from vision.frames import Pixels

MAX_PIXELS = 200_000_000
"""Larger pictures are refused: more than any camera takes (200 MP), they are decompression bombs
or maps to be cut into tiles first."""
MOST_BYTES = 768 << 20
"""A decoder that would take more is not started: room for 200 MP at 4 bytes a pixel."""

# Bytes a pixel while a format is decoded, measured as growth of the process with 36 MP pictures
# (Pillow 13.0, pillow-heif 1.8). TIFF takes 4, and 3 more where all of it is one packed strip;
# HEIF took 7, and has twice as many samples a pixel with 10 bits and no subsampling.
_BYTES = {"WEBP": 16, "AVIF": 10, "HEIF": 12, "JPEG2000": 20, "TIFF": 6}
_BYTES_ELSE = 4
_LARGE = 128 << 20
"""Bytes from which a picture is decoded alone."""
_STRIP = 4_000_000
"""Pixels converted at a time."""
_one_large: AbstractContextManager[object] = Lock()

_FEWEST_BITS, _FULL = 10, 14
"""Sensors deliver 10, 11, 12 or 14 bits in files of 16. Where the brightest pixel of a picture
needs fewer than 15 bits, that is taken for its depth: no picture of 16 real bits ends at a quarter
of its range, unless it was taken in the dark."""
_MAX_SAMPLE = (281, 341)
"""TIFF tags by which a file states its highest value: MaxSampleValue, SMaxSampleValue."""
_NEARLY_BLACK = (
    "is nearly black, perhaps because its 16 bits hold 10, 12 or 14; export it as 8 bit to have it "
    "read"
)

DNG_VERSION = 50706
"""Tag of raw photos that are otherwise TIFF (DNG 1.7)."""
_LEAST_PLAIN, _DARK = 0.1, 8
"""Share of a JPEG's height, and how far from black and white, from which a plain lower part is no
border of a scan or screenshot."""
_MOST_PAGES = 100
"""Pages of a TIFF that are counted."""

_UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
"""By EXIF orientation (CIPA DC-008, tag 0x0112): what makes the stored picture upright."""


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """A decoded picture.

    Attributes:
        pixels: H×W×3 uint8, BGR, upright, its own memory.
        width, height: of the whole picture, upright, in pixels; more than those of `pixels` where
            it was scaled down.
        note: what whoever looks at it should know, in words; mostly empty.
    """

    pixels: Pixels
    width: int
    height: int
    note: str = ""


def take_turns(turn: AbstractContextManager[object]) -> None:
    """Decode large pictures within this context, which can be entered again and again.

    For a process beside others that decode too; by default the threads of one take turns.
    """
    global _one_large  # noqa: PLW0603 - one for all of a process's decoders, like the lock
    _one_large = turn


def rasterise(image: Image.Image, most: int | None = None, side: int | None = None) -> Raster:
    """Decode a picture, upright by its EXIF orientation; of an animated one the first frame.

    Grey, 16-bit, palette and CMYK pictures become 8-bit colour; transparent parts become white.

    Args:
        image: just opened.
        most: pixels kept; a larger picture is scaled down by the least whole number that does.
        side: pixels of the longer side that are enough; a picture of twice that and more is scaled
            down by the greatest whole number that leaves as many. A JPEG is decoded no larger (the
            next power of two), which takes a quarter of the time and less.

    Raises:
        PictureError: it is too large, or holds measurements.
        Exception: what Pillow raises on damage.
    """
    width, height = image.size
    if DNG_VERSION in getattr(image, "tag_v2", ()):  # of which Pillow would read the preview
        raise PictureError("is a raw photo (DNG), which is not read; export it as JPEG")
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"has more than {MAX_PIXELS // 1_000_000} million pixels; cut it into tiles first"
        )
    by = _by_decoder(width, height, most, side) if image.format in ("JPEG", "MPO") else 1
    if by > 1:
        image.draft(None, (max(1, width // by), max(1, height // by)))
    cost = _cost(image, width * height)
    if cost > MOST_BYTES:
        raise PictureError(
            f"is {width}×{height} {image.format}, which takes {cost / (1 << 30):.1f} GiB to decode;"
            " export it as an ordinary (baseline) JPEG, or smaller"
        )
    # Of deep colour Pillow keeps the upper eight bits.
    deep = ";16" in str(getattr(image, "tile", "")) and not image.mode.startswith("I")
    with _one_large if cost > _LARGE else nullcontext():
        image.load()
        pixels, note = _converted(image, most, side)
    if deep and pixels.max(initial=0) < 1 << (_FULL - 8):
        note = _NEARLY_BLACK
    if by == 1:
        width, height = image.size  # of HEIF it may differ from what was stated
    orientation = _orientation(image)  # not before: to look for it, Pillow decodes a PNG
    note = note or _doubt(image, pixels)
    if orientation in _UPRIGHT:
        pixels = np.ascontiguousarray(_UPRIGHT[orientation](pixels))
    if orientation >= 5:
        width, height = height, width
    return Raster(pixels, width, height, note)


def _doubt(image: Image.Image, pixels: Pixels) -> str:
    """What of the file may not be in `pixels`, which are as it is stored."""
    if image.format == "TIFF":
        pages = _pages(image)
        return f"holds {pages} pages, of which the first was looked at" if pages > 1 else ""
    if image.format not in ("JPEG", "MPO") or not pixels.size:
        return ""
    # Of what is missing libjpeg makes the last colour that it had.
    last = pixels[-1, -1]
    if (pixels[-1] != last).any():
        return ""
    rows = np.flatnonzero((pixels != last).any(axis=(1, 2)))
    plain = 1 - (rows[-1] + 1 if len(rows) else 0) / len(pixels)
    if _LEAST_PLAIN < plain < 1 and _DARK < last.mean() < 255 - _DARK:
        return (
            f"its lower {plain:.0%} are one plain colour, perhaps because the file is damaged; if"
            " they are not so in the original, copy it again"
        )
    return ""


def _pages(image: Image.Image) -> int:
    """Pages of a TIFF that are no smaller copies of others (NewSubfileType, TIFF 6.0)."""
    try:
        count, pages = min(getattr(image, "n_frames", 1), _MOST_PAGES), 1
        for page in range(1, count):
            image.seek(page)
            pages += not int(getattr(image, "tag_v2", {}).get(254, 0)) & 1
    except Exception:  # noqa: BLE001 - what is damaged there is not looked at
        return 1
    return pages


def _orientation(image: Image.Image) -> int:
    """As the EXIF states it; a picture whose EXIF cannot be read is taken as it is stored."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - of damaged EXIF, a dozen types; the picture may be whole
        return 1
    return orientation if isinstance(orientation, int) and orientation in _UPRIGHT else 1


def _cost(image: Image.Image, stated: int) -> int:
    """Bytes that decoding takes at its height, of `stated` pixels that the file says it has."""
    coefficients = 2 * _samples(image) * stated if image.info.get("progressive") else 0
    each = _BYTES.get(image.format or "", _BYTES_ELSE)
    return int(coefficients + each * image.width * image.height)


def _samples(image: Image.Image) -> float:
    """Samples a pixel of a JPEG, by its sampling factors.

    Before it makes a picture of a progressive one, libjpeg keeps two bytes for each.
    """
    factors = [across * down for _, across, down, _ in getattr(image, "layer", ())]
    return float(sum(factors)) / max(factors, default=1)


def _by_decoder(width: int, height: int, most: int | None, side: int | None) -> int:
    """By how much libjpeg scales a JPEG down: 1, 2, 4 or 8."""
    needed = next((s for s in (1, 2, 4) if most is None or width * height <= most * s * s), 8)
    allowed = next((s for s in (8, 4, 2) if side and max(width, height) >= side * s), 1)
    return max(needed, allowed)


def _by(width: int, height: int, most: int | None, side: int | None) -> int:
    """The whole number by which a decoded picture is scaled down."""
    needed = 1 if most is None else ceil(sqrt(width * height / most))
    return max(1, needed, max(width, height) // side if side else 1)


def _converted(image: Image.Image, most: int | None, side: int | None) -> tuple[Pixels, str]:
    """All pixels as BGR, strip by strip, and what there is to say of them."""
    width, height = image.size
    by = _by(width, height, most, side)
    columns = ceil(width / by)
    pixels = np.empty((ceil(height / by), columns, 3), np.uint8)
    shift, note = _depth(image)
    step = max(1, _STRIP // (width * by)) * by
    for top in range(0, height, step):
        bottom = min(height, top + step)
        part = image if step >= height else image.crop((0, top, width, bottom))
        strip = _bgr(part, shift)
        rows = slice(top // by, top // by + ceil((bottom - top) / by))
        if by > 1:
            size = (columns, rows.stop - rows.start)
            strip = np.asarray(cv2.resize(strip, size, interpolation=cv2.INTER_AREA), np.uint8)
        pixels[rows] = strip
    return pixels, note


def _bgr(strip: Image.Image, shift: int) -> Pixels:
    if strip.mode.startswith("I"):
        values = np.asarray(strip).astype(np.int64) >> shift
        grey = np.clip(values, 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if strip.has_transparency_data:
        paper = Image.new("RGBA", strip.size, "white")
        strip = Image.alpha_composite(paper, strip.convert("RGBA"))
    colour = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2BGR), np.uint8)


def _depth(image: Image.Image) -> tuple[int, str]:
    """By how many bits the values of a deep grey picture are shifted, and what to say of it."""
    if image.mode == "F":
        raise PictureError("holds measurements (floating point), not a picture; export it as 8 bit")
    if not image.mode.startswith("I"):
        return 0, ""
    lowest, highest = (int(value) for value in image.getextrema())  # type: ignore[arg-type]
    if lowest < 0 or highest > 0xFFFF:
        raise PictureError(
            f"holds measurements (whole numbers from {lowest} to {highest}), not a picture; "
            "export it as 8 bit"
        )
    stated = _stated_highest(image)
    if stated is not None and highest <= stated:
        return max(0, stated.bit_length() - 8), ""
    bits = max(_FEWEST_BITS, highest.bit_length())
    if bits > _FULL or highest == 0:
        return 8, ""
    return bits - 8, (
        f"its 16 bits hold nothing above {highest}, so it was taken for {bits} bits and shown "
        f"{1 << (16 - bits)} times as bright; if it is as dark as that, export it as 8 bit"
    )


def _stated_highest(image: Image.Image) -> int | None:
    tags = getattr(image, "tag_v2", {})
    values = (tags.get(tag) for tag in _MAX_SAMPLE)
    first = next((v[0] if isinstance(v, tuple) else v for v in values if v), None)
    return first if isinstance(first, int) and 0xFF < first <= 0xFFFF else None
