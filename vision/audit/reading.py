"""Reading an audit's pictures ahead of the engine, a few at a time."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from vision.audit.archive import MAX_PICTURE_BYTES
from vision.audit.exif import Position, read_exif
from vision.audit.intake import Item, Problem
from vision.errors import PictureError
from vision.sources.picture import read_raster
from vision.sources.raster import Raster
from vision.sources.telemetry import Sample
from vision.sources.xmp import read_xmp

MOST_PIXELS = 25_000_000
"""A larger picture is looked at scaled down: whole are what most drones and cameras take (20 and 24
MP). The model sees far fewer (`image_size`), and a derivative shows 1600 across."""
# Decoded pictures that wait for the engine: with a batch's budget this bounds the memory held.
_AHEAD = 3


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A picture of the intake: its hash, and itself unless it is known already."""

    item: Item
    sha256: str
    raster: Raster | None = None
    position: Position | None = None
    taken_at: str = ""
    sample: Sample | None = None


def load(item: Item, known: Container[str], scratch: Path) -> Loaded | Problem:
    """Hash a picture and, where its hash is not `known`, decode it."""
    path = item.path
    if item.media == "video":
        return Problem(name=item.name, cause="is a video, and pictures alone are looked at here")
    try:
        with item.local(scratch) as path:
            size = path.stat().st_size
            if size > MAX_PICTURE_BYTES:
                large = f"is {size >> 20} MiB, larger than any photo; refused"
                return Problem(name=item.name, cause=large)
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if sha256 in known:
                return Loaded(item, sha256)
            raster = read_raster(path, MOST_PIXELS)
            return Loaded(item, sha256, raster, *read_exif(path), read_xmp(path))
    except PictureError as error:
        # The report names the picture as the user knows it, not where it was unpacked to.
        return Problem(name=item.name, cause=str(error).replace(str(path), "").lstrip(": "))
    except OSError as error:
        return Problem(name=item.name, cause=f"cannot be read ({error.strerror or error})")


def load_ahead(
    pool: ThreadPoolExecutor, items: Iterable[Item], known: Container[str], scratch: Path
) -> Iterator[Loaded | Problem]:
    """Load pictures in the pool's threads, in order, never more than a few ahead."""
    waiting: deque[Future[Loaded | Problem]] = deque()
    for item in items:
        waiting.append(pool.submit(load, item, known, scratch))
        if len(waiting) >= _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
