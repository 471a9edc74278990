"""BestLooks: which look shows best what is said of an episode, and which was the first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vision.clarity import clarity
from vision.detections import Detections
from vision.episodes import BEST, Episode, EpisodeStage, Still
from vision.frames import Frame
from vision.look import Look
from vision.rules.plain import Plain
from vision.rules.sight import hull_of

MOST_BYTES = 64 << 20
"""Bytes of the pictures that one rule keeps here, counted as BGR: ten of full HD, two of 4K. A
decoder's own are half of that. One that several episodes share counts once. Beyond it the least
clear go."""

Key = tuple[int | str, str]
"""What it is about: a pass by its number with the sub-type that is said of it, or an episode."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A look: what it is about, and what that did, in the frame's detections; its `details`.

    `clear` is how clearly it shows them, see `vision.clarity`.
    """

    frame: Frame
    detections: Detections
    focus: tuple[int, ...]
    details: tuple[int, ...]
    clear: tuple[bool, float]

    @property
    def worth(self) -> tuple[int, bool, bool, float]:
        """One that shows what was left behind, too; that is whole; with details; the clearest."""
        return len(self.focus), self.clear[0], bool(self.details), self.clear[1]

    def still(self, moment: str) -> Still:
        """To be stored."""
        return Still(moment, self.frame, self.detections, self.focus, self.details)


class BestLooks:
    """Keeps the best look so far for each key; not remembered over a restart.

    Of a market's many stalls one look counts as much as of one: what is in focus is one thing. What
    was taken depends on the looks alone, so it is the same whenever they are.

    Args:
        most_bytes: see `MOST_BYTES`.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[tuple[Key, str], Shown] = {}
        self._said: set[Key] = set()

    def take(
        self,
        key: Key,
        focus: tuple[int, ...],
        frame: Frame,
        detections: Detections,
        details: tuple[int, ...] = (),
        *,
        moment: str = BEST,
    ) -> None:
        """A look that shows this; `focus` is what it is about and what that left behind."""
        self._said.add(key)
        known = self._kept.get((key, moment))
        same = known is not None and known.frame is frame and len(known.focus) >= len(focus)
        if same or max(focus) >= len(detections):  # two looks may bear one time
            return
        boxes = Plain.of(frame, detections).boxes
        hull = hull_of([boxes[n] for n in focus])
        shown = Shown(frame, detections, focus, details, clarity(frame, hull))
        if known is None or shown.worth > known.worth:
            self._kept[key, moment] = shown
            self._bound()

    def keep(self, names: Collection[int | str]) -> None:
        """Forget all but these passes or episodes."""
        self._said = {key for key in self._said if key[0] in names}
        self._kept = {kept: shown for kept, shown in self._kept.items() if kept[0][0] in names}

    def forget(self, name: int | str) -> None:
        """It is to be judged anew."""
        self.keep({key[0] for key in self._said} - {name})

    def get(self, key: Key, moment: str = BEST) -> Shown | None:
        """The best look; None where none was taken, or there was no room for it."""
        return self._kept.get((key, moment))

    def at(
        self, episode: Episode, focus: tuple[int, ...], frame: Frame, detections: Detections
    ) -> tuple[Still, ...]:
        """A look at a candidate; the best one, once this confirms it, if it is another."""
        key = episode.id, ""
        if focus and not Look.of(detections).reused:
            self.take(key, focus, frame, detections)
        best = self.get(key) if episode.stage is EpisodeStage.CONFIRMED else None
        return (best.still(BEST),) if best is not None and best.frame is not frame else ()

    def __contains__(self, key: Key) -> bool:
        """Whether a look was taken."""
        return key in self._said

    def _bound(self) -> None:
        while self._kept and self._size() > self._most_bytes:
            del self._kept[min(self._kept, key=lambda kept: (self._kept[kept].worth, str(kept)))]

    def _size(self) -> int:
        frames = {id(shown.frame): shown.frame for shown in self._kept.values()}
        return sum(frame.width * frame.height * 3 for frame in frames.values())
