"""Clips of bins that overflow and are emptied, eyes that see them, and a pipeline of these eyes.

Each camera's bin stands at a spot of its own, so an event tells from which clip it is. Everything
here is found by its name in other processes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import av
import cv2
import numpy as np

from tests.vision.eyes import Eyes
from vision.detections import Detections, make_detections
from vision.engines import Engine, ModelChoice
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem, EvidenceStore
from vision.frames import Pixels
from vision.pipeline import Pipeline
from vision.pipeline.event_writer import Sink
from vision.site import Camera, Site, SiteInfo, Storage, Zone
from vision.site.rule_settings import RuleSettings

WIDTH, HEIGHT, SIDE, FPS = 320, 192, 32, 5
ACROSS = WIDTH // SIDE
SPOTS = ACROSS * (HEIGHT // SIDE) - ACROSS
"""The lowest row flickers, so that no scene is ever still."""
FULL_S = ((4, 12), (20, 28))
"""Seconds of a clip in which its bin overflows: two violations."""
CLIP_S = 32
BIN = Eyes.model.classes.index("overflowing_bin")


class SeesBins(Eyes):
    """Sees a white square as an overflowing bin, as slowly as a device might."""

    batch, depth = 4, 1
    takes_s = 0.0

    def see(self, image: Pixels) -> Detections:
        time.sleep(self.takes_s)  # what a device would compute in
        cells = cv2.resize(
            cv2.cvtColor(image, cv2.COLOR_BGR2GRAY),
            (ACROSS, HEIGHT // SIDE),
            interpolation=cv2.INTER_AREA,
        )
        spots = [(x, y) for y, x in np.argwhere(cells > 230) if y < HEIGHT // SIDE - 1]
        boxes = np.array([(x, y, x + 1, y + 1) for x, y in spots], np.float32).reshape(-1, 4)
        scores, ids = np.full(len(spots), 0.9, np.float32), np.full(len(spots), BIN)
        return make_detections(boxes * SIDE, scores, ids, self.model.classes)

    def run_bare(self, batch: Pixels, times: int) -> None:
        raise NotImplementedError


class SeesBinsSlowly(SeesBins):
    takes_s = 0.01


def open_eyes(_: ModelChoice) -> Engine:
    return SeesBins()


def open_slow_eyes(_: ModelChoice) -> Engine:
    return SeesBinsSlowly()


def build(site: Site, cameras: Sequence[str], opener: Callable[[], Engine], sink: Sink) -> Pipeline:
    """The pipeline of a worker."""
    return make(site, opener(), sink, cameras=cameras, reopen=opener)


def make(site: Site, engine: Engine, sink: Sink, **more: object) -> Pipeline:
    evidence = Path(site.storage.evidence)
    return Pipeline(
        site,
        engine,
        [sink],
        evidence=EvidenceStore(evidence),
        memory=evidence.parent / "memory",
        quarantine=evidence.parent / "quarantine",
        **more,  # type: ignore[arg-type]
    )


def make_clip(
    path: Path, spot: int, full: Sequence[tuple[float, float]] = FULL_S, *, gop: int | None = None
) -> Path:
    """A clip of `CLIP_S` seconds with a bin at this spot; `gop` pictures from key to key frame."""
    rng = np.random.default_rng(spot)
    street = cv2.resize(
        rng.integers(40, 180, (24, 40, 3), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    y, x = divmod(spot, ACROSS)
    with av.open(path, "w") as container:
        container.metadata["creation_time"] = "2026-05-01T08:00:00.000000Z"
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        if gop is not None:
            stream.codec_context.gop_size = gop
        for number in range(CLIP_S * FPS):
            pixels = street.copy()
            if any(since <= number / FPS < until for since, until in full):
                pixels[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] = 255
            pixels[-SIDE:] = (0, 90)[number % 2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        container.mux(stream.encode())
    return path


def make_site(root: Path, cameras: int, *, looks: float = FPS) -> Site:
    """A site of recordings, read as fast as they are looked at."""
    root.mkdir(exist_ok=True)
    zone = Zone(name="street", watch=("overflowing_bin",))
    settings = RuleSettings.model_validate({"dwell": "2s", "looks": 2, "clear": "2s"})
    return Site(
        site=SiteInfo(name="bins"),
        storage=Storage(database="sqlite://", evidence=str(root / "evidence")),
        defaults={"overflowing_bin": settings},
        cameras=tuple(
            Camera(
                id=f"bin-{spot:02}",
                source=str(make_clip(root / f"{spot}.mp4", spot)),
                analyse_fps=looks,
                pace="fast",
                zones=(zone,),
            )
            for spot in range(cameras)
        ),
    )


def same(site: Site, root: Path) -> Site:
    """The same cameras, stored elsewhere."""
    root.mkdir(exist_ok=True)
    storage = Storage(database="sqlite://", evidence=str(root / "evidence"))
    return site.model_copy(update={"storage": storage})


Told = tuple[str, EpisodeStage, datetime | None, datetime | None, tuple[float, ...]]


class Collected:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.episodes: list[Episode] = []
        self.evidence: dict[str, list[str]] = {}

    def __call__(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        if event.episode.stage in {EpisodeStage.CONFIRMED, EpisodeStage.CLEARED}:
            self.episodes.append(event.episode)
            self.evidence.setdefault(event.episode.id, []).extend(item.sha256 for item in items)

    def told(self) -> Counter[Told]:
        """What happened where and when, how often it was told; ids left aside."""
        return Counter(
            (
                e.camera,
                e.stage,
                e.confirmed_at,
                e.cleared_at,
                tuple(round(edge, 2) for edge in e.box),
            )
            for e in self.episodes
        )

    def places(self) -> dict[str, set[int]]:
        """By camera, the spots at which its events are."""
        found: dict[str, set[int]] = {}
        for e in self.episodes:
            x, y = (e.box[0] + e.box[2]) / 2 * WIDTH, (e.box[1] + e.box[3]) / 2 * HEIGHT
            found.setdefault(e.camera, set()).add(int(y // SIDE) * ACROSS + int(x // SIDE))
        return found


def in_one_process(site: Site) -> Collected:
    """What a pipeline of this process finds."""
    found = Collected()
    pipeline = make(site, SeesBins(), found)
    pipeline.start()
    try:
        assert pipeline.wait(120)
    finally:
        pipeline.stop()
    return found
