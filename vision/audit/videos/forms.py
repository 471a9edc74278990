"""What a video shows in the data forms of the report: rows of the CSV, points of the GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vision.audit.records import Settings
from vision.audit.video_records import Video
from vision.kinds import catalogue

OF_VIDEOS = ("state", "offset_s", "from_s", "until_s")
"""Columns of what videos show, empty for pictures; `picture` is then the video's name."""


def csv_rows(
    video: Video, settings: Settings, standards: Sequence[str], of: Mapping[tuple[str, int], str]
) -> list[tuple[str | float | None, ...]]:
    """A row per finding: the columns of pictures, then `OF_VIDEOS`.

    Args:
        of: the violation that each finding is a sighting of, by name and number from 0.
    """
    record, language = video.record, settings.language
    if record is None:
        return []
    rows = []
    for number, found in enumerate(record.findings):
        subtype = catalogue().kind(found.kind).subtype(found.subtype)
        where = (found.place.lon, found.place.lat) if found.place else (None, None)
        best = next(p.annotated for p in found.pictures if p.offset_s == found.offset_s)
        rows.append(
            (
                *(video.name, record.sha256, found.kind, found.subtype),
                subtype.zh if language == "zh" else subtype.en,
                *(found.score, found.objects),
                ("；" if language == "zh" else "; ").join(getattr(w, language) for w in found.why),
                found.basis[language],
                *found.box,
                *(record.moment(found.offset_s), *where, best),
                *(found.codes.get(s, "") for s in standards),
                " ".join(w.code or "" for w in found.why),
                of.get((video.name, number), ""),
                *(found.state, found.offset_s, found.from_s, found.until_s),
            )
        )
    return rows


def features_of(video: Video) -> list[dict[str, object]]:
    """A point per finding of a drone's video."""
    record, features = video.record, list[dict[str, object]]()
    for found in record.findings if record is not None else ():
        place = found.place
        if record is None or place is None:
            continue
        properties = {
            "feature": "filmed",
            "video": video.name,
            "offset_s": found.offset_s,
            "annotated": [picture.annotated for picture in found.pictures],
            "taken_at": record.moment(found.offset_s),
            **place.model_dump(include={"accuracy_m", "ellipse", "method"}),
            **found.model_dump(include={"kind", "subtype", "state", "score"}),
        }
        point = {"type": "Point", "coordinates": [place.lon, place.lat]}
        features.append({"type": "Feature", "geometry": point, "properties": properties})
    return features
