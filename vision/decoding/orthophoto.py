"""Orthophotos: what a TIFF is, a part of it at a scale, and where its pixels lie on the ground.

Read by rasterio (GDAL), which takes the blocks of a part and no more, so the size of the whole does
not matter. In a decoder's process: a file stays open there from one question to the next.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, cos, hypot, radians
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import from_gcps
from rasterio.warp import transform
from rasterio.windows import Window

from vision.errors import PictureError
from vision.frames import Pixels
from vision.sources.raster import DNG_VERSION, Raster

# What rasterio says of every plain TIFF.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)

MOST_BLOCK = 256 << 20
"""Bytes of a block, the least that can be read of a file: more is refused."""
_CACHE = 128 << 20
"""Bytes of blocks that GDAL keeps."""
_CHUNK = 8_000_000
"""Pixels of the file read at a time."""
_EMPTY = 114
"""Shade of what holds no picture: the grey around a picture in the network's input."""
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How TIFF and BigTIFF begin."""
_METRES_A_DEGREE = 111_320.0
"""Of latitude; the Earth's radius varies by 0.3 %, and a pixel's size needs no more."""
_DARKEST, _BRIGHTEST = 0.5, 99.5
"""Percentiles of 16-bit values that become black and white."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a TIFF says of itself.

    Attributes:
        width, height: pixels.
        located: it states where it lies on the ground.
        low, high: the values that become black and white.
    """

    width: int
    height: int
    located: bool
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the ground: degrees (WGS 84), and the size of a pixel there, in metres."""

    lon: float
    lat: float
    pixel_m: float


def may_be(path: Path) -> bool:
    """Whether a file begins as TIFF does."""
    with path.open("rb") as file:
        return file.read(4) in _TIFF


@dataclass(frozen=True, slots=True)
class Survey:
    """Asks for the `Facts` of a TIFF.

    Raises (when answered):
        PictureError: it cannot be read, in parts at least.
    """

    path: Path

    def answer(self) -> Facts:
        """See the class."""
        if _is_raw(self.path):
            raise PictureError(f"{self.path}: is a raw photo (DNG)")
        return _facts(self.path)


@dataclass(frozen=True, slots=True)
class Part:
    """Asks for a part of a TIFF: edges in its pixels, divided by `scale`. Empty parts are grey."""

    path: Path
    left: int
    top: int
    right: int
    bottom: int
    scale: int

    def answer(self) -> Raster:
        """H×W×3, its `width` and `height` those of the whole file; no pixels if all is empty."""
        data, facts = _open(self.path), _facts(self.path)
        wide, high = (
            ceil((self.right - self.left) / self.scale),
            ceil((self.bottom - self.top) / self.scale),
        )
        pixels, any_ = np.empty((high, wide, 3), np.uint8), False
        rows = max(1, _CHUNK // (self.right - self.left) // self.scale)
        try:
            for row in range(0, high, rows):
                some = min(rows, high - row)
                top = self.top + row * self.scale
                edges = (self.left, top, self.right, min(self.bottom, top + some * self.scale))
                pixels[row : row + some], filled = _read(data, facts, edges, (some, wide))
                any_ = any_ or filled
        except Exception as error:
            raise PictureError(f"{self.path}: {_damaged(error)}") from error
        return Raster(pixels if any_ else pixels[:0], facts.width, facts.height)


@dataclass(frozen=True, slots=True)
class Locate:
    """Asks where pixels of a located TIFF lie: N×2, x and y."""

    path: Path
    points: NDArray[np.float64]

    def answer(self) -> list[Spot]:
        """One for each point; none where the coordinate system cannot be turned into WGS 84."""
        data = _open(self.path)
        grid, crs = _grid(data)
        if crs is None or not len(self.points):
            return []
        # Each point, and its neighbours to the right and below: they tell a pixel's size.
        steps = np.array([[0, 0], [1, 0], [0, 1]], np.float64)
        x, y = (self.points[:, None] + steps).reshape(-1, 2).T
        east, north = grid.a * x + grid.b * y + grid.c, grid.d * x + grid.e * y + grid.f
        try:
            lon, lat = transform(crs, "EPSG:4326", east, north)
        except RasterioError:
            return []
        ground = np.column_stack((lon, lat)).reshape(-1, 3, 2)
        return [_spot(three) for three in ground.tolist() if np.isfinite(three).all()]


def _spot(three: list[list[float]]) -> Spot:
    (lon, lat), *beside = three
    across = _METRES_A_DEGREE * cos(radians(lat))
    sides = [hypot((x - lon) * across, (y - lat) * _METRES_A_DEGREE) for x, y in beside]
    return Spot(round(lon, 8), round(lat, 8), max(sides))


def _is_raw(path: Path) -> bool:
    """Whether it is a photo's raw data, of which GDAL would read the preview."""
    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(path, formats=("TIFF",)) as image,
        ):
            return DNG_VERSION in getattr(image, "tag_v2", ())
    except Exception:  # noqa: BLE001 - as large as no photo, or damaged: GDAL says so
        return False


