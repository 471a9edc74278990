"""Reports for tests, composed of records as an audit writes them."""

from __future__ import annotations

import hashlib

from vision.audit import compose
from vision.audit.exif import Position
from vision.audit.intake.items import Problem
from vision.audit.place import Place
from vision.audit.records import FindingRecord, Picture, PictureRecord, Report, Settings
from vision.geo import LocalPlane

HOME = LocalPlane(113.38, 31.71)
HEAP, STALL = ("overflowing_bin", "exposed_garbage"), ("street_vending", "stall")
SETTINGS = Settings(
    language="en", model="m", version="1", sha256="c0" * 32, engine="e", image_size=640,
    threshold=0.3, truck_state="", decisions=4,
)  # fmt: skip


def place(east: float, north: float, method: str = "pose", radius: float = 2.0) -> Place:
    lon, lat = HOME.degrees(east, north)
    ellipse = None if method == "exif" else (radius, radius, 0.0)
    return Place(lon=lon, lat=lat, accuracy_m=radius, ellipse=ellipse, method=method)


def finding(what: tuple[str, str] = HEAP, where: Place | None = None) -> FindingRecord:
    words = {"zh": "疑似", "en": "suspected"}
    return FindingRecord(
        kind=what[0], subtype=what[1], score=0.6, box=(1, 1, 20, 20), objects=1, codes={},
        why=words, basis=words, data={}, place=where,
    )  # fmt: skip


def picture(
    name: str, *findings: FindingRecord, taken_at: str = "", position: Position | None = None
) -> Picture:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    record = PictureRecord(
        sha256=sha256, width=64, height=48, taken_at=taken_at, position=position,
        annotated=f"pictures/{sha256[:20]}.jpg", seen={}, findings=findings, objects=(),
    )  # fmt: skip
    return Picture(name=name, record=record)


def report(*pictures: Picture, started: str = "2026-03-05T01:00:00+00:00", **how) -> Report:
    problems = how.pop(
        "problems", [Problem(name="a.pdf", cause="is a document; export its pictures")]
    )
    settings = SETTINGS.model_copy(update={"language": how.pop("language", "en")})
    return compose(started, settings, pictures, problems, **how)
