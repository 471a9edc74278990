"""Evidence: originals sealed by SHA-256, with masked and annotated derivatives."""

from vision.evidence.annotate import annotate
from vision.evidence.item import EvidenceItem, EvidenceRole
from vision.evidence.masking import mask, paint_privacy
from vision.evidence.open_store import open_store
from vision.evidence.recorder import Recorder
from vision.evidence.second_look import REOBSERVED, SecondLook
from vision.evidence.store import EvidenceStore

__all__ = [
    "REOBSERVED",
    "EvidenceItem",
    "EvidenceRole",
    "EvidenceStore",
    "Recorder",
    "SecondLook",
    "annotate",
    "mask",
    "open_store",
    "paint_privacy",
]
