"""From a drone's film to what is stored: nothing of what lies in an area that is not to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from tests.vision.flights import srt
from tests.vision.pipeline.test_patrol import SeesPink
from vision.episodes import EpisodeEvent
from vision.evidence import EvidenceItem, EvidenceStore
from vision.geo import DronePose, LocalPlane
from vision.pipeline import Pipeline
from vision.registers.no_keep import NoKeep
from vision.site import Camera, Site, SiteInfo, Zone

PLANE = LocalPlane(113.38, 31.71)
WIDTH, HEIGHT, SECONDS, HOVERS = 320, 240, 9, 50.0
"""Looking straight down from 50 m; a stall stands left of the middle."""
PINK, GREY = (250, 20, 250), (96, 96, 96)
POSE = DronePose(lon=113.38, lat=31.71, altitude_m=HOVERS, yaw=0.0, pitch=-90.0, fov=73.74,
                 width=WIDTH, height=HEIGHT)  # fmt: skip
STALL = (80, 100, 120, 130)
SETTINGS = {"street_vending": {"dwell": "3s", "looks": 3, "clear": "5s"}}


def film(folder: Path, *, told: bool) -> Path:
    path, street = folder / "flight.mp4", np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    street[:, 150:170] = 60
    cv2.rectangle(street, STALL[:2], STALL[2:], PINK, -1)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=2, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        for n in range(2 * SECONDS):
            frame = av.VideoFrame.from_ndarray(street, format="bgr24")
            frame.pts, frame.time_base = n, Fraction(1, 2)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    moments = [(n / 2, 113.38, 31.71, HOVERS, 0.0, -90.0, 0.0) for n in range(2 * SECONDS)]
    if told:
        path.with_suffix(".srt").write_text(srt(moments, every=0.5))
    return path


def around(u: float, v: float, half: float) -> NoKeep:
    """A square on the ground at a point of the picture."""
    place = POSE.position(u, v)
    east, north = PLANE.metres(place.lon, place.lat)
    corners = ((-half, -half), (half, -half), (half, half), (-half, half))
    ring = tuple(PLANE.degrees(east + e, north + n) for e, n in corners)
    return NoKeep(name="school", polygon_wgs84=ring)


def watched(
    folder: Path, areas: Sequence[NoKeep], *, told: bool = True
) -> tuple[list[EpisodeEvent], list[EvidenceItem], Pipeline]:
    zone = Zone(name="all", watch=("street_vending",), settings=SETTINGS)
    camera = Camera(
        id="drone", source=str(film(folder, told=told)), type="drone", pace="fast", zones=(zone,),
        analyse_fps=2,
    )  # fmt: skip
    events, items = list[EpisodeEvent](), list[EvidenceItem]()

    def sink(event: EpisodeEvent, stored: Sequence[EvidenceItem]) -> None:
        events.append(event)
        items.extend(stored)

    site = Site(site=SiteInfo(name="t"), cameras=(camera,), no_keep=tuple(areas))
    store = EvidenceStore(folder / "evidence")
    pipeline = Pipeline(site, SeesPink(), [sink], evidence=store, memory=folder / "memory")
    pipeline.start()
    try:
        assert pipeline.wait(60)
        picture = pipeline.picture("drone", clean=True).result(30)
    finally:
        pipeline.stop()
    assert picture is not None
    (folder / "live.jpg").write_bytes(picture.jpeg)
    return events, items, pipeline


def stored(folder: Path) -> list[Path]:
    kept = folder / "evidence"
    return [path for path in kept.rglob("*") if path.is_file()] if kept.exists() else []


def test_what_lies_in_an_area_becomes_no_case_and_no_picture(tmp_path: Path) -> None:
    events, items, _ = watched(tmp_path, [around(0.31, 0.52, 6)])
    assert events == []
    assert items == []
    assert stored(tmp_path) == []
    live = cv2.imread(str(tmp_path / "live.jpg"))
    assert np.abs(live[115, 100].astype(int) - GREY).max() < 12, "nor is it shown"


def test_beside_another_case_the_area_is_painted_out(tmp_path: Path) -> None:
    events, items, _ = watched(tmp_path, [around(0.85, 0.5, 3)])
    assert "confirmed" in {event.episode.stage for event in events}
    originals = [item for item in items if item.role == "original"]
    assert originals
    for item in originals:
        (path,) = [path for path in stored(tmp_path) if path.name.startswith(item.sha256)]
        shown = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        assert tuple(shown[120, 272].tolist()) == GREY
        assert np.abs(shown[115, 100].astype(int) - PINK).max() < 40, "its subject is there"


def test_without_areas_all_of_it_is_kept(tmp_path: Path) -> None:
    events, items, pipeline = watched(tmp_path, [])
    assert "confirmed" in {event.episode.stage for event in events}
    assert items
    assert pipeline.site.cameras[0].keeps_clips


def test_of_a_drone_that_tells_no_place_nothing_is_kept(tmp_path: Path) -> None:
    events, items, pipeline = watched(tmp_path, [around(0.85, 0.5, 3)], told=False)
    assert [event for event in events if event.episode.stage != "cleared"] == []
    assert items == []
    assert not any(path.suffix in {".png", ".jpg"} for path in stored(tmp_path))
    live = cv2.imread(str(tmp_path / "live.jpg"))
    assert np.abs(live.astype(int) - 96).max() < 12
    assert not pipeline.site.cameras[0].keeps_clips, "nothing can be painted out of a clip"
