"""Inference loop: batches frames of many cameras on one device, in order for each camera."""

from vision.loop.attributes import Attributes
from vision.loop.loop import Deliver, InferenceLoop
from vision.loop.metrics import LoopCounters, LoopCounts, LoopObserver, Step

__all__ = [
    "Attributes",
    "Deliver",
    "InferenceLoop",
    "LoopCounters",
    "LoopCounts",
    "LoopObserver",
    "Step",
]
