"""The inference loop: frames of many cameras, one device, detections in order per camera."""

from vision.loop.loop import Attributes, Deliver, InferenceLoop
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
