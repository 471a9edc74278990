"""Compare: two flights, or a flight and a baseline: which structures appeared, grew or went."""

from vision.compare.comparer import Comparer, Outcome
from vision.compare.page import render
from vision.compare.pictures import Flown
from vision.compare.records import Comparison
from vision.compare.report import FILES, compose, geojson, settings_of, write

__all__ = [
    "FILES",
    "Comparer",
    "Comparison",
    "Flown",
    "Outcome",
    "compose",
    "geojson",
    "render",
    "settings_of",
    "write",
]
