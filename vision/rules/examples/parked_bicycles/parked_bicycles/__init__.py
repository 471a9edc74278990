"""Bicycles, e-bikes and motorcycles parked on pavements: a kind and the rule that decides it."""

from __future__ import annotations

from pathlib import Path

from .rule import ParkedBicycles

__all__ = ["KINDS", "ParkedBicycles"]

KINDS = Path(__file__).with_name("kinds.yaml")
"""The kind's description: names, codes, settings."""
