"""Looks that follow change, with the shipped weights: what they save, and that none is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from datasets.renderer.truth import Truth
from vision.engines import Engine, open_engine
from vision.episodes import Episode, EpisodeStage
from vision.frames import Frame
from vision.pipeline import Pipeline, watched
from vision.site import Camera, ModelChoice, Site
from vision.site.file import load_site
from vision.sources import recording as recording_module

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
LOOK = timedelta(seconds=1)
"""The demo's cameras are looked at once a second."""


class EveryLook:
    """In place of `Stillness`: the model sees every frame."""

    def changed(self, _frame: Frame) -> bool:
        return True

    def forget(self) -> None: ...


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = open_engine(ModelChoice())
    yield opened
    opened.close()


@pytest.fixture
def watch(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[list[Episode], int, int]]:
    """Watch a camera to its end: episodes as they were confirmed and cleared, looks, stood."""

    # Else a recording that does not say when it was made begins now.
    monkeypatch.setattr(recording_module, "recording_start", lambda *_: START)

    def run(site: Site, camera: Camera, *, still: bool) -> tuple[list[Episode], int, int]:
        events: list[Episode] = []
        fast = camera.model_copy(update={"pace": "fast"})
        with monkeypatch.context() as patch:
            if not still:
                patch.setattr(watched, "Stillness", EveryLook)
            pipeline = Pipeline(
                site.model_copy(update={"cameras": (fast,)}),
                engine,
                [lambda event, _: events.append(event.episode)],
            )
        pipeline.start()
        try:
            assert pipeline.wait(120)
        finally:
            pipeline.stop()
        [status] = pipeline.status()
        told = (EpisodeStage.CONFIRMED, EpisodeStage.CLEARED)
        return [e for e in events if e.stage in told], status.analysed, status.reused

    return run


def assert_none_is_lost_or_late(ours: list[Episode], every: list[Episode]) -> None:
    """The same episodes, each stage within one look of what looking at every frame gives."""

    def place(episode: Episode) -> tuple[object, ...]:
        return (episode.stage, episode.kind, episode.subtype, episode.zone, episode.opened_at)

    assert len(ours) == len(every)
    for one, other in zip(sorted(ours, key=place), sorted(every, key=place), strict=True):
        assert (one.kind, one.subtype, one.zone) == (other.kind, other.subtype, other.zone)
        assert abs(one.opened_at - other.opened_at) <= LOOK
        for mine, theirs in (
            (one.confirmed_at, other.confirmed_at),
            (one.cleared_at, other.cleared_at),
        ):
            assert (mine is None) == (theirs is None)
            if mine is not None and theirs is not None:
                assert mine - theirs <= LOOK


@pytest.mark.parametrize("name", ["market-street", "bin-corner"])
def test_no_episode_of_the_demo_is_lost_or_late(
    name: str, demo_root: Path, watch: Callable[..., tuple[list[Episode], int, int]]
) -> None:
    site = load_site(demo_root / "site.yaml")
    camera = next(c for c in site.cameras if c.id == name)
    every, looks, _ = watch(site, camera, still=False)
    ours, _, stood = watch(site, camera, still=True)
    print(f"{name}: {stood} of {looks} looks were not the model's")
    assert every, "there must be something to lose"
    assert_none_is_lost_or_late(ours, every)


def test_a_quiet_scene_needs_a_fifth_of_the_looks_and_its_violation_is_still_seen(
    demo_root: Path, tmp_path: Path, watch: Callable[..., tuple[list[Episode], int, int]]
) -> None:
    """Nothing moves but noise; half way, bins that were closed overflow."""
    site = load_site(demo_root / "site.yaml")
    camera = next(c for c in site.cameras if c.id == "bin-corner")
    truth = Truth.load(Truth.path_for(Path(camera.source)))
    begins = truth.violations[0].start
    before = quietest(truth, 0, begins - 5)
    after = quietest(truth, begins + 5, begins + 30)
    clip = tmp_path / "quiet.mp4"
    write_still(clip, Path(camera.source), [before] * 160 + [after] * 200, fps=4)
    quiet = camera.model_copy(update={"source": str(clip)})
    every, looks, _ = watch(site, quiet, still=False)
    ours, _, stood = watch(site, quiet, still=True)
    print(f"quiet: {stood} of {looks} looks were not the model's")
    assert [e.kind for e in every] == ["overflowing_bin"]
    assert_none_is_lost_or_late(ours, every)
    assert looks >= 5 * (looks - stood)


def quietest(truth: Truth, start: float, end: float) -> int:
    """The frame between two times (seconds) in which the fewest things are."""
    numbers = [n for n, shown in enumerate(truth.frames) if start <= shown.t <= end]
    return min(numbers, key=lambda n: sum(b.label == "person" for b in truth.frames[n].boxes))


def write_still(path: Path, source: Path, numbers: list[int], *, fps: int) -> None:
    """A video of these frames of another, with a sensor's noise of their own."""
    with av.open(source) as recording:
        shown = {
            n: frame.to_ndarray(format="bgr24")
            for n, frame in enumerate(recording.decode(video=0))
            if n in set(numbers)
        }
    rng = np.random.default_rng(0)
    height, width = next(iter(shown.values())).shape[:2]
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index, number in enumerate(numbers):
            noise = rng.normal(0, 3, shown[number].shape)
            noisy = np.clip(shown[number] + noise, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(noisy, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
