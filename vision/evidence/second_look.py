"""SecondLook: what a camera saw when it was asked to look again at what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vision.evidence.item import EvidenceItem

REOBSERVED = "reobserved"
"""The moment of its pictures."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """A picture that shows it still, stored, or why there is none.

    Attributes:
        items: the original and its derivatives, durable; none where nothing can be said.
        at: when it was taken (UTC); None where there is none.
        why: why there is none; None where there is one.
    """

    items: Sequence[EvidenceItem] = ()
    at: datetime | None = None
    why: str | None = None
