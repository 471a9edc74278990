"""The report for other programs: COCO annotations for labellers, GeoJSON for maps."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, pi, radians, sin

from vision.audit.records import FindingRecord, Place, Report, Violation
from vision.geo.plane import LocalPlane
from vision.kinds import catalogue
from vision.printable import to_json

_CORNERS = 48
"""Of an ellipse's outline: within 0.3 % of it."""


def coco(report: Report) -> str:
    """Detections as a COCO object-detection file.

    Boxes are x, y, width, height in pixels of the original pictures; `score` is the model's. The
    category ids are a class's place in `datasets/kinds.yaml`, from 1; a class of a user's own model
    that the catalogue lacks comes after them.
    """
    pictures = [p for p in report.pictures if p.record is not None]
    seen = {o.name for p in pictures if p.record for o in p.record.objects}
    own = sorted(seen - set(catalogue().class_names))
    ids = {name: n for n, name in enumerate((*catalogue().class_names, *own), start=1)}
    images, annotations = list[dict[str, object]](), list[dict[str, object]]()
    for number, picture in enumerate(pictures, start=1):
        record = picture.record
        assert record is not None
        size = {"width": record.width, "height": record.height}
        images.append({"id": number, "file_name": picture.name, **size, "sha256": record.sha256})
        for found in record.objects:
            x1, y1, x2, y2 = found.box
            width, height = round(x2 - x1, 1), round(y2 - y1, 1)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": ids[found.name],
                    "bbox": [x1, y1, width, height],
                    "area": round(width * height, 1),
                    "iscrowd": 0,
                    "score": found.score,
                }
            )
    categories = [{"id": n, "name": name} for name, n in ids.items()]
    model = f"{report.settings.model} {report.settings.version} {report.settings.sha256}"
    info = {"description": f"Detections by {model}, not checked by a person"}
    tree = {"info": info, "images": images, "annotations": annotations, "categories": categories}
    return to_json(tree)


def geojson(report: Report) -> str:
    """Violations, their error ellipses and the pictures' points (RFC 7946: WGS 84, lon before lat).

    `feature` says which is which: a `violation` lies where the thing does, unless its `method` is
    `exif`: then it is where the camera stood. An `ellipse` holds its violation's true place with a
    probability of 95 %. A `picture` is where its camera stood. An `outline` is the box of an
    orthophoto's finding on the ground.
    """
    violations = [v for v in report.violations if v.place is not None]
    features = [_violation(v, v.place) for v in violations if v.place]
    features += [_ellipse(v, v.place) for v in violations if v.place and v.place.ellipse]
    for picture in report.pictures:
        record = picture.record
        if record is None:
            continue
        features += [_outline(picture.name, f) for f in record.findings if f.outline]
        where = record.position
        if where is None:
            continue
        properties = {
            "feature": "picture",
            "picture": picture.name,
            "annotated": record.annotated,
            "taken_at": record.taken_at,
            "accuracy_m": where.accuracy_m,
            "method": where.method,
            "findings": [
                {"kind": f.kind, "subtype": f.subtype, "score": f.score} for f in record.findings
            ],
        }
        features.append(_feature("Point", [where.lon, where.lat], properties))
    return to_json({"type": "FeatureCollection", "features": features})


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
    properties = {
        "feature": "outline",
        "picture": picture,
        "kind": finding.kind,
        "subtype": finding.subtype,
        "score": finding.score,
        "objects": finding.objects,
        "crop": finding.crop,
    }
    ring = [list(corner) for corner in (*finding.outline, finding.outline[0])]
    return _feature("Polygon", [ring], properties)


def _feature(
    shape: str, coordinates: object, properties: Mapping[str, object]
) -> dict[str, object]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
