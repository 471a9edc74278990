"""What DJI's drones write into their photos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from vision.site.flight import Flight
from vision.sources.telemetry import Sample
from vision.sources.xmp import read_xmp

TOLD = {
    "AbsoluteAltitude": "+127.25",
    "RelativeAltitude": "+42.500",
    "GpsLatitude": "+31.716223618",
    "GpsLongitude": "+113.380170321",
    "GimbalRollDegree": "+0.00",
    "GimbalYawDegree": "+98.00",
    "GimbalPitchDegree": "-60.50",
    "FlightYawDegree": "+93.30",
}
SAMPLE = Sample(
    lon=113.380170321, lat=31.716223618, digits=9, height_m=42.5, yaw=98.0, pitch=-60.5, roll=0.0,
    focal_mm=24.0,
)  # fmt: skip


def packet(told: dict[str, str], *, elements: bool = False) -> bytes:
    """As attributes, or as elements."""
    inside = "\n".join(
        f"<drone-dji:{name}>{value}</drone-dji:{name}>" if elements
        else f'drone-dji:{name}="{value}"'
        for name, value in told.items()
    )  # fmt: skip
    about = 'rdf:about="DJI Meta Data" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"'
    body = f"{about}>\n{inside}" if elements else f"{about}\n{inside}>"
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f"<rdf:Description {body}</rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def photo(
    path: Path, xmp: bytes | None, *, focal: int = 24, zoom: float = 0.0, orientation: int = 1,
    gps: dict[int, object] | None = None,
) -> Path:  # fmt: skip
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    lens = exif.get_ifd(ExifTags.IFD.Exif)
    lens[ExifTags.Base.FocalLengthIn35mmFilm] = focal
    lens[ExifTags.Base.DigitalZoomRatio] = zoom
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps or {})
    Image.new("RGB", (400, 300), "grey").save(path, exif=exif, **({"xmp": xmp} if xmp else {}))
    return path


@pytest.mark.parametrize("elements", [False, True])
@pytest.mark.parametrize("longitude", ["GpsLongitude", "GpsLongtitude"])
def test_a_photo_tells_where_its_drone_was(tmp_path: Path, elements: bool, longitude: str) -> None:
    told = {longitude if name == "GpsLongitude" else name: value for name, value in TOLD.items()}
    assert read_xmp(photo(tmp_path / "1.jpg", packet(told, elements=elements))) == SAMPLE


@pytest.mark.parametrize(
    "xmp", [None, b"", b"\xff\xfe<", packet({}), b'drone-dji:GpsLatitude="' + b"9" * 60_000]
)
def test_a_photo_that_tells_nothing(tmp_path: Path, xmp: bytes | None) -> None:
    assert read_xmp(photo(tmp_path / "1.jpg", xmp)) is None


def test_of_a_photo_that_is_stored_turned_the_angles_are_not_used(
    tmp_path: Path, read_all: Callable
) -> None:
    turned = read_xmp(photo(tmp_path / "1.jpg", packet(TOLD), orientation=6))
    assert turned is not None
    assert (turned.lon, turned.height_m) == (SAMPLE.lon, SAMPLE.height_m)
    assert "stored turned" in turned.lacks(Flight())
    (frame,), album = read_all(tmp_path, type="drone", flight={"yaw": 0, "pitch": -90})
    assert frame.pose is None
    assert "1.jpg: cannot be put on the map: its telemetry has angles of the" in album.trouble


def test_a_broken_photo_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "2.jpg").write_bytes(b"\xff\xd8\xff\xe1broken")
    assert read_xmp(tmp_path / "2.jpg") is None


def test_a_place_that_xmp_lacks_is_exif_s(tmp_path: Path) -> None:
    told = {name: value for name, value in TOLD.items() if not name.startswith("Gps")}
    gps = {1: "N", 2: (31.0, 42.0, 58.4), 3: "E", 4: (113.0, 22.0, 48.6)}
    sample = read_xmp(photo(tmp_path / "1.jpg", packet(told), gps=gps))
    assert sample is not None
    assert (sample.lon, sample.lat, sample.digits) == (113.3801667, 31.7162222, 4)
    both = read_xmp(photo(tmp_path / "2.jpg", packet(TOLD), gps=gps))
    assert both == SAMPLE


@pytest.mark.parametrize("zoom", [float("nan"), 0.0])
def test_a_zoom_that_is_none_is_no_zoom(tmp_path: Path, zoom: float) -> None:
    """Phantom 3 writes 0/0."""
    sample = read_xmp(photo(tmp_path / "1.jpg", packet(TOLD), zoom=zoom))
    assert sample is not None
    assert sample.zoom == 1.0


def test_digital_zoom_is_exif_s(tmp_path: Path) -> None:
    sample = read_xmp(photo(tmp_path / "1.jpg", packet(TOLD), focal=48, zoom=2.0))
    assert sample is not None
    assert (sample.focal_mm, sample.zoom) == (48.0, 2.0)


def test_a_folder_of_photos_has_a_pose_each(tmp_path: Path, read_all: Callable) -> None:
    photo(tmp_path / "1.jpg", packet(TOLD))
    photo(tmp_path / "2.jpg", None)
    frames, album = read_all(tmp_path, type="drone")
    assert album.trouble is None
    assert frames[0].pose is not None
    assert (frames[0].pose.altitude_m, frames[0].pose.yaw) == (42.5, 98.0)
    assert frames[0].pose.fov == pytest.approx(71.5, abs=0.1)
    assert frames[1].pose is None
    (other, _), _ = read_all(tmp_path)
    assert other.pose is None, "no drone"


def test_what_a_photo_lacks_is_said_once(tmp_path: Path, read_all: Callable) -> None:
    told = {name: value for name, value in TOLD.items() if not name.startswith("Gimbal")}
    for n in (1, 2):
        photo(tmp_path / f"{n}.jpg", packet(told))
    frames, album = read_all(tmp_path, type="drone")
    assert [f.pose for f in frames] == [None, None]
    assert "1.jpg: cannot be put on the map: its telemetry has no gimbal angles" in album.trouble
    frames, album = read_all(tmp_path, type="drone", flight={"yaw": 0, "pitch": -90})
    assert [f.pose.pitch for f in frames] == [-90, -90]
    assert album.trouble is None
