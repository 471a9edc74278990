"""Probe: an address opened once, as a camera's would be, to see what it sends before it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from vision.errors import SourceBroken
from vision.frames import Pixels
from vision.site import Camera
from vision.sources.address import SourceKind, parse_address
from vision.sources.source import Source, open_source
from vision.sources.video import HIGHEST_RATE, Video


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """What an address sends.

    Attributes:
        kind: of the address.
        pixels: its first picture, H×W×3 BGR.
        codec: of a video, as FFmpeg calls it; None for pictures.
        fps: frames per second that the video states; None where it states none.
        trouble: what is wrong although it gives pictures, in plain words.
    """

    kind: SourceKind
    pixels: Pixels
    codec: str | None
    fps: float | None
    trouble: str | None


def probe(camera: Camera, opener: Callable[[Camera], Source] = open_source) -> Probed:
    """Open a camera's source and take its first picture; some 10 s at most.

    Args:
        camera: whose.
        opener: opens it.

    Raises:
        SourceError: it does not answer, refuses the password, or gives no picture. The text says
            what to do and holds no credentials.
    """
    source = opener(camera)
    try:
        frame = next(islice(iter(source), 1), None)
        if frame is None:
            raise SourceBroken("opened, but gave no frame within its time; check what it sends")
        video = source if isinstance(source, Video) else None
        return Probed(
            kind=parse_address(camera.source).kind,
            pixels=frame.pixels,
            codec=video.stream.codec.name if video else None,
            fps=_stated_fps(video) if video else None,
            trouble=source.trouble,
        )
    finally:
        source.close()


def _stated_fps(video: Video) -> float | None:
    rate = float(video.stream.average_rate or video.stream.guessed_rate or 0)
    return round(rate, 3) if 0 < rate <= HIGHEST_RATE else None
