"""A skyline: what stands far behind a street."""

import cv2
import numpy as np

from datasets.renderer.camera import Camera
from datasets.renderer.picture import Picture


def skyline(picture: Picture, camera: Camera, rng: np.random.Generator) -> None:
    """Hazy far buildings along the horizon."""
    width, height = camera.size
    horizon = float(camera.centre[1] - camera.focal * np.tan(np.radians(camera.pitch)))
    if horizon < 0 or horizon > height:
        return
    x = 0
    tint = np.array(picture.pixels[min(height - 1, int(horizon)), 0], float)
    while x < width:
        wide = int(rng.uniform(0.03, 0.09) * width)
        tall = int(rng.uniform(0.02, 0.16) * height)
        colour = tint * float(rng.uniform(0.72, 0.9))
        top = max(0, int(horizon) - tall)
        cv2.rectangle(
            picture.pixels,
            (x, top),
            (x + wide, int(horizon) + 2),
            tuple(float(c) for c in colour),
            -1,
        )
        x += wide