@lru_cache(maxsize=1)
def _open(path: Path) -> DatasetReader:
    environment = rasterio.Env(
        GDAL_CACHEMAX=_CACHE >> 20,
        GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",  # nothing beside the file is opened
        GDAL_NUM_THREADS=1,
    )
    environment.__enter__()  # for the rest of the process's life
    try:
        return rasterio.open(path, driver="GTiff")
    except RasterioError as error:
        raise PictureError(f"{path}: {_damaged(error)}") from error


def _damaged(error: Exception) -> str:
    return f"is damaged and cannot be read as TIFF ({error}); export it again"


@lru_cache(maxsize=1)
def _facts(path: Path) -> Facts:
    data = _open(path)
    kind = np.dtype(data.dtypes[0])
    if kind not in (np.uint8, np.uint16):
        raise PictureError(
            f"{path}: holds measurements ({kind}), not a picture; export it as 8 bit"
        )
    down, across = data.block_shapes[0]
    block = down * across * kind.itemsize * data.count
    if block > MOST_BLOCK:
        raise PictureError(
            f"{path}: can only be read in pieces of {block / (1 << 30):.1f} GiB; store it in tiles "
            "(gdal_translate -co TILED=YES -co BIGTIFF=IF_SAFER)"
        )
    low, high = 0.0, 255.0
    if kind == np.uint16:
        size = [max(1, n // max(1, max(data.shape) // 1024)) for n in data.shape]
        few = data.read(_bands(data)[0], out_shape=(len(_bands(data)[0]), *size), masked=True)
        values = few.compressed()
        if len(values):
            low, high = (float(v) for v in np.percentile(values, (_DARKEST, _BRIGHTEST)))
    grid, crs = _grid(data)
    located = crs is not None and not grid.is_identity
    return Facts(data.width, data.height, located, low, max(high, low + 1))


def _grid(data: DatasetReader) -> tuple[Any, Any]:
    """The affine way from pixels to coordinates, and their system; None where it is unknown."""
    points, crs = data.gcps
    if len(points) >= 3 and data.crs is None:
        return from_gcps(points), crs
    return data.transform, data.crs


def _bands(data: DatasetReader) -> tuple[list[int], bool]:
    """The bands that make colour (1 or 3 of them), and whether they index a table of colours."""
    if data.colorinterp[0] is ColorInterp.palette:
        return [1], True
    named = {c: n for n, c in enumerate(data.colorinterp, start=1)}
    wanted = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(c in named for c in wanted):
        return [named[c] for c in wanted], False
    return ([1, 2, 3] if data.count >= 3 else [1]), False


def _read(
    data: DatasetReader, facts: Facts, edges: tuple[int, int, int, int], shape: tuple[int, int]
) -> tuple[Pixels, bool]:
    """BGR of a window, and whether there is anything in it."""
    left, top, right, bottom = edges
    window = Window(left, top, right - left, bottom - top)
    bands, palette = _bands(data)
    values = data.read(bands, window=window)
    there = data.dataset_mask(window=window)
    if palette:
        colours = np.zeros((256, 3), np.uint8)
        for index, colour in data.colormap(1).items():
            colours[index & 0xFF] = colour[:3]
        values = np.moveaxis(colours[values[0] & 0xFF], 2, 0)
    elif values.dtype != np.uint8:
        scaled = (values.astype(np.float32) - facts.low) * (255 / (facts.high - facts.low))
        values = np.clip(scaled, 0, 255).astype(np.uint8)
    if len(values) == 1:
        pixels = cv2.cvtColor(values[0], cv2.COLOR_GRAY2BGR)
    else:
        pixels = np.ascontiguousarray(np.moveaxis(values[::-1], 0, 2))
    pixels[there == 0] = _EMPTY
    if pixels.shape[:2] != shape:  # ten times as quick as GDAL's average
        pixels = cv2.resize(pixels, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(pixels, np.uint8), bool(there.any())
