"""Frame: one picture from one camera at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class Clock(StrEnum):
    """Where a frame's capture time comes from; it travels into the case."""

    STREAM = "stream"
    """The stream states wall-clock time itself (for example RTCP sender reports)."""
    MEDIA = "media"
    """A recording: its start time plus the frame's presentation time."""
    ARRIVAL = "arrival"
    """This machine's clock when the stream was opened, advanced by presentation time."""
    PHOTO = "photo"
    """A still's own EXIF time, or the file's modification time where it has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. Immutable: `pixels` is made read-only, so a frame can be shared by threads.

    Attributes:
        pixels: H×W×3 uint8, BGR, in the camera's own resolution.
        camera: id of the camera, unique within a site.
        captured_at: UTC time of capture; aware.
        index: number of the picture in its source since the source was opened, from 0.
        clock: what `captured_at` was read from.
        name: the picture's own name where it has one (a file of a folder), else empty.
    """

    pixels: Pixels
    camera: str
    captured_at: datetime
    index: int
    clock: Clock = Clock.ARRIVAL
    name: str = field(default="")

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(f"a frame is H×W×3 uint8, not {self.pixels.shape} {self.pixels.dtype}")
        if self.captured_at.tzinfo is None:
            raise ValueError("captured_at must be an aware time; use datetime.now(UTC)")
        object.__setattr__(self, "captured_at", self.captured_at.astimezone(UTC))
        self.pixels.flags.writeable = False

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])
