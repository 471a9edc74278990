"""Dirty truck: a load carried open, mud, or a spill, and what it takes to tell them."""

from vision.rules.dirty_truck.rule import DirtyTruck

__all__ = ["DirtyTruck"]
