"""Ordinary streets, as `--source` watches them: none shows a violation, and none is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.watching import choose_site, make_pipeline
from vision.engines import open_engine
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem
from vision.site import Storage

LOOKS = 700
"""At least so many are looked at: 134 s of video at five looks a second, and an album of 63."""


@pytest.mark.timeout(600)
def test_ordinary_streets_are_told_of_nothing(shared_data: Path, tmp_path: Path) -> None:
    clips = sorted(p for p in (shared_data / "clips").iterdir() if p.suffix in {".mp4", ".avi"})
    sources = [str(p) for p in (*clips, shared_data / "crossing_frames" / "train" / "images")]
    storage = Storage(database=f"sqlite:///{tmp_path / 'db'}", evidence=str(tmp_path / "evidence"))
    site = choose_site(None, sources, pace="fast").model_copy(update={"storage": storage})
    told: list[Episode] = []

    def take(event: EpisodeEvent, _: list[EvidenceItem]) -> None:
        if event.episode.stage is EpisodeStage.CONFIRMED:
            told.append(event.episode)

    engine = open_engine(site.model)
    pipeline = make_pipeline(site, engine, [take])
    pipeline.start()
    try:
        assert pipeline.wait(timeout=500)
    finally:
        pipeline.stop()
        engine.close()
    assert pipeline.problem is None
    assert [status.error for status in pipeline.status() if status.error] == []
    assert sum(status.analysed for status in pipeline.status()) >= LOOKS
    assert [f"{e.camera}: {e.kind} {e.subtype}, {e.why[0].en}" for e in told] == []
