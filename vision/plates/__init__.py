"""Number plates of the trucks that cases are about: read as a suggestion, never decided on."""

from vision.plates.grammar import normal
from vision.plates.reading import PlateReading
from vision.plates.vote import vote

__all__ = ["PlateReading", "normal", "vote"]
