"""Videos through the shipped weights: what the demo shows is found, ordinary streets are clean."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from vision.audit import AuditFolder, Auditor, VideoAuditor
from vision.audit.intake.items import take_in
from vision.audit.sight import CAMERA
from vision.audit.video_records import VideoRecord
from vision.engines import open_engine
from vision.engines.truck_state import open_truck_state
from vision.site import ModelChoice

STREETS = ("traffic_side.mp4", "highway_topdown_320.avi")
"""Of the real clips the two shortest: `test_street_clips.py` plays all through the rules."""


@pytest.fixture(scope="module")
def records(
    demo_root: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, VideoRecord]:
    out = tmp_path_factory.mktemp("videos")
    demo = [_part(demo_root / "market-street.mp4", out, 60, 66)]
    demo += [_part(demo_root / "site-gate.mp4", out, 39, 51)]
    paths = [*demo, *(shared_data / "clips" / name for name in STREETS)]
    engine = open_engine(ModelChoice())
    try:
        with AuditFolder(out / "report") as folder:
            settings = Auditor(folder, engine, "en", None, "read").settings
            watcher = VideoAuditor(folder, engine, settings, open_truck_state({CAMERA}))
            items = take_in(paths, out / "report")
            videos, problems = watcher.run(items)
    finally:
        engine.close()
    assert problems == []
    return {video.name: video.record for video in videos if video.record is not None}


def _part(video: Path, folder: Path, start: float, end: float) -> Path:
    """Some seconds of a video, as it was coded, from the key frame before them."""
    path = folder / video.name
    with av.open(video) as source, av.open(path, "w") as copy:
        coded = source.streams.video[0]
        stream = copy.add_stream_from_template(coded)
        source.seek(int(start / coded.time_base), stream=coded)
        for packet in source.demux(coded):
            if packet.pts is None or packet.pts * coded.time_base > end:
                break
            packet.stream = stream
            copy.mux(packet)
    return path


def test_the_demo_s_market_is_suspected_as_the_clip_is_shorter_than_the_rule_wants(
    records: dict[str, VideoRecord],
) -> None:
    (found,) = [f for f in records["market-street.mp4"].findings if f.kind == "street_vending"]
    assert found.state == "suspected"
    assert found.why[-1].data["dwell_needed_s"] == 300
    assert found.seen_s > 5


def test_the_demo_s_open_truck_is_confirmed(records: dict[str, VideoRecord]) -> None:
    (found,) = records["site-gate.mp4"].findings
    assert (found.kind, found.subtype, found.state) == ("dirty_truck", "not_sealed", "confirmed")
    assert records["site-gate.mp4"].moving_s == 0


def test_ordinary_streets_give_no_finding_not_even_a_suspicion(
    records: dict[str, VideoRecord],
) -> None:
    for name in STREETS:
        assert records[name].looks > 60
        assert [f"{f.state} {f.subtype}" for f in records[name].findings] == []
