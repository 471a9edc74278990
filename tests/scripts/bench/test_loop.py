from __future__ import annotations

from pathlib import Path
from time import sleep
from typing import Any, Self

import av
import numpy as np
import pytest

from models.catalogue import ModelEntry
from scripts.bench import recordings as recorded
from scripts.bench.loop import LoopBench, Round, bench_loop
from scripts.bench.recordings import Whole, _fps, recordings
from scripts.bench.rig import LOOK
from vision.errors import SourceBroken


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    film(path, frames=40)
    return path


def film(path: Path, *, frames: int) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(frames):
            pixels = np.full((48, 64, 3), 5 * n % 200, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        out.mux(stream.encode())


@pytest.fixture
def engine(fakes: Any) -> Any:
    class Counting(fakes.Engine):  # type: ignore[misc, name-defined]
        model = ModelEntry("m", Path("m.pt"), "0" * 64, "1", "detect", ("c0",), 64, 0.25)
        image_size = 64
        seen = 0
        bare = 0

        def submit(self, images: Any) -> Any:
            self.seen += len(images)
            sleep(0.004 * len(images))  # what a device would compute in
            return super().submit([np.zeros((4, 4, 3), np.uint8) for _ in images])

        def run_bare(self, batch: Any, times: int) -> None:
            assert batch.shape == (self.batch, 64, 64, 3)
            self.bare += times * len(batch)

    return Counting()


def test_every_frame_goes_through_the_loop_in_every_round(clip: Path, engine: Any) -> None:
    told: list[str] = []
    [result] = bench_loop([clip], engine, frames=40, rounds=2, stock=False, progress=told.append)
    assert engine.seen == 2 * 40
    assert engine.bare == 2 * (40 + 2 * engine.batch)
    assert len(result.rounds) == 2
    assert (result.input_width, result.input_height) == (64, 64)
    assert all(result.fps(part) > 0 for part in ("decode", "engine", "limit"))
    assert result.loop(1).fps > 0
    assert result.loop(1).memory_mb > 0
    assert result.fps("stock") is None
    assert result.loop_over("stock", 1) is None
    assert result.as_dict()["machine"]["cores"]
    assert "clip.mp4, round 2 of 2: loop" in told


def test_recordings_at_once_share_one_loop_and_clips_take_turns(clip: Path, engine: Any) -> None:
    told: list[str] = []
    results = bench_loop(
        [clip, clip], engine, streams=3, frames=40, rounds=1, stock=False, progress=told.append
    )
    assert engine.seen == 2 * 3 * 40
    assert [what for what in told if what.endswith(": loop")] == 2 * [
        "clip.mp4, round 1 of 1: loop"
    ]
    for result in results:
        loops = result.as_dict()["loops"]
        assert loops[1]["each"] == pytest.approx(result.rounds[0].loops[1].fps / 3)
        assert result.rounds[0].lanes == min(3, int(result.machine["cores"]))


def test_a_recording_is_stopped_once_it_is_enough(clip: Path, engine: Any) -> None:
    long = clip.with_name("long.mp4")
    film(long, frames=1000)
    assert recordings(long, engine, 1, frames=30).fps > 0
    assert 30 <= engine.seen < 1000


def test_a_clip_too_short_to_measure_is_named(clip: Path, engine: Any) -> None:
    with pytest.raises(SourceBroken, match="only 20 frames"):
        bench_loop([clip], engine, frames=20, stock=False)
    with pytest.raises(SourceBroken, match=r"missing\.mp4"):
        bench_loop([clip.with_name("missing.mp4")], engine)


def looks_at(*times: tuple[int, float]) -> Any:
    """Looks by camera and time."""
    rows = [(at, 0.0, camera, 0) for camera, at in times]
    return np.sort(np.array(rows, LOOK), order="at")


def test_frames_count_while_all_recordings_run() -> None:
    early = [(0, 0.1 * n) for n in range(60)]  # until 5.9 s
    late = [(1, 3 + 0.05 * n) for n in range(60)]  # from 3 s on, its tenth at 3.45, until 5.95
    assert _fps(looks_at(*early, *late), 2) == pytest.approx(30, rel=0.05)
    with pytest.raises(SourceBroken, match="same time"):
        _fps(looks_at(*early, *((1, at + 6) for _, at in early)), 2)
    with pytest.raises(SourceBroken, match="only 29 frames"):
        _fps(looks_at(*early, *late[:29]), 2)


class Uneven:
    """A rig of two recordings of which the second is slower; another poll, a look more of it."""

    def __init__(self, *_: object, **__: object) -> None:
        self.polls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def looks(self) -> Any:
        self.polls += 1
        slow = [(1, 0.1 * n) for n in range(27 + self.polls)]
        return looks_at(*((0, 0.05 * n) for n in range(60)), *slow)

    def ended(self) -> bool:
        return False

    def spent_s(self) -> float:
        return 0.01 * self.polls

    def memory_mb(self) -> float:
        return 1.0


def test_a_recording_that_lags_is_waited_for(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty of each on average are not thirty of the slowest, without which none is measured."""
    monkeypatch.setattr(recorded, "Rig", Uneven)
    assert recordings(Path("clip.mp4"), engine, 2, frames=30).fps > 0


def test_ratios_are_medians_within_rounds() -> None:
    def loops(fps: float, served: float) -> dict[int, Whole]:
        return {1: Whole(fps, 50.0, 500.0), 2: Whole(served, 60.0, 900.0)}

    rounds = (
        Round(100, 25, loops(20, 10), 10),
        Round(50, 10, loops(9, 9), 3),
        Round(100, 25, loops(10, 30), 5),
    )
    result = LoopBench("c", 1, 1, 1, 1, 1, 1, "m", "e", 1, {}, rounds)
    assert rounds[0].limit == pytest.approx(20)
    assert Round(100, 25, {}, lanes=2).limit == pytest.approx(200 / 9)
    assert result.loop_over("limit", 1) == pytest.approx(1.0)
    assert result.loop_over("stock", 1) == pytest.approx(2.0)
    assert result.loop_over("stock", 2) == pytest.approx(3.0)
    assert result.loop(1).fps == result.loop(2).fps == 10
    assert result.as_dict()["loops"][2]["processor_ms"] == 60
