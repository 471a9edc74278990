"""Card: one violation as the report's page shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vision.audit.records import FindingRecord, Picture, Report, Sighting, Violation
from vision.audit.report.areas import Areas
from vision.audit.report.words import WORDS, clock
from vision.audit.video_records import Video, VideoFinding


@dataclass(frozen=True, slots=True)
class Shown:
    """One sighting: what it was, and which picture within the audit's folder shows it."""

    name: str
    when: str
    score: float
    picture: str


@dataclass(frozen=True, slots=True)
class Card:
    """A violation with all that is known of it, in the report's language.

    Attributes:
        area: that it lies in; "" where nobody knows.
        picture, thumbnail: of the best sighting: a path within the audit's folder, an address.
        reasons: why, by the best sighting; `basis` what that rests on.
        state: `confirmed` by the rules in a video, else `suspected`.
        sightings: all of them, in order of time.
    """

    violation: Violation
    area: str
    picture: str
    thumbnail: str
    reasons: tuple[str, ...]
    basis: str
    codes: dict[str, str]
    state: str
    sightings: tuple[Shown, ...]


def cards(report: Report, areas: Areas, thumbnail: Callable[[str], str]) -> Iterator[Card]:
    """The cards of a report's violations, in their order."""
    pictures = {p.name: p for p in report.pictures}
    films = {v.name: v for v in report.videos}
    language = report.settings.language

    def of(sighting: Sighting) -> tuple[FindingRecord | VideoFinding, str]:
        if sighting.picture in pictures:
            return _pictured(pictures[sighting.picture], sighting.finding)
        return _filmed(films[sighting.picture], sighting.finding)

    for violation in report.violations:
        best = max(violation.sightings, key=lambda s: s.score)
        finding, picture = of(best)
        if isinstance(finding, VideoFinding):
            reasons = tuple(getattr(why, language) for why in finding.why)
        else:
            reasons = (finding.why[language],)
        found = [(sighting, *of(sighting)) for sighting in violation.sightings]
        confirmed = any(isinstance(f, VideoFinding) and f.state == "confirmed" for _, f, _ in found)
        yield Card(
            violation=violation,
            area=areas.of(violation.place),
            picture=picture,
            thumbnail=thumbnail(picture),
            reasons=reasons,
            basis=finding.basis[language],
            codes=finding.codes,
            state="confirmed" if confirmed else "suspected",
            sightings=tuple(
                Shown(s.picture, _when(s, language), s.score, shown) for s, _, shown in found
            ),
        )


def _pictured(picture: Picture, number: int) -> tuple[FindingRecord, str]:
    assert picture.record is not None
    finding = picture.record.findings[number]
    return finding, finding.crop or picture.record.annotated


def _filmed(video: Video, number: int) -> tuple[VideoFinding, str]:
    assert video.record is not None
    finding = video.record.findings[number]
    return finding, next(p.annotated for p in finding.pictures if p.offset_s == finding.offset_s)


def _when(sighting: Sighting, language: str) -> str:
    moment = sighting.taken_at.replace("T", " ")
    if sighting.offset_s is None:
        return moment
    word = WORDS["zh" if language == "zh" else "en"]["into"].format(clock(sighting.offset_s))
    return f"{moment} ({word})" if moment else word
