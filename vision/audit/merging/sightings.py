"""Seen: the findings of an audit's pictures as merging needs them, and which may be one thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from vision.audit.merging.area import Area
from vision.audit.records import FindingRecord, Picture
from vision.audit.video_records import Video, VideoFinding
from vision.episodes import NormBox
from vision.kinds import catalogue
from vision.site.rule_settings import shipped

_YEAR = timedelta(days=365)
"""As cases' own horizon, where a kind states none."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One finding of one picture or video.

    Attributes:
        sha256, number: of the picture, and which of its findings; the two know it anywhere.
        name: of the picture in the report.
        finding: as it is recorded.
        box: xyxy as fractions of the picture.
        taken_at: as it is recorded; `at` is the same as a camera's local clock, if it is told.
        area: where on the ground it is, if that is told.
        offset_s: of a video, seconds since it began.
    """

    sha256: str
    number: int
    name: str
    finding: FindingRecord | VideoFinding
    box: NormBox
    taken_at: str
    at: datetime | None
    area: Area | None
    offset_s: float | None = None

    @property
    def matter(self) -> tuple[str, str]:
        """What two findings have to share to be one.

        The sub-types of what stands somewhere are readings of one thing (a bin with bags beside
        it); those of what passes are matters of their own (a truck's load, its wheels).
        """
        kind = self.finding.kind
        return kind, self.finding.subtype if _passes(kind) else ""

    @property
    def extent_m(self) -> float:
        """How far apart two sightings of one thing may be as it is so large: a market's ends."""
        kind = catalogue().kind(self.finding.kind)
        return kind.reach[0] if kind.place == "zone" and kind.reach else 0.0

    def may_be(self, other: Seen) -> bool:
        """Whether their kinds and times let the two be one thing."""
        if self.matter != other.matter or self.sha256 == other.sha256:
            return False
        if self.at is None or other.at is None:
            return not _passes(self.finding.kind)
        return abs(self.at - other.at) <= _window(self.finding.kind)


def seen_in(pictures: Iterable[Picture], videos: Iterable[Video] = ()) -> list[Seen]:
    """Every finding, in an order that does not depend on that of the pictures and videos."""
    found = []
    for picture in pictures:
        record = picture.record
        if record is None:
            continue
        at = _clock(record.taken_at)
        for number, finding in enumerate(record.findings):
            x1, y1, x2, y2 = finding.box
            box = (x1 / record.width, y1 / record.height, x2 / record.width, y2 / record.height)
            area = Area.of(finding.place)
            of = record.sha256, number, picture.name, finding, box, record.taken_at, at, area
            found.append(Seen(*of))
    found += [one for video in videos for one in _filmed(video)]
    return sorted(found, key=lambda one: (one.sha256, one.number))


def _filmed(video: Video) -> Iterator[Seen]:
    """A video's findings, each at the look that shows it best."""
    record = video.record
    for number, finding in enumerate(record.findings if record is not None else ()):
        assert record is not None
        x1, y1, x2, y2 = finding.box
        box = (x1 / record.width, y1 / record.height, x2 / record.width, y2 / record.height)
        moment, offset = record.moment(finding.offset_s), finding.offset_s
        at, area = _clock(moment), Area.of(finding.place)
        yield Seen(record.sha256, number, video.name, finding, box, moment, at, area, offset)


@cache
def _passes(kind: str) -> bool:
    return catalogue().kind(kind).place == "pass"


@cache
def _window(kind: str) -> timedelta:
    """How long after it was seen a thing is still the same one, as the rules have it."""
    settings = shipped(kind)
    if isinstance(settings.dedupe, timedelta):
        return settings.dedupe
    return settings.horizon or _YEAR


def _clock(text: str) -> datetime | None:
    """A zone is left out: most cameras state none, and those of a batch were in one."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
