from __future__ import annotations

from collections import Counter
from pathlib import Path

import av
import pytest
from typer.testing import CliRunner

from datasets.errors import RenderError
from datasets.renderer.truth import Truth
from scripts.bench.market import CLIPS, market, render_clips
from scripts.commands.bench import bench
from vision.engines import ModelChoice, open_engine
from vision.errors import SiteError


def test_the_crowd_is_seen_as_a_crowd() -> None:
    scene = market(CLIPS["jammed"], width=1920, height=1080, seconds=10)
    engine = open_engine(ModelChoice())
    try:
        for at in (0.0, 9.0):
            pixels, boxes = scene.frame(at)
            labels = Counter(box.label for box in boxes)
            assert labels["stall"] >= 35
            assert labels["person"] >= 45
            assert labels["car"] >= 5
            [seen] = engine.infer([pixels])
            assert (seen.confidence >= engine.model.threshold).sum() >= 60
    finally:
        engine.close()


def test_clips_are_as_cameras_send_them(tmp_path: Path) -> None:
    asked = ["clips", "--out", str(tmp_path / "made"), "--width", "320", "--seconds", "2"]
    done = CliRunner().invoke(bench, asked, catch_exceptions=False)
    for name in CLIPS:
        file = tmp_path / "made" / f"{name}.mp4"
        assert f"{name}.mp4: " in done.stdout
        with av.open(str(file)) as clip:
            stream = clip.streams.video[0]
            assert (stream.codec.name, stream.average_rate) == ("h264", 25)
            assert (stream.width, stream.height) == (320, 180)
            packets = [packet for packet in clip.demux(stream) if packet.dts is not None]
        assert [n for n, packet in enumerate(packets) if packet.is_keyframe] == [0, 25]
        there = {len(frame.boxes) > 0 for frame in Truth.load(Truth.path_for(file)).frames}
        assert there == {name != "quiet"}


def test_wrong_sizes_and_folders_are_named(tmp_path: Path) -> None:
    failed = CliRunner().invoke(bench, ["clips", "--out", str(tmp_path), "--width", "500"])
    assert isinstance(failed.exception, SiteError)
    (tmp_path / "file").touch()
    with pytest.raises(RenderError, match="cannot be made"):
        render_clips(tmp_path / "file" / "made")
