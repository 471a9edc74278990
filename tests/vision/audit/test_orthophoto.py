"""Orthophotos: windows, positions and resuming, on TIFFs drawn for the purpose."""

from __future__ import annotations

import csv
import importlib
import json
import threading
import warnings
from itertools import pairwise
from math import cos, radians
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from rasterio.warp import transform

from vision.audit import AuditFolder, Auditor, compose, publish, take_in
from vision.audit.orthophotos.windows import rows
from vision.decoding.decoder import Decode
from vision.decoding.decoders import Decoders
from vision.decoding.orthophoto import Part
from vision.errors import PictureError

SIDE = 2000
UTM = Affine(0.05, 0, 500_000, 0, -0.05, 3_500_000)
BOXES = {
    "overflowing_bin": (300, 400, 340, 460),
    "garbage": (1700, 1500, 1750, 1540),
    "stall": (610, 900, 670, 960),  # across the first seam
    "truck": (900, 100, 1700, 400),  # larger than a window
}


@pytest.fixture
def draw(tmp_path, colours):
    """A GeoTIFF with `BOXES` in their colours, and nothing in its lower left quarter."""

    def make(name="map.tif", count=3, dtype="uint8", crs="EPSG:32649", grid=UTM, **how):
        pixels = colours.picture(*BOXES.items(), size=(SIDE, SIDE))
        ground = pixels[::16, ::16]  # no window is of one shade, as none of a real map is
        ground[(ground == 90).all(axis=2)] = 91
        bands = np.moveaxis(pixels[:, :, ::-1], 2, 0).astype(dtype)
        if dtype == "uint16":
            bands *= 257
            bands[:, 1800:1900], bands[:, 1900:] = 0, 65535  # so that the range is all of it
        if count == 4:
            alpha = np.full((1, SIDE, SIDE), 255, dtype)
            alpha[:, SIDE // 2 :, : SIDE // 2] = 0
            bands = np.concatenate((bands, alpha))
        if count == 1:
            bands = bands[:1]
        place = {"crs": crs, "transform": grid} if crs else {}
        options = {"compress": "DEFLATE", "zlevel": 1, **place, **how}
        path = tmp_path / name
        with (
            warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
            rasterio.open(
                path,
                "w",
                driver="GTiff",
                width=SIDE,
                height=SIDE,
                count=count,
                dtype=dtype,
                **options,
            ) as file,
        ):
            if count == 4:
                file.colorinterp = [rasterio.enums.ColorInterp[c] for c in _RGBA]
            file.write(bands)
        return path

    return make


_RGBA = ("red", "green", "blue", "alpha")


class Asked(Decoders):
    """Decoders that remember what they were asked."""

    def __init__(self) -> None:
        super().__init__(1)
        self.asked = []

    def ask(self, asked):
        self.asked.append(asked)
        return super().ask(asked)


@pytest.fixture(scope="module")
def asked():
    with Asked() as started:
        yield started


@pytest.fixture
def look(colours, asked):
    def audit(path, out, engine=None):
        engine = engine or colours.ColourEngine()
        asked.asked.clear()
        with AuditFolder(out) as folder:
            auditor = Auditor(folder, engine, "en", decoders=asked)
            report = compose(
                (found := auditor.run(take_in([path], out))) and auditor.started_at,
                auditor.settings,
                *found,
                folder,
            )
            publish(report, folder)
        return report, engine

    return audit


CASES = {
    "striped, in UTM": {"blockysize": 16},
    "tiled, in degrees": {
        "tiled": True,
        "crs": "EPSG:4326",
        "grid": Affine(5e-7, 0, 111.0, 0, -5e-7, 31.63),
    },
    "four bands, turned": {
        "count": 4,
        "grid": UTM @ Affine.rotation(30),
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
    },
    "16 bits, bands apart": {"dtype": "uint16", "interleave": "band", "blockysize": 64},
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_found_lies_where_it_is_on_the_ground(tmp_path, draw, look, asked, case):
    path = draw(**CASES[case])
    report, engine = look(path, tmp_path / "out")
    record = report.pictures[0].record
    assert (record.width, record.height) == (SIDE, SIDE)
    boxes = {o.name: o.box for o in record.objects}
    for name, box in BOXES.items():
        assert boxes[name] == pytest.approx(box, abs=4 if name == "truck" else 0.1), name
    assert len(record.objects) == len(BOXES)  # each once, wherever windows and scales meet
    with rasterio.open(path) as file:
        crs, grid = file.crs, file.transform
    for finding in record.findings:
        x, y = (finding.box[0] + finding.box[2]) / 2, (finding.box[1] + finding.box[3]) / 2
        (lon,), (lat,) = transform(crs, "EPSG:4326", *([v] for v in grid @ (x, y)))
        assert (finding.place.lon, finding.place.lat) == pytest.approx((lon, lat), abs=1e-8)
        # A degree of latitude is 110.9 km here, of longitude that times the cosine.
        pixel_m = 0.05 if crs.is_projected else 5e-7 * 110_900
        assert finding.place.accuracy_m == pytest.approx(pixel_m, rel=0.02)
        assert (finding.place.method, len(finding.outline)) == ("geotiff", 4)
    # Nothing was read at once but rows of windows, and shown to the engine but windows.
    assert engine.largest <= (640, 640)
    parts = [one for one in asked.asked if isinstance(one, Part)]
    assert not any(isinstance(one, Decode) for one in asked.asked)
    assert max((p.bottom - p.top) / p.scale for p in parts) <= 1600


def test_map_and_crops_open_in_a_gis_and_show_the_finding(tmp_path, draw, look):
    report, _ = look(draw(), tmp_path / "out")
    record = report.pictures[0].record
    all_ = json.loads((tmp_path / "out/map.geojson").read_text())["features"]
    features = [f for f in all_ if f["properties"]["feature"] == "outline"]
    things = [f for f in all_ if f["properties"]["feature"] == "violation"]
    with (tmp_path / "out/findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [(float(r["lon"]), float(r["lat"]), r["annotated"]) for r in csv.DictReader(file)]
    assert rows == [(f.place.lon, f.place.lat, f.crop) for f in record.findings]
    places = {(f.place.lon, f.place.lat) for f in record.findings}
    assert {tuple(f["geometry"]["coordinates"]) for f in things} == places
    assert {f["properties"]["method"] for f in things} == {"geotiff"}
    assert [f["properties"]["kind"] for f in features] == [f.kind for f in record.findings]
    for feature, finding in zip(features, record.findings, strict=True):
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2
        x1, y1, x2, y2 = finding.box
        square = 110_900 * 111_320 * cos(radians(ring[0][1]))
        assert area * square == pytest.approx((x2 - x1) * (y2 - y1) * 0.05**2, rel=0.02)  # > 0
        crop = cv2.imread(str(tmp_path / "out" / finding.crop))
        around = max(100, x2 - x1, y2 - y1)
        assert crop.shape[:2] == pytest.approx((y2 - y1 + 2 * around, x2 - x1 + 2 * around), abs=2)
    assert cv2.imread(str(tmp_path / "out" / record.annotated)).shape == (1000, 1000, 3)
    kept = {p.name for p in (tmp_path / "out/pictures").iterdir()}
    assert kept == {name.split("/")[1] for name in record.files}


def test_a_plain_tiff_of_that_size_has_boxes_and_no_places(tmp_path, draw, look, monkeypatch):
    monkeypatch.setattr("vision.audit.reading.MOST_PIXELS", 1_000_000)
    report, _ = look(draw(crs=None, count=3), tmp_path / "out")
    findings = report.pictures[0].record.findings
    assert len(findings) == 3
    assert all(f.place is None and f.outline == () and f.crop for f in findings)


def test_rows_of_windows_that_are_done_are_not_looked_at_again(tmp_path, draw, look, colours):
    path, out = draw(), tmp_path / "out"
    whole, engine = look(path, tmp_path / "other")
    all_ = engine.looked

    class Interrupted(colours.ColourEngine):
        def submit(self, images):
            if self.looked == 11:
                raise KeyboardInterrupt
            return super().submit(images)

    with pytest.raises(KeyboardInterrupt):
        look(path, out, Interrupted())
    again, engine = look(path, out)
    first = len(next(rows(SIDE, SIDE, 640)).tiles)
    assert engine.looked == all_ - 11 // first * first  # the row that was broken off again
    assert again.pictures == whole.pictures
    assert look(path, out)[1].looked == 0


def test_what_cannot_be_read_in_parts_is_refused_with_what_to_do(tmp_path, asked, monkeypatch):
    path = tmp_path / "dem.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=64, height=64, count=1, dtype="float32", crs="EPSG:32649",
        transform=UTM,
    ) as file:  # fmt: skip
        file.write(np.zeros((1, 64, 64), np.float32))
    from vision.decoding.orthophoto import Survey

    with pytest.raises(PictureError, match="holds measurements"):
        asked.ask(Survey(path))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(PictureError, match=r"damaged|measurements"):
        asked.ask(Survey(path))


def test_windows_cover_all_and_each_scale_overlaps():
    seen_rows = list(rows(20_000, 20_000, 640))
    tiles = [(row.scale, tile) for row in seen_rows for tile in row.tiles]
    assert {scale for scale, _ in tiles} == {1, 4, 16, 32}
    assert len(tiles) < 2000
    for scale in (1, 4, 16):
        of = [t for s, t in tiles if s == scale]
        assert min(t.left for t in of) == min(t.top for t in of) == 0
        assert max(t.right for t in of) == max(t.bottom for t in of) == 20_000
    assert sorted({(row.scale, row.least) for row in seen_rows}) == [
        (1, 0), (4, 80), (16, 320), (32, 1280)
    ]  # fmt: skip
    wide = list(rows(400_000, 700, 640))
    assert max((r.tiles[-1].right - r.tiles[0].left) / r.scale for r in wide) <= 51_200


LARGE = {
    "tiled JPEG": {"tiled": True, "compress": "JPEG", "photometric": "YCBCR", "jpeg_quality": 95},
    "striped, as it is": {},
    "striped, deflated": {"compress": "DEFLATE", "zlevel": 1, "blockysize": 16},
}


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("form", LARGE)
def test_twenty_thousand_pixels_square_take_bounded_memory(tmp_path, look, asked, colours, form):
    """1.2 GB of pixels: the decoder below 500 MB, this process grows by less than 400."""
    side, truth = 20_000, {}
    with rasterio.Env(GDAL_CACHEMAX=64), rasterio.open(
        tmp_path / "map.tif", "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8",
        crs="EPSG:32649", transform=UTM, BIGTIFF="IF_SAFER", **LARGE[form],
    ) as file:  # fmt: skip
        for top in range(0, side, 500):
            row = np.random.default_rng(top).integers(80, 100, (500, side, 3), np.uint8)
            left = (top * 37) % (side - 100)
            row[200:260, left : left + 80] = colours.COLOURS["garbage"]
            truth[top + 200] = left
            bands = np.moveaxis(row[:, :, ::-1], 2, 0)
            file.write(bands, window=rasterio.windows.Window(0, top, side, 500))
    me, most, ended = psutil.Process(), [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            most[0] = max(most[0], me.memory_info().rss)

    importlib.import_module("torchvision.ops")  # which `models.tiles` puts boxes together by
    before = me.memory_info().rss
    watching = threading.Thread(target=watch)
    watching.start()
    report, engine = look(tmp_path / "map.tif", tmp_path / "out", colours.ColourEngine(near=40))
    ended.set()
    watching.join()
    status = Path(f"/proc/{asked._all[0].pid}/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    grown = (most[0] - before) / 2**20
    print(f"{form}: {engine.looked} windows; decoder {peak:.0f} MB, grown by {grown:.0f} MB")
    (picture,) = report.pictures
    places = {round(o.box[1]): round(o.box[0]) for o in picture.record.objects}
    assert len(places) == len(truth)
    assert all(abs(places.get(y, places.get(y - 1, -9)) - x) <= 4 for y, x in truth.items())
    assert peak < 500
    assert grown < 400
