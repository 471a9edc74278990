"""Scenarios: short stories with exactly known truth, that the rules are held against."""

from datasets.scenarios.drawing import Drawing
from datasets.scenarios.look import Look
from datasets.scenarios.scenario import Expected, Scenario, View
from datasets.scenarios.suite import suite

__all__ = ["Drawing", "Expected", "Look", "Scenario", "View", "suite"]
