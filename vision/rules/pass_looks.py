"""PassLooks: the pictures of what passes: the first look, the one that confirmed it, the best."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from vision.detections import Detections
from vision.episodes import BEST, Episode, EpisodeEvent, NormBox
from vision.frames import Frame
from vision.rules.best_looks import BestLooks
from vision.rules.passes import Pass
from vision.rules.plain import Plain
from vision.rules.sight import Sight

Details = Callable[[NormBox, Frame, Detections], tuple[int, ...]]
FIRST = "opened"
"""Moment of the first look."""


class PassLooks:
    """The looks at the passes of one rule that are worth a picture; gone with a restart.

    Args:
        details: indexes of what a reviewer wants to see by itself of what is in a box.
    """

    def __init__(self, details: Details) -> None:
        self._details = details
        self._looks = BestLooks()
        self._now: dict[int, tuple[int, ...]] = {}  # what the present look shows, by pass
        self._told: dict[int, Frame] = {}  # which was told as the best when it was confirmed

    def begin(self) -> None:
        """Another look."""
        self._now = {}

    def see(self, one: Pass, sight: Sight, frame: Frame, detections: Detections) -> None:
        """A look that shows a pass."""
        self._now.setdefault(one.number, sight.indexes)
        if one.first == frame.captured_at:  # else an earlier one was, and is gone
            key = one.number, ""
            if self._looks.get(key, FIRST) is None:
                self._looks.take(key, sight.indexes, frame, detections, moment=FIRST)

    def say(
        self,
        number: int,
        subtype: str,
        focus: tuple[int, ...],
        frame: Frame,
        detections: Detections,
    ) -> None:
        """A look that itself says this against a pass; first of `focus` is what passes."""
        box = Plain.of(frame, detections).boxes[focus[0]]
        details = self._details(box, frame, detections)
        self._looks.take((number, subtype), focus, frame, detections, details)

    def said(self, number: int, subtype: str) -> bool:
        """Whether a look said so, since the start."""
        return (number, subtype) in self._looks

    def keep(self, numbers: Collection[int]) -> None:
        """Forget all but these passes."""
        self._looks.keep(numbers)
        self._told = {number: frame for number, frame in self._told.items() if number in numbers}

    def forget(self, number: int) -> None:
        """This pass is to be judged anew."""
        self._looks.forget(number)

    def confirmed(
        self, number: int, episode: Episode, frame: Frame, detections: Detections
    ) -> EpisodeEvent:
        """The event of a pass that this look confirms, with the first look and the best so far."""
        first = self._looks.get((number, ""), FIRST)
        best = self._looks.get((number, episode.subtype))
        self._told |= {number: best.frame} if best is not None else {}
        stills = tuple(
            shown.still(moment)
            for moment, shown in ((FIRST, first), (BEST, best))
            if shown is not None and shown.frame is not frame
        )
        if best is not None and best.frame is frame:
            return EpisodeEvent(episode, frame, detections, best.focus, best.details, stills=stills)
        # This look need not say it itself: in a convoy, a plate in it may be another's.
        return EpisodeEvent(episode, frame, detections, self._now.get(number, ()), stills=stills)

    def ended(self, number: int, event: EpisodeEvent) -> EpisodeEvent:
        """The event that ends a pass, with a look that showed it better after it was confirmed."""
        best = self._looks.get((number, event.episode.subtype))
        if best is None or best.frame is self._told.get(number):
            return event
        return replace(event, stills=(best.still(BEST),))
