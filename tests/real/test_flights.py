"""Two flights over one place, real roofs and the shipped weights: what is new, and nothing else."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

from tests.vision.view.test_registration import flown
from vision.engines import open_engine
from vision.episodes import Episode, EpisodeStage
from vision.pipeline import Pipeline
from vision.rules.sight import overlap
from vision.site import Camera, ModelChoice, Site, SiteInfo, Zone
from vision.site.rule_settings import RuleSettings

SETTINGS = {"learn": "9s", "dwell": "6s", "looks": 4, "clear": "30s"}
ROOF, ROAD = (746, 550, 819, 622), (857, 364, 930, 436)
"""A roof, and the road where the same one is built between the flights; pixels of the ground."""


def test_a_roof_built_between_two_flights_is_the_only_new_one(
    shared_data: Path, tmp_path: Path
) -> None:
    tiles = sorted((shared_data / "roofs_banepa" / "val" / "images").iterdir())[:6]
    shown = [cv2.resize(cv2.imread(str(tile)), (512, 512)) for tile in tiles]
    ground = np.vstack([np.hstack(shown[:3]), np.hstack(shown[3:])]).astype(np.uint8)
    built = ground.copy()
    (x1, y1, x2, y2), (left, top, right, bottom) = ROOF, ROAD
    built[top:bottom, left:right] = ground[y1:y2, x1:x2]
    flight = tmp_path / "flights.mp4"
    with av.open(flight, "w") as container:
        container.metadata["creation_time"] = "2026-05-01T08:00:00.000000Z"
        stream = container.add_stream("libx264", rate=1, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 640, 384, "yuv420p"
        for n in range(10):
            over, _ = flown(ground, at=(768 + n, 512 - n), turned=0.3 * n, scale=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(over, format="bgr24")))
        for n in range(14):
            over, _ = flown(built, at=(800 - 2 * n, 490 + n), turned=20 + n, scale=1.05)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(over, format="bgr24")))
        container.mux(stream.encode())

    zone = Zone(
        name="block",
        watch=("illegal_structure",),
        settings={"illegal_structure": RuleSettings.model_validate(SETTINGS)},
    )
    camera = Camera(id="drone", source=str(flight), type="drone", pace="fast", zones=(zone,))
    confirmed: list[Episode] = []

    def note(event: object, _: object) -> None:
        episode: Episode = event.episode  # type: ignore[attr-defined]
        if episode.stage is EpisodeStage.CONFIRMED:
            confirmed.append(episode)

    engine = open_engine(ModelChoice())
    pipeline = Pipeline(Site(site=SiteInfo(name="t"), cameras=(camera,)), engine, [note])
    pipeline.start()
    try:
        assert pipeline.wait(60)
    finally:
        pipeline.stop()
        engine.close()
    for episode in confirmed:
        print(episode.box, episode.score)
    (only,) = confirmed
    # The first picture's left upper corner lies at (448, 320) of the ground.
    corner, size = np.array([448, 320] * 2), np.array([640, 384] * 2)
    road = ((np.array(ROAD) - corner) / size).tolist()
    assert overlap(only.box, tuple(road))[1] > 0.6
