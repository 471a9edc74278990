"""Where a finding lies: by a drone's pose, by the camera's own position, or not at all."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image
from shapely.geometry import Point, shape

from tests.vision.flights import camera_of, save_photo, xmp
from vision.audit.exif import Position
from vision.audit.intake.items import Item
from vision.audit.places import FIX_M, SIGHT_M, Whereabouts
from vision.audit.reading import Loaded, load
from vision.decoding.decoders import Decoders
from vision.geo import Ellipse, LocalPlane
from vision.sources.telemetry import Sample

HOME = LocalPlane(113.38, 31.71)
SIZE, FOV = (1280, 960), 71.6
NOON = datetime(2026, 5, 1, 12, 0)  # noqa: DTZ001 - a camera's clock
FIX = Position(lon=113.38, lat=31.71)


def test_a_drone_s_photo_places_what_it_shows(tmp_path: Path, decoders: Decoders) -> None:
    """A cube of a metre, at several places of the picture, seen level to straight down."""
    cube = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0, 1)])
    for pitch, north in ((-35.0, -40.0), (-60.0, -17.0), (-90.0, 0.0)):
        camera = camera_of((0.0, north, 30.0), 0.0, pitch, fov=FOV, size=SIZE)
        packet = xmp(HOME.degrees(0.0, north), 30.0, 0.0, pitch, 0.0)
        save_photo(tmp_path / "a.jpg", np.full((960, 1280, 3), 90, np.uint8), packet, NOON)
        loaded = load(Item("a.jpg", tmp_path / "a.jpg"), (), tmp_path, decoders)
        assert isinstance(loaded, Loaded)
        where = Whereabouts.of(loaded.sample, loaded.position, *SIZE)
        for at in ((0.0, 0.0), (-9.0, 4.0), (7.0, -6.0)):
            corners, _ = camera.project(cube + np.array((*at, 0.0)))
            (x1, y1), (x2, y2) = corners.min(0).tolist(), corners.max(0).tolist()
            place = where.place((x1, y1, x2, y2))
            assert place is not None
            assert place.method == "pose"
            assert place.ellipse is not None
            assert place.accuracy_m == place.ellipse[0]
            east, north_of = HOME.metres(place.lon, place.lat)
            assert np.hypot(at[0] - east, at[1] - north_of) < 0.5
            assert Ellipse(*place.ellipse).covers(at[0] - east, at[1] - north_of)


def test_without_a_pose_it_is_where_the_camera_stood(tmp_path: Path) -> None:
    box = (10.0, 10.0, 50.0, 50.0)
    assert Whereabouts.of(None, None, 640, 480).place(box) is None
    guessed = Whereabouts.of(None, FIX, 640, 480).place(box)
    assert guessed is not None
    assert (guessed.lon, guessed.lat, guessed.method) == (FIX.lon, FIX.lat, "exif")
    assert guessed.accuracy_m == FIX_M + SIGHT_M
    told = FIX.model_copy(update={"accuracy_m": 4.0})
    known = Whereabouts.of(None, told, 640, 480).place(box)
    assert known is not None
    assert known.accuracy_m == 4.0 + SIGHT_M
    # A drone looks much further than a person; how far is not known without its pose.
    lost = Whereabouts.of(Sample(height_m=90.0), FIX, 640, 480).place(box)
    assert lost is not None
    assert (lost.method, lost.accuracy_m) == ("exif", None)


def test_a_drone_that_writes_its_position_in_exif_alone_has_a_pose() -> None:
    sample = Sample(height_m=40.0, yaw=0.0, pitch=-90.0, roll=0.0, focal_mm=24.0)
    place = Whereabouts.of(sample, FIX, *SIZE).place((630.0, 470.0, 650.0, 490.0))
    assert place is not None
    assert place.method == "pose"
    east, north = HOME.metres(place.lon, place.lat)
    assert np.hypot(east, north) < 0.5


def test_what_is_seen_at_the_horizon_has_the_drone_s_place() -> None:
    sample = Sample(height_m=40.0, yaw=0.0, pitch=-10.0, roll=0.0, focal_mm=24.0)
    where = Whereabouts.of(sample, FIX, *SIZE)
    above, below = where.place((0.0, 0.0, 50.0, 50.0)), where.place((600.0, 800.0, 700.0, 900.0))
    assert above is not None
    assert below is not None
    assert (above.method, above.accuracy_m, below.method) == ("exif", None, "pose")


@pytest.mark.parametrize("posed", [True, False])
def test_the_map_says_which_point_is_what(tmp_path: Path, run, colours, posed: bool) -> None:
    pixels = colours.picture(("overflowing_bin", (100, 60, 160, 140)))
    path = tmp_path / "in" / "a.webp"
    path.parent.mkdir()
    exact = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    packet = {"xmp": xmp((FIX.lon, FIX.lat), 30.0, 20.0, -60.0, 0.0)} if posed else {}
    exact.save(path, lossless=True, exif=_exif(), **packet)
    report, _ = run([tmp_path / "in"], tmp_path / "out")
    (violation,) = report.violations
    tree = json.loads((tmp_path / "out/map.geojson").read_text(encoding="utf-8"))
    features = {f["properties"]["feature"]: f for f in tree["features"]}
    thing = features["violation"]
    assert thing["properties"]["violation"] == violation.id
    assert thing["properties"]["method"] == ("pose" if posed else "exif")
    assert features["picture"]["geometry"]["coordinates"] == [FIX.lon, FIX.lat]
    if not posed:
        assert set(features) == {"violation", "picture"}
        return
    outline = shape(features["ellipse"]["geometry"])
    assert outline.is_valid
    assert outline.exterior.is_ccw
    assert outline.contains(Point(thing["geometry"]["coordinates"]))
    major, minor, _ = violation.place.ellipse
    metres = [HOME.metres(lon, lat) for lon, lat in outline.exterior.coords]
    drawn = shape({"type": "Polygon", "coordinates": [metres]}).area
    assert drawn == pytest.approx(np.pi * major * minor, rel=0.01)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 24
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef] = "N", "E"
    gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLongitude] = (31, 42, 36.0), (113, 22, 48.0)
    return exif
