"""The report as GeoJSON, for maps."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, pi, radians, sin

from vision.audit.place import Place
from vision.audit.records import FindingRecord, Report, Violation
from vision.audit.videos.forms import features_of
from vision.geo.plane import LocalPlane
from vision.printable import to_json

_CORNERS = 48
"""Of an ellipse's outline: within 0.3 % of it."""


def geojson(report: Report) -> str:
    """`features` as a FeatureCollection (RFC 7946)."""
    return to_json({"type": "FeatureCollection", "features": features(report)})


def features(report: Report) -> list[dict[str, object]]:
    """Violations, their error ellipses and the pictures' points; WGS 84, lon before lat.

    `feature` says which is which: a `violation` lies where the thing does, unless its `method` is
    `exif`: then it is where the camera stood. An `ellipse` holds its violation's true place with a
    probability of 95 %. An `outline` is the box of a finding in an orthophoto, on the ground. A
    `picture` is where its camera stood, a `film` where a drone's video shows a finding.
    """
    violations = [v for v in report.violations if v.place is not None]
    found: list[dict[str, object]] = [_violation(v, v.place) for v in violations if v.place]
    found += [_ellipse(v, v.place) for v in violations if v.place and v.place.ellipse]
    for picture in report.pictures:
        record = picture.record
        if record is None:
            continue
        where = record.position
        if where is not None:
            properties: dict[str, object] = {
                "feature": "picture",
                "picture": picture.name,
                "annotated": record.annotated,
                "taken_at": record.taken_at,
                "accuracy_m": where.accuracy_m,
                "method": where.method,
                "findings": [
                    {"kind": f.kind, "subtype": f.subtype, "score": f.score}
                    for f in record.findings
                ],
            }
            found.append(_feature("Point", [where.lon, where.lat], properties))
        found += [_outline(picture.name, f) for f in record.findings if f.outline]
    found += [one for video in report.videos for one in features_of(video)]
    return found


def _violation(violation: Violation, place: Place) -> dict[str, object]:
    properties = {
        "feature": "violation",
        "violation": violation.id,
        "kind": violation.kind,
        "subtype": violation.subtype,
        "score": violation.score,
        "accuracy_m": place.accuracy_m,
        "method": place.method,
        "sightings": [s.picture for s in violation.sightings],
        "first_taken_at": violation.first_taken_at,
        "last_taken_at": violation.last_taken_at,
    }
    return _feature("Point", [place.lon, place.lat], properties)


def _ellipse(violation: Violation, place: Place) -> dict[str, object]:
    """Its outline, counter-clockwise as RFC 7946 has exterior rings."""
    assert place.ellipse is not None
    major, minor, bearing = place.ellipse
    plane, turned = LocalPlane(place.lon, place.lat), radians(bearing)
    ring = []
    for step in range(_CORNERS):
        along, across = (
            major * cos(2 * pi * step / _CORNERS),
            -minor * sin(2 * pi * step / _CORNERS),
        )
        east = along * sin(turned) + across * cos(turned)
        north = along * cos(turned) - across * sin(turned)
        lon, lat = plane.degrees(east, north)
        ring.append([round(lon, 7), round(lat, 7)])
    properties = {
        "feature": "ellipse",
        "violation": violation.id,
        "probability": 0.95,
        "major_m": major,
        "minor_m": minor,
        "bearing": bearing,
    }
    return _feature("Polygon", [[*ring, ring[0]]], properties)


def _outline(picture: str, finding: FindingRecord) -> dict[str, object]:
    place = finding.place
    properties = {
        "feature": "outline",
        "picture": picture,
        "kind": finding.kind,
        "subtype": finding.subtype,
        "score": finding.score,
        "objects": finding.objects,
        "crop": finding.crop,
        "lon": place and place.lon,
        "lat": place and place.lat,
        "accuracy_m": place and place.accuracy_m,
        "method": place and place.method,
    }
    ring = [list(corner) for corner in (*finding.outline, finding.outline[0])]
    return _feature("Polygon", [ring], properties)


def _feature(
    shape: str, coordinates: object, properties: Mapping[str, object]
) -> dict[str, object]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
