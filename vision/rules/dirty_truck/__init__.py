"""Dirty truck: the rule for uncovered loads, mud and spills, with its truck and road models."""

from vision.rules.dirty_truck.rule import DirtyTruck

__all__ = ["DirtyTruck"]
