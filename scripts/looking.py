"""Looking: the first frame of each camera, for `check` and `snapshot`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2

from vision.detections import Detections
from vision.errors import SourceBroken, SourceError, StreetwardenError
from vision.evidence import mask, paint_privacy
from vision.frames import Frame, Pixels
from vision.gateways.opening import open_camera
from vision.site import Camera


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A camera's first frame, and what its source says is wrong though it gives frames."""

    frame: Frame
    trouble: str | None


def first_frames(cameras: Sequence[Camera]) -> list[Seen | SourceError]:
    """The first frame of each, or why there is none; none waits for another's time-out."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        return list(pool.map(_first_frame, cameras))


def clean(
    frame: Frame, detections: Detections, privacy: Sequence[Sequence[tuple[float, float]]]
) -> Pixels:
    """A frame as it may be kept: privacy painted out, people and plates pixelated."""
    return mask(paint_privacy(frame.pixels, privacy), detections)


def save(path: Path, pixels: Pixels) -> None:
    """Write a picture, as PNG or JPEG by its name.

    Raises:
        StreetwardenError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        suffix = ".png" if path.suffix.lower() == ".png" else ".jpg"
        path.write_bytes(cv2.imencode(suffix, pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    except OSError as error:
        raise StreetwardenError(
            f"{path}: cannot be written ({error.strerror}); choose another folder"
        ) from error


def _first_frame(camera: Camera) -> Seen | SourceError:
    try:
        source = open_camera(camera)
        try:
            frame = next(islice(iter(source), 1), None)
            trouble = source.trouble
        finally:
            source.close()
    except SourceError as error:
        return error
    if frame is None:
        return SourceBroken("opened, but gave no frame within its time; check what it sends")
    return Seen(frame, trouble)
