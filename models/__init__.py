"""Weights by name: load, train, export.

Importing the package imports neither torch nor ultralytics; it only sets the switches that they
read.
"""

from models import runtime as runtime  # first: sets switches that later imports read
from models.catalogue import ModelEntry, find, names
from models.errors import ModelError

__all__ = ["ModelEntry", "ModelError", "find", "names"]
