"""Procedural surfaces: noise, asphalt, paving, walls, grass, roofs. BGR uint8, tileable or not."""

from functools import lru_cache

import cv2
import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.mesh import Colour


@lru_cache(maxsize=32)
def noise(seed: int, size: int = 512, coarsest: int = 4, octaves: int = 6) -> Array:
    """Fractal value noise, size x size float32, mean 0, about -1 to 1."""
    rng = np.random.default_rng(seed)
    out = np.zeros((size, size), np.float32)
    weight, cells = 1.0, coarsest
    for _ in range(octaves):
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        out += weight * cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
        weight *= 0.6
        cells = min(cells * 2, size)
    return np.asarray(out / max(float(np.abs(out).max()), 1e-6))


def patch(rng: np.random.Generator, height: int, width: int, coarsest: int = 4) -> Array:
    """A random noise patch, height x width float32 in about -1 to 1."""
    base = noise(int(rng.integers(0, 8)), 512, coarsest)
    if rng.random() < 0.5:
        base = base[:, ::-1]
    scale = max(height, width) / 512
    if scale > 1:
        base = np.tile(base, (int(np.ceil(scale)), int(np.ceil(scale))))
    y = int(rng.integers(0, base.shape[0] - height + 1))
    x = int(rng.integers(0, base.shape[1] - width + 1))
    return base[y : y + height, x : x + width]


def grain(rng: np.random.Generator, height: int, width: int) -> Array:
    """White noise, float32, standard deviation 1."""
    base = _white(int(rng.integers(0, 4)))
    tiles = (int(np.ceil(height / 512)), int(np.ceil(width / 512)))
    return np.tile(base, tiles)[:height, :width]


@lru_cache(maxsize=4)
def _white(seed: int) -> Array:
    return np.random.default_rng(seed + 90).standard_normal((512, 512)).astype(np.float32)


def flat(height: int, width: int, colour: Colour) -> Array:
    """An even surface."""
    return np.full((height, width, 3), colour, np.uint8)


def mottle(surface: Array, rng: np.random.Generator, stains: float, speckle: float) -> Array:
    """Add large stains and fine speckle, grey levels."""
    h, w = surface.shape[:2]
    change = stains * patch(rng, h, w) + speckle * grain(rng, h, w)
    return np.clip(surface.astype(np.float32) + change[:, :, None], 0, 255).astype(np.uint8)


def asphalt(rng: np.random.Generator, height: int, width: int, tone: float = 92.0) -> Array:
    """Road surface with stains, tyre-polished streaks left to the caller."""
    base = flat(height, width, (tone * 1.01, tone, tone * 0.98))
    return mottle(base, rng, 14, 6)


def tiles(  # noqa: PLR0917
    rng: np.random.Generator,
    height: int,
    width: int,
    colour: Colour,
    tile: tuple[int, int],
    joint: float = 0.82,
    vary: float = 9.0,
) -> Array:
    """Paving of `tile` = (height, width) pixels with dark joints and tiles that differ a little."""
    th, tw = max(2, tile[0]), max(2, tile[1])
    rows, cols = height // th + 2, width // tw + 2
    tone = rng.normal(0, vary, (rows, cols)).astype(np.float32)
    spread = np.repeat(np.repeat(tone, th, 0), tw, 1)[:height, :width]
    base = np.array(colour, np.float32) + spread[:, :, None]
    gap = max(1, round(min(th, tw) * 0.06))
    if min(th, tw) >= 4:
        for k in range(gap):
            base[k::th] *= joint
            base[:, k::tw] *= joint
    return mottle(np.clip(base, 0, 255).astype(np.uint8), rng, 10, 4)


def grass(rng: np.random.Generator, height: int, width: int) -> Array:
    """Lawn or scrub seen from above."""
    base = np.array((52, 98, 84), np.float32) + rng.normal(0, 6, 3)
    change = patch(rng, height, width, 16) * 26 + grain(rng, height, width) * 9
    tint = base + change[:, :, None] * np.array((0.6, 1.0, 0.9))
    return np.asarray(np.clip(tint, 0, 255).astype(np.uint8))


def earth(rng: np.random.Generator, height: int, width: int) -> Array:
    """Bare soil or dirt yard."""
    base = np.array((92, 118, 138), np.float32) + rng.normal(0, 9, 3)
    change = patch(rng, height, width, 8) * 24 + grain(rng, height, width) * 7
    return np.asarray(np.clip(base + change[:, :, None], 0, 255).astype(np.uint8))


def brick(rng: np.random.Generator, height: int, width: int, ppm: float, colour: Colour) -> Array:
    """Brick or facing-tile wall at `ppm` pixels per metre."""
    return tiles(
        rng, height, width, colour, (max(2, int(ppm * 0.12)), max(3, int(ppm * 0.3))), 0.88, 7
    )


def ribbed(  # noqa: PLR0917
    rng: np.random.Generator, height: int, width: int, colour: Colour, pitch: float, worn: float
) -> Array:
    """Corrugated or colour-steel sheet; ribs run down the picture every `pitch` pixels."""
    x = np.arange(width, dtype=np.float32)
    wave = 1 + 0.13 * np.sign(np.sin(2 * np.pi * x / max(pitch, 2.0)))
    base = np.array(colour, np.float32) * wave[None, :, None] * np.ones((height, 1, 1), np.float32)
    rust = np.clip(patch(rng, height, width, 8) - (1 - worn), 0, 1)[:, :, None]
    base = base * (1 - rust) + np.array((50, 80, 120), np.float32) * rust
    return mottle(np.clip(base, 0, 255).astype(np.uint8), rng, 10, 3)


def muddy(panel: Array, rng: np.random.Generator, amount: float) -> Array:
    """Splash mud on a panel, thickest at its bottom edge.

    Args:
        panel: BGR picture of a vehicle's side.
        rng: Source of chance.
        amount: 0 clean, 1 caked to half its height.
    """
    if amount <= 0:
        return panel
    h, w = panel.shape[:2]
    rise = np.linspace(-1.1, 1.0, h, dtype=np.float32)[:, None]
    field = patch(rng, h, w, 8) * 1.1 + rise + amount * 1.25 - 0.95
    cover = np.clip(field * 3, 0, 1)[:, :, None] * 0.94
    mud = np.array((58, 84, 108), np.float32) + 16 * patch(rng, h, w, 16)[:, :, None]
    return np.asarray(np.clip(panel * (1 - cover) + mud * cover, 0, 255).astype(np.uint8))


def heap_colour(rng: np.random.Generator, kind: str) -> Colour:
    """BGR of a load: earth, rubble, sand or clay."""
    base = {
        "earth": (50, 78, 108),
        "rubble": (112, 120, 126),
        "sand": (104, 148, 176),
        "clay": (52, 84, 142),
    }[kind]
    b, g, r = np.clip(np.array(base) + rng.normal(0, 7, 3), 0, 255)
    return float(b), float(g), float(r)
