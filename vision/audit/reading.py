"""Reading an audit's pictures ahead of the engine, a few at a time."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from models.tiles import Tile, tiles
from vision.audit.derivative import LONGEST
from vision.audit.exif import Position, read_exif
from vision.audit.intake.archive import MAX_PICTURE_BYTES
from vision.audit.intake.items import Item, Problem
from vision.decoding.decoder import MOST_PIXELS, Decode
from vision.decoding.decoders import Decoders
from vision.decoding.orthophoto import Facts, Survey, may_be
from vision.errors import PictureError
from vision.sources.raster import Raster
from vision.sources.telemetry import Sample
from vision.sources.xmp import read_xmp

TILED_FROM = 5000
"""Longer side in pixels from which a picture is looked at in tiles besides, cut from its raster: of
20 megapixels and more, as drones take that fly high. Of 12 megapixels, as of most phones, it would
take seven times as long, and they show what is near."""
_SMALLEST_TILE = 640
"""Pixels; less would make more than nine of a raster of `LONGEST`."""
_AHEAD = 2
"""Decoded pictures that wait for the engine, for each process that decodes."""


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A picture of the intake: its hash, and itself unless it is known already."""

    item: Item
    sha256: str
    raster: Raster | None = None
    """At most `LONGEST` pixels across; its width and height are the picture's own."""
    position: Position | None = None
    taken_at: str = ""
    sample: Sample | None = None
    facts: Facts | None = None
    """Of an orthophoto, which is looked at by windows and has no raster."""

    @property
    def known(self) -> bool:
        """Whether an earlier run has looked at it."""
        return self.raster is None and self.facts is None

    def tiles(self, side: int) -> list[Tile]:
        """The parts of its raster that are looked at besides the whole: nine at most."""
        if self.raster is None or max(self.raster.width, self.raster.height) < TILED_FROM:
            return []
        height, width = self.raster.pixels.shape[:2]
        return list(tiles(width, height, max(side, _SMALLEST_TILE)))


def load(item: Item, known: Container[str], scratch: Path, decoders: Decoders) -> Loaded | Problem:
    """Hash a picture and, where its hash is not `known`, decode it."""
    path = item.path
    try:
        with item.local(scratch) as path:
            return _loaded(item, path, known, decoders)
    except PictureError as error:
        # The report names the picture as the user knows it, not where it was unpacked to.
        return Problem(name=item.name, cause=str(error).replace(str(path), "").lstrip(": "))
    except OSError as error:
        return Problem(name=item.name, cause=f"cannot be read ({error.strerror or error})")


def _loaded(item: Item, path: Path, known: Container[str], decoders: Decoders) -> Loaded:
    facts = _surveyed(path, decoders)
    size = path.stat().st_size
    if facts is None and size > MAX_PICTURE_BYTES:
        raise PictureError(f"is {size >> 20} MiB, larger than any photo; refused")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 in known:
        return Loaded(item, sha256)
    if facts is not None:
        return Loaded(item, sha256, facts=facts)
    raster = decoders.ask(Decode(path, LONGEST))
    return Loaded(item, sha256, raster, *read_exif(path), read_xmp(path))


def _surveyed(path: Path, decoders: Decoders) -> Facts | None:
    """What a TIFF says of itself that is to be looked at by windows; None of all else."""
    if not may_be(path):
        return None
    try:
        facts = decoders.ask(Survey(path))
    except PictureError:
        return None  # Pillow reads others, or says why not
    large = facts.width * facts.height > MOST_PIXELS
    return facts if facts.located or large else None


def load_ahead(
    pool: ThreadPoolExecutor,
    items: Iterable[Item],
    known: Container[str],
    scratch: Path,
    decoders: Decoders,
) -> Iterator[Loaded | Problem]:
    """Load pictures in the pool's threads, in order, never more than a few ahead."""
    waiting: deque[Future[Loaded | Problem]] = deque()
    for item in items:
        waiting.append(pool.submit(load, item, known, scratch, decoders))
        if len(waiting) > _AHEAD * decoders.count:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
