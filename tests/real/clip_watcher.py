"""A watcher of one live camera whose rule confirms at its third look; a process to be killed.

    python -m tests.real.clip_watcher FOLDER ADDRESS SECONDS_AFTER

It prints the stage of each event when the case store has it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from api.cases.intake import CaseIntake
from api.delivery.events import Announcer
from api.records.site_chain import SiteChain
from api.storage.database import Database
from tests.api.world import DETECTOR
from tests.vision.pipeline.test_pipeline import Blind
from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem, EvidenceStore
from vision.frames import Frame
from vision.pipeline import Pipeline
from vision.rules import CameraRules, Context
from vision.site import Camera, Site, SiteInfo, Storage, Zone

BEFORE_S = 3


class ConfirmsOnce:
    """A rule that confirms at its third look, or has done so before a restart."""

    every_look, idle, has_candidates = True, True, False
    kind = "overflowing_bin"
    episodes: tuple[Episode, ...] = ()

    def __init__(self, context: Context) -> None:
        self.context = context
        self.looks = 0
        self.looked = Event()

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        self.looks += 1
        self.looked.set()
        if self.looks != 3:
            return []
        episode = Episode(
            id="01CLIP", kind=self.kind, subtype="bin_overflow", camera=frame.camera,
            zone="street", box=(0, 0, 1, 1), stage=EpisodeStage.CONFIRMED,
            opened_at=frame.captured_at, last_seen_at=frame.captured_at, looks=3, score=0.9,
            clock=frame.clock, confirmed_at=frame.captured_at,
        )  # fmt: skip
        return [EpisodeEvent(episode, frame, detections)]

    def remember(self) -> int:
        return self.looks

    def recall(self, state: object) -> None:
        self.looks = int(state)  # type: ignore[call-overload]


class Watcher:
    """The pipeline, the case store behind it, and what that has taken."""

    def __init__(
        self, root: Path, address: str, after_s: float, told: Callable[[str], None] = lambda _: None
    ) -> None:
        zone = Zone(name="street", watch=("overflowing_bin",))
        camera = {"clip": f"{BEFORE_S}s", "clip_after": f"{after_s:g}s", "analyse_fps": 1}
        self.site = Site(
            site=SiteInfo(name="clips"),
            storage=Storage(
                database=f"sqlite:///{root / 'cases.db'}", evidence=str(root / "evidence")
            ),
            cameras=(
                Camera.model_validate({"id": "gate", "source": address, **camera}).model_copy(
                    update={"zones": (zone,)}
                ),
            ),
        )
        self.database = Database.open(self.site.storage.database)
        SiteChain.open(self.database, self.site.storage.key_file)
        self.store = EvidenceStore(root / "evidence")
        self.supplemented = Event()
        self.confirmed = Event()
        self.root, self._told = root, told
        intake = CaseIntake(self.database, self.site, DETECTOR, Announcer(self.site).announce)
        self._take = intake.take
        self.pipeline = Pipeline(
            self.site,
            Blind(),
            [self._sink],
            evidence=self.store,
            memory=root / "memory",
            quarantine=root / "quarantine",
        )
        scenes = self.pipeline._watching.now["gate"].scenes
        known = scenes[None].rules
        rule = ConfirmsOnce(known.rules[0].context)
        self.looked = rule.looked
        rules = CameraRules([rule], model={}, file=known._file)
        scenes[None] = replace(scenes[None], rules=rules)

    @property
    def spooled(self) -> list[Path]:
        """Clips on their way."""
        return list((self.root / "memory").rglob("*.clip"))

    def close(self) -> None:
        self.pipeline.stop()
        self.database.close()

    def _sink(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        self._take(event, items)
        stage = event.episode.stage
        self._told(stage.value)
        (self.confirmed if stage is EpisodeStage.CONFIRMED else self.supplemented).set()


if __name__ == "__main__":
    watcher = Watcher(
        Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), lambda stage: print(stage, flush=True)
    )
    watcher.pipeline.start()
    watcher.pipeline.wait()
