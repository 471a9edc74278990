"""Sun, sky and street lamps."""

from dataclasses import dataclass

import numpy as np

from datasets.renderer.camera import Array

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """How a scene is lit. Colours are BGR factors, 1.0 is neutral.

    Attributes:
        azimuth: Direction towards the sun, degrees, 0 is +y, 90 is +x.
        elevation: Sun above the horizon, degrees.
        sun: Direct light.
        sky: Ambient light.
        shadow: 0 no cast shadows (overcast) to 1 hard ones.
        night: 0 day, 1 deep night: how far the picture falls to lamp light.
        exposure: Gain on the whole picture.
    """

    azimuth: float = 140.0
    elevation: float = 48.0
    sun: Rgb = (0.54, 0.61, 0.66)
    sky: Rgb = (0.66, 0.61, 0.58)
    shadow: float = 0.75
    night: float = 0.0
    exposure: float = 1.0

    @property
    def towards(self) -> Array:
        """Unit vector from the ground to the sun."""
        a, e = np.radians((self.azimuth, self.elevation))
        return np.array((np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)))

    def shade(self, normals: Array) -> Array:
        """Lambert shading with a sky that is brighter above.

        Args:
            normals: N x 3 unit normals.

        Returns:
            N x 3 BGR factors.
        """
        direct = np.clip(normals @ self.towards, 0, None)[:, None] * np.asarray(self.sun)
        ambient = (0.80 + 0.20 * normals[:, 2:3]) * np.asarray(self.sky)
        return np.asarray((direct + ambient) * self.exposure)

    @property
    def ground(self) -> Array:
        """BGR factor of an open horizontal surface."""
        return np.asarray(self.shade(np.array([[0.0, 0.0, 1.0]]))[0])

    @property
    def shadow_gain(self) -> Array:
        """BGR factor of a horizontal surface in full cast shadow, relative to an open one."""
        full = np.asarray(self.sky) * self.exposure
        return np.asarray(1 - self.shadow * (1 - full / np.maximum(self.ground, 1e-6)))


def overcast_day() -> Light:
    """A grey day: soft light, contact shadows only."""
    return Light(0, 80, (0.16, 0.16, 0.16), (0.90, 0.89, 0.87), shadow=0.12)


def dusk() -> Light:
    """The sun is down, lamps are lit, the sky still gives light."""
    return Light(270, 12, (0.02, 0.06, 0.10), (0.74, 0.66, 0.62), shadow=0.1, night=0.55)


def night() -> Light:
    """Lamp light."""
    return Light(0, 80, (0.05, 0.05, 0.05), (0.80, 0.80, 0.80), shadow=0.1, night=1.0)


def random_light(rng: np.random.Generator) -> Light:
    """Draw a light for a training picture: mostly day, some dusk and night."""
    kind = rng.choice(["clear", "overcast", "dusk", "night"], p=[0.5, 0.28, 0.1, 0.12])
    if kind == "clear":
        warm = float(rng.uniform(-0.05, 0.09))
        strength = float(rng.uniform(0.42, 0.8))
        ambient = float(rng.uniform(0.42, 0.72))
        sun = (strength - warm, strength, strength + warm)
        sky = (ambient + warm / 2, ambient, ambient - warm / 2)
        return Light(
            float(rng.uniform(0, 360)),
            float(rng.uniform(18, 78)),
            sun,
            sky,
            shadow=float(rng.uniform(0.5, 0.95)),
            exposure=float(rng.uniform(0.88, 1.3)),
        )
    base = {"overcast": overcast_day(), "dusk": dusk(), "night": night()}[str(kind)]
    tint = rng.uniform(0.93, 1.07, 3)
    blue, green, red = (float(s * t) for s, t in zip(base.sky, tint, strict=True))
    return Light(
        float(rng.uniform(0, 360)),
        base.elevation,
        base.sun,
        (blue, green, red),
        base.shadow,
        min(1.0, base.night * float(rng.uniform(0.7, 1.1))),
        float(rng.uniform(0.85, 1.2)),
    )
