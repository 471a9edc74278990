"""Scenarios: short scripted scenes with exact ground truth, against which the rules are tested."""

from datasets.scenarios.drawing import Drawing
from datasets.scenarios.look import Look
from datasets.scenarios.scenario import Expected, Scenario, View
from datasets.scenarios.suite import suite

__all__ = ["Drawing", "Expected", "Look", "Scenario", "View", "suite"]
