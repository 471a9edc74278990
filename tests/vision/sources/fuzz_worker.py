"""Reads damaged copies of a recording, in a process of its own: what crashes FFmpeg crashes this.

Usage: fuzz_worker.py RECORDING COPIES. Prints what became of each copy, and ends with a traceback
where that is neither frames nor one of our errors.
"""

from __future__ import annotations

import random
import sys
from itertools import islice
from pathlib import Path

from vision.errors import SourceError
from vision.site import Camera
from vision.sources.source import open_source

_HEAD = 3000  # bytes in which containers say what they hold


def damaged(data: bytes, seed: int) -> bytes:
    """Some bytes changed, half of them where the container describes itself, or an end cut off."""
    chance, spoilt = random.Random(seed), bytearray(data)
    for _ in range(chance.choice((1, 4, 16, 64))):
        end = len(data) if chance.random() < 0.5 else min(len(data), _HEAD)
        at = chance.randrange(end)
        at = chance.choice((at, len(data) - 1 - at))  # an MP4 describes itself at its end
        spoilt[at] = chance.choice((0, 0xFF, 0xC4, chance.randrange(256)))
    return bytes(spoilt[: chance.randrange(len(data))] if chance.random() < 0.1 else spoilt)


def main(recording: Path, copies: int) -> None:
    """Read them one after the other."""
    whole = recording.read_bytes()
    for seed in range(copies):
        copy = recording.with_stem(f"copy-{seed}")
        copy.write_bytes(damaged(whole, seed))
        camera = Camera(id="cam", source=str(copy), pace="fast", analyse_fps=10)
        try:
            source = open_source(camera)
            try:
                print(seed, "frames", len(list(islice(source, 500))), flush=True)
            finally:
                source.close()
        except SourceError as error:
            print(seed, "told", error, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
