"""EvidenceItem: one stored file of evidence, known by its SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vision.episodes import NormBox
from vision.plates.reading import PlateReading


class EvidenceRole(StrEnum):
    """What a stored picture is."""

    ORIGINAL = "original"
    """The picture as captured, privacy zones painted out, or the stream as it was sent; never
    altered afterwards."""
    MASKED = "masked"
    """A derivative with people and plates made unrecognisable; what leaves by default."""
    ANNOTATED = "annotated"
    """A masked derivative with the violation drawn in."""
    SUBJECT = "subject"
    """A derivative as the masked one, but for the number plate of what the case is about."""
    RECORD = "record"
    """The inputs of a rule's decision, without pixels, from which it can be replayed."""


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One stored picture or clip.

    Attributes:
        sha256: hex digest of the file's bytes; also its name in the store.
        role: what it is; `of` is the original's digest for a derivative, else None.
        media_type: for example `image/jpeg`.
        size: bytes.
        camera, captured_at: of the frame it was made from (UTC).
        moment: the episode stage it shows (`opened`, `confirmed`, `cleared`), or
            `reobserved`: the camera was asked to look again.
        boxes: what it shows of the violation, as the detector saw it in this picture; none in a
            crop, a clip, a record, or where it is gone.
        plate: what was read of the subject's plate in it, where that was asked for and legible.
    """

    sha256: str
    role: EvidenceRole
    media_type: str
    size: int
    camera: str
    captured_at: datetime
    moment: str
    of: str | None = None
    boxes: tuple[NormBox, ...] = ()
    plate: PlateReading | None = None
