"""What lies between the scene and the file: lamp light, haze, rain, lens, sensor."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light


@dataclass(frozen=True)
class Weather:
    """Air and sensor.

    Attributes:
        rain: 0 dry to 1 heavy.
        haze: 0 clear to 1 thick.
        noise: Standard deviation of the sensor's noise in grey levels.
        blur: Lens blur, standard deviation in pixels.
        contrast: Gain about mid grey.
        tint: BGR white-balance gains.
    """

    rain: float = 0.0
    haze: float = 0.1
    noise: float = 2.5
    blur: float = 0.6
    contrast: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def random(cls, rng: np.random.Generator, light: Light) -> "Weather":
        """Draw weather that goes with a light."""
        wet = light.shadow < 0.3 and rng.random() < 0.4
        b, g, r = rng.uniform(0.93, 1.07, 3)
        return cls(
            rain=float(rng.uniform(0.2, 1.0)) if wet else 0.0,
            haze=float(rng.uniform(0, 0.35)),
            noise=float(rng.uniform(0.5, 6 if light.night < 0.3 else 11)),
            blur=float(abs(rng.normal(0.3, 0.45))),
            contrast=float(rng.uniform(0.82, 1.12)),
            tint=(float(b), float(g), float(r)),
        )


@lru_cache(maxsize=8)
def _noise_bank(height: int, width: int) -> tuple[Array, ...]:
    """A few pictures of sensor noise around 128, standard deviation 16."""
    rng = np.random.default_rng(7)
    bank = []
    for _ in range(4):
        grey = rng.normal(0, 14, (height, width, 1)).astype(np.float32)
        chroma = cv2.resize(
            rng.normal(0, 9, (height // 2, width // 2, 3)).astype(np.float32), (width, height)
        )
        bank.append(np.clip(128 + grey + chroma, 0, 255).astype(np.uint8))
    return tuple(bank)


def lamp_light(camera: Camera, light: Light, lamps: list[tuple[float, float]]) -> Array | None:
    """Per-pixel BGR gain at night: a dim blue everywhere, warm pools under the lamps.

    Returns:
        H x W x 3 float32, or None by day.
    """
    if light.night <= 0:
        return None
    x, y, reach = camera.ground_grid(8)
    dark = np.array((0.30, 0.25, 0.22), np.float32)
    pool = np.zeros(x.shape, np.float32)
    for lx, ly in lamps:
        square = (x - lx) ** 2 + (y - ly) ** 2
        pool += (1 / (1 + square / 26)).astype(np.float32)
    pool[~np.isfinite(reach)] = 0
    warm = np.array((0.46, 0.66, 0.80), np.float32)
    gain = dark + np.minimum(pool, 1.3)[:, :, None] * warm
    blend = 1 - light.night * (1 - gain)
    smooth = cv2.blur(blend.astype(np.float32), (5, 5))
    return np.asarray(cv2.resize(smooth, camera.size, interpolation=cv2.INTER_LINEAR))


def expose_night(pixels: Array, glow: Array, gain: Array) -> Array:
    """Dim a picture by `gain` except where it glows, and let the glow bloom."""
    share = (glow.astype(np.float32) / 255)[:, :, None]
    lit = pixels * (gain * (1 - share) + share * np.maximum(gain, 1.0))
    shining = (pixels * share).astype(np.uint8)
    small = cv2.resize(shining, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    bloom = cv2.resize(cv2.blur(small, (9, 9)), pixels.shape[1::-1]).astype(np.float32)
    return np.clip(lit + bloom * 0.35, 0, 255).astype(np.uint8)


def haze_mask(camera: Camera, weather: Weather) -> Array | None:
    """Per-pixel uint8 share of haze, None where the air is clear."""
    if weather.haze <= 0.01:
        return None
    _, _, reach = camera.ground_grid(8)
    share = 1 - np.exp(-np.minimum(reach, 400) * weather.haze / 60)
    small = (np.clip(share, 0, 0.85) * 255).astype(np.uint8)
    return np.asarray(cv2.resize(small, camera.size, interpolation=cv2.INTER_LINEAR))


def add_haze(pixels: Array, share: Array, colour: Array) -> Array:
    """Blend towards the haze colour."""
    weight = share.astype(np.float32) / 255
    veil = np.empty_like(pixels)
    veil[:] = np.clip(colour, 0, 255)
    return np.asarray(cv2.blendLinear(pixels, veil, 1 - weight, weight))


def rain_streaks(pixels: Array, amount: float, rng: np.random.Generator) -> Array:
    """Draw falling streaks and dull the picture."""
    h, w = pixels.shape[:2]
    veil = np.zeros((h // 2, w // 2), np.uint8)
    count = int(amount * w * h / 3200)
    x, y = rng.integers(0, w // 2, count), rng.integers(-10, h // 2, count)
    length = rng.integers(5, 16, count)
    slant = float(rng.uniform(-0.2, 0.2))
    for a, b, n in zip(x, y, length, strict=True):
        cv2.line(veil, (int(a), int(b)), (int(a + slant * n), int(b + n)), 70, 1)
    streaks = cv2.resize(veil, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.add(pixels, cv2.cvtColor(streaks, cv2.COLOR_GRAY2BGR)))


def wet_ground(picture: Array, amount: float) -> Array:
    """Darken a background as rain does."""
    return np.asarray(cv2.convertScaleAbs(picture, alpha=1 - 0.22 * amount, beta=0))


def lens(pixels: Array, weather: Weather) -> Array:
    """Lens blur."""
    if weather.blur > 0.25:
        # Three taps hold a narrow bell and are much faster than the size OpenCV would choose.
        taps = 3 if weather.blur < 0.75 else 0
        return np.asarray(cv2.GaussianBlur(pixels, (taps, taps), weather.blur))
    return pixels


def sensor(pixels: Array, weather: Weather, rng: np.random.Generator) -> Array:
    """White balance, contrast and noise; always a new picture."""
    given = pixels
    if weather.contrast != 1.0 or weather.tint != (1.0, 1.0, 1.0):
        levels = np.arange(256, dtype=np.float32)
        table = np.stack(
            [(levels - 128) * weather.contrast + 128 for _ in range(3)], axis=-1
        ) * np.array(weather.tint)
        pixels = cv2.LUT(pixels, np.clip(table, 0, 255).astype(np.uint8)[None])
    if weather.noise > 0.2:
        bank = _noise_bank(*pixels.shape[:2])
        grain = bank[int(rng.integers(len(bank)))]
        if rng.random() < 0.5:
            grain = cv2.flip(grain, int(rng.integers(-1, 2)))
        gain = weather.noise / 16
        pixels = cv2.addWeighted(pixels, 1.0, grain, gain, -128 * gain)
    return pixels.copy() if pixels is given else pixels
