"""A picture being painted, layer by layer, and who owns each of its pixels."""

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.mesh import Part


@dataclass
class Layer:
    """One placed mesh as seen by one camera.

    Attributes:
        x: Left of the region in rendered pixels.
        y: Top of the region.
        colour: h x w x 3 uint8, premultiplied by coverage.
        alpha: h x w uint8 coverage.
        parts: h x w uint8 part index, 0 where nothing is.
        glow: h x w uint8 share of own light, or None.
        depth: Horizontal distance to the camera in metres; nearer layers cover farther ones.
        labels: The mesh's parts.
        extents: Per part index its unclipped xyxy box.
        areas: Per part index its pixels in this layer.
    """

    x: int
    y: int
    colour: Array
    alpha: Array
    parts: Array
    glow: Array | None
    depth: float
    labels: list[Part]
    extents: dict[int, Array]
    areas: dict[int, int]

    @cached_property
    def window(self) -> tuple[slice, slice]:
        """The region as (rows, columns)."""
        h, w = self.alpha.shape
        return slice(self.y, self.y + h), slice(self.x, self.x + w)

    @cached_property
    def keep(self) -> Array:
        """H x w x 3 uint8, how much of what lies behind still shows."""
        return np.asarray(cv2.cvtColor(cv2.bitwise_not(self.alpha), cv2.COLOR_GRAY2BGR))

    @cached_property
    def solid(self) -> tuple[Array, Array]:
        """Where parts are (boolean), and those pixels' part indices."""
        where = self.parts > 0
        return where, self.parts[where].astype(np.int32)


@dataclass
class Picture:
    """A picture being painted: pixels, who owns each pixel, and what gives light."""

    pixels: Array
    owner: Array = field(repr=False)
    glow: Array = field(repr=False)
    lit: bool = False

    @classmethod
    def of(cls, pixels: Array, glow: Array | None = None) -> "Picture":
        """Start from a background; owner 0 is the background."""
        h, w = pixels.shape[:2]
        dark = np.zeros((h, w), np.uint8) if glow is None else glow
        return cls(pixels, np.zeros((h, w), np.int32), dark, bool(dark.any()))

    def copy(self) -> "Picture":
        """An independent copy."""
        return Picture(self.pixels.copy(), self.owner.copy(), self.glow.copy(), self.lit)

    def add(self, layer: Layer, owner: int) -> None:
        """Paint a layer; its part p is owned by `owner + p`."""
        window = layer.window
        under = cv2.multiply(self.pixels[window], layer.keep, scale=1 / 255)
        self.pixels[window] = cv2.add(under, layer.colour)
        solid, parts = layer.solid
        self.owner[window][solid] = owner + parts
        region = self.glow[window]
        if layer.glow is not None:
            cv2.multiply(region, cv2.bitwise_not(layer.alpha), dst=region, scale=1 / 255)
            self.glow[window] = cv2.add(region, layer.glow)
            self.lit = True
        elif self.lit:
            region[solid] = 0

    def repair(self, base: "Picture", windows: list[tuple[slice, slice]]) -> None:
        """Take regions back from another picture."""
        for window in windows:
            self.pixels[window] = base.pixels[window]
            self.owner[window] = base.owner[window]
            if self.lit:
                self.glow[window] = base.glow[window]

    def darken(self, shadow: "Shadow") -> None:
        """Multiply the ground under a shadow."""
        window = shadow.window
        self.pixels[window] = cv2.multiply(self.pixels[window], shadow.keep, scale=1 / 255)


@dataclass
class Shadow:
    """A darkened region: soft mask 0-255 and the BGR gain of full shadow."""

    x: int
    y: int
    mask: Array
    gain: Array

    @cached_property
    def window(self) -> tuple[slice, slice]:
        """The region as (rows, columns)."""
        h, w = self.mask.shape
        return slice(self.y, self.y + h), slice(self.x, self.x + w)

    @cached_property
    def keep(self) -> Array:
        """H x w x 3 uint8, how much light is left."""
        levels = np.arange(256)[:, None] / 255 * (1 - self.gain)
        table = np.round(255 * (1 - levels)).astype(np.uint8)[None]
        return np.asarray(cv2.LUT(cv2.cvtColor(self.mask, cv2.COLOR_GRAY2BGR), table))


def gained(pixels: Array, gain: Array) -> Array:
    """H x W x 3 uint8 pixels times a BGR gain, saturated."""
    levels = np.arange(256)[:, None] * gain
    return np.asarray(cv2.LUT(pixels, np.clip(levels, 0, 255).astype(np.uint8)[None]))
