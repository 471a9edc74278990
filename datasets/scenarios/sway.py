"""Sway: how a camera moves a little: a pole in the wind, a drone that hovers."""

from collections.abc import Callable

import numpy as np

Sway = Callable[[float], tuple[float, float]]
"""Shift of the picture at a second, across and down, each -1..1 of its margin."""


def shaking(seed: int) -> Sway:
    """A pole in the wind: each look is somewhere else."""

    def sway(t: float) -> tuple[float, float]:
        across, down = np.random.default_rng((seed, round(t * 10))).uniform(-1, 1, 2)
        return float(across), float(down)

    return sway


def hovering(phase: float) -> Sway:
    """A drone that holds its place as well as it can: slow wander, another one each minute."""

    def sway(t: float) -> tuple[float, float]:
        across = 0.65 * np.sin(0.021 * t + phase) + 0.3 * np.sin(0.067 * t)
        down = 0.65 * np.cos(0.017 * t + phase) + 0.3 * np.sin(0.053 * t + 1)
        return float(np.clip(across, -1, 1)), float(np.clip(down, -1, 1))

    return sway
