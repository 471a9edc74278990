"""A kind that another package brings: outdoor barbecues, told by their smoke.

Its `pyproject.toml` would say:

    [project.entry-points."streetwarden.kinds"]
    barbecue_smoke = "barbecue_smoke:KINDS"
    [project.entry-points."streetwarden.rules"]
    barbecue_smoke = "barbecue_smoke:BarbecueSmoke"
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vision.rules.stationary import StationaryRule
from vision.rules.stay import Stay

KINDS = Path(__file__).with_name("kinds.yaml")


class BarbecueSmoke(StationaryRule):
    """Smoke drifts, so the whole zone is one place."""

    kind = "barbecue_smoke"
    zone_is_one_place = True

    def subtype(self, stays: Sequence[Stay]) -> str:
        return "charcoal"
