"""Trial: what rules would have found in a camera's latest looks, as proposed and as in force.

Both begin with the first of the kept looks and know nothing from before, but for the structures
that were learnt as known. Nothing is stored, and the camera's own rules are not touched.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from vision.episodes import Episode, EpisodeStage
from vision.rules import Rule, camera_rules
from vision.rules.context import name_of
from vision.rules.looks import Kept, Past
from vision.site import Camera, Site
from vision.throttled_log import ThrottledLog

_log = logging.getLogger(__name__)

LONGEST_S = 30.0
"""Seconds after which a trial answers with what it has come to."""
TOLD_EVERY_S = 1.0
"""Seconds between what it tells of itself: that much is lost of one that is ended."""
_TOLD = frozenset({EpisodeStage.CONFIRMED, EpisodeStage.CLEARED, EpisodeStage.ENDED})
_LEARNT = "baseline-*.json"
"""Files of `vision.rules.known` in a camera's memory."""

Folders = Mapping[str | None, Path | None]
"""The memory of each preset's rules, or of the only ones under None."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial found: confirmed episodes, in the order of their confirmation.

    Attributes:
        since, until: the first and the last look that was tried (UTC); None without any.
        looks: how many were tried; `kept`: how many there are, more where time was over.
        found: by the rules as proposed; `now`: by those in force.
        took_s: seconds.
    """

    since: datetime | None
    until: datetime | None
    looks: int
    kept: int
    found: tuple[Episode, ...]
    now: tuple[Episode, ...]
    took_s: float


def try_out(
    looks: Sequence[Kept],
    camera: str,
    *,
    proposed: Site,
    in_force: Site,
    threshold: float,
    folders: Folders,
    longest_s: float = LONGEST_S,
    tell: Callable[[Trial], object] = lambda _: None,
) -> Trial:
    """Give kept looks to a camera's rules as proposed and as in force.

    Args:
        looks: the oldest first.
        camera: its id, in both sites.
        threshold: the model's, as for `camera_rules`.
        folders: what was learnt as known lies there; nothing is written.
        longest_s: see `LONGEST_S`.
        tell: is told each second what it has come to.

    Raises:
        SiteError, PlaceError: as `camera_rules`.
    """
    begun = told = time.monotonic()

    def so_far(tried: int) -> Trial:
        found, now_found = (tuple(rules.episodes.values()) for rules in both)
        return Trial(
            since=looks[0][1].captured_at if tried else None,
            until=looks[tried - 1][1].captured_at if tried else None,
            looks=tried,
            kept=len(looks),
            found=found,
            now=now_found,
            took_s=time.monotonic() - begun,
        )

    with TemporaryDirectory(prefix="trial-") as room:
        both = [
            _Rules(site, camera, threshold, _learnt(folders, Path(room) / name))
            for name, site in (("proposed", proposed), ("in-force", in_force))
        ]
        tried = 0
        for preset, look in looks:
            now = time.monotonic()
            if now - begun > longest_s:
                break
            if now - told > TOLD_EVERY_S:
                tell(so_far(tried))
                told = now
            for rules in both:
                rules.look(preset, look)
            tried += 1
        return so_far(tried)


class _Rules:
    """Fresh rules of a camera, and the episodes that they have confirmed, by id."""

    def __init__(self, site: Site, camera: str, threshold: float, learnt: Folders) -> None:
        self.episodes: dict[str, Episode] = {}
        self._camera: Camera = next(one for one in site.cameras if one.id == camera)
        presets: list[str | None] = [preset.name for preset in self._camera.presets]
        self._rules: dict[str | None, list[Rule]] = {
            preset: camera_rules(
                site, self._camera.at(preset), threshold=threshold, memory=learnt.get(preset)
            )
            for preset in presets or [None]
        }
        self._faults = ThrottledLog(_log)

    def look(self, preset: str | None, look: Past) -> None:
        frame, detections = look.again(self._camera.id)
        for rule in self._rules.get(preset, ()):
            try:
                events = rule.look(frame, detections)
            except Exception as error:  # noqa: BLE001 - the loop's thread goes on without it too
                self._faults.traced(f"{self._camera.id}: {name_of(rule)} failed in a test", error)
                continue
            for event in events:
                if event.episode.stage in _TOLD:
                    self.episodes[event.episode.id] = event.episode


def _learnt(folders: Folders, room: Path) -> Folders:
    """Copies of what was learnt, for rules may write theirs."""
    copies: dict[str | None, Path | None] = {}
    for number, (preset, folder) in enumerate(folders.items()):
        copies[preset] = copy = room / str(number)
        copy.mkdir(parents=True)
        for file in folder.glob(_LEARNT) if folder is not None else ():
            shutil.copy(file, copy)
    return copies
