"""Real photos as cameras: a still, held as H.264 with noise and jitter, raises its case or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vision.engines import Engine, open_engine
from vision.episodes import Episode, EpisodeStage
from vision.pipeline import Pipeline
from vision.rules.sight import overlap
from vision.site import Camera, ModelChoice, Site, SiteInfo, Zone
from vision.site.rule_settings import RuleSettings

GARBAGE, BIN, OVERFLOWING = 0, 1, 2  # ids in the set's label files
PICTURES = int(os.environ.get("STILLS", "20"))  # of each kind; 200 takes all: six minutes
LOOKS = 9  # one a second
NOISE, JITTER = 4.0, 2  # standard deviation of 255; pixels
Boxes = list[tuple[int, tuple[float, float, float, float]]]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = open_engine(ModelChoice())
    yield opened
    opened.close()


def labelled(folder: Path) -> Iterator[tuple[Path, Boxes]]:
    """Pictures with their labels, in the order of their names."""
    for picture in sorted((folder / "images").iterdir()):
        rows = (folder / "labels" / picture.with_suffix(".txt").name).read_text().split("\n")
        boxes = []
        for row in filter(None, rows):
            kind, x, y, w, h = (float(v) for v in row.split()[:5])
            boxes.append((int(kind), (x - w / 2, y - h / 2, x + w / 2, y + h / 2)))
        yield picture, boxes


def hold(picture: Path, clip: Path, rng: np.random.Generator) -> None:
    """The still as a camera would show it for a while."""
    pixels = cv2.imread(str(picture))
    assert pixels is not None
    scale = 960 / max(pixels.shape[:2])
    pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = (side - 2 * JITTER - side % 2 for side in pixels.shape[:2])
    with av.open(clip, "w") as container:
        stream = container.add_stream("libx264", rate=1, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(LOOKS):
            x, y = rng.integers(0, 2 * JITTER + 1, 2)
            shown = pixels[y : y + height, x : x + width]
            noisy = shown + rng.normal(0, NOISE, shown.shape)
            frame = av.VideoFrame.from_ndarray(noisy.clip(0, 255).astype(np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def cases(clips: list[Path], engine: Engine) -> dict[str, list[Episode]]:
    """What is confirmed on each clip, all watched beside each other."""
    settings = {"dwell": "5s", "looks": 2, "clear": "5s"}
    zone = Zone(
        name="whole picture",
        watch=("overflowing_bin",),
        settings={"overflowing_bin": RuleSettings.model_validate(settings)},
    )
    cameras = tuple(Camera(id=c.stem, source=str(c), pace="fast", zones=(zone,)) for c in clips)
    found: dict[str, list[Episode]] = {camera.id: [] for camera in cameras}

    def note(event: object, _: object) -> None:
        episode: Episode = event.episode  # type: ignore[attr-defined]
        if episode.stage is EpisodeStage.CONFIRMED:
            found[episode.camera].append(episode)

    site = Site(site=SiteInfo(name="stills"), cameras=cameras)
    pipeline = Pipeline(site, engine, [note])
    pipeline.start()
    try:
        assert pipeline.wait(timedelta(minutes=5).total_seconds())
    finally:
        pipeline.stop()
    return found


def test_overflowing_bins_raise_their_case_and_others_none(
    engine: Engine, shared_data: Path, tmp_path: Path
) -> None:
    held = list(labelled(shared_data / "bins_cn" / "val"))
    kinds = {picture: {kind for kind, _ in boxes} for picture, boxes in held}
    full = list(islice((one for one in held if OVERFLOWING in kinds[one[0]]), PICTURES))
    clean = list(islice((one for one in held if kinds[one[0]] == {BIN}), PICTURES))
    assert min(len(full), len(clean)) >= min(PICTURES, 60)

    rng = np.random.default_rng(0)
    clips, truth = [], {}
    for name, pictures in (("full", full), ("clean", clean)):
        for number, (picture, boxes) in enumerate(pictures):
            clips.append(tmp_path / f"{name}-{number}.mp4")
            hold(picture, clips[-1], rng)
            truth[clips[-1].stem] = [box for kind, box in boxes if kind != BIN]
    found = cases(clips, engine)

    right = wrong = missed = 0
    for name, episodes in found.items():
        hits = [e for e in episodes if any(overlap(e.box, box)[1] > 0.5 for box in truth[name])]
        right += bool(hits)
        missed += name.startswith("full") and not hits
        wrong += len(episodes) - len(hits)
        if len(hits) < len(episodes) or (name.startswith("full") and not hits):
            seen = [(e.subtype, e.score, e.box) for e in episodes]
            print(f"{name}: {len(truth[name])} labelled, seen {seen}")
    precision, recall = right / (right + wrong), right / (right + missed)
    print(f"{len(full)} overflowing and {len(clean)} others: precision {precision:.2f}, ", end="")
    print(f"recall {recall:.2f} ({right} right, {wrong} wrong, {missed} missed)")
    # Of the five that are wrong with twenty, one is litter that nobody labelled, one the black bag
    # in an empty bin, one an open empty container, two are bins with something behind them. All of
    # the set (124 and 61) with weights 0.5.0: precision 0.93, recall 0.98.
    assert precision >= 0.75
    assert recall >= 0.9
