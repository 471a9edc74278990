"""Frame: one picture from one camera at one moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vision.geo.carried_pose import CarriedPose
from vision.geo.drone_pose import DronePose

if TYPE_CHECKING:
    import torch

Pixels = NDArray[np.uint8]
Image: TypeAlias = "Pixels | torch.Tensor"
"""H×W×3 uint8, BGR: an array, or a tensor that a device can read."""
Pose: TypeAlias = DronePose | CarriedPose
"""Where a camera that moves is, and which way it looks where that is told."""
Edges = tuple[int, int, int, int]
"""Left, top, right and bottom of a part of a picture, pixels."""

MARGIN = 0.06
"""Left around what is cut out, on each side, as a share of its width and height: a truck's load
stands out of its box."""


class Clock(StrEnum):
    """Source of a frame's capture time; it is stored with the case."""

    STREAM = "stream"
    """The stream states wall-clock time itself (for example RTCP sender reports)."""
    MEDIA = "media"
    """A recording: its start time plus the frame's presentation time."""
    ARRIVAL = "arrival"
    """This machine's clock when the frame arrived, less what presentation time says of its delay
    (a second at most)."""
    PHOTO = "photo"
    """A still's own EXIF time, or the file's modification time where it has none."""


def fitted(width: int, height: int, longer: int) -> tuple[int, int]:
    """Width and height of a picture scaled so that its longer side is `longer` pixels."""
    ratio = longer / max(width, height)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


def with_margin(box: NDArray[np.floating], width: int, height: int) -> Edges:
    """A box (xyxy pixels) with a margin, as far as a picture of this size goes."""
    x1, y1, x2, y2 = (float(v) for v in box)
    across, down = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    left, top = max(0, round(x1 - across)), max(0, round(y1 - down))
    right, bottom = min(width, round(x2 + across)), min(height, round(y2 + down))
    return left, top, max(left, right), max(top, bottom)


def crop(pixels: Pixels, box: NDArray[np.floating]) -> Pixels:
    """The part of a picture in a box (xyxy pixels) with a margin, as far as the picture goes."""
    left, top, right, bottom = with_margin(box, pixels.shape[1], pixels.shape[0])
    return np.ascontiguousarray(pixels[top:bottom, left:right])


class Picture(Protocol):
    """Pixels at the size that a model looks at, and on demand all of them.

    Attributes:
        width, height: of the whole picture, pixels.
        small: H×W×3 uint8, BGR, the whole picture scaled down.
    """

    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def small(self) -> Pixels: ...  # noqa: D102

    def whole(self) -> Pixels:
        """H×W×3 uint8, BGR, in the camera's own resolution. Any thread may ask."""
        ...


class DevicePicture(ABC):
    """A `Picture` that a device has too: what works there takes it without this machine's memory.

    Attributes:
        small_there: `small` on the device, whole from the start.
    """

    __slots__ = ()
    small_there: torch.Tensor

    @abstractmethod
    def cut_there(self, edges: Edges) -> torch.Tensor:
        """A part of the whole picture on the device: H×W×3 uint8, BGR; on the current stream."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. Immutable: its pixels are read-only, so a frame can be shared by threads.

    Attributes:
        picture: its pixels, H×W×3 uint8, BGR, in the camera's own resolution, or what makes them.
        camera: id of the camera, unique within a site.
        captured_at: UTC time of capture; aware.
        index: number of the picture in its source since the source was opened, from 0;
            in coded order, so a few off where pictures were left undecoded.
        clock: what `captured_at` was read from.
        name: the picture's own name where it has one (a file of a folder), else empty.
        pose: where a drone was at that moment and which way it looked, or where a carried camera
            was, as far as telemetry tells.
        part: of a recording whose times leap, the number of leaps before it: frames of two parts do
            not follow on, whatever their times say, and no stay lasts from one to the other.
    """

    picture: Pixels | Picture
    camera: str
    captured_at: datetime
    index: int
    clock: Clock = Clock.ARRIVAL
    name: str = field(default="")
    pose: Pose | None = None
    part: int = 0

    def __post_init__(self) -> None:
        pixels = self.small
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise ValueError(f"a frame is H×W×3 uint8, not {pixels.shape} {pixels.dtype}")
        if self.captured_at.tzinfo is None:
            raise ValueError("captured_at must be an aware time; use datetime.now(UTC)")
        object.__setattr__(self, "captured_at", self.captured_at.astimezone(UTC))
        pixels.flags.writeable = False

    @property
    def pixels(self) -> Pixels:
        """H×W×3 uint8, BGR, in the camera's own resolution; converted when first asked for."""
        return self.picture if isinstance(self.picture, np.ndarray) else self.picture.whole()

    @property
    def small(self) -> Pixels:
        """The whole picture at the size that a model looks at; `pixels` where it was not scaled."""
        return self.picture if isinstance(self.picture, np.ndarray) else self.picture.small

    def on(self, device: torch.device | None) -> DevicePicture | None:
        """The picture as it lies on this device; None where it does not."""
        picture = self.picture
        if isinstance(picture, DevicePicture) and picture.small_there.device == device:
            return picture
        return None

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self._size[0]

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self._size[1]

    @property
    def _size(self) -> tuple[int, int]:
        if isinstance(self.picture, np.ndarray):
            return self.picture.shape[1], self.picture.shape[0]
        return self.picture.width, self.picture.height
