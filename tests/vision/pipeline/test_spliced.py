"""A recording that was put together of two, from its file to events: no dwell crosses the seam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.vision.pipeline.test_patrol import SeesPink, stall_at
from tests.vision.turning import HEIGHT, WIDTH, street, view
from vision.episodes import EpisodeEvent
from vision.frames import Pixels
from vision.pipeline import Pipeline
from vision.site import Camera, Site, SiteInfo, Zone

LASTS = 8
"""Seconds of each part, in all of which a stall stands there."""
TEN_HOURS = 36_000


def film(path: Path, starts: int, pixels: Pixels) -> bytes:
    """A part, its times beginning at a second, one key frame a second, as a recorder writes it."""
    with av.open(path, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=2, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 2
        stream.codec_context.thread_count = 1
        for n in range(2 * LASTS):
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts, frame.time_base = 2 * starts + n, Fraction(1, 2)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


def watched(source: Path, dwell: int) -> list[EpisodeEvent]:
    """What comes of a stall that has to stand there for `dwell` seconds."""
    settings = {"street_vending": {"dwell": f"{dwell}s", "looks": 3, "clear": "5s"}}
    zone = Zone(name="pavement", watch=("street_vending",), settings=settings)
    camera = Camera(id="gate", source=str(source), pace="fast", zones=(zone,))
    events: list[EpisodeEvent] = []

    site = Site(site=SiteInfo(name="t"), cameras=(camera,))
    pipeline = Pipeline(site, SeesPink(), [lambda event, _: events.append(event)])
    pipeline.start()
    try:
        assert pipeline.wait(60)
    finally:
        pipeline.stop()
    return events


@pytest.mark.parametrize("order", [(0, TEN_HOURS), (TEN_HOURS, 0)], ids=["ahead", "back"])
def test_dwell_does_not_cross_the_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    """It would in both orders: a leap into the future is not followed, so time just goes on.

    FFmpeg takes ten hours back for a wrap of the clock, 16.5 h ahead.
    """
    began = datetime.now(UTC) - timedelta(minutes=1)  # as it is played in real time, or copied
    monkeypatch.setattr("vision.sources.recording.recording_start", lambda *_: began)
    seen = view(stall_at(street(), 0.5), 0.5, share=1 / 3)
    parts = [film(tmp_path / f"{n}.ts", starts, seen) for n, starts in enumerate(order)]
    spliced = tmp_path / "spliced.ts"
    spliced.write_bytes(b"".join(parts))
    assert {e.episode.stage for e in watched(spliced, LASTS + 2)} == {"opened", "dropped"}

    events = watched(spliced, LASTS - 3)
    stages = [e.episode.stage.value for e in events]
    assert stages == ["opened", "confirmed", "ended", "opened", "confirmed"]
    assert events[2].episode.ended_by == "unwatched"
    assert len({e.episode.id for e in events}) == 2
    for event in events:
        assert event.episode.dwell <= timedelta(seconds=LASTS)
