"""Evidence: originals sealed by SHA-256, masked and annotated derivatives beside them."""

from vision.evidence.item import EvidenceItem, EvidenceRole

__all__ = ["EvidenceItem", "EvidenceRole"]
