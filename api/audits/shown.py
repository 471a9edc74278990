"""What a report shows of a violation, in the terms of episodes and cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vision.audit.place import Place
from vision.audit.records import FindingRecord, PictureRecord, Report, Violation
from vision.audit.sight import CAMERA
from vision.audit.video_records import VideoFinding, VideoRecord
from vision.episodes import NormBox, Reason
from vision.errors import EvidenceMissing
from vision.geo.position import Method, Position
from vision.site import Camera


@dataclass(frozen=True, slots=True)
class Source:
    """A report, the folder it lies in, what was audited, and when that came.

    `since` (UTC) stands for the time of what does not say when it was taken.
    """

    report: Report
    folder: Path
    given: Sequence[Path]
    since: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """The sighting that shows a violation best: its record, its finding, the masked picture."""

    name: str
    record: PictureRecord | VideoRecord
    finding: FindingRecord | VideoFinding
    picture: str


_METHODS: Mapping[str, Method] = {"pose": "drone_pose", "geotiff": "homography"}
"""Of a place that is the violation's own; a GeoTIFF maps its pixels to the ground."""


def best_of(report: Report, violation: Violation) -> Shown:
    """The sighting of a violation that scores highest.

    Raises:
        EvidenceMissing: the report does not hold what it names.
    """
    best = max(violation.sightings, key=lambda sighting: sighting.score)
    for picture in report.pictures:
        if picture.name == best.picture and picture.record is not None:
            found = picture.record.findings[best.finding]
            return Shown(
                picture.name, picture.record, found, found.crop or picture.record.annotated
            )
    for video in report.videos:
        if video.name == best.picture and video.record is not None:
            filmed = video.record.findings[best.finding]
            return Shown(video.name, video.record, filmed, filmed.pictures[0].annotated)
    raise EvidenceMissing(f"the report does not hold {best.picture}, which it names")


def zone_of(shown: Shown) -> str:
    """The picture stands for the zone: without a position nothing else may be the same place."""
    return f"{shown.name} ({shown.record.sha256[:8]})"


def norm_box(shown: Shown) -> NormBox:
    """Its box as fractions of its picture."""
    x1, y1, x2, y2 = shown.finding.box
    width, height = max(1, shown.record.width), max(1, shown.record.height)
    return x1 / width, y1 / height, x2 / width, y2 / height


def why_of(finding: FindingRecord | VideoFinding) -> tuple[Reason, ...]:
    """Its reasons as an episode has them."""
    if isinstance(finding, VideoFinding):
        return tuple(Reason(r.en, r.zh, r.data, r.code) for r in finding.why)
    return (Reason(finding.why["en"], finding.why["zh"], finding.data, finding.code),)


def position_of(place: Place | None) -> Position | None:
    """The violation's own position; none where it is only known where the camera stood."""
    if place is None or place.method not in _METHODS:
        return None
    return Position(place.lon, place.lat, "WGS84", place.accuracy_m, _METHODS[place.method])


def camera_of(place: Place | None) -> Camera:
    """What took the pictures: no camera of the site, and not one that stays where it is."""
    flew = place is not None and place.method != "exif"
    stood = {"lon": place.lon, "lat": place.lat} if place is not None and not flew else None
    return Camera.model_validate(
        {
            "id": CAMERA,
            "source": CAMERA,
            "type": "drone" if flew else "bodycam",
            "place": stood,
        }
    )
