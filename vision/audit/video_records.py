"""The records of videos, as they stand in the journal and in `report.json`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from vision.audit.findings import Box
from vision.audit.place import Place, Record
from vision.episodes import Datum


class VideoPicture(Record):
    """A picture that shows what a video's finding is about, masked and drawn in.

    `annotated` is its path within the audit's folder, `offset_s` seconds since the video began.
    """

    offset_s: float
    annotated: str


class ReasonRecord(Record):
    """A reason in words, with its code and data; see `vision.rules.reasons`."""

    zh: str
    en: str
    data: dict[str, Datum]
    code: str | None


class VideoFinding(Record):
    """One thing that a video shows. Seconds are since the video began.

    `state` is `confirmed` where the rules for cameras decided so, else `suspected`: from single
    pictures of it, as a photo's. It was first and last seen at `from_s` and `until_s`, and in view
    for `seen_s`. `box` (xyxy, pixels of the upright picture) and `place` are at `offset_s`, which
    is the look that shows it best.
    """

    kind: str
    subtype: str
    state: Literal["confirmed", "suspected"]
    score: float
    objects: int
    codes: dict[str, str]
    from_s: float
    until_s: float
    seen_s: float
    offset_s: float
    box: Box
    place: Place | None
    why: tuple[ReasonRecord, ...]
    basis: dict[Literal["zh", "en"], str]
    pictures: tuple[VideoPicture, ...]


class VideoRecord(Record):
    """What a video shows, known by its bytes and those of the telemetry beside it.

    `width`, `height`: upright, pixels. `seconds`: as far as it could be read. `taken_at`: when it
    began by what it says itself, else "". `seen`: of each class the most in one look. `moving_s`:
    for how long the camera moved, so that rules of what stands did not look.
    """

    sha256: str
    telemetry_sha256: str
    """Of the text beside it; empty where none lies there."""
    width: int
    height: int
    seconds: float
    fps: float
    looks: int
    taken_at: str
    moving_s: float
    seen: dict[str, int]
    findings: tuple[VideoFinding, ...]
    notes: tuple[dict[Literal["zh", "en"], str], ...] = ()

    @property
    def derivatives(self) -> list[str]:
        """Paths of its pictures within the audit's folder."""
        return [picture.annotated for found in self.findings for picture in found.pictures]

    def moment(self, offset_s: float) -> str:
        """When it was so far, ISO 8601; "" where it does not say when it began."""
        if not self.taken_at:
            return ""
        at = datetime.fromisoformat(self.taken_at) + timedelta(seconds=offset_s)
        return at.isoformat(timespec="seconds")


class Video(Record):
    """One video of the intake: its name, and its record or the name of the video it repeats."""

    name: str
    duplicate_of: str | None = None
    record: VideoRecord | None = None
