"""Letterbox: how a picture lies in a network's input, and the way back for boxes.

The longer side is scaled to `image_size`, the shorter follows and is padded with grey to a multiple
of the network's stride: a 16:9 picture becomes 640×360 in 640×384 instead of a square. Grey 114,
bilinear scaling and centring are what ultralytics trains with (`data/augment.py`, `LetterBox`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import Pixels, fitted

STRIDE = 32
"""Coarsest stride of YOLO's feature maps, in input pixels."""
GREY = 114


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a `width`×`height` picture lies in an `input_width`×`input_height` input, in pixels.

    The picture covers `scaled_width`×`scaled_height` from (`left`, `top`).
    """

    width: int
    height: int
    scaled_width: int
    scaled_height: int
    left: int
    top: int
    input_width: int
    input_height: int

    @classmethod
    def fit(cls, width: int, height: int, image_size: int) -> Letterbox:
        """The letterbox of a picture for an input whose longer side is `image_size`.

        Raises:
            ValueError: the picture has no pixels, or `image_size` is no multiple of the stride.
        """
        if width < 1 or height < 1:
            raise ValueError(f"a picture of {width}×{height} pixels has nothing to look at")
        if image_size < STRIDE or image_size % STRIDE:
            raise ValueError(f"image_size {image_size} is not a multiple of {STRIDE}")
        scaled_width, scaled_height = fitted(width, height, image_size)
        input_width = -(-scaled_width // STRIDE) * STRIDE
        input_height = -(-scaled_height // STRIDE) * STRIDE
        return cls(
            width=width,
            height=height,
            scaled_width=scaled_width,
            scaled_height=scaled_height,
            left=(input_width - scaled_width) // 2,
            top=(input_height - scaled_height) // 2,
            input_width=input_width,
            input_height=input_height,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the input; pictures that share it can share a batch."""
        return self.input_height, self.input_width

    def draw(self, picture: Pixels, into: Pixels) -> None:
        """Scale `picture` into `into` (`input_height`×`input_width`×3), and pad with grey."""
        bottom, right = self.top + self.scaled_height, self.left + self.scaled_width
        into[: self.top] = GREY
        into[bottom:] = GREY
        into[self.top : bottom, : self.left] = GREY
        into[self.top : bottom, right:] = GREY
        room = into[self.top : bottom, self.left : right]
        if picture.shape == room.shape:
            room[:] = picture
        else:
            size = (self.scaled_width, self.scaled_height)
            cv2.resize(picture, size, dst=room, interpolation=cv2.INTER_LINEAR)

    def to_input(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """N×4 xyxy boxes in pixels of the picture, in pixels of the input."""
        return (boxes * self._scale() + self._offset()).astype(np.float32)

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """N×4 xyxy boxes in pixels of the input, in pixels of the picture and clipped to it."""
        limit = np.array([self.width, self.height] * 2)
        found = (boxes - self._offset()) / self._scale()
        return np.clip(found, 0, limit).astype(np.float32)

    def _scale(self) -> NDArray[np.float64]:
        # Per axis, because rounding to whole pixels changes the two differently.
        return np.array(
            [self.scaled_width / self.width, self.scaled_height / self.height] * 2, np.float64
        )

    def _offset(self) -> NDArray[np.float64]:
        return np.array([self.left, self.top] * 2, np.float64)
