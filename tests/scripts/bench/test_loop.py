from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from models.catalogue import ModelEntry
from scripts.bench.loop import LoopBench, Round, bench_loop
from vision.errors import SourceBroken


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(40):
            pixels = np.full((48, 64, 3), 5 * n, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        out.mux(stream.encode())
    return path


@pytest.fixture
def engine(fakes: Any) -> Any:
    class Counting(fakes.Engine):  # type: ignore[misc, name-defined]
        model = ModelEntry("m", Path("m.pt"), "0" * 64, "1", "detect", ("c0",), 64, 0.25)
        image_size = 64
        seen = 0
        bare = 0

        def submit(self, images: Any) -> Any:
            self.seen += len(images)
            return super().submit([np.zeros((4, 4, 3), np.uint8) for _ in images])

        def run_bare(self, batch: Any, times: int) -> None:
            assert batch.shape == (self.batch, 64, 64, 3)
            self.bare += times * len(batch)

    return Counting()


def test_every_frame_goes_through_the_loop_in_every_round(clip: Path, engine: Any) -> None:
    told: list[str] = []
    [result] = bench_loop([clip], engine, frames=36, rounds=2, stock=False, progress=told.append)
    assert engine.seen == 2 * 36
    assert engine.bare == 2 * (36 + 2 * engine.batch)
    assert len(result.rounds) == 2
    assert (result.input_width, result.input_height) == (64, 64)
    assert all(result.fps(part) > 0 for part in ("decode", "engine", "limit", "loop"))
    assert result.fps("stock") is None
    assert result.loop_over("stock") is None
    assert result.as_dict()["machine"]["cores"]
    assert "clip.mp4, round 2 of 2: loop" in told


def test_recordings_at_once_share_one_loop_and_clips_take_turns(clip: Path, engine: Any) -> None:
    told: list[str] = []
    results = bench_loop(
        [clip, clip], engine, streams=3, frames=36, rounds=1, stock=False, progress=told.append
    )
    assert engine.seen == 2 * 3 * 36
    assert [what for what in told if what.endswith(": loop")] == 2 * [
        "clip.mp4, round 1 of 1: loop"
    ]
    for result in results:
        assert result.as_dict()["each"] == pytest.approx(result.rounds[0].loop / 3)
        assert result.rounds[0].lanes == min(3, int(result.machine["cores"]))


def test_a_clip_too_short_to_measure_is_named(clip: Path, engine: Any) -> None:
    with pytest.raises(SourceBroken, match="only 20 frames"):
        bench_loop([clip], engine, frames=20, stock=False)
    with pytest.raises(SourceBroken, match=r"missing\.mp4"):
        bench_loop([clip.with_name("missing.mp4")], engine)


def test_ratios_are_medians_within_rounds() -> None:
    rounds = (Round(100, 25, 20, 10), Round(50, 10, 9, 3), Round(100, 25, 10, 5))
    result = LoopBench("c", 1, 1, 1, 1, 1, 1, "m", "e", 1, {}, rounds)
    assert rounds[0].limit == pytest.approx(20)
    assert Round(100, 25, 20, lanes=2).limit == pytest.approx(200 / 9)
    assert result.loop_over("limit") == pytest.approx(1.0)
    assert result.loop_over("stock") == pytest.approx(2.0)
    assert result.fps("loop") == 10
