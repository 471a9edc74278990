"""Live cameras whose bins fill and empty when a test says so, and a sink whose events it awaits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Event, Thread

import cv2
import numpy as np

from tests.vision.sources.conftest import WebServer
from tests.vision.workers.bins import ACROSS, HEIGHT, SIDE, WIDTH
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem
from vision.site import Camera, Site, SiteInfo, Storage, Zone
from vision.site.rule_settings import RuleSettings
from vision.sources.status import CameraStatus

FPS = 20.0
SETTINGS = {"dwell": "0.4s", "looks": 3, "clear": "0.4s"}
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
_RNG = np.random.default_rng(1)
_STREET = cv2.resize(
    _RNG.integers(40, 180, (24, 40, 3), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
)


class LiveBins(WebServer):
    """Serves a picture per request; `full` holds the spots of each camera whose bins overflow."""

    def __init__(self) -> None:
        super().__init__()
        self.full: dict[str, set[int]] = {}
        self.hangs = Event()
        self.go_on = Event()

    def camera(self, name: str, *zones: Zone, **settings: object) -> Camera:
        """One that looks at `name`."""
        self.paths[f"/{name}"] = lambda _: (
            200,
            {"Content-Type": "image/jpeg"},
            _picture(self.full.get(name, set())),
        )
        source = {"id": name, "source": f"{self.url}/{name}", "analyse_fps": FPS}
        return Camera.model_validate(source | settings).model_copy(update={"zones": zones})

    def hang(self, name: str) -> None:
        """Answer no request for this camera's picture any more, until `go_on`."""

        def wait(_: object) -> None:
            self.hangs.set()
            self.go_on.wait(60)

        self.paths[f"/{name}"] = wait


def _picture(full: set[int]) -> bytes:
    pixels = _STREET.copy()
    for spot in full:
        y, x = divmod(spot, ACROSS)
        pixels[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] = 255
    pixels[-SIDE:] = np.random.default_rng().integers(0, 90, (SIDE, WIDTH, 3), np.uint8)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


@contextmanager
def live_bins() -> Iterator[LiveBins]:
    """It serves."""
    server = LiveBins()
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


def zone(name: str, polygon: object = LEFT, **more: object) -> Zone:
    """A zone that is watched for bins."""
    return Zone.model_validate(
        {"name": name, "polygon": polygon, "watch": ["overflowing_bin"], **more}
    )


def site_of(root: Path, *cameras: Camera, **more: object) -> Site:
    """A site of such cameras."""
    return Site(
        site=SiteInfo(name="live"),
        storage=Storage(database="sqlite://", evidence=str(root / "evidence")),
        defaults={"overflowing_bin": RuleSettings.model_validate(SETTINGS)},
        cameras=cameras,
        **more,  # type: ignore[arg-type]
    )


class Told:
    """A sink that keeps what it is given, to be awaited."""

    def __init__(self) -> None:
        self.events: list[tuple[EpisodeEvent, list[EvidenceItem]]] = []
        self._changed = Condition()

    def __call__(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        with self._changed:
            self.events.append((event, list(items)))
            self._changed.notify_all()

    def of(
        self, stage: EpisodeStage, camera: str = "gate", zone: str | None = None
    ) -> list[EpisodeEvent]:
        """The events of a stage so far."""
        return [
            event
            for event, _ in self.events
            if (event.episode.stage, event.episode.camera) == (stage, camera)
            and zone in (None, event.episode.zone)
        ]

    def wait(self, *what: object, count: int = 1) -> list[EpisodeEvent]:
        """Wait for so many events as `of` says."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self.of(*what)) >= count, 60)  # type: ignore[arg-type]
            assert done, [event.episode for event, _ in self.events]
            return self.of(*what)  # type: ignore[arg-type]


def until(status: Callable[[], Sequence[CameraStatus]], holds: Callable[..., bool]) -> None:
    """Wait for the cameras' statuses to be so; nobody tells of them unasked."""
    deadline = time.monotonic() + 60
    while not holds({one.camera: one for one in status()}):
        assert time.monotonic() < deadline, status()
        Event().wait(0.02)
