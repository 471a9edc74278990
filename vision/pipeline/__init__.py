"""Pipeline: connects sources, inference loop, trackers, rules and evidence for one site."""

from vision.pipeline.pipeline import Pipeline

__all__ = ["Pipeline"]
