"""PlateReading: what was read from one look at a plate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = Literal["blue", "yellow", "green", "white", "black"]


@dataclass(frozen=True, slots=True)
class PlateReading:
    """What was read from one look.

    Attributes:
        text: as `vision.plates.grammar.normal` writes it.
        chances: of each character, 0..1, as the network says.
        colour: of its ground.
    """

    text: str
    chances: tuple[float, ...]
    colour: Colour

    @property
    def confidence(self) -> float:
        """The geometric mean of the characters' chances, 0..1."""
        return mean_of(self.chances)


def mean_of(chances: tuple[float, ...]) -> float:
    """The geometric mean: one doubtful character makes a plate doubtful; 0 of none."""
    product = 1.0
    for chance in chances:
        product *= max(0.0, chance)
    return product ** (1 / len(chances)) if chances else 0.0
