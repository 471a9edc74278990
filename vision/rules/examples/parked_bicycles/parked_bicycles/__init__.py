"""Bicycles, e-bikes and motorcycles parked on pavements: a kind and the rule that decides it."""

from .rule import ParkedBicycles

__all__ = ["ParkedBicycles"]
